"""What the desk says: cards and the parts they are made of."""

from dataclasses import dataclass, replace
from typing import Literal

Tone = Literal["", "year", "past", "done", "wait", "warn", "stop", "off"]
Style = Literal["", "main", "call", "danger", "pick", "link", "near", "write"]
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
    "copy",
    "refusal",
]


@dataclass(frozen=True)
class Button:
    """Something to press. `value` is an id, never a permission: who may press is checked each time.

    `style`: "link" in a menu is a look (`Desk.look`) and not an event; "near" is a related thing on a card;
    "write" is for chats without threads alone: what is written next belongs to this card's thread, and its
    hint takes the place of the card's note (`for_chat`).
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
class File:
    """Something a person attached. `ref` is where the platform keeps it until it is fetched."""

    name: str
    size: int
    ref: str


@dataclass(frozen=True)
class Card:
    """Something the desk says.

    `title` is one line and is what a notification shows; `topic` a small line above it; `chips` small
    marks (the year first). `frame` says what sort of card it is, for chats that can show the difference.
    `opens` names the thread that grows below this card; `state` is that thread's one-word state.
    `note` is a small closing line. `by` is who speaks when it is a person and not the desk itself.
    `awaits`: the desk waits for words, so that a typed number is text and not a button.
    `only_for`: the user it is meant for alone, where a chat can show it to one person of many.
    `rewritten`: where it takes the place of another, its words are others too, and not only facts and buttons: a chat
    that parts a long card has all parts to change.
    `files`: go along where the chat that keeps them can give them on; its words name them in any case.
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
    only_for: str = ""
    rewritten: bool = False
    files: tuple[File, ...] = ()


def for_chat(card: Card, *, threads: bool) -> Card:
    """The card as a chat shows it: one with threads has no use for a button that says where words belong."""
    if all(button.style != "write" for button in card.buttons):
        return card
    if threads:
        return replace(card, buttons=tuple(b for b in card.buttons if b.style != "write"))
    hint = next(button.hint for button in card.buttons if button.style == "write")
    buttons = tuple(replace(b, hint="") if b.style == "write" else b for b in card.buttons)
    return replace(card, buttons=buttons, note=hint or card.note)
