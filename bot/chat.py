"""The words every chat shares. No table, no network, no platform name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol

Home = tuple[str, str]
"""(platform, workspace): where a process can post. Slack has one per workspace, the page has one."""

FormValue = str | tuple[str, ...] | tuple[tuple[str, ...], ...]
"""What a person filled in: one text (also a number or an ISO date), several choices, or table rows."""

CONFIRMED = "confirmed"
"""Key in a form's values that says the person has seen the preview and pressed the last button."""

LONGEST_NUMBER = 18
"""Digits of a number in a form; far beyond any figure here, and below what Python refuses to read."""

Tone = Literal["", "year", "past", "done", "wait", "warn", "stop", "off"]
Kind = Literal["text", "long", "number", "single", "multiple", "date", "file", "table"]
Style = Literal["", "main", "call", "danger", "pick", "link", "near"]
Frame = Literal[
    "",
    "answer",
    "choices",
    "unknown",
    "halt",
    "ticket",
    "letter",
    "came",
    "notice",
    "step",
    "plain",
    "refusal",
]


@dataclass(frozen=True)
class Place:
    """Where something is said: a channel, or one thread of it.

    `workspace` is the workspace or domain the channel belongs to, as ids repeat between workspaces.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None

    def __post_init__(self) -> None:
        for part in (self.platform, self.workspace, self.channel):
            if not part or "/" in part:
                raise ValueError(f"a part of a place is empty or holds a slash: {part!r}")

    def __str__(self) -> str:
        return "/".join(filter(None, (self.platform, self.workspace, self.channel, self.thread)))

    @property
    def home(self) -> Home:
        return (self.platform, self.workspace)

    @property
    def root(self) -> "Place":
        """The channel without its thread."""
        return replace(self, thread=None)

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str()` wrote. Raises ValueError where a part is missing."""
        parts = text.split("/", 3)
        if len(parts) < 3:  # noqa: PLR2004  platform, workspace, channel
            raise ValueError(f"not a place: {text!r}")
        return cls(*parts)


@dataclass(frozen=True)
class Account:
    """Who speaks, as the chat names them. Which person that is, the directory knows."""

    platform: str
    workspace: str
    user: str

    def __str__(self) -> str:
        return f"{self.platform}/{self.workspace}/{self.user}"

    @classmethod
    def parse(cls, text: str) -> "Account":
        platform, workspace, user = text.split("/", 2)
        return cls(platform, workspace, user)


@dataclass(frozen=True)
class File:
    """Something a person attached. `ref` is where the platform keeps it until it is fetched."""

    name: str
    size: int
    ref: str


@dataclass(frozen=True)
class Message:
    """Something a person said, a button a person pressed, or a form a person sent off.

    `event_id` names the event on its platform: the same event told twice is one event.
    Said: `text`. Pressed: `action` and `value`. Sent off: `action`, `value` and `values`.
    """

    event_id: str
    account: Account
    place: Place
    said_at: datetime
    text: str = ""
    action: str | None = None
    value: str = ""
    values: Mapping[str, FormValue] | None = None
    files: tuple[File, ...] = ()

    @property
    def confirmed(self) -> bool:
        return bool(self.values and self.values.get(CONFIRMED))

    def filled(self, name: str) -> str:
        """One filled-in text without white space around it; empty where nothing was filled in."""
        value = (self.values or {}).get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """Several choices, as a flat tuple of texts."""
        value = (self.values or {}).get(name, ())
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(item for item in value if isinstance(item, str))


@dataclass(frozen=True)
class Button:
    """Something to press. `value` is an id, never a permission: who may press is checked each time.

    `style`: "link" in a menu is a look (`Desk.look`) and not an event; "near" is a related thing on a card.
    `hint` is a second line (choices); `copies` is text that a page may put on the clipboard itself;
    `sure` is the question to ask before what cannot be taken back.
    """

    action: str
    label: str
    value: str = ""
    style: Style = ""
    hint: str = ""
    copies: str = ""
    sure: str = ""


