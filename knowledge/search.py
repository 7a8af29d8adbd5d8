"""The search: which entry answers a question, how sure that is, and which field the question is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np

from knowledge.calibration import Calibration, calibrated
from knowledge.decision import CAREFUL, Outcome, decide
from knowledge.documents import contexts, document, wordings
from knowledge.entries import Entry
from knowledge.evidence import Evidence, Known, bounds, know, outside, weigh, years_of
from knowledge.fields import FieldGuesser
from knowledge.normal import clean
from knowledge.postings import build
from knowledge.question import Question, understand
from knowledge.ranking import KEPT, Ranked, Ranking, Wanted, fitted, rank, wanted
from knowledge.reasons import reasons
from knowledge.romaji import LATIN
from knowledge.text import Synonyms, Words
from knowledge.values import stated
from knowledge.vectors import of_entries, train

MOST_CHECKED = 2_000
BEHIND = 0.001
"""A replaced entry stands just behind what replaced it."""


@dataclass(frozen=True)
class Candidate:
    """An entry that may be meant, how well it fits from 0 to 1, and the reasons in short Japanese."""

    entry: Entry
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a search found. `candidates` are the best, the answer first.

    `score`: the calibrated probability that the first candidate answers the question, whatever the outcome.
    """

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    field: str | None
    score: float


@dataclass(frozen=True)
class Looked:
    """A search before its outcome is decided: the question, the entries by fit, and the evidence for the first."""

    question: Question
    wanted: Wanted
    ranked: Ranked
    order: tuple[tuple[int, float], ...]
    evidence: Evidence


