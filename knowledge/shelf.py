"""Entries made searchable: their posting lists, directions, years and sizes. It never changes after it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.codes import OWN, SHIFT
from knowledge.documents import Document, contexts, document, wordings
from knowledge.entries import Entry
from knowledge.evidence import bounds, years_of
from knowledge.normal import clean
from knowledge.postings import Postings, build, widened
from knowledge.question import Question
from knowledge.ranking import Ranked, Ranking, Wanted, rank, wanted
from knowledge.romaji import LATIN
from knowledge.text import Synonyms, Words
from knowledge.values import stated
from knowledge.vectors import Vectors, of_entries, train

LAST_YEAR = 63
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
    documents = [document(entry, words, synonyms) for entry in entries]
    if base is None:
        postings, vectors = build(documents, ranking.shares), train(contexts(documents))
    else:
        beside, vectors = base
        made = build(documents, ranking.shares, beside.postings)
        postings = widened(made, beside.postings)
    return (
        Shelf(
            entries,
            postings,
            of_entries(vectors, documents, _rarity(postings, documents)),
            np.array([bits(years_of(entry)) for entry in entries], dtype=np.uint64),
            np.array([_until(entry) for entry in entries], dtype=np.int32),
            {n: found for n, entry in enumerate(entries) if (found := _bounds(entry))},
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


def _rarity(postings: Postings, documents: Sequence[Document]) -> Mapping[int, float]:
    wanted_codes = np.array(
        sorted({f for d in documents for part in d.counts for f in part if f < OWN << SHIFT}),
        dtype=np.uint64,
    )
    places = postings.find(wanted_codes)
    return dict(zip(wanted_codes.tolist(), postings.idf[places].tolist(), strict=True))


def bits(years: frozenset[int]) -> int:
    """Fiscal years of Reiwa as bits."""
    return sum(1 << year for year in years if 0 <= year <= LAST_YEAR)


def _until(entry: Entry) -> int:
    """The last day on which an entry is not past."""
    if entry.past or entry.replaced_by is not None:
        return 0
    return entry.valid_until.toordinal() if entry.valid_until is not None else FOREVER


def _bounds(entry: Entry) -> tuple[tuple[int, int], ...]:
    return bounds(clean(f"{entry.title}。{stated(entry.answer)}"))


def _latin(entry: Entry) -> list[str]:
    return [
        word for text in (*wordings(entry), entry.answer) for word in LATIN.findall(clean(text))
    ]
