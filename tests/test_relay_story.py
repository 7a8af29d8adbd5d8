"""The manual relay in a real browser: 41 municipalities posted to and filed, and one question there and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.relay_story import carry, directory_of_talks, paste
from tests.server import Server
from tests.story import FLAGS, Cast, sideways
from tests.test_story import FOUND

pytestmark = pytest.mark.browser

LONGEST = 180.0
"""Seconds a person of the office may need for 41; a browser that never hesitates is far below."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert FOUND, "browser tests need Debian's Chromium: apt install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=FOUND, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_office_carries_to_41_talks_and_back(
    browser: Browser, width: int, tmp_path: Path
) -> None:
    wide: list[str] = []
    seen: list[str] = []

    def shoot(page: Page, name: str) -> None:
        seen.append(name)
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert page.locator("h1:visible").count() == 1, name
        if sideways(page) > 0:
            wide.append(f"{name}: {sideways(page)} px")

    with Server(tmp_path, DIRECTORY=str(directory_of_talks(tmp_path))) as server:
        cast = Cast(browser, server.url, width=width, height=900 if width > 1000 else 740)
        try:
            seconds = carry(cast, shoot)
            paste(cast, shoot)
        finally:
            cast.close()
        log = server.log.read_text(encoding="utf-8")
    print(f"41 municipalities posted to and filed at {width} px in {seconds:.1f} s")
    assert seconds < LONGEST
    assert not wide
    assert not cast.complaints
    assert len(seen) == 11
    assert "ERROR" not in log and "Traceback" not in log


def test_the_text_is_there_to_be_copied_without_script_and_by_keys_alone(
    browser: Browser, tmp_path: Path
) -> None:
    with Server(tmp_path, DIRECTORY=str(directory_of_talks(tmp_path))) as server:
        context = browser.new_context(java_script_enabled=False, locale="ja-JP")
        page = context.new_page()
        page.goto(server.url)
        page.get_by_role("button", name="林 直子").first.click()
        page.locator("nav.rail").get_by_role("button", name="届いた言葉を貼り付ける").click()
        page.get_by_label("だれの言葉ですか").select_option(label="多可町　山田 葵（企画課）")
        page.get_by_label("届いた言葉").fill("標準化の期限はいつまでですか")
        page.get_by_role("button", name="デスクに渡す").press("Enter")
        text = page.get_by_role("textbox", name="写す文")
        expect(text).to_be_visible()
        text.focus()
        page.keyboard.press("Control+A")
        assert "令和7年度末" in text.input_value()
        expect(page.get_by_role("button", name="文をコピー")).to_have_count(0)
        page.get_by_role("button", name="投稿しました").last.press("Enter")
        expect(page.get_by_text("投稿済みにしました").first).to_be_visible()
        context.close()
