"""The search: which entry answers a question, how sure that is, and which field the question is about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from rapidfuzz.fuzz import partial_ratio

from knowledge.channels import (
    PERFECT,
    Channel,
    Document,
    Wanted,
    bare,
    by_wording,
    channel_weights,
    document,
    group_feature,
    letter_features,
    reading_features,
    wordings,
)
from knowledge.entries import Entry
from knowledge.text import (
    NAMED_YEAR,
    Synonyms,
    Tokens,
    Words,
    clean,
    kana_of_romaji,
    loose,
    without_courtesy,
    without_years,
    years,
)
from knowledge.wants import ASKED, HELD, OTHER_PREFECTURES

Outcome = Literal["answer", "choices", "no_answer"]

# A synonym is a hint beside the word itself, and nearly the word where the entries do not know that word.
OWN_HINT, OWN_STAND_IN = 0.4, 0.8
CORE_HINT, CORE_STAND_IN = 0.15, 0.4
# What an unknown word keeps of its weight when a synonym stands in for it.
STOOD_IN = 0.2
# A long letter need not be matched whole: so many words, of its average weight, are a full match.
ENOUGH_WORDS = 7

# rapidfuzz on topics: on the best so many, from this similarity on, closing this share of the gap to 1.
TOPIC_CANDIDATES = 30
TOPIC_FROM = 70.0
TOPIC_SHARE = 0.3
TOPIC_SHORTEST = 4
READING_LONGEST = 300

# An entry of a time that is over stands behind a current one of equal match.
PAST = 0.9
# The question names a year and this entry is of another.
OTHER_YEAR = 0.7
# The question wants a date, an amount… and this entry holds none.
UNMET = 0.88
# A replaced entry stands just behind what replaced it.
BEHIND = 0.999
# An entry that has the question word for word stands at 1, and whatever only resembles it this much lower.
RESEMBLES = 0.94

# The outcome, judged on questions typed by hand and, for a pack of 286, on the measuring questions: this good
# and this far ahead is an answer…
ANSWER_FROM = 0.6
ANSWER_AHEAD = 0.1
# …something excellent needs less of a lead…
EXCELLENT = 0.8
EXCELLENT_AHEAD = 0.05
# …and below this it is not about anything the desk knows.
CHOICES_FROM = 0.32

# Words up to this weight tell the kind of answer; a word of more than so many entries names no subject alone.
LIGHT_WEIGHT = 0.5
FEW = 2

# The field: these many best entries vote; below this sum, or without this lead, nobody knows.
FIELD_VOTES = 5
FIELD_FROM = 0.25
FIELD_AHEAD = 1.3

# A reason is named when its channel covers this share of the question.
WORTH_NAMING = 0.5
REASON_WORDS = 4


@dataclass(frozen=True)
class Candidate:
    """An entry that may be meant, how well it fits from 0 to 1, and the reasons in short Japanese."""

    entry: Entry
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a search found. `candidates` are the best, the answer first; `score` says how sure the outcome is."""

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    field: str | None
    score: float


@dataclass(frozen=True)
class _Question:
    """A question prepared once: its parts without courtesies and years, and what it wants."""

    tokens: Tokens
    exact: str
    years: frozenset[int]
    wants: frozenset[str]
    elsewhere: frozenset[str]


@dataclass(frozen=True)
class _Known:
    """What the index knows of one entry beside its postings."""

    entry: Entry
    text: str
    years: frozenset[int]
    holds: frozenset[str]
    topics: tuple[str, ...]


@dataclass(frozen=True)
class _Match:
    """Each entry's share of the question, 0…1, in every channel and together."""

    names: Mapping[int, float]
    letters: Mapping[int, float]
    reading: Mapping[int, float]
    together: Mapping[int, float]


