"""Where no chat is connected the operator makes the link that lets somebody into the page."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from bot.config import ConfigError
from bot.db import Database
from jobs.pages import make_link
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, library_of, on_page
from tests.entrances_world import listed
from tests.page_driver import BASE

OFFICE = "of-1,林 直子,,事務局,office,,"


@pytest.fixture
def alone(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Whole:
    """A desk with its page alone, and no practice."""
    listed(own_db, tmp_path / "people", OFFICE)
    return on_page(own_db, tmp_path, library_of(own_db, words, synonyms), DEMO="0")


def enter(client: TestClient, link: str) -> str:
    shown = BeautifulSoup(client.get(link).text, "html.parser")
    form = shown.select_one("form[method='post']")
    if form is None:
        return shown.get_text()
    token = form.select_one("input[name='token']")
    assert token is not None
    return client.post(link, data={"token": str(token["value"])}).text


def test_the_link_lets_one_person_in_once(alone: Whole) -> None:
    link = make_link(alone.db, BASE, "of-1", alone.clock.now)
    assert "林 直子" in enter(TestClient(alone.app, base_url=BASE), link)
    other = TestClient(alone.app, base_url=BASE)
    assert "林 直子" not in enter(other, link)
    assert "チャットから入ってください" in other.get("/").text


def test_nobody_unknown_gets_one(alone: Whole) -> None:
    with pytest.raises(ConfigError, match=r"nobody という人は名簿にいません"):
        make_link(alone.db, BASE, "nobody", alone.clock.now)


def test_for_practice_one_still_chooses_whom_to_be(page: Whole) -> None:
    assert not page.desk.page_by_link
    assert "練習用" in TestClient(page.app, base_url=BASE).get("/").text
