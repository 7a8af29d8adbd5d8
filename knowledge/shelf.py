"""Entries made searchable: their posting lists, directions, years and sizes. It never changes after it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.documents import document, wordings
from knowledge.entries import Entry
from knowledge.evidence import bounds_of, years_of
from knowledge.normal import clean
from knowledge.postings import Postings, Rows, build, widened
from knowledge.question import Question
from knowledge.ranking import Ranked, Ranking, Wanted, rank, wanted
from knowledge.romaji import LATIN
from knowledge.text import Synonyms, Words
from knowledge.vectors import Vectors, of_entries, train

LAST_YEAR = 63
TAUGHT_BY = 4_000
"""Of more entries than these, only so many teach the vectors: time and memory of a build stay bounded."""
FOREVER = 10**7


@dataclass(frozen=True)
class Shelf:
    """Entry i has row i in every array. `years`: a bit for each fiscal year of Reiwa it is about."""

    entries: Sequence[Entry]
    postings: Postings
    directions: NDArray[np.int8]
    years: NDArray[np.uint64]
    until: NDArray[np.int32]
    bounds: Mapping[int, tuple[tuple[int, int], ...]]
    latin: frozenset[str]
    ids: Sequence[str]
    replaced: Mapping[int, str]
    """By number, the id of what replaced an entry."""

    def find(
        self, question: Question, reading: str, ranking: Ranking, vectors: Vectors, kept: int
    ) -> tuple[Wanted, Ranked]:
        """In: a question. Out: what it looks for here, and the best entries."""
        look = wanted(question, self.postings, ranking, reading)
        total = len(self.entries)
        return look, rank(
            question, look, self.postings, vectors, self.directions, ranking, total, kept
        )

    def is_past(self, number: int, at: date) -> bool:
        return bool(self.until[number] < at.toordinal())


def shelve(
    entries: Sequence[Entry],
    words: Words,
    synonyms: Synonyms,
    ranking: Ranking,
    base: tuple[Shelf, Vectors] | None = None,
) -> tuple[Shelf, Vectors]:
    """In: entries. Out: the shelf, and the word vectors its directions are in.

    `base`: the shelf these entries stand beside, whose figures for rarity and length then hold here too.
    """
    rows = Rows()
    contexts: list[tuple[int, ...]] = []
    every = max(1, len(entries) // TAUGHT_BY)
    for number, entry in enumerate(entries):
        made = document(entry, words, synonyms)
        rows.add(made)
        if number % every == 0:
            contexts.extend(made.contexts)
    if base is None:
        postings, vectors = build(rows, ranking.shares), train(contexts)
    else:
        beside, vectors = base
        postings = widened(build(rows, ranking.shares, beside.postings), beside.postings)
    return (
        Shelf(
            entries,
            postings,
            of_entries(vectors, rows, postings),
            np.array([bits(years_of(entry)) for entry in entries], dtype=np.uint64),
            np.array([_until(entry) for entry in entries], dtype=np.int32),
            {n: found for n, entry in enumerate(entries) if (found := bounds_of(entry))},
            frozenset(word for entry in entries for word in _latin(entry)),
            [entry.id for entry in entries],
            {
                n: entry.replaced_by
                for n, entry in enumerate(entries)
                if entry.replaced_by is not None
            },
        ),
        vectors,
    )


def bits(years: frozenset[int]) -> int:
    """Fiscal years of Reiwa as bits."""
    return sum(1 << year for year in years if 0 <= year <= LAST_YEAR)


def _until(entry: Entry) -> int:
    """The last day on which an entry is not past."""
    if entry.past or entry.replaced_by is not None:
        return 0
    return entry.valid_until.toordinal() if entry.valid_until is not None else FOREVER


def _latin(entry: Entry) -> list[str]:
    return [
        word for text in (*wordings(entry), entry.answer) for word in LATIN.findall(clean(text))
    ]