class Index:
    """Entries made searchable. It never changes after it is made, so any number of threads may search it."""

    def __init__(
        self,
        entries: Iterable[Entry],
        fields: Mapping[str, str],
        words: Words,
        synonyms: Synonyms,
        version: int = 0,
        *,
        ranking: Ranking | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """`fields`: each field's name and what belongs to it, from which a question's field is guessed."""
        self.version = version
        self.words, self.synonyms = words, synonyms
        self._ranking = ranking or fitted()
        self._calibration = calibration or calibrated()
        # By id, so that the same entries make the same index whatever order they come in.
        ordered = sorted(entries, key=lambda entry: entry.id)
        self._number_of = {entry.id: number for number, entry in enumerate(ordered)}
        self._successors = {
            number: self._number_of[entry.replaced_by]
            for number, entry in enumerate(ordered)
            if entry.replaced_by is not None and entry.replaced_by in self._number_of
        }
        documents = [document(entry, words, synonyms) for entry in ordered]
        self.postings = build(documents, self._ranking.shares)
        self.vectors = train(contexts(documents))
        idf = dict(zip(self.postings.codes.tolist(), self.postings.idf.tolist(), strict=True))
        self.directions = of_entries(self.vectors, documents, idf)
        self.entries = ordered
        self.years = [years_of(entry) for entry in ordered]
        self.latin = frozenset(
            word for entry in ordered for text in (*wordings(entry), entry.answer) for word in LATIN.findall(clean(text))
        )
        self.bounds = {
            number: found
            for number, entry in enumerate(ordered)
            if (found := bounds(clean(f"{entry.title}。{stated(entry.answer)}")))
        }
        self._checked: dict[int, Known] = {}
        self._fields = FieldGuesser(fields, ordered, words, synonyms)

    def get(self, entry_id: str) -> Entry | None:
        number = self._number_of.get(entry_id)
        return None if number is None else self.entries[number]

    def search(
        self,
        text: str,
        *,
        at: date,
        top: int = 5,
        municipality: str | None = None,
        population: int | None = None,
        after: str | None = None,
        careful: float = CAREFUL,
        why: bool = False,
    ) -> Found:
        """In: what a person typed, today, how many candidates; where known the asker's municipality with its
        population, and the entry the conversation was last about. Out: what was found, the best first."""
        looked = self.look(
            text, at=at, municipality=municipality, population=population, after=after, kept=max(KEPT, top)
        )
        chance = self._calibration.chance(looked.evidence)
        chances = [self._calibration.fit(fit) for _, fit in looked.order[:top]]
        best = tuple(
            Candidate(
                self.entries[n],
                round(score, 4),
                reasons(looked.question, looked.wanted, looked.ranked, n) if why else (),
            )
            for (n, _), score in zip(looked.order[:top], chances, strict=True)
        )
        outcome = decide(chance, self._calibration.among(looked.evidence), careful, self._calibration.threshold) if best else "no_answer"
        guess = (
            best[0].entry.field
            if outcome == "answer" and best[0].entry.field
            else self._fields.guess(looked.question, self._votes(looked))
        )
        return Found(outcome, best, guess, round(chance if best else 0.0, 4))

    def field_of(self, text: str) -> str | None:
        """In: what a person typed. Out: the field it is about, or None when unsure."""
        looked = self.look(text, at=date.min)
        return self._fields.guess(looked.question, self._votes(looked))

    def fields_of(self, text: str, top: int = 3) -> tuple[tuple[str, float], ...]:
        """In: what a person typed. Out: the likeliest fields with their probability."""
        return self.likeliest_fields(self.look(text, at=date.min))[:top]

    def likeliest_fields(self, looked: Looked) -> tuple[tuple[str, float], ...]:
        return self._fields.likeliest(looked.question, self._votes(looked))

    def look(
        self,
        text: str,
        *,
        at: date,
        municipality: str | None = None,
        population: int | None = None,
        after: str | None = None,
        kept: int = KEPT,
    ) -> Looked:
        """Everything a search finds out before it decides."""
        question = understand(text, at, self.words, self.synonyms, self.latin)
        if population and not question.sizes:
            question = replace(question, sizes=(population,))
        reading = (
            question.tokens.reading
            if question.focus == question.tokens.text
            else self.words.tokens(question.focus).reading
        )
        look = wanted(question, self.postings, self._ranking, reading)
        ranked = rank(
            question, look, self.postings, self.vectors, self.directions, self._ranking, len(self.entries), kept
        )
        order = self._ordered(question, ranked, at)
        evidence = weigh(
            question, look, ranked, order, self._know, lambda n: self.entries[n].is_past(at),
            self.postings, self._last,
        )
        return Looked(question, look, ranked, order, evidence)

    def _votes(self, looked: Looked) -> list[tuple[str | None, float]]:
        return [(self.entries[n].field, fit) for n, fit in looked.order[:10]]

    def _ordered(
        self, question: Question, ranked: Ranked, at: date
    ) -> tuple[tuple[int, float], ...]:
        """The candidates by fit, time counted."""
        fits = dict(zip(ranked.numbers.tolist(), ranked.fits.tolist(), strict=True))
        scores = self._in_time(fits, question, at)
        return tuple(
            sorted(scores.items(), key=lambda item: (-item[1], self.entries[item[0]].is_past(at), item[0]))
        )

    def _in_time(
        self, fits: Mapping[int, float], question: Question, at: date
    ) -> dict[int, float]:
        """A successor inherits the fit of what it replaces and stands above it, unless its year was named."""
        chains = [
            chain for n in sorted(self._successors) if n in fits and len(chain := self._chain(n, question)) > 1
        ]
        inherited = dict(fits)
        for chain in chains:
            for older, newer in pairwise(chain):
                if older in inherited:
                    inherited[newer] = max(inherited.get(newer, -np.inf), inherited[older])
        scores = {n: fit + self._time(n, question, at) for n, fit in inherited.items()}
        for chain in chains:
            for newer, older in pairwise(reversed(chain)):
                if older in scores and newer in scores:
                    scores[older] = min(scores[older], scores[newer] - BEHIND)
        return scores

    def _chain(self, number: int, question: Question) -> list[int]:
        """The entry and what replaced it, oldest first, up to one that leaves the year the question names."""
        chain = [number]
        while (newer := self._successors.get(chain[-1])) is not None and newer not in chain:
            of_the_year = [bool(self.years[n] & question.years) for n in (chain[-1], newer)]
            if of_the_year == [True, False]:
                break
            chain.append(newer)
        return chain

    def _time(self, number: int, question: Question, at: date) -> float:
        size = outside(question.sizes, self.bounds.get(number, ())) * self._ranking.other_size
        if question.years and self.years[number]:
            return size + (0.0 if self.years[number] & question.years else self._ranking.other_year)
        return size + (self._ranking.past if self.entries[number].is_past(at) else 0.0)

    def _know(self, number: int) -> Known:
        """What the value checks look at; made when an entry is first found, since few ever are."""
        known = self._checked.get(number)
        if known is None:
            known = know(self.entries[number], self.words, self.synonyms)
            if len(self._checked) < MOST_CHECKED:
                self._checked[number] = known
        return known

    def _last(self, number: int) -> int:
        """The entry that stands for this one today."""
        seen = {number}
        while (newer := self._successors.get(number)) is not None and newer not in seen:
            seen.add(newer)
            number = newer
        return number
