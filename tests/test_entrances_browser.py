"""The way from a chat to the page as a browser goes it: over a link on another site."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.db import Database
from bot.platforms.web import Page, make_app
from knowledge.text import Synonyms, Words
from tests.commands import free_port
from tests.conftest import Whole
from tests.entrances_world import SATO, connected, link_for


@pytest.fixture
def desk(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Whole:
    return connected(own_db, tmp_path, words, synonyms, DEMO="")


@contextmanager
def running(*apps: tuple[Starlette, int]) -> Iterator[None]:
    """Each app at its port, as a browser reaches it."""
    configs = [
        uvicorn.Config(app, port=port, log_level="critical", timeout_graceful_shutdown=1)
        for app, port in apps
    ]
    servers = [uvicorn.Server(config) for config in configs]
    threads = [threading.Thread(target=server.run) for server in servers]
    for thread in threads:
        thread.start()
    while not all(server.started for server in servers):
        assert all(thread.is_alive() for thread in threads)
        time.sleep(0.02)
    try:
        yield
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def served(desk: Whole) -> Iterator[tuple[str, str]]:
    """The page, and another site that holds nothing but links to it."""
    port, other = free_port(), free_port()
    page = desk.platforms["web", "page"]
    assert isinstance(page, Page)
    hosts = frozenset({f"127.0.0.1:{port}"})
    app = make_app(
        desk.db, desk.desk, page, clock=desk.clock, demo=None, files=None, hosts=hosts, by_link=True
    )
    leads_to = {"/": link_for(desk, SATO), "/rooms": "/rooms"}

    def elsewhere(request: Request) -> HTMLResponse:
        href = f"http://127.0.0.1:{port}{leads_to[request.url.path]}"
        return HTMLResponse(f"<!doctype html><title>chat</title><a href='{href}'>go</a>")

    chat = Starlette(routes=[Route(path, elsewhere) for path in leads_to])
    with running((app, port), (chat, other)):
        yield f"http://127.0.0.1:{port}", f"http://localhost:{other}"


@pytest.mark.browser
def test_in_a_browser_a_link_on_another_site_leads_in_and_later_ones_find_us_in(
    served: tuple[str, str], tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    from tests.story import CHROMIUM, FLAGS, sideways

    ours, elsewhere = served
    found = next((path for path in CHROMIUM if shutil.which(path)), None)
    assert found, "browser tests need Debian's Chromium: apt install chromium fonts-noto-cjk"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        context = chromium.new_context(locale="ja-JP", viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.on("console", lambda line: complaints.append(f"{line.location['url']} {line.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(elsewhere)
        page.get_by_text("go").click()
        page.get_by_role("button", name="入る").wait_for()
        assert sideways(page) <= 0
        page.screenshot(path=tmp_path / "invitation.png")
        assert "佐藤 花" in page.locator("main").inner_text()
        page.get_by_role("button", name="入る").click()
        page.wait_for_url(f"{ours}/")
        page.locator(".who summary").click()
        assert page.locator(".who b").inner_text() == "佐藤 花"
        page.screenshot(path=tmp_path / "in.png")

        page.goto(f"{elsewhere}/rooms")  # another link of the chat, while we are in
        page.get_by_text("go").click()
        page.wait_for_url(f"{ours}/rooms")
        page.locator(".who summary").click()
        assert page.locator(".who b").inner_text() == "佐藤 花"
        page.goto(elsewhere)  # the used link once more
        page.get_by_text("go").click()
        page.get_by_text("すでに入っています").wait_for()
        page.screenshot(path=tmp_path / "used.png")
        page.locator(".who summary").click()
        page.get_by_role("button", name="すべての画面から出る").click()
        page.get_by_role("heading", name="チャットから入ってください").wait_for()
        page.screenshot(path=tmp_path / "out.png")
        chromium.close()
    assert [c for c in complaints if not c.startswith(elsewhere) and "(Gone)" not in c] == []
