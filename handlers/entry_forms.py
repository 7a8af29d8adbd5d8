"""An entry as a form shows it, and as it is read back from what was filled in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from bot.cards import drafts as cards
from bot.cards.knowledge import Told
from bot.chat import FormValue, Message
from bot.days import in_full
from knowledge.answers import source_label
from knowledge.derived import holds_of
from knowledge.drafts import FEWEST_QUESTIONS
from knowledge.entries import Entry, Source
from knowledge.files import ID, UNREGISTERED

PARTS = 3  # document, section, date
SHOWN_QUESTIONS = 8


def values_of(entry: Entry) -> dict[str, FormValue]:
    return {
        "id": entry.id,
        "title": entry.title,
        "answer": entry.answer,
        "questions": "\n".join(entry.questions),
        "field": entry.field or "",
        "year": str(entry.fiscal_year or ""),
        "until": _iso(entry.valid_until),
        "opens": _iso(entry.opens),
        "closes": _iso(entry.closes),
        "sources": "\n".join(map(_source_line, entry.sources)),
        "owner": entry.owner,
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _source_line(source: Source) -> str:
    if source == UNREGISTERED:
        return ""
    return f"{source.document}|{source.section}|{source.date}".rstrip("|")


def read(message: Message, old: Entry) -> Entry:
    """The entry that was filled in. What the form does not ask for stays as it was, but what a text holds
    follows from the text."""
    sources = tuple(
        Source(*(part.strip() for part in _parts(line))) for line in _lines(message, "sources")
    )
    made = replace(
        old,
        title=message.filled("title"),
        answer=message.filled("answer"),
        questions=tuple(dict.fromkeys(_lines(message, "questions"))),
        field=message.filled("field") or None,
        fiscal_year=int(message.filled("year")) if message.filled("year") else None,
        valid_until=_day(message, "until"),
        opens=_day(message, "opens"),
        closes=_day(message, "closes"),
        sources=sources or (UNREGISTERED,),
        owner=message.filled("owner"),
    )
    same = (made.title, made.answer, made.fiscal_year) == (old.title, old.answer, old.fiscal_year)
    return made if same else replace(made, holds=holds_of(made))


def wrong(message: Message) -> Mapping[str, str]:
    """What no single field can know to be wrong."""
    found: dict[str, str] = {}
    key = message.filled("id")
    if key and not ID.fullmatch(key):
        found |= cards.WRONG_ID
    if len(set(_lines(message, "questions"))) < FEWEST_QUESTIONS:
        found |= cards.FEW_QUESTIONS
    opens, closes = _day(message, "opens"), _day(message, "closes")
    if opens and closes and closes < opens:
        found |= cards.WRONG_DAYS
    if any(not _parts(line)[0].strip() for line in _lines(message, "sources")):
        found |= cards.WRONG_SOURCE
    return found


def _lines(message: Message, name: str) -> list[str]:
    return [line.strip() for line in message.filled(name).split("\n") if line.strip()]


def _parts(line: str) -> list[str]:
    return line.replace("｜", "|").split("|", PARTS - 1)


def _day(message: Message, name: str) -> date | None:
    text = message.filled(name)
    return date.fromisoformat(text) if text else None


def told(entry: Entry) -> Told:
    """The entry as the cards tell of it."""
    questions = list(entry.questions[:SHOWN_QUESTIONS])
    more = len(entry.questions) - len(questions)
    window = " 〜 ".join(in_full(day) if day else "" for day in (entry.opens, entry.closes))
    facts = (
        ("質問の言い方", "／".join(questions) + (f" ほか{more}" if more > 0 else "")),
        ("分野", entry.field or ""),
        ("年度", f"令和{entry.fiscal_year}年度" if entry.fiscal_year else ""),
        ("有効期限", in_full(entry.valid_until) if entry.valid_until else ""),
        ("受付期間", window if entry.opens or entry.closes else ""),
        ("出典", "\n".join(map(source_label, entry.sources))),
        ("担当", entry.owner or entry.field or ""),
    )
    return Told(entry.id, entry.title, entry.answer, facts)
