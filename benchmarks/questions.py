"""Questions whose right answers are known, and the pack they are asked of."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.check import read_pack
from knowledge.entries import Entry
from knowledge.evaluate import is_right
from knowledge.library import SYNONYMS
from knowledge.search import Index
from knowledge.text import Synonyms, Words

PACK = Path("knowledge/hyogo")
DATA = Path("tests/data")
AT = date(2026, 11, 20)
ANSWERABLE = ("faq", "case", "answerable")


@dataclass(frozen=True)
class Asked:
    """One question, the entries that answer it, and what kind it is."""

    id: str
    query: str
    kind: str
    right: frozenset[str]
    style: str = ""
    field: str | None = None
    fields: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return self.kind in ANSWERABLE


@cache
def entries() -> tuple[Entry, ...]:
    return tuple(one.entry for one in read_pack(PACK).entries)


@cache
def words() -> Words:
    return Words()


@cache
def synonyms() -> Synonyms:
    return Synonyms.read(SYNONYMS, words())


@cache
def described() -> Mapping[str, str]:
    with (PACK / "directory" / "fields.csv").open(encoding="utf-8-sig", newline="") as rows:
        return {row["field"]: row["description"] for row in csv.DictReader(rows)}


def index_of(some: tuple[Entry, ...], **options: Any) -> Index:
    return Index(some, described(), words(), synonyms(), **options)


def read(path: Path) -> list[Asked]:
    """A file of questions: right by `must` patterns in the answer's text, or by the facts an entry holds."""
    lines = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [_asked(line) for line in lines]


def _asked(line: Mapping[str, Any]) -> Asked:
    facts = set(line.get("facts") or ())
    right = (
        {entry.id for entry in entries() if facts & set(entry.facts)}
        if "facts" in line
        else {entry.id for entry in entries() if is_right(line, entry, AT)}
    )
    field = line.get("field")
    return Asked(
        line["id"], line["query"], line["kind"], frozenset(right), line.get("style") or "", field,
        tuple(filter(None, (field, *line.get("field_alt", ())))),
    )  # fmt: skip


def held_out(fold: int) -> tuple[tuple[Entry, ...], list[Asked]]:
    """The pack with the `fold`-th wording of every entry taken out, and those wordings as questions."""
    kept, asked = [], []
    for entry in entries():
        if fold >= len(entry.questions):
            kept.append(entry)
            continue
        rest = tuple(q for number, q in enumerate(entry.questions) if number != fold)
        kept.append(replace(entry, questions=rest))
        if not entry.is_past(AT):
            name = f"{entry.id}#{fold}"
            asked.append(
                Asked(name, entry.questions[fold], "faq", frozenset((entry.id,)), "wording")
            )
    return tuple(kept), asked
