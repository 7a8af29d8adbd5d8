"""A desk whose people are in a chat, and their way from there to its page."""

from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from bot import roster
from bot.chat import Account, Card, Home, Message, Place
from bot.db import Database
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, library_of, on_page
from tests.page_driver import BASE

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
HOME: Home = ("slack", "T0123")
SATO, TANAKA, KATO = (Account(*HOME, user) for user in ("U1", "U2", "U9"))
HEAD = "person,name,municipality,section,roles,accounts,shared"
PEOPLE = (
    "sato,佐藤 花,多可町,企画課,contact,slack/T0123/U1,",
    "tanaka,田中 実,姫路市,デジタル推進課,contact,slack/T0123/U2,",
    "kato,加藤 涼,,デジタル改革課,field:標準化,slack/T0123/U9,",
)
EVENTS = count()


class Chat:
    """A chat that remembers what it was given."""

    home = HOME
    shows_forms = keeps_forms = False
    has_threads = True

    def __init__(self) -> None:
        self.said: list[tuple[Place, Card]] = []

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        self.said.append((place, card))
        return place.of_post(key, opens=bool(card.opens))

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        self.said.append((posted.said_in, card))
        return posted

    def heard_at(self, place: Place) -> list[Card]:
        return [card for where, card in self.said if where == place]


def listed(db: Database, folder: Path, *people: str) -> None:
    """Import a directory of these people."""
    folder.mkdir(exist_ok=True)
    (folder / "people.csv").write_text("\n".join((HEAD, *people, "")), encoding="utf-8")
    with db.write() as session:
        roster.load(session, folder, "directory")


def connected(
    db: Database, folder: Path, words: Words, synonyms: Synonyms, **settings: str
) -> Whole:
    """The page of a desk whose people are in a chat."""
    listed(db, folder / "people", *PEOPLE)
    whole = on_page(db, folder, library_of(db, words, synonyms), **SLACK, **settings)
    chat = Chat()
    whole.platforms[chat.home] = chat
    whole.extras["chat"] = chat
    return whole


def talk_of(account: Account) -> Place:
    return Place(account.platform, account.workspace, account.user)


def hear(
    desk: Whole, account: Account, words: str = "", where: Place | None = None, **more: str | bool
) -> list[Card]:
    """Say or press it in the chat, and give back what was then said in the own talk."""
    place = where or talk_of(account)
    message = Message(f"e{next(EVENTS)}", account, place, desk.clock(), text=words)
    desk.desk.hear(replace(message, **more))  # type: ignore[arg-type]
    desk.tick()
    return desk.extras["chat"].heard_at(talk_of(account))  # type: ignore[no-any-return]


def link_for(desk: Whole, account: Account, words: str = "ページ") -> str:
    """Ask for the page; the path of the link that comes."""
    card = hear(desk, account, words)[-1]
    assert card.title == "ページの入口です", card.title
    [link] = card.links
    assert link.path.startswith("http://127.0.0.1:8080/enter/")
    return urlsplit(link.path).path


def browser(desk: Whole) -> TestClient:
    return TestClient(desk.app, base_url=BASE)


def soup(client: TestClient, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path).text, "html.parser")


def form_values(page: BeautifulSoup, selector: str) -> tuple[str, dict[str, str]]:
    form = page.select_one(selector)
    assert form, page.get_text("\n", strip=True)
    values = {str(i["name"]): str(i["value"]) for i in form.select("input[type='hidden']")}
    return str(form["action"]), values


def press_enter(client: TestClient, path: str) -> int:
    """Open the link, press 入る, and give back the status without following."""
    action, values = form_values(soup(client, path), "form[action^='/enter/']")
    return client.post(action, data=values, follow_redirects=False).status_code


def entered(desk: Whole, account: Account) -> TestClient:
    client = browser(desk)
    assert press_enter(client, link_for(desk, account)) == 303
    return client


def name_on(client: TestClient) -> str:
    """Who is signed in here, as the page's head says; empty for nobody."""
    name = soup(client, "/").select_one(".who summary b")
    return name.get_text() if name else ""
