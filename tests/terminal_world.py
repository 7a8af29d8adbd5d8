"""A small desk behind a terminal, and somebody who types there."""

# ruff: noqa: ARG002  the small desk has the signatures of the protocol

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.chat import (
    Account,
    Button,
    Card,
    Chip,
    Door,
    Field,
    Form,
    Home,
    Message,
    Option,
    Place,
    Reply,
    Row,
    Visitor,
)
from bot.db import Base, Database, connect
from bot.dialogues import open_at, open_form, sent_off
from bot.platforms.terminal import Terminal, talk
from handlers import steps

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SATO = Account("terminal", "sato", "sato")
OWN = Place("terminal", "sato", "sato")
ROOM = Place("terminal", "desk", "room-denshi-shinsei")

CONSULT = Form(
    "consult",
    "",
    "相談する",
    (
        Field("title", "件名", limit=40),
        Field(
            "field",
            "分野",
            "single",
            options=(Option("shinsei", "電子申請"), Option("ai", "生成AI")),
        ),
        Field("when", "希望日", "date", required=False),
        Field(
            "ways",
            "連絡の方法",
            "multiple",
            required=False,
            options=(Option("chat", "チャット"), Option("tel", "電話"), Option("web", "Web会議")),
        ),
        Field("people", "担当者", "table", required=False, head=("氏名", "所属")),
        Field("file", "資料", "file", required=False),
        Field("body", "内容", "long", limit=5000),
    ),
    "送る",
    previews=True,
)

ANSWER = Card(
    "月額 12,500円程度です",
    topic="費用",
    chips=(Chip("令和8年度の情報", "year"),),
    buttons=(
        Button("solved", "解決した"),
        Button("wrong", "聞きたいことと違う"),
        Button("start", "相談する"),
        Button("wipe", "消す", sure="この質問を消します。よいですか"),
    ),
    frame="answer",
)


class SmallDesk:
    """Answers every question with one card, opens one form, and posts to the terminals at once."""

    def __init__(self, db: Database, terminals: Mapping[Home, Terminal]) -> None:
        self.db, self.terminals = db, terminals
        self.heard: list[Message] = []
        self.consultations = 0
        self.open_to = {"mori"}
        self.shut = False
        self._keys = (f"d{n}" for n in itertools.count(1))

    def post(self, place: Place, card: Card) -> Place:
        return self.terminals[place.home].send(place, card, next(self._keys))

    def hear(self, message: Message, beside: Callable[[Any, Message], None] | None = None) -> Reply:
        self.heard.append(message)
        if "番号" in message.text:
            return Reply(alone=Card("送っていません。番号を消してください"))
        with self.db.write() as session:
            dialogue = open_at(session, message.account, message.place)
            if dialogue is not None:
                said = steps.take(session, message, dialogue)
                if isinstance(said, Card):
                    self.post(message.place, said)
                    return Reply()
                message = said
            if message.action == "start":
                self.post(message.place, steps.ask(open_form(session, message, CONSULT)))
                return Reply()
            if message.action == "consult":
                return self._consult(session, message)
        return self._chat(message)

    def _consult(self, session: Any, message: Message) -> Reply:
        filled = CONSULT.with_values(message.values or {})
        if message.filled("title") == "ダメ":
            errors = {"title": "件名をもう少しくわしく書いてください"}
            asked = CONSULT.with_values(message.values or {}, errors)
            self.post(message.place, steps.ask(open_form(session, message, asked)))
            return Reply()
        if not message.confirmed:
            shown = Card("この内容で相談します", rows=(Row("件名", message.filled("title")),))
            asked = replace(filled, preview=shown)
            self.post(message.place, steps.ask(open_form(session, message, asked)))
            return Reply()
        sent_off(session, message)
        self.consultations += 1
        number = f"R8-{self.consultations:04}"
        opened = self.post(
            message.place,
            Card(
                f"相談 {number} を受け付けました",
                opens=number,
                buttons=(Button("close", "取り下げる"),),
            ),
        )
        self.post(ROOM, Card(f"{number} {message.filled('title')}", opens=number, frame="ticket"))
        return Reply(goes_to=opened)

    def _chat(self, message: Message) -> Reply:
        if message.action == "solved":
            done = replace(ANSWER, buttons=(Button("undo", "取り消す"),), note="解決しました")
            self.terminals[message.place.home].update(message.place, done, next(self._keys))
        elif message.action is not None:
            self.post(message.place, Card(f"{message.action} を受けました"))
        elif message.place == ROOM or message.place.thread:
            self.post(message.place, Card(f"メモを残しました（{message.account.user}）"))
        else:
            self.post(message.place, replace(ANSWER, paragraphs=(message.text[:20],)))
        return Reply()

    def look(self, account: Account, action: str, value: str) -> Card | None:
        if action != "notices":
            return None
        return Card("お知らせはありません", buttons=(Button("reload", "見直す"),))

    def form(self, account: Account, form_id: int) -> Form | None:
        return None

    def visitor(self, account: Account) -> Visitor | None:
        if account != SATO:
            return None
        return Visitor(account, "佐藤 花子", "多可町", "多")

    def doors(self, account: Account) -> tuple[Door, ...]:
        own = Door("質問する", Place("terminal", account.workspace, account.user), "自分")
        if account.user not in self.open_to:
            return (own,)
        web = Door("電子申請（ページ）", Place("web", "desk", "room"), "リエゾン", inside=True)
        return own, web, Door("電子申請", ROOM, "リエゾン", inside=True)

    def menu(self, account: Account) -> tuple[Button, ...]:
        return (
            Button("start", "相談をはじめる"),
            Button("notices", "お知らせを見る", style="link"),
            Button("board", "一覧を見る", style="link"),
        )

    def enter(self, token: str, *, look_only: bool = False) -> Visitor | None:
        return None  # nobody enters a page from here

    def may_enter(self, account: Account, place: Place) -> bool:
        own = place.workspace == account.workspace
        return not self.shut and (own or account.user in self.open_to)


class Person:
    """One person at a terminal: types lines and reads what is printed."""

    def __init__(self, db: Database, user: str = "sato") -> None:
        self.printed: list[str] = []
        self.own = Terminal(user, self.printed.append)
        terminals = {self.own.home: self.own, ROOM.home: self.own}
        self.desk = SmallDesk(db, terminals)
        self.account = Account("terminal", user, user)
        self.numbers = itertools.count(1)

    def types(self, *lines: str) -> str:
        """What was printed for these lines, in a talk of their own."""
        before = len(self.printed)
        talk(
            self.desk,
            self.own,
            self.account,
            iter(lines),
            clock=lambda: NOON,
            new_id=lambda: f"u{next(self.numbers)}",
        )
        return "\n".join(self.printed[before:])

    @property
    def last(self) -> Message:
        return self.desk.heard[-1]


def made(folder: Path) -> Iterator[Database]:
    """A database with nothing in it but the tables."""
    opened = connect(f"sqlite:///{folder}/desk.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()
