"""Finding the entry that answers a question: an index that never changes, and one function on it.

Three channels over the same entries, summed: words (BM25F, questions and title above the whole entry),
synonym groups at a low weight, and character bigrams that carry what the words do not know (typos, kana
only, half-width). Then RapidFuzz compares how the topic and the question are *read*, on the best thirty.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rapidfuzz import fuzz

from knowledge.entries import Entry
from knowledge.text import (
    Synonyms,
    Tokens,
    Words,
    clean,
    fold,
    kana_of_romaji,
    loose,
    without_courtesy,
    without_years,
    years,
)

Outcome = Literal["answer", "choices", "no_answer"]

K1 = 1.2  # BM25's usual saturation
ASKED, WHOLE = 2.0, 1.0  # questions and title count double (SEARCH: question x2 + answer x1)
ASKED_B, WHOLE_B = 0.6, 0.75  # how much a long field is discounted
GROUPS = 0.3  # synonym groups beside the words themselves
GRAMS_ALWAYS, GRAMS_UNKNOWN = 0.25, 1.0  # bigrams: a little always, more where words are unknown
READING = 0.4  # the topic's reading against the question's
READ = 30  # candidates whose reading is compared
SUCCESSOR = 0.98  # what an entry inherits of the score of the one it replaces
PAST = 0.55  # an entry of a past year when the question names no year
NAMED_YEAR = 1.25  # an entry of the year that the question names

SURE = 0.50  # a share of a perfect match above which one entry is the answer
AHEAD = 1.1  # and so much better than the next
PLAUSIBLE = 0.30  # below this nothing here has to do with the question
CLOSE = 0.72  # of the best: what is offered as a choice beside it
KNOWN = 0.34  # least share of the question's weight that the best entry must hold
LIGHT = 0.5  # words up to this weight tell the kind of answer, not its subject
FEW = 2  # entries that may share a word which still names a subject
FIELD_SURE = 0.15  # least share of a perfect match for a guess of the field


@dataclass(frozen=True)
class Candidate:
    """An entry, how well it fits (0…1) and what of the question fits it."""

    entry: Entry
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """`candidates` are the best, the answer first. `score` is the confidence of the outcome, 0…1."""

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    field: str | None
    score: float


class _Postings:
    """BM25 of one kind of terms over documents that have an asked part and a whole."""

    def __init__(self, asked: list[Counter[str]], whole: list[Counter[str]]) -> None:
        self._size = max(len(asked), 1)
        mean_asked = sum(map(sum_of, asked)) / self._size or 1.0
        mean_whole = sum(map(sum_of, whole)) / self._size or 1.0
        weights: dict[str, dict[int, float]] = defaultdict(dict)
        for number, (front, back) in enumerate(zip(asked, whole, strict=True)):
            front_norm = 1 - ASKED_B + ASKED_B * sum_of(front) / mean_asked
            back_norm = 1 - WHOLE_B + WHOLE_B * sum_of(back) / mean_whole
            for term in front.keys() | back.keys():
                count = ASKED * front[term] / front_norm + WHOLE * back[term] / back_norm
                weights[term][number] = count * (K1 + 1) / (count + K1)
        self._weights = dict(weights)

    def idf(self, term: str) -> float:
        """How much a term tells entries apart; a term nobody has would tell the most."""
        df = len(self._weights.get(term, ()))
        return math.log(1 + (self._size - df + 0.5) / (df + 0.5))

    def spread(self, term: str) -> int:
        """How many entries have the term."""
        return len(self._weights.get(term, ()))

    def knows(self, term: str) -> bool:
        return term in self._weights

    def add(self, scores: dict[int, float], terms: Mapping[str, float], factor: float) -> None:
        for term, weight in terms.items():
            idf = self.idf(term) * weight * factor
            for number, value in self._weights.get(term, {}).items():
                scores[number] += idf * value

    def perfect(self, terms: Mapping[str, float]) -> float:
        """What a document would score that is all about these terms."""
        return sum(self.idf(term) * weight for term, weight in terms.items()) * K1

    def held(self, terms: Mapping[str, float], number: int) -> float:
        """The share of the terms' weight that this document has."""
        total = sum(self.idf(t) * w for t, w in terms.items())
        have = sum(self.idf(t) * w for t, w in terms.items() if number in self._weights.get(t, {}))
        return have / total if total else 0.0


def sum_of(counts: Counter[str]) -> int:
    return sum(counts.values())


@dataclass(frozen=True)
class _Question:
    """A question taken apart."""

    words: Mapping[str, float]
    surfaces: Mapping[str, str]
    groups: Mapping[str, float]
    grams: Mapping[str, float]
    reading: str
    years: frozenset[int]
    is_one_word: bool