class Index:
    """Entries made searchable. It never changes after it is made, so any number of threads may search it."""

    def __init__(
        self,
        entries: Iterable[Entry],
        fields: Mapping[str, str],
        words: Words,
        synonyms: Synonyms,
        version: int = 0,
    ) -> None:
        """`fields`: each field's name and what belongs to it, from which a question's field is guessed."""
        self.version = version
        self._words, self._synonyms = words, synonyms
        # By id, so that the same entries make the same index whatever order they come in.
        ordered = sorted(entries, key=lambda entry: entry.id)
        self._number_of = {entry.id: number for number, entry in enumerate(ordered)}
        self._known = [self._know(entry) for entry in ordered]
        self._successors = {
            number: self._number_of[entry.replaced_by]
            for number, entry in enumerate(ordered)
            if entry.replaced_by is not None and entry.replaced_by in self._number_of
        }
        self._exact = by_wording(ordered)
        taken_apart = [self._take_apart(entry) for entry in ordered]
        self._names = Channel([document(self._name_features, pair) for pair in taken_apart])
        self._letters = Channel(
            [document(letter_features, pair) for pair in taken_apart], drop_common=True
        )
        self._reading = Channel(
            [document(reading_features, pair) for pair in taken_apart], drop_common=True
        )
        self._fields = tuple(fields)
        self._field_names = Channel(
            [self._field_document(name, fields[name], ordered) for name in fields]
        )

    def get(self, entry_id: str) -> Entry | None:
        number = self._number_of.get(entry_id)
        return None if number is None else self._known[number].entry

    def search(self, text: str, *, at: date, top: int = 5) -> Found:
        """In: what a person typed, today, how many candidates. Out: what was found, the best first.

        A score is the share of the question an entry covers, each word by how rare it is, of what a perfect
        match would cover; naming the entry's topic closes part of the gap to 1, and what speaks against it
        (another year, a time that is over, no amount where one is asked) lowers it by a fixed factor.
        """
        question = self._ask(text, at)
        match = self._match(question.tokens)
        ranked = self._rank(question, match, at)
        best = tuple(
            Candidate(self._known[n].entry, round(score, 4), self._why(n, question, match))
            for n, score in ranked[:top]
        )
        outcome = self._outcome(question, ranked)
        fit = ranked[0][1] if ranked else 0.0
        guess = (
            best[0].entry.field if outcome == "answer" and best else self._guess(question, ranked)
        )
        return Found(outcome, best, guess, round(1 - fit if outcome == "no_answer" else fit, 4))

    def field_of(self, text: str) -> str | None:
        """In: what a person typed. Out: the field it is about, or None when unsure."""
        question = self._ask(text, date.min)
        return self._guess(question, self._rank(question, self._match(question.tokens), date.min))

    def _know(self, entry: Entry) -> _Known:
        text = clean("。".join((*wordings(entry), entry.answer)))
        title = clean(entry.title)
        topics = (
            loose(self._words.reading(topic)) for topic in (without_years(title), *entry.aliases)
        )
        return _Known(
            entry,
            text,
            years(title, date.min)
            if entry.fiscal_year is None and NAMED_YEAR.search(title)
            else frozenset(filter(None, (entry.fiscal_year,))),
            frozenset(kind for kind, sign in HELD.items() if sign.search(text)),
            tuple(topic for topic in topics if len(topic) >= TOPIC_SHORTEST),
        )

    def _take_apart(self, entry: Entry) -> tuple[Tokens, Tokens]:
        body = f"{entry.answer}。{entry.field or ''}"
        return self._words.tokens("。".join(wordings(entry))), self._words.tokens(body)

    def _name_features(self, tokens: Tokens) -> list[str]:
        own = {group.name for group in self._synonyms.groups(tokens.text)}
        core = {group.name for group in tokens.groups}
        return [
            *(word.term for word in tokens.words),
            *(group_feature(name) for name in sorted(own | core)),
        ]

    def _field_document(self, name: str, description: str, entries: Iterable[Entry]) -> Document:
        titles = "。".join(entry.title for entry in entries if entry.field == name)
        described = self._words.tokens(f"{name}。{description}"), self._words.tokens(titles)
        return document(self._name_features, described)

    def _ask(self, text: str, at: date) -> _Question:
        cleaned = kana_of_romaji(clean(text))
        return _Question(
            tokens=self._words.tokens(without_years(without_courtesy(cleaned))),
            exact=bare(cleaned),
            years=years(cleaned, at) if at != date.min else frozenset(),
            wants=frozenset(kind for kind, sign in ASKED.items() if sign.search(cleaned)),
            elsewhere=frozenset(OTHER_PREFECTURES.findall(cleaned)),
        )

    def _match(self, tokens: Tokens) -> _Match:
        names = self._wanted_names(tokens, self._names)
        letters = self._letters.wanted(letter_features(tokens))
        reading = self._reading.wanted(reading_features(tokens))
        pairs = ((self._names, names), (self._letters, letters), (self._reading, reading))
        found = [channel.coverage(wanted) if wanted.full else {} for channel, wanted in pairs]
        weights = channel_weights(tokens.text, names.unknown)
        # A channel in which the question has nothing to offer does not count against anybody.
        used = [w if wanted.full else 0.0 for w, (_, wanted) in zip(weights, pairs, strict=True)]
        together: defaultdict[int, float] = defaultdict(float)
        for weight, coverage in zip(used, found, strict=True):
            for number, share in coverage.items():
                together[number] += weight * share / (sum(used) or 1.0)
        names_found, letters_found, reading_found = found
        return _Match(names_found, letters_found, reading_found, together)

    def _wanted_names(self, tokens: Tokens, channel: Channel) -> Wanted:
        """Words at their own weight; synonym groups as hints, or in place of words that no entry has."""
        weights: dict[str, float] = {}
        full = missing = 0.0
        groups = self._groups_known(tokens, channel)
        unknown_places = []
        for word in {word.term: word for word in reversed(tokens.words)}.values():
            mass = word.weight * channel.idf.get(word.term, channel.unseen)
            if word.term in channel.idf:
                weights[word.term] = word.weight
            elif any(start < word.end and word.start < end for _, start, end, _, _ in groups):
                unknown_places.append((word.start, word.end))
                mass *= STOOD_IN
            else:
                missing += mass
            full += mass
        for feature, start, end, hint, stand_in in groups:
            stands_in = any(
                start < word_end and word_start < end for word_start, word_end in unknown_places
            )
            weights[feature] = max(weights.get(feature, 0.0), stand_in if stands_in else hint)
        full += sum(weight * channel.idf[f] for f, weight in weights.items() if f.startswith("≈"))
        share = missing / full if full else 0.0
        return Wanted(
            weights, PERFECT * full * min(1.0, ENOUGH_WORDS / max(1, len(tokens.words))), share
        )

    def _groups_known(
        self, tokens: Tokens, channel: Channel
    ) -> list[tuple[str, int, int, float, float]]:
        """The synonym groups of a question that some entry belongs to: feature, place, weights."""
        own = ((g, OWN_HINT, OWN_STAND_IN) for g in self._synonyms.groups(tokens.text))
        core = ((g, CORE_HINT, CORE_STAND_IN) for g in tokens.groups)
        return [
            (group_feature(g.name), g.start, g.end, hint, stand_in)
            for g, hint, stand_in in (*own, *core)
            if group_feature(g.name) in channel.idf
        ]

    def _rank(self, question: _Question, match: _Match, at: date) -> list[tuple[int, float]]:
        """Every entry with its score, best first; only the best few by match are looked at closely."""
        exact = self._exact.get(question.exact, frozenset())
        base = {n: share * RESEMBLES if exact else share for n, share in match.together.items()}
        base |= dict.fromkeys(exact, 1.0)
        order = sorted(range(len(self._known)), key=lambda n: (-base.get(n, 0.0), n))
        close = order[:TOPIC_CANDIDATES]
        fits = {n: self._fit(n, base.get(n, 0.0), question) for n in close if base.get(n, 0.0)}
        scores = self._in_time(fits, question, at)
        ranked = sorted(
            scores.items(),
            key=lambda item: (-item[1], self._known[item[0]].entry.is_past(at), item[0]),
        )
        last = ranked[-1][1] if ranked else 0.0
        return ranked + [(n, min(last, base.get(n, 0.0))) for n in order if n not in scores]

    def _fit(self, number: int, base: float, question: _Question) -> float:
        """In: the share of the question covered. Out: the same with the topic named and wants unmet counted."""
        closer = base + TOPIC_SHARE * (1 - base) * self._topic(number, question)
        return closer * UNMET ** len(self._unmet(number, question))

    def _topic(self, number: int, question: _Question) -> float:
        """How clearly the question names the entry's title or alias by its sound, 0…1."""
        typed = question.tokens.reading[:READING_LONGEST]
        if len(typed) < TOPIC_SHORTEST:
            return 0.0
        alike = max(
            (partial_ratio(topic, typed) for topic in self._known[number].topics), default=0.0
        )
        return max(0.0, (alike - TOPIC_FROM) / (100 - TOPIC_FROM))

    def _unmet(self, number: int, question: _Question) -> frozenset[str]:
        """What the question wants and the entry does not hold: a kind of value, another prefecture."""
        known = self._known[number]
        return (question.wants - known.holds) | {
            name for name in question.elsewhere if name not in known.text
        }

    def _in_time(
        self, fits: Mapping[int, float], question: _Question, at: date
    ) -> dict[int, float]:
        """A successor inherits the score of what it replaces and stands above it, unless its year was named."""
        chains = [self._chain(number, question) for number in sorted(fits)]
        inherited = dict(fits)
        for chain in chains:
            for older, newer in pairwise(chain):
                inherited[newer] = max(inherited.get(newer, 0.0), inherited[older])
        scores = {n: fit * self._time_factor(n, question, at) for n, fit in inherited.items()}
        for chain in chains:
            for newer, older in pairwise(reversed(chain)):
                scores[older] = min(scores[older], scores[newer] * BEHIND)
        return scores

    def _chain(self, number: int, question: _Question) -> list[int]:
        """The entry and what replaced it, oldest first, up to one that leaves the year the question names."""
        chain = [number]
        while (newer := self._successors.get(chain[-1])) is not None and newer not in chain:
            of_the_year = [bool(self._known[n].years & question.years) for n in (chain[-1], newer)]
            if of_the_year == [True, False]:
                break
            chain.append(newer)
        return chain

    def _time_factor(self, number: int, question: _Question, at: date) -> float:
        known = self._known[number]
        if question.years and known.years:
            return 1.0 if known.years & question.years else OTHER_YEAR
        return PAST if known.entry.is_past(at) else 1.0

    def _outcome(self, question: _Question, ranked: Sequence[tuple[int, float]]) -> Outcome:
        """An answer is good, clearly ahead of other matters, and holds what was asked."""
        if not ranked or ranked[0][1] < CHOICES_FROM:
            return "no_answer"
        best, score = ranked[0]
        # An earlier year's entry on the same matter is no rival.
        rivals = (s for n, s in ranked[1:] if self._last(n) != self._last(best))
        ahead = score - next(rivals, 0.0)
        clear = ahead >= ANSWER_AHEAD or (score >= EXCELLENT and ahead >= EXCELLENT_AHEAD)
        sure = score >= ANSWER_FROM and clear and not self._doubtful(best, question)
        return "answer" if sure and not self._is_vague(question) else "choices"

    def _is_vague(self, question: _Question) -> bool:
        """One word that several entries have (締め切り, 補助金) names no subject yet."""
        written = without_years(question.exact)
        spans = self._synonyms.groups(question.tokens.text)
        one_group = [group_feature(g.name) for g in spans if g.end - g.start >= len(written)]
        heavy = [word.term for word in question.tokens.words if word.weight > LIGHT_WEIGHT]
        subjects = one_group or heavy
        return len(subjects) <= 1 and all(
            len(self._names.impacts.get(s, {})) > FEW for s in subjects
        )

    def _doubtful(self, number: int, question: _Question) -> bool:
        """Is something asked that this entry cannot say: another year, a value it does not hold?"""
        of_year = self._known[number].years
        other_year = bool(question.years and of_year and not question.years & of_year)
        return other_year or bool(self._unmet(number, question))

    def _last(self, number: int) -> int:
        """The entry that stands for this one today."""
        seen = {number}
        while (newer := self._successors.get(number)) is not None and newer not in seen:
            seen.add(newer)
            number = newer
        return number

    def _guess(self, question: _Question, ranked: Sequence[tuple[int, float]]) -> str | None:
        """The field whose description covers the question and whose entries match it; None without a clear one."""
        wanted = self._wanted_names(question.tokens, self._field_names)
        described = self._field_names.coverage(wanted) if wanted.full else {}
        sums = {name: described.get(number, 0.0) for number, name in enumerate(self._fields)}
        for number, score in ranked[:FIELD_VOTES]:
            name = self._known[number].entry.field
            if name is not None and name in sums:
                sums[name] += score / FIELD_VOTES
        order = sorted(self._fields, key=lambda name: -sums[name])
        if not order or sums[order[0]] < FIELD_FROM:
            return None
        second = sums[order[1]] if len(order) > 1 else 0.0
        return order[0] if sums[order[0]] >= FIELD_AHEAD * second else None

    def _why(self, number: int, question: _Question, match: _Match) -> tuple[str, ...]:
        """The reasons a reader can check: the words that matched, the spelling, the sound."""
        terms = {word.term: word.surface for word in question.tokens.words}
        same = [s for term, s in terms.items() if number in self._names.impacts.get(term, {})]
        groups = dict.fromkeys(group.name for group in self._synonyms.groups(question.tokens.text))
        alike = [
            g
            for g in groups
            if number in self._names.impacts.get(group_feature(g), {}) and g not in same
        ]
        reasons = (
            f"一致した語: {'・'.join(same[:REASON_WORDS])}" if same else "",
            f"言い換え: {'・'.join(alike[:REASON_WORDS])}" if alike else "",
            "表記が近い" if match.letters.get(number, 0.0) >= WORTH_NAMING else "",
            "読みが近い" if match.reading.get(number, 0.0) >= WORTH_NAMING else "",
        )
        return tuple(filter(None, reasons))