@dataclass(frozen=True)
class Chip:
    label: str
    tone: Tone = ""


@dataclass(frozen=True)
class Row:
    """One line of a list of facts: 担当: 森 佳奈."""

    label: str
    text: str


@dataclass(frozen=True)
class Cell:
    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells. `group`: the column that says which region a row is in, for a page with a map."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    group: int | None = None


@dataclass(frozen=True)
class Picture:
    """A drawing made on the server, so that every chat shows the same one. `alt` says it in words."""

    alt: str
    svg: str


@dataclass(frozen=True)
class Link:
    """`path` is a path of the desk's own page or a whole address."""

    label: str
    path: str


@dataclass(frozen=True)
class Card:
    """Something the desk says.

    `title` is one line and is what a notification shows; `topic` a small line above it; `chips` small
    marks (the year first). `frame` says what sort of card it is, for chats that can show the difference.
    `opens` names the thread that grows below this card; `state` is that thread's one-word state.
    `note` is a small closing line. `by` is who speaks when it is a person and not the desk itself.
    `awaits`: the desk waits for words, so that a typed number is text and not a button.
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    table: Table | None = None
    picture: Picture | None = None
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    frame: Frame = ""
    topic: str = ""
    chips: tuple[Chip, ...] = ()
    note: str = ""
    by: str = ""
    opens: str = ""
    state: str = ""
    awaits: bool = False


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Field:
    """One thing a form asks for.

    `limit`: most characters (text, long), most choices (multiple), largest number (number).
    `value` is what stands there already; `error` the sentence shown at the field; `head` a table's columns.
    """

    name: str
    label: str
    kind: Kind = "text"
    required: bool = True
    hint: str = ""
    options: tuple[Option, ...] = ()
    limit: int | None = None
    head: tuple[str, ...] = ()
    value: FormValue = ""
    error: str = ""


@dataclass(frozen=True)
class Form:
    """Something the desk asks a person to fill in; sending it off is a Message with `action` and `values`.

    With `preview` set the person is shown that card with 「送る」 and 「直す」; the last press sends the
    same values again with CONFIRMED. `previews` says beforehand that this step will come.
    """

    action: str
    value: str
    title: str
    fields: tuple[Field, ...]
    submit: str
    intro: str = ""
    previews: bool = False
    preview: Card | None = None

    def with_values(
        self, values: Mapping[str, FormValue], errors: Mapping[str, str] | None = None
    ) -> "Form":
        """The same form with what was filled in, and a sentence at each field that was wrong."""
        errors = errors or {}
        fields = tuple(
            replace(f, value=values.get(f.name, f.value), error=errors.get(f.name, ""))
            for f in self.fields
        )
        return replace(self, fields=fields)

    def wrong(self, values: Mapping[str, FormValue]) -> dict[str, str]:
        """What is wrong with these values, by field name, in a sentence that says what to do."""
        return {f.name: why for f in self.fields if (why := _wrong(f, values.get(f.name, "")))}


@dataclass(frozen=True)
class Reply:
    """What `hear` answers to the platform itself; what the desk says goes through the ledger.

    `alone`: shown to the sender only and kept nowhere (a stopped number comes back in it).
    `form_id`, `form`: a form was opened for the sender. `goes_to`: a good place to look next.
    """

    alone: Card | None = None
    form_id: int | None = None
    form: Form | None = None
    goes_to: Place | None = None


@dataclass(frozen=True)
class Visitor:
    """Who somebody is, as far as a page shows it. `inside`: belongs to the prefecture."""

    account: Account
    name: str
    belongs_to: str
    mark: str
    inside: bool = False


@dataclass(frozen=True)
class Door:
    """A place a person may enter. `inside`: what is said there stays in the prefecture."""

    name: str
    place: Place
    group: str
    inside: bool = False


LARGEST_ID = 2**31 - 1


def id_of(text: str) -> int | None:
    """The number a button's value names; None for anything that cannot be a row's number."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        return None
    return int(text) if int(text) <= LARGEST_ID else None


