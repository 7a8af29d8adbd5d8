"""Holds the pack against its facts and their documents: `python -m bot knowledge check`.

Each problem names file and line. What binds our pack here does not bind an imported file.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.derived import basis_of, holds_of
from knowledge.entries import Entry
from knowledge.figures import figures, held
from knowledge.files import BadFiles, Problem, Written, read_files

LINES, LENGTH, CASE_LENGTH = 8, 300, 450
FACT_WORDS = ("statement", "topic", "fiscal_year", "valid_from", "valid_until", "deadline")


@dataclass(frozen=True)
class Pack:
    """The pack's folder, read: entries, facts by id, figures by document, facts left out with a reason,
    and figures that a fact adds to its document, noted with a reason."""

    entries: tuple[Written, ...]
    facts: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, frozenset[str]]
    left_out: Mapping[str, str]
    noted: frozenset[tuple[str, str]]
    folder: Path


def read_pack(folder: Path) -> Pack:
    """Raise BadFiles where an entry cannot be read at all."""
    return Pack(
        tuple(read_files(sorted((folder / "entries").glob("*.md")))),
        {fact["id"]: fact for fact in _json_lines(folder / "facts.jsonl")},
        {
            name: frozenset(listed)
            for name, listed in json.loads((folder / "figures.json").read_text("utf-8")).items()
        },
        {row["fact"]: row["reason"] for row in _rows(folder / "left_out.csv")},
        frozenset((row["fact"], row["figure"]) for row in _rows(folder / "noted.csv")),
        folder,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def check(folder: Path, today: date) -> list[Problem]:
    """Everything wrong with the pack, in the order of its files."""
    try:
        pack = read_pack(folder)
    except BadFiles as bad:
        return list(bad.problems)
    ids = {one.entry.id for one in pack.entries}
    found = [p for one in pack.entries for p in _check_entry(one, pack, ids, today)]
    found.extend(_check_questions(pack.entries))
    found.extend(_check_facts(pack))
    return found


def line_of(origin: str, field: str, value: str = "") -> int:
    """The line of a file where this field (or this item of it) stands; 1 where it is missing."""
    rows = Path(origin).read_text(encoding="utf-8-sig").splitlines()
    if field == "answer":
        return next((n for n, r in enumerate(rows[1:], start=2) if r.rstrip() == "---"), 0) + 1
    for number, row in enumerate(rows, start=1):
        if value and row.strip() in (f"- {value}", f"{field}: {value}"):
            return number
        if not value and row.startswith(f"{field}:"):
            return number
    return 1


def _check_entry(one: Written, pack: Pack, ids: set[str], today: date) -> Iterator[Problem]:
    entry = one.entry

    def problem(field: str, what: str, value: str = "") -> Problem:
        return Problem(one.origin, line_of(one.origin, field, value), field, what)

    if not entry.sources or not entry.facts:
        yield problem("sources", "出典と、もとになる事実（facts）を書いてください")
    if entry.field is None:
        yield problem("field", "12の分野のどれかを書いてください")
    ended = entry.valid_until is not None and entry.valid_until < today
    if ended and not entry.past and entry.replaced_by is None:
        yield problem("valid_until", "期間が終わっています。past か replaced_by を書いてください")
    for field, values in (("related", entry.related), ("replaced_by", (entry.replaced_by,))):
        for value in values:
            if value and value not in ids:
                yield problem(field, f"{value} という項目はありません", value)
    yield from (problem("answer", what) for what in _too_long(entry))
    for field, what, value in (*_check_derived(entry, pack), *_check_figures(entry, pack)):
        yield problem(field, what, value)


def _check_derived(entry: Entry, pack: Pack) -> Iterator[tuple[str, str, str]]:
    """What follows from the facts has to follow from those that stand there now."""
    due = {"holds": holds_of(entry), "basis": basis_of(entry, pack.facts)}
    for field, written in (("holds", entry.holds), ("basis", entry.basis)):
        if written and written != due[field]:
            yield field, "答えや事実と合っていません。tools/holds.py で書き直してください", ""


def _check_figures(entry: Entry, pack: Pack) -> Iterator[tuple[str, str, str]]:
    """Field, sentence and item for each fact that is not there and each figure no fact states."""
    known = frozenset[str]()
    for fact in entry.facts:
        if fact not in pack.facts:
            yield "facts", f"{fact} という事実はありません", fact
        else:
            known |= figures_of(pack.facts[fact])
    for figure in sorted(figures(entry.answer)):
        if not held(figure, known):
            yield "answer", f"「{figure}」は、挙げた事実のどれにもありません", ""


def figures_of(fact: Mapping[str, Any]) -> frozenset[str]:
    """Every figure that a fact states, in its words or its dates."""
    return figures(" ".join(str(fact.get(name) or "") for name in FACT_WORDS))


def _too_long(entry: Entry) -> Iterator[str]:
    limit = CASE_LENGTH if entry.kind == "case" else LENGTH
    rows, length = len(entry.answer.splitlines()), len(entry.answer)
    if rows > LINES:
        yield f"{rows}行あります。{LINES}行までにしてください"
    if length > limit:
        yield f"{length}字あります。{limit}字までにしてください"


def _check_questions(entries: Iterable[Written]) -> Iterator[Problem]:
    first: dict[str, Written] = {}
    for one in entries:
        for question in one.entry.questions:
            folded = re.sub(r"\W", "", unicodedata.normalize("NFKC", question)).casefold()
            known = first.setdefault(folded, one)
            if known is not one:
                line = line_of(one.origin, "questions", question)
                what = f"「{question}」は {known.entry.id} にもあります"
                yield Problem(one.origin, line, "questions", what)


def _check_facts(pack: Pack) -> Iterator[Problem]:
    """Each fact's figures stand in its document; each one that nothing supersedes is told or left out."""
    told = {fact for one in pack.entries for fact in one.entry.facts}
    origin = str(pack.folder / "facts.jsonl")
    for number, fact in enumerate(pack.facts.values(), start=1):
        document = pack.figures.get(fact["source"]["file"])
        if document is None:
            what = f"{fact['source']['file']} の数字の一覧が figures.json にありません"
            yield Problem(origin, number, fact["id"], what)
            continue
        for figure in sorted(figures(fact["statement"])):
            if not held(figure, document, yearless=True) and (fact["id"], figure) not in pack.noted:
                yield Problem(origin, number, fact["id"], f"「{figure}」は資料の数字にありません")
        if not fact["superseded_by"] and fact["id"] not in told | pack.left_out.keys():
            what = "どの項目にもありません。項目に書くか、left_out.csv に理由を書いてください"
            yield Problem(origin, number, fact["id"], what)
