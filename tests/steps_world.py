"""Somebody who answers a form step by step, and forms to ask."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.chat import Account, Card, Field, Form, FormValue, Message, Option, Place
from bot.db import Base, Database, connect
from bot.dialogues import Dialogue, open_form
from handlers import steps

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday, noon in Japan
SATO = Account("terminal", "sato", "sato")
HERE = Place("terminal", "sato", "sato")
TOWNS = [
    "神戸市",
    "尼崎市",
    "西宮市",
    "芦屋市",
    "伊丹市",
    "宝塚市",
    "川西市",
    "三田市",
    "猪名川町",
    "明石市",
    "加古川市",
    "高砂市",
    "稲美町",
    "播磨町",
    "西脇市",
    "三木市",
    "小野市",
    "加西市",
    "加東市",
    "多可町",
    "姫路市",
    "神河町",
    "市川町",
    "福崎町",
    "相生市",
    "たつの市",
    "赤穂市",
    "宍粟市",
    "太子町",
    "上郡町",
    "佐用町",
    "豊岡市",
    "養父市",
    "朝来市",
    "香美町",
    "新温泉町",
    "丹波篠山市",
    "丹波市",
    "洲本市",
    "南あわじ市",
    "淡路市",
]


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(f"v{n}", label) for n, label in enumerate(labels, 1))


MUNICIPALITY = Field("town", "市町", "single", options=options(*TOWNS))
FRUIT = Field("fruit", "くだもの", "multiple", limit=3, options=options("柿", "梨", "桃", "栗"))
TITLE = Field("title", "件名", limit=10, hint="短く書いてください")
MEMO = Field("memo", "補足", "long", required=False)


def form(*fields: Field, **more: object) -> Form:
    made = Form("consult", "7", "相談する", fields, "送る", intro="あとで直せます")
    return replace(made, **more)  # type: ignore[arg-type]


class Person:
    """Says one thing after another to the engine, each in a transaction of its own."""

    def __init__(self, db: Database) -> None:
        self.db, self.now, self.events = db, NOON, 0
        self.sent: list[Message] = []
        self.card = Card("")

    def opens(self, asked: Form) -> "Person":
        with self.db.write() as session:
            self.card = steps.ask(open_form(session, self._message(), asked))
        return self

    def says(self, *texts: str) -> Card:
        for text in texts:
            self._take(self._message(text=text))
        return self.card

    def presses(self, *labels: str) -> Card:
        for label in labels:
            found = [b.value for b in self.card.buttons if label in b.label]
            assert found, [b.label for b in self.card.buttons]
            self.presses_value(found[0])
        return self.card

    def presses_value(self, value: str) -> Card:
        self._take(self._message(action="step", value=value))
        return self.card

    @property
    def values(self) -> dict[str, FormValue]:
        assert len(self.sent) == 1, self.card
        return dict(self.sent[0].values or {})

    def labels(self) -> list[str]:
        return [button.label for button in self.card.buttons]

    def picks(self) -> list[str]:
        return [button.label for button in self.card.buttons if button.style == "pick"]

    def _message(self, text: str = "", action: str | None = None, value: str = "") -> Message:
        self.events += 1
        return Message(f"e{self.events}", SATO, HERE, self.now, text, action, value)

    def _take(self, message: Message) -> None:
        with self.db.write() as session:
            said = steps.take(session, message, session.query(Dialogue).one())
        if isinstance(said, Message):
            self.sent.append(said)
        else:
            self.card = said


def made(folder: Path) -> Iterator[Database]:
    """A database with nothing in it but the tables."""
    opened = connect(f"sqlite:///{folder}/desk.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()