class Refused(Exception):  # noqa: N818
    """A rule said no. Its sentence is shown to the person as it is."""


class SendError(Exception):
    """A chat refused a message.

    `permanent`: do not try again. `away`: the platform answers nothing at all, so its whole queue
    pauses. `retry_after`: seconds the platform asked us to wait.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, away: bool = False, retry_after: int = 0
    ) -> None:
        super().__init__(reason)
        self.permanent, self.away, self.retry_after = permanent, away, retry_after


class Platform(Protocol):
    """A chat hears (on its own thread, calling the desk's `hear`) and says."""

    home: Home
    shows_forms: bool
    """True: shows a whole form itself. False: forms come step by step as cards (dialogue)."""

    def send(self, place: Place, card: Card, key: str) -> Place:
        """Post `card` and return where it stands: for a card that `opens` a thread, that thread.

        `key` names the ledger's row: a platform that can keep it posts one row once. Raise SendError.
        """

    def update(self, posted: Place, card: Card, key: str) -> Place:
        """Replace the card that `send` put at `posted`, or post anew where a chat cannot."""


class Desk(Protocol):
    """What a platform asks of the desk. One implementation, in handlers; here so that arrows point one way."""

    def hear(self, message: Message, beside: Callable[[Any, Message], None] | None = None) -> Reply:
        """Take in one event, once. `beside` runs in the transaction that
        stores the event, with the message as it was taken in (cleaned)."""

    def look(self, account: Account, action: str, value: str) -> Card | None:
        """A list or board as a card, without an event. None where there is nothing to see."""

    def form(self, account: Account, form_id: int) -> Form | None:
        """The open form of this account, with what was filled in so far."""

    def visitor(self, account: Account) -> Visitor | None: ...

    def doors(self, account: Account) -> tuple[Door, ...]:
        """The places this account may enter, own talk first."""

    def menu(self, account: Account) -> tuple[Button, ...]:
        """What this account can start or look at. Style "link" is a look, anything else an act."""

    def may_enter(self, account: Account, place: Place) -> bool: ...


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _wrong(asked: Field, value: FormValue) -> str:
    if not (value.strip() if isinstance(value, str) else value):
        verb = "選んで" if asked.kind in ("single", "multiple") else "書いて"
        return f"{asked.label}を{verb}ください" if asked.required else ""
    if asked.kind in ("single", "multiple"):
        return _wrong_choice(asked, (value,) if isinstance(value, str) else value)
    return _wrong_text(asked, value.strip()) if isinstance(value, str) else ""


def _wrong_choice(asked: Field, picked: tuple[object, ...]) -> str:
    if any(item not in {option.value for option in asked.options} for item in picked):
        return f"{asked.label}を一覧から選んでください"
    if asked.kind == "multiple" and asked.limit and len(picked) > asked.limit:
        return f"{asked.limit}つまで選べます"
    return ""


def _wrong_text(asked: Field, text: str) -> str:
    limit = asked.limit
    if asked.kind in ("text", "long") and limit is not None and len(text) > limit:
        return f"{limit:,}字までにしてください（いまは{len(text):,}字、{len(text) - limit:,}字多いです）"
    if asked.kind == "number" and not (text.isdecimal() and len(text) <= LONGEST_NUMBER):
        return "数字だけを書いてください（例：3）"
    if asked.kind == "number" and limit is not None and int(text) > limit:
        return f"{limit:,}以下の数を書いてください"
    if asked.kind == "date" and _not_a_date(text):
        return "日付を選んでください（例：2026-12-01）"
    return ""


def _not_a_date(text: str) -> bool:
    if not _DATE.fullmatch(text.strip()):
        return True
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return True
    return False
