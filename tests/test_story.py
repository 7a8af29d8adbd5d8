"""The story of the desk in a real browser: no error on the console, nothing wider than the window."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.server import Server
from tests.story import CHROMIUM, FLAGS, Cast, live, say, sideways

pytestmark = pytest.mark.browser

FOUND = next((path for path in CHROMIUM if shutil.which(path)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert FOUND, "browser tests need Debian's Chromium: apt install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=FOUND, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_three_people_live_the_whole_story(browser: Browser, width: int, tmp_path: Path) -> None:
    wide: list[str] = []
    seen: list[str] = []

    def shoot(page: Page, name: str) -> None:
        seen.append(name)
        page.screenshot(path=tmp_path / f"{name}.png")
        assert page.locator("h1:visible").count() == 1, name
        if sideways(page) > 0:
            wide.append(f"{name}: {sideways(page)} px")

    with Server(tmp_path) as server:
        cast = Cast(browser, server.url, width=width, height=900 if width > 1000 else 740)
        try:
            live(cast, shoot)
        finally:
            cast.close()
        log = server.log.read_text(encoding="utf-8")
    assert not wide
    assert not cast.complaints
    assert len(seen) == 17
    assert "ERROR" not in log and "Traceback" not in log


def test_the_page_works_without_script(browser: Browser, tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        context = browser.new_context(java_script_enabled=False, locale="ja-JP")
        page = context.new_page()
        page.goto(server.url)
        page.get_by_role("button", name="山田 葵").first.click()
        page.locator("main textarea[name=text]").fill("標準化の期限はいつまでですか")
        page.get_by_role("button", name="送る").click()
        assert "令和7年度末" in page.locator("main").inner_text()
        context.close()


def test_a_reply_arrives_without_a_reload_and_a_restart_in_between_loses_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    server = Server(tmp_path)
    with server:
        cast = Cast(browser, server.url)
        first, second = cast.window("山田 葵"), cast.window("中村 拓")
        say(first, "標準化の期限はいつまでですか")
        first.get_by_text("令和7年度末").first.wait_for()
        assert server.stop() == 0
        server.start()
        say(second, "標準化の期限はいつまでですか")
        second.get_by_text("令和7年度末").first.wait_for()
        first.goto(server.url)
        assert first.get_by_text("標準化の期限はいつまでですか").count() == 1
        cast.close()
