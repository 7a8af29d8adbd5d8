"""A desk that only knows a few cards, behind the real page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from bot.chat import (
    Account,
    Button,
    Card,
    Cell,
    Chip,
    Door,
    Field,
    Form,
    Link,
    Message,
    Option,
    Picture,
    Place,
    Refused,
    Reply,
    Row,
    Table,
    Visitor,
)
from bot.db import Base, Database, connect
from bot.platforms.web import Page, make_app
from handlers.clean import cleaned

NOW = datetime(2026, 11, 20, 5, 1, tzinfo=UTC)
BAD = "<script>alert('x')</script>\"'&"
ROOM = Place("web", "page", "room-ea")

ASK = Form(
    "open",
    "",
    "相談する",
    (
        Field("title", "件名", limit=10),
        Field("body", "内容", "long"),
        Field("speed", "急ぎ度", "single", options=(Option("n", "普通"), Option("h", "急ぎ"))),
        Field(
            "field", "分野", "single", options=tuple(Option(str(n), f"分野{n}") for n in range(9))
        ),
        Field(
            "wants",
            "望む支援",
            "multiple",
            False,
            options=(Option("a", "標準化"), Option("b", "生成AI")),
        ),
        Field("staff", "職員の数", "number", False),
        Field("plans", "取組", "table", False, head=("取組", "時期")),
        Field("paper", "資料", "file", False),
    ),
    "相談を送る",
    previews=True,
)


def account(user: str) -> Account:
    return Account("web", "page", user)


@dataclass
class Stub:
    """A desk of a few sentences. It hears each event once, as the real one does."""

    db: Database
    page: Page
    heard: list[Message] = field(default_factory=list)
    forms: dict[tuple[str, int], Form] = field(default_factory=dict)
    invited: list[str] = field(default_factory=list)

    def hear(self, message: Message, beside: Callable[[Any, Message], None] | None = None) -> Reply:
        message = cleaned(message)
        if message.action == "send_anyway":
            message = replace(message, text=message.value, value="send_anyway", action=None)
        elif "0795" in message.text:
            again = Button("send_anyway", "このまま送る", message.text)
            return Reply(alone=Card("電話番号がありますか", frame="halt", buttons=(again,)))
        if "1234" in message.text:
            return Reply(
                alone=Card("送っていません", ("番号（【1234】）があります",), frame="halt")
            )
        if message.text == "断って":
            raise Refused("いまは受け付けていません")
        if message.text == "壊れて":
            raise RuntimeError(message.text)
        if any(message.event_id == old.event_id for old in self.heard):
            return Reply()
        with self.db.write() as session:
            if beside:
                beside(session, message)
        self.heard.append(message)
        return self._answer(message)

    def _answer(self, message: Message) -> Reply:
        user = message.account.user
        if message.action == "consult":
            self.forms[user, 7] = ASK
            return Reply(form_id=7)
        if message.values is not None:
            return self._take(message, user)
        if message.action == "go":
            return Reply(goes_to=ROOM)
        if message.place.channel == user:
            card = Card(
                f"{message.text or message.action} ですね",
                buttons=(Button("solved", "解決した", "1"),),
            )
            self.page.send(message.place, card, f"{message.event_id}:reply")
        return Reply()

    def _take(self, message: Message, user: str) -> Reply:
        values = message.values or {}
        form = ASK.with_values(values, ASK.wrong(values))
        if any(f.error for f in form.fields):
            self.forms[user, 7] = form
            return Reply(form_id=7)
        if not message.confirmed:
            preview = Card("このとおり届きます", (message.filled("body"),), frame="letter")
            self.forms[user, 7] = Form(**{**form.__dict__, "preview": preview})
            return Reply(form_id=7)
        del self.forms[user, 7]
        card = Card("受け付けました", frame="ticket", opens="R8-0001 単価", state="対応中")
        return Reply(goes_to=self.page.send(message.place, card, f"{message.event_id}:opened"))

    def look(self, _who: Account, action: str, _value: str) -> Card | None:
        return {"board": BOARD, "sheet": SHEET, "danger": DANGER}.get(action)

    def form(self, who: Account, form_id: int) -> Form | None:
        return self.forms.get((who.user, form_id))

    def visitor(self, who: Account) -> Visitor | None:
        inside = who.user == "mori"
        name = {"mori": "森 佳奈", "yamada": "山田 葵"}.get(who.user, who.user)
        return Visitor(who, name, "デジタル改革課" if inside else "多可町", name[0], inside)

    def doors(self, who: Account) -> tuple[Door, ...]:
        own = Door("質問する", Place("web", "page", who.user), "部屋")
        return (own, Door("電子申請", ROOM, "分野の部屋", True)) if who.user == "mori" else (own,)

    def menu(self, _who: Account) -> tuple[Button, ...]:
        return (
            Button("consult", "相談する", style="call"),
            Button("board", "進み具合", style="link"),
        )

    def enter(self, token: str, *, look_only: bool = False) -> Visitor | None:
        """A link is good while its token is somebody's name here."""
        if token not in self.invited:
            return None
        if not look_only:
            self.invited.remove(token)
        return self.visitor(account(token))

    def may_enter(self, who: Account, place: Place) -> bool:
        return any(door.place == place.root for door in self.doors(who))


