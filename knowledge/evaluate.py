"""How well the desk answers a file of questions whose right answers are known.

A question: `{"id","kind","query","must","field","field_alt"}` and, where given, `style` and `difficulty`.
`kind` is faq, case, out_of_scope or consult; `must` are regular expressions that are all found in the text
of a right answer (NFKC, no comma between digits, no white space).
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from knowledge.answers import as_read
from knowledge.entries import Entry
from knowledge.search import Found, Index

ANSWERABLE = ("faq", "case")
NEARLY = 90  # rapidfuzz ratio from which a question stands nearly in the pack


@dataclass
class Tally:
    """Counts over some of the questions."""

    asked: int = 0
    answered: int = 0
    right: int = 0
    first: int = 0
    top3: int = 0

    def add(self, result: "Result") -> None:
        self.asked += 1
        self.answered += result.answered
        self.right += result.answered and result.first
        self.first += result.first
        self.top3 += result.top3

    def __str__(self) -> str:
        return (
            f"first right {_share(self.first, self.asked)}, top 3 {_share(self.top3, self.asked)}, "
            f"answered right {_share(self.right, self.asked)}, "
            f"confidently wrong {_share(self.answered - self.right, self.asked)}"
        )


@dataclass(frozen=True)
class Result:
    """How one question fared."""

    question: Mapping[str, Any]
    found: Found
    first: bool
    top3: bool

    @property
    def answered(self) -> bool:
        return self.found.outcome == "answer"

    @property
    def fails(self) -> bool:
        kind = self.question["kind"]
        if kind in ANSWERABLE:
            return not self.first
        if kind == "out_of_scope":
            return self.answered
        return not field_right(self)


@dataclass
class Report:
    """Everything that is reported of one file of questions."""

    results: list[Result] = field(default_factory=list)
    verbatim: int = 0
    nearly: int = 0

    def lines(self) -> Iterator[str]:
        """The report, a figure a line, then the failing questions."""
        yield f"questions: {len(self.results)}"
        yield f"in the pack word for word: {self.verbatim}, nearly (ratio ≥ {NEARLY}): {self.nearly}"
        answerable = [r for r in self.results if r.question["kind"] in ANSWERABLE]
        yield f"faq + case: {_tally(answerable)}"
        yield from self._other_kinds()
        for key in ("kind", "style", "difficulty"):
            groups: dict[str, list[Result]] = defaultdict(list)
            for result in answerable:
                if result.question.get(key):
                    groups[str(result.question[key])].append(result)
            for name, some in sorted(groups.items()):
                yield f"  {key} {name} ({len(some)}): {_tally(some)}"
        for result in self.results:
            if result.fails:
                yield _failing(result)

    def _other_kinds(self) -> Iterator[str]:
        outside = [r for r in self.results if r.question["kind"] == "out_of_scope"]
        if outside:
            answered = sum(r.answered for r in outside)
            yield f"out of scope answered: {answered} of {len(outside)}"
        consult = [r for r in self.results if r.question["kind"] == "consult"]
        if consult:
            exact = sum(r.found.field == r.question["field"] for r in consult)
            common, count = Counter(r.question["field"] for r in consult).most_common(1)[0]
            yield (
                f"consult: field right {_share(sum(map(field_right, consult)), len(consult))}, "
                f"exact {_share(exact, len(consult))} "
                f"(always {common}: {_share(count, len(consult))})"
            )


def field_right(result: Result) -> bool:
    """Is the field the one asked for, or one that would do as well?"""
    question = result.question
    return result.found.field in (question["field"], *question.get("field_alt", ()))


def evaluate(
    index: Index, questions: Sequence[Mapping[str, Any]], entries: Iterable[Entry], at: date
) -> Report:
    """Ask every question once, on the day `at`."""
    wordings = [normalised(q) for entry in entries for q in (entry.title, *entry.questions)]
    known = set(wordings)
    report = Report()
    for question in questions:
        found = index.search(question["query"], at=at)
        right = [is_right(question, c.entry, at) for c in found.candidates[:3]]
        report.results.append(Result(question, found, bool(right and right[0]), any(right)))
        asked = normalised(question["query"])
        report.verbatim += asked in known
        report.nearly += (
            process.extractOne(asked, wordings, scorer=fuzz.ratio, score_cutoff=NEARLY) is not None
        )
    return report


def read_questions(path: Path) -> list[dict[str, Any]]:
    """Raise ValueError naming the line that is not a question."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        question = json.loads(line)
        if not {"id", "kind", "query"} <= question.keys():
            raise ValueError(f"{path}の{number}行目：id、kind、query を書いてください")
        questions.append(question)
    return questions


def normalised(text: str) -> str:
    """NFKC, no comma between digits, no white space."""
    return re.sub(r"\s", "", re.sub(r"(?<=\d),(?=\d)", "", unicodedata.normalize("NFKC", text)))


def is_right(question: Mapping[str, Any], entry: Entry, at: date) -> bool:
    must = question.get("must") or ()
    text = normalised(as_read(entry, at))
    return bool(must) and all(re.search(pattern, text) for pattern in must)


def _tally(results: Iterable[Result]) -> Tally:
    tally = Tally()
    for result in results:
        tally.add(result)
    return tally


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "–"


def _failing(result: Result) -> str:
    question, found = result.question, result.found
    best = found.candidates[0].entry.id if found.candidates else "–"
    return (
        f"✗ {question['id']} {question['kind']} {found.outcome} {found.score:.2f} "
        f"→ {best} / {found.field}: {question['query']}"
    )