class Index:
    """Built once, read by any number of threads, replaced as a whole."""

    def __init__(
        self,
        entries: Iterable[Entry],
        fields: Mapping[str, str],
        words: Words,
        synonyms: Synonyms,
        version: int = 0,
    ) -> None:
        self.version = version
        self._words, self._synonyms = words, synonyms
        self._entries = sorted(entries, key=lambda entry: entry.id)
        self._by_id = {entry.id: entry for entry in self._entries}
        self._position = {entry.id: n for n, entry in enumerate(self._entries)}
        self._replaced: dict[int, list[int]] = {}
        for n, entry in enumerate(self._entries):
            if entry.replaced_by in self._position:
                self._replaced.setdefault(self._position[entry.replaced_by], []).append(n)
        asked = [self._take("\n".join((e.title, *e.questions, *e.aliases))) for e in self._entries]
        whole = [self._take(f"{e.title}\n{e.answer}") for e in self._entries]
        self._terms = _Postings([_bag(t) for t in asked], [_bag(t) for t in whole])
        self._groups = _Postings(
            [self._group_bag(t) for t in asked], [self._group_bag(t) for t in whole]
        )
        self._grams = _Postings([_grams(t.text) for t in asked], [Counter() for _ in asked])
        self._topics = [self._readings(entry) for entry in self._entries]
        self._fields = list(fields)
        described = [self._take(f"{name}\n{fields[name]}") for name in self._fields]
        nothing = [Counter[str]() for _ in described]
        self._field_terms = _Postings([_bag(t) for t in described], nothing)
        self._field_grams = _Postings([_grams(t.text) for t in described], nothing)

    def get(self, entry_id: str) -> Entry | None:
        return self._by_id.get(entry_id)

    def search(self, text: str, *, at: date, top: int = 5) -> Found:
        """The best `top` entries for a question asked on the day `at`, and whether one is the answer.

        Any text is taken: empty, noise, or far too long. The order is the same for the same index.
        """
        question = self._question(text, at)
        scores = self._scores(question, at)
        order = sorted(range(len(self._entries)), key=lambda n: (-scores[n], self._entries[n].id))
        candidates = tuple(
            Candidate(self._entries[n], min(scores[n], 1.0), self._why(question, n))
            for n in order[:top]
        )
        outcome, confidence = self._outcome(question, order, scores)
        return Found(outcome, candidates, self._field(question, order, scores), confidence)

    def _take(self, text: str) -> Tokens:
        return self._words.tokens(text)

    def _readings(self, entry: Entry) -> tuple[str, ...]:
        topics = (entry.title, *entry.aliases)
        return tuple(r for r in (self._take(topic).reading for topic in topics) if len(r) > 1)

    def _group_bag(self, tokens: Tokens) -> Counter[str]:
        own = self._synonyms.groups(tokens.text)
        return Counter({group.name: 1 for group in (*tokens.groups, *own)})

    def _question(self, text: str, at: date) -> _Question:
        cleaned = kana_of_romaji(clean(text))
        named = years(cleaned, at)
        bare = without_courtesy(without_years(cleaned)) or cleaned
        tokens = self._take(bare)
        own = self._synonyms.groups(tokens.text)
        words: dict[str, float] = {}
        for word in tokens.words:
            words[word.term] = max(words.get(word.term, 0.0), word.weight)
        return _Question(
            words=words,
            surfaces={word.term: word.surface for word in tokens.words},
            groups=dict.fromkeys(self._group_bag(tokens), 1.0),
            grams=dict.fromkeys(_grams(tokens.text), 1.0),
            reading=tokens.reading or loose(fold(bare)),
            years=named,
            is_one_word=any(g.end - g.start == len(tokens.text) for g in own),
        )

    def _unknown_share(self, question: _Question) -> float:
        """How much of the question's words no entry has: there the bigrams speak."""
        total = sum(question.words.values())
        unknown = sum(w for term, w in question.words.items() if not self._terms.knows(term))
        return unknown / total if total else 1.0

    def _scores(self, question: _Question, at: date) -> list[float]:
        """Each entry's score as a share of what a perfect match of this question would have. A fitting
        topic or year takes it above 1, where it still orders the entries."""
        if not question.words and not question.grams:
            return [0.0] * len(self._entries)
        raw: dict[int, float] = defaultdict(float)
        gram_factor = GRAMS_ALWAYS + GRAMS_UNKNOWN * self._unknown_share(question)
        gram_scale = gram_factor * self._gram_scale(question)
        self._terms.add(raw, question.words, 1.0)
        self._groups.add(raw, question.groups, GROUPS)
        self._grams.add(raw, question.grams, gram_scale)
        perfect = (
            self._terms.perfect(question.words)
            + GROUPS * self._groups.perfect(question.groups)
            + gram_scale * self._grams.perfect(question.grams)
        )
        shares = [raw[n] / perfect if perfect else 0.0 for n in range(len(self._entries))]
        self._compare_readings(question, shares)
        self._steer_by_year(question, at, shares)
        return shares

    def _gram_scale(self, question: _Question) -> float:
        """Bigrams are many: all of a question's together weigh as much as its words do."""
        words, grams = self._terms.perfect(question.words), self._grams.perfect(question.grams)
        if not grams:
            return 0.0
        return (words or grams) / grams

    def _compare_readings(self, question: _Question, shares: list[float]) -> None:
        """How the topic is read within how the question is read: names survive any spelling."""
        if len(question.reading) < 2:  # noqa: PLR2004  one sound stands in every topic
            return
        best = sorted(range(len(shares)), key=lambda n: -shares[n])[:READ]
        for n in best:
            likeness = max(
                (fuzz.partial_ratio(topic, question.reading) / 100 for topic in self._topics[n]),
                default=0.0,
            )
            shares[n] *= 1 - READING + READING * 2 * likeness

    def _steer_by_year(self, question: _Question, at: date, shares: list[float]) -> None:
        """The year that is named, else the present one; a successor inherits what it replaces."""
        if not question.years:
            for successor, replaced in self._replaced.items():
                inherited = max(shares[n] for n in replaced) * SUCCESSOR
                shares[successor] = max(shares[successor], inherited)
        for n, entry in enumerate(self._entries):
            if question.years and entry.fiscal_year in question.years:
                shares[n] *= NAMED_YEAR
            elif question.years and entry.fiscal_year is not None:
                shares[n] *= PAST if entry.is_past(at) else 1 / NAMED_YEAR
            elif not question.years and entry.is_past(at):
                shares[n] *= PAST

    def _outcome(
        self, question: _Question, order: list[int], scores: list[float]
    ) -> tuple[Outcome, float]:
        best = scores[order[0]] if order else 0.0
        if not order or best < PLAUSIBLE or self._held(question, order[0]) < KNOWN:
            return "no_answer", round(1 - min(best, 1.0), 4)
        second = scores[order[1]] if len(order) > 1 else 0.0
        if best >= SURE and best >= second * AHEAD and not self._is_vague(question):
            return "answer", min(best, 1.0)
        return "choices", min(best, 1.0)

    def _is_vague(self, question: _Question) -> bool:
        """One word that several entries have (締め切り, 補助金) names no subject yet."""
        heavy = [term for term, weight in question.words.items() if weight > LIGHT]
        if len(heavy) <= 1 and all(self._terms.spread(term) > FEW for term in heavy):
            return True
        return question.is_one_word and any(self._groups.spread(g) > FEW for g in question.groups)

    def _held(self, question: _Question, number: int) -> float:
        """The share of what was asked about that the entry, or one it replaces, has."""
        numbers = (number, *self._replaced.get(number, ()))
        return max(self._held_by(question, one) for one in numbers)

    def _held_by(self, question: _Question, number: int) -> float:
        words = self._terms.held(question.words, number)
        grams = self._grams.held(question.grams, number)
        groups = self._groups.held(question.groups, number) if question.groups else 0.0
        return max(words, grams, 0.5 * words + 0.5 * groups)

    def _why(self, question: _Question, number: int) -> tuple[str, ...]:
        hit = [
            question.surfaces[term]
            for term in question.words
            if self._terms.held({term: 1.0}, number)
        ]
        like = [g for g in question.groups if self._groups.held({g: 1.0}, number)]
        why = [f"語：{'・'.join(hit)}"] if hit else []
        if named := [group for group in like if not group.startswith("辞書")]:
            why.append(f"言いかえ：{'・'.join(named)}")
        share = self._grams.held(question.grams, number)
        return (*why, f"文字の一致 {share:.0%}") if share else tuple(why)

    def _field(self, question: _Question, order: list[int], scores: list[float]) -> str | None:
        """The field by its description and by the entries that fit; None where neither says enough."""
        votes: dict[str, float] = defaultdict(float)
        described: dict[int, float] = defaultdict(float)
        self._field_terms.add(described, question.words, 1.0)
        self._field_grams.add(described, question.grams, 0.5)
        perfect = self._field_terms.perfect(question.words) + 0.5 * self._field_grams.perfect(
            question.grams
        )
        for number, value in described.items():
            votes[self._fields[number]] += value / perfect if perfect else 0.0
        for n in order[:5]:
            field = self._entries[n].field
            if field is not None and scores[n] >= PLAUSIBLE / 2:
                votes[field] += scores[n] / 2
        best = max(sorted(votes), key=lambda name: votes[name], default=None)
        return best if best is not None and votes[best] >= FIELD_SURE else None


def _bag(tokens: Tokens) -> Counter[str]:
    return Counter(word.term for word in tokens.words)


def _grams(text: str) -> Counter[str]:
    """Pairs of characters of the folded text, within its runs of letters."""
    runs = "".join(c if c.isalnum() or c == "ー" else " " for c in fold(text)).split()
    return Counter(run[i : i + 2] for run in runs for i in range(len(run) - 1))