def _row(name: str, region: str, tone: Any, state: str) -> tuple[Cell, ...]:
    return (Cell(name), Cell(region), Cell(state, tone))


BOARD = Card(
    "お知らせの進み具合",
    table=Table(
        "進み具合",
        ("市町", "圏域", "状態"),
        (
            _row("神戸市", "神戸", "off", "対象外"),
            _row("尼崎市", "阪神南", "done", "確認済"),
            _row("芦屋市", "阪神南", "wait", "未確認"),
            _row("香美町", "但馬", "stop", "送れませんでした"),
            _row("上郡町", "西播磨", "stop", "届け先なし"),
        ),
        group=1,
    ),
    buttons=(Button("remind", "知らせ直す", sure="1市町に、もう一度送ります。"),),
)
SHEET = Card("一覧", table=Table("一覧", ("質問", "回数"), ((Cell("単価は"), Cell("3")),)))
DANGER = Card(
    BAD,
    (BAD,),
    (Row(BAD, BAD),),
    Table(BAD, (BAD,), ((Cell(BAD, "stop"),),)),
    Picture(BAD, "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    (
        Link(BAD, "javascript:alert(1)"),
        Link(BAD, "//evil.example/"),
        Link(BAD, "https://example.jp/"),
    ),
    (Button(BAD, BAD, BAD, hint=BAD, copies=BAD, sure=BAD), Button("p", BAD, BAD, "pick", BAD)),
    topic=BAD,
    chips=(Chip(BAD, "year"),),
    note=BAD,
    by=BAD,
    state=BAD,
)


@dataclass
class World:
    """The page with its desk, and a clock that a test may move."""

    db: Database
    page: Page
    desk: Stub
    now: list[datetime]
    files: Path

    def app(self, *, demo: bool = True, by_link: bool = False, secure: bool = False) -> Any:
        people = tuple(account(user) for user in ("yamada", "mori", "sato"))
        return make_app(
            self.db,
            self.desk,
            self.page,
            clock=lambda: self.now[0],
            demo=people if demo else None,
            files=self.files,
            hosts=frozenset({"127.0.0.1"}),
            by_link=by_link,
            secure=secure,
        )


def made(path: Path) -> Iterator[World]:
    """A page on an empty database, with one file to take away and one to keep."""
    db = connect(f"sqlite:///{path}/t.db")
    Base.metadata.create_all(db.engine)
    now = [NOW]
    page = Page(db, lambda: now[0])
    (path / "files").mkdir()
    (path / "files" / "a.txt").write_text("資料")
    (path / "secret.txt").write_text("秘密")
    yield World(db, page, Stub(db, page), now, path / "files")
    db.close()


def hidden(client: TestClient, path: str, selector: str) -> dict[str, str]:
    """The hidden fields of one form of a page."""
    form = BeautifulSoup(client.get(path).text, "html.parser").select_one(selector)
    assert form
    return {str(i["name"]): str(i["value"]) for i in form.select("input[type='hidden']")}
