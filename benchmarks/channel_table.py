"""Each entry's evidence in every channel by itself, so that weights can be fitted without searching again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.questions import AT, Asked, index_of
from knowledge.entries import Entry
from knowledge.evidence import outside
from knowledge.postings import Postings
from knowledge.question import understand
from knowledge.ranking import Ranking, rank, wanted
from knowledge.search import Index
from knowledge.shelf import bits

NAMES = tuple(field.name for field in fields(Ranking))
WORDS = ("words", "head", "body")
TIME = ("past", "other_year", "other_size")
GUESS = Ranking(
    words=2.4, head=3, body=6, own=7.5, core=1.25, letters=3.4, letters_unknown=4, sounds=0.5,
    sounds_unknown=10, vectors=6.5, past=-1, other_year=-1, other_size=-1,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One question: entries × channels, and which entries are right."""

    asked: Asked
    table: NDArray[np.float64]
    right: NDArray[np.bool_]


def table(some: tuple[Entry, ...], questions: Sequence[Asked]) -> list[Row]:
    """In: entries and questions. Out: the evidence of every entry for each, per channel."""
    indexes = {name: index_of(some, ranking=Ranking().only(name)) for name in WORDS}
    return [_row(indexes, one) for one in questions]


def _row(indexes: dict[str, Index], asked: Asked) -> Row:
    index = indexes["words"]
    shelf = index.shelves[0]
    total = len(shelf.entries)
    rows = np.zeros((total, len(NAMES)))
    question = understand(asked.query, AT, index.words, index.synonyms, shelf.latin)
    reading = index.words.tokens(question.focus).reading
    for column, name in enumerate(NAMES):
        if name in TIME:
            continue
        lists: Postings = indexes[name if name in WORDS else "words"].shelves[0].postings
        # The vector of a question is made of its words, so vectors need them, next to nothing otherwise.
        only = (
            Ranking().only(name) if name != "vectors" else replace(Ranking(words=1e-9), vectors=1.0)
        )
        look = wanted(question, lists, only, reading)
        found = rank(question, look, lists, index.vectors, shelf.directions, only, total, total)
        rows[found.numbers, column] = np.where(found.fits > 30, 0.0, found.fits)
    for number, entry in enumerate(shelf.entries):
        years = int(shelf.years[number])
        if question.years and years:
            rows[number, NAMES.index("other_year")] = float(not years & bits(question.years))
        else:
            rows[number, NAMES.index("past")] = float(entry.is_past(AT))
        rows[number, NAMES.index("other_size")] = float(
            outside(question.sizes, shelf.bounds.get(number, ()))
        )
    right = np.array([entry.id in asked.right for entry in shelf.entries])
    if asked.style == "wording":
        # A wording held out is of a current entry by choice, so it must not teach what being past costs.
        rows[[entry.is_past(AT) for entry in shelf.entries]] = 0.0
    return Row(asked, rows, right)
