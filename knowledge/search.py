"""The search: which entry answers a question, how sure that is, and which field the question is about."""

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import pairwise

import numpy as np

from knowledge.calibration import Calibration, calibrated
from knowledge.decision import CAREFUL, Outcome, decide
from knowledge.entries import Entry
from knowledge.evidence import Evidence, Known, know, matched, outside, weigh
from knowledge.fields import FieldGuesser
from knowledge.homes import nearer
from knowledge.memory import Memory
from knowledge.question import Question, questions_in, understand
from knowledge.ranking import KEPT, Ranked, Ranking, Wanted, fitted, is_vague
from knowledge.reasons import reasons
from knowledge.shelf import Shelf, bits, shelve
from knowledge.text import Synonyms, Words
from knowledge.vectors import Vectors

MOST_CHECKED = 2_000
RIVALS, VOTES = 10, 10
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
    also: Candidate | None = None
    """The answer to the second question of the message, where it asked two and both are answered."""


@dataclass(frozen=True)
class Looked:
    """A search before its outcome is decided: the question, the entries by fit, and the evidence for the first."""

    question: Question
    found: tuple[tuple[Wanted, Ranked], ...]
    """For each shelf what was looked for and what was found there."""
    order: tuple[tuple[int, float], ...]
    """Entries by number with their fit; numbers from the size of the first shelf on stand on the second."""
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
        ranking = ranking or fitted()
        # By id, so that the same entries make the same index whatever order they come in.
        ordered = sorted(entries, key=lambda entry: entry.id)
        shelf, vectors = shelve(ordered, words, synonyms, ranking)
        guesser = FieldGuesser.of(fields, ordered, words, synonyms)
        self._set(shelf, vectors, guesser, words, synonyms, ranking, calibration, version)

    def _set(
        self,
        shelf: Shelf,
        vectors: Vectors,
        guesser: FieldGuesser,
        words: Words,
        synonyms: Synonyms,
        ranking: Ranking | None,
        calibration: Calibration | None,
        version: int,
    ) -> None:
        self.version = version
        self.editions: Mapping[str, int] = {}
        self.words, self.synonyms, self.vectors = words, synonyms, vectors
        self.shelves: tuple[Shelf, ...] = (shelf,)
        self.guesser = guesser
        self._ranking = ranking or fitted()
        self._calibration = calibration or calibrated()
        self._number_of = {entry_id: n for n, entry_id in enumerate(shelf.ids)}
        self._gone: frozenset[int] = frozenset()
        self._successors = self._follow()
        self._checked: dict[int, Known] = {}
        self.memory = Memory({}, words, shelf.postings)
        self.careful = CAREFUL

    @classmethod
    def of(
        cls, shelf: Shelf, vectors: Vectors, guesser: FieldGuesser, words: Words, synonyms: Synonyms
    ) -> "Index":
        """An index of what was made before (knowledge/saved.py)."""
        index = cls.__new__(cls)
        index._set(shelf, vectors, guesser, words, synonyms, None, None, 0)  # noqa: SLF001
        return index

    def changed(
        self,
        entries: Collection[Entry],
        gone: Iterable[str],
        version: int,
        synonyms: Synonyms | None = None,
    ) -> "Index":
        """In: entries that are new or changed since this index was built anew, or hold a word of another group
        in `synonyms` now, and the ids of those that are no more. Out: the index with them, made in the time
        these few take."""
        synonyms = self.synonyms if synonyms is None else synonyms
        base = self.shelves[0]
        ordered = sorted(entries, key=lambda entry: entry.id)
        beside, _ = shelve(ordered, self.words, synonyms, self._ranking, (base, self.vectors))
        index = copy.copy(self)
        index.version, index.synonyms = version, synonyms
        index.shelves = (base, beside)
        of_base = {entry_id: n for n, entry_id in enumerate(base.ids)}
        replaced = {*gone, *beside.ids}
        index._gone = frozenset(of_base[name] for name in replaced if name in of_base)  # noqa: SLF001
        index._number_of = {name: n for name, n in of_base.items() if name not in replaced} | {  # noqa: SLF001
            name: len(of_base) + n for n, name in enumerate(beside.ids)
        }
        index._successors = index._follow()  # noqa: SLF001
        index._checked = {}  # noqa: SLF001
        return index

    def taught(
        self, learnt: Mapping[str, tuple[str, ...]], editions: Mapping[str, int] | None = None
    ) -> "Index":
        """In: the wordings learnt for each entry, and which version of each entry this is. Out: the same index
        that knows these and no others."""
        index = copy.copy(self)
        index.editions = editions or {}
        index.memory = Memory(learnt, self.words, self.shelves[0].postings)
        index._checked = {}  # noqa: SLF001
        return index

    def as_careful(self, careful: float) -> "Index":
        """In: the office's 慎重さ. Out: the same index that decides by it."""
        index = copy.copy(self)
        index.careful = careful
        return index

    def __len__(self) -> int:
        return len(self._number_of)

    def get(self, entry_id: str) -> Entry | None:
        number = self._number_of.get(entry_id)
        return None if number is None else self.entry(number)

    def entry(self, number: int) -> Entry:
        shelf, own = self._place(number)
        return shelf.entries[own]

    def search(
        self,
        text: str,
        *,
        at: date,
        top: int = 5,
        population: int | None = None,
        home: Collection[str] = (),
        after: str | None = None,
        careful: float | None = None,
        why: bool = False,
    ) -> Found:
        """In: what a person typed, today, how many candidates; where known the population of the asker's
        municipality, its name and region, and the entry the conversation was last about. Out: what was found, the best first.

        `careful` in place of the office's 慎重さ; `why` asks for the reasons of each candidate too.
        """
        careful = self.careful if careful is None else careful
        search = partial(
            self._search, at=at, top=top, population=population, home=home, careful=careful, why=why
        )
        parts = questions_in(text)
        first = search(parts[0], after=after) if parts else None
        if first is None or first.outcome != "answer":
            return search(text, after=after)
        second = search(parts[1], after=first.candidates[0].entry.id)
        if second.outcome != "answer":
            # Half an answer is none: the choices of the first, as sure as the second is.
            return replace(first, outcome="choices", score=min(first.score, second.score))
        differs = second.candidates[0].entry != first.candidates[0].entry
        return replace(first, also=second.candidates[0]) if differs else first

    def _search(
        self,
        text: str,
        *,
        at: date,
        top: int,
        population: int | None,
        home: Collection[str],
        after: str | None,
        careful: float,
        why: bool,
    ) -> Found:
        looked = self.look(
            text, at=at, population=population, home=home, after=after, kept=max(KEPT, top)
        )
        chance = self._calibration.chance(looked.evidence)
        best = tuple(
            Candidate(
                self.entry(number),
                round(self._calibration.fit(fit), 4),
                self._reasons(looked, number) if why else (),
            )
            for number, fit in looked.order[:top]
        )
        if not best:
            return Found("no_answer", (), self._guess(looked), 0.0)
        among = self._calibration.among(looked.evidence)
        outcome = decide(chance, among, careful, self._calibration.threshold)
        word_for_word = bool(looked.evidence.exact)
        if (
            outcome == "answer"
            and not word_for_word
            and is_vague(looked.question, self.shelves[0].postings)
        ):
            outcome = "choices"
        field = best[0].entry.field if outcome == "answer" else None
        return Found(outcome, best, field or self._guess(looked), round(chance, 4))

    def field_of(self, text: str) -> str | None:
        """In: what a person typed. Out: the field it is about, or None when unsure."""
        return self._guess(self.look(text, at=date.min))

    def fields_of(self, text: str, top: int = 3) -> tuple[tuple[str, float], ...]:
        """In: what a person typed. Out: the likeliest fields with their probability."""
        return self.likeliest_fields(self.look(text, at=date.min))[:top]

    def likeliest_fields(self, looked: Looked) -> tuple[tuple[str, float], ...]:
        return self.guesser.likeliest(looked.question, self._votes(looked))

    def look(
        self,
        text: str,
        *,
        at: date,
        population: int | None = None,
        home: Collection[str] = (),
        after: str | None = None,
        kept: int = KEPT,
    ) -> Looked:
        """Everything a search finds out before it decides."""
        last = self.get(after) if after else None
        latin = self.shelves[0].latin
        question = understand(
            text, at, self.words, self.synonyms, latin, last.title if last else ""
        )
        if population and not question.sizes:
            question = replace(question, sizes=(population,))
        reading = (
            question.tokens.reading
            if question.focus == question.tokens.text
            else self.words.tokens(question.focus).reading
        )
        found = tuple(
            shelf.find(question, reading, self._ranking, self.vectors, kept + len(self._gone))
            for shelf in self.shelves
        )
        order = self._ordered(question, found, at)[: max(kept, KEPT)]
        if not question.places:
            order = nearer(order, self.entry, self._successors, home)
        return Looked(question, found, order, self._weigh(question, found, order, at))

    def chance(self, looked: Looked) -> float:
        """How likely the first entry answers the question."""
        return self._calibration.chance(looked.evidence)

    def parts(self, looked: Looked) -> dict[str, float]:
        """What each piece of evidence adds to that, in log-odds."""
        return self._calibration.first.parts(looked.evidence)

    def matched(self, looked: Looked, number: int) -> frozenset[int]:
        """The codes of a question that an entry has."""
        shelf, own = self._place(number)
        look, ranked = looked.found[self.shelves.index(shelf)]
        return matched(own, look, ranked, shelf.postings)

    def touched(self, looked: Looked) -> int:
        """How many postings a question made the index read: the measure of work that no machine changes."""
        return sum(len(ranked.gathered.of) for _, ranked in looked.found)

    def _weigh(
        self,
        question: Question,
        found: tuple[tuple[Wanted, Ranked], ...],
        order: tuple[tuple[int, float], ...],
        at: date,
    ) -> Evidence:
        if not order:
            return Evidence()
        shelf, own = self._place(order[0][0])
        look, ranked = found[self.shelves.index(shelf)]
        rivals = [fit for n, fit in order[1:RIVALS] if self._last(n) != self._last(order[0][0])]
        evidence = weigh(
            question, look, ranked, own, order[0][1], rivals, self.known(order[0][0]),
            shelf.postings, past=shelf.is_past(own, at),
        )  # fmt: skip
        learnt = self.memory.is_exact(self.entry(order[0][0]).id, question.exact)
        return replace(evidence, exact=1.0) if learnt else evidence

    def _reasons(self, looked: Looked, number: int) -> tuple[str, ...]:
        shelf, own = self._place(number)
        look, ranked = looked.found[self.shelves.index(shelf)]
        return reasons(looked.question, look, ranked, own)

    def _guess(self, looked: Looked) -> str | None:
        return self.guesser.guess(looked.question, self._votes(looked))

    def _votes(self, looked: Looked) -> list[tuple[str | None, float]]:
        return [(self.entry(n).field, fit) for n, fit in looked.order[:VOTES]]

    def _place(self, number: int) -> tuple[Shelf, int]:
        first = self.shelves[0]
        size = len(first.entries)
        return (first, number) if number < size else (self.shelves[1], number - size)

    def _follow(self) -> dict[int, int]:
        """What replaced what, by number."""
        pairs = ((base, name) for base, name in self._replaced() if name in self._number_of)
        return {number: self._number_of[name] for number, name in pairs}

    def _replaced(self) -> Iterable[tuple[int, str]]:
        size = len(self.shelves[0].entries)
        for step, shelf in enumerate(self.shelves):
            for number, name in shelf.replaced.items():
                if step or number not in self._gone:
                    yield number + step * size, name

    def known(self, number: int) -> Known:
        """What an entry holds and says it does not; made when it is first found, since few ever are."""
        known = self._checked.get(number)
        if known is None:
            entry, postings = (
                self.memory.taught(self.entry(number)),
                self._place(number)[0].postings,
            )
            known = know(entry, self.words, self.synonyms, postings)
            if len(self._checked) < MOST_CHECKED:
                self._checked[number] = known
        return known

    def _ordered(
        self, question: Question, found: tuple[tuple[Wanted, Ranked], ...], at: date
    ) -> tuple[tuple[int, float], ...]:
        """The candidates of all shelves by fit, time counted."""
        fits: dict[int, float] = {}
        for step, (_, ranked) in enumerate(found):
            start = step * len(self.shelves[0].entries)
            for number, fit in zip(ranked.numbers.tolist(), ranked.fits.tolist(), strict=True):
                if step or number not in self._gone:
                    fits[start + number] = fit
        least = min(fits.values(), default=0.0)
        for entry_id, gain in self.memory.gains(question.tokens, question.exact).items():
            if entry_id in self._number_of:
                number = self._number_of[entry_id]
                fits[number] = fits.get(number, least) + gain
        scores = self._in_time(fits, question, at)
        return tuple(
            sorted(scores.items(), key=lambda item: (-item[1], self._is_past(item[0], at), item[0]))
        )

    def _is_past(self, number: int, at: date) -> bool:
        shelf, own = self._place(number)
        return shelf.is_past(own, at)

    def _in_time(self, fits: Mapping[int, float], question: Question, at: date) -> dict[int, float]:
        """A successor inherits the fit of what it replaces and stands above it, unless its year was named."""
        named = bits(question.years)
        chains = [
            self._chain(number, named) for number in sorted(fits) if number in self._successors
        ]
        inherited = dict(fits)
        for chain in chains:
            for older, newer in pairwise(chain):
                if older in inherited:
                    inherited[newer] = max(inherited.get(newer, -np.inf), inherited[older])
        scores = {n: fit + self._against(n, question, named, at) for n, fit in inherited.items()}
        for chain in chains:
            for newer, older in pairwise(reversed(chain)):
                if older in scores and newer in scores:
                    scores[older] = min(scores[older], scores[newer] - BEHIND)
        return scores

    def _chain(self, number: int, named: int) -> list[int]:
        """The entry and what replaced it, oldest first, up to one that leaves the year the question names."""
        chain = [number]
        while (newer := self._successors.get(chain[-1])) is not None and newer not in chain:
            of_the_year = [bool(self._years(n) & named) for n in (chain[-1], newer)]
            if of_the_year == [True, False]:
                break
            chain.append(newer)
        return chain

    def _years(self, number: int) -> int:
        shelf, own = self._place(number)
        return int(shelf.years[own])

    def _against(self, number: int, question: Question, named: int, at: date) -> float:
        """What another year, a time that is over, or another size of municipality costs."""
        shelf, own = self._place(number)
        cost = 0.0
        if question.sizes and outside(question.sizes, shelf.bounds.get(own, ())):
            cost += self._ranking.other_size
        years = int(shelf.years[own])
        if named and years:
            return cost if years & named else cost + self._ranking.other_year
        return cost + (self._ranking.past if shelf.is_past(own, at) else 0.0)

    def _last(self, number: int) -> int:
        """The entry that stands for this one today."""
        seen = {number}
        while (newer := self._successors.get(number)) is not None and newer not in seen:
            seen.add(newer)
            number = newer
        return number
