"""Which of the twelve fields a question is about: its entries' votes and each field's description."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import numpy as np

from knowledge.codes import CORE, OWN, WORD, code
from knowledge.documents import Document, features, wordings
from knowledge.entries import Entry
from knowledge.postings import FULL, PERFECT, Postings, Rows, build, gather
from knowledge.question import Question
from knowledge.text import Synonyms, Words

# In log-odds, fitted by benchmarks/fit_fields.py on questions kept apart.
DESCRIBED, VOTED = 8.0, 1.0
TEMPERATURE = 1.0
SURE = 0.5
"""From this probability on a field is named; below it nobody knows."""
WHOLE = 10**9
MOST_TITLES = 400


class FieldGuesser:
    """Each field is a document: its description and the titles of its entries."""

    def __init__(self, names: Sequence[str], postings: Postings) -> None:
        self.names = tuple(names)
        self.postings = postings

    @classmethod
    def of(
        cls,
        described: Mapping[str, str],
        entries: Iterable[Entry],
        words: Words,
        synonyms: Synonyms,
    ) -> Self:
        """In: each field's description, and the entries, whose titles and questions tell of their field too."""
        titles: dict[str, list[str]] = {name: [] for name in described}
        for entry in entries:
            if entry.field in titles and len(titles[entry.field]) < MOST_TITLES:
                titles[entry.field].extend(wordings(entry))
        documents = []
        for name, description in described.items():
            head = _counts(words, synonyms, f"{name}。{description}")
            body = _counts(words, synonyms, "。".join(titles[name]))
            documents.append(Document((head, head, body), frozenset(), ()))
        return cls(tuple(described), build(Rows(documents), (1.0, 0.0, 0.0)))

    def likeliest(
        self, question: Question, votes: Sequence[tuple[str | None, float]]
    ) -> tuple[tuple[str, float], ...]:
        """In: a question and its best entries' fields with their fit. Out: the fields by probability."""
        if not self.names:
            return ()
        described, known = self._described(question)
        best = max((fit for _, fit in votes), default=0.0)
        voted = dict.fromkeys(self.names, 0.0)
        for name, fit in votes:
            if name in voted:
                voted[name] += math.exp((fit - best) / TEMPERATURE)
        total = sum(voted.values()) or 1.0
        strength = VOTED * min(1.0, max(0.0, best) / 4)
        odds = np.array([
            DESCRIBED * described[number] + strength * math.log(0.02 + voted[name] / total)
            for number, name in enumerate(self.names)
        ])  # fmt: skip
        chances = np.exp(odds - odds.max())
        chances = chances / chances.sum() * known
        order = sorted(range(len(self.names)), key=lambda n: (-chances[n], n))
        return tuple((self.names[n], float(chances[n])) for n in order)

    def guess(self, question: Question, votes: Sequence[tuple[str | None, float]]) -> str | None:
        """The likeliest field, or None when that is not likely enough."""
        likeliest = self.likeliest(question, votes)
        return likeliest[0][0] if likeliest and likeliest[0][1] >= SURE else None

    def _described(self, question: Question) -> tuple[np.ndarray, float]:
        """The share of the question each description covers, and whether any word is known at all."""
        weights: dict[int, float] = {}
        for word, share in zip(question.tokens.words, question.weights, strict=True):
            weights[code(WORD, word.term)] = word.weight * share
        for channel, groups, hint in (
            (OWN, question.own, 0.5),
            (CORE, question.tokens.groups, 0.2),
        ):
            weights |= {code(channel, group.name): hint for group in groups}
        codes = np.array(list(weights), dtype=np.uint64)
        places = self.postings.find(codes)
        known = places >= 0
        idf = (
            np.where(known, self.postings.idf[places], self.postings.unseen())
            if len(codes)
            else np.zeros(0)
        )
        mass = np.array(list(weights.values())) * idf
        full = PERFECT * (float(mass.sum()) or 1.0)
        found = gather(
            self.postings, places[known], mass[known] / full / FULL, len(self.names), WHOLE
        )
        return found.sums, float(bool(known.any()))


def _counts(words: Words, synonyms: Synonyms, text: str) -> Mapping[int, int]:
    counts: dict[int, int] = {}
    for feature in features(words.tokens(text), synonyms):
        counts[feature] = counts.get(feature, 0) + 1
    return counts
