"""What speaks for the first entry being the answer, and what speaks against it: numbers for the calibration."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache

import numpy as np

from knowledge.codes import CORE, OWN, SHIFT, SOUNDS, WORD, code
from knowledge.entries import Entry
from knowledge.normal import clean
from knowledge.postings import FULL, Postings, probe
from knowledge.question import Question
from knowledge.ranking import Ranked, Wanted
from knowledge.text import Synonyms, Tokens, Words
from knowledge.values import kinds, stated, units, unknown_kinds, values_of
from knowledge.years import NAMED_YEAR, years

LIGHT = 0.5
"""Words up to this weight tell the kind of answer, not its subject."""
NEVER_HELD = frozenset(("task", "own"))


@dataclass(frozen=True)
class Evidence:
    """For the first entry by fit. All of it is about 0…1 or a small count; names are those of the calibration file."""

    fit: float = 0.0
    share: float = 0.0
    among: float = 0.0
    likeness: float = 0.0
    worded: float = 0.0
    named: float = 0.0
    unknown: float = 0.0
    heard: float = 0.0
    exact: float = 0.0
    words: float = 0.0
    asks: float = 0.0
    met: float = 0.0
    unmet: float = 0.0
    unmet_value: float = 0.0
    said_unknown: float = 0.0
    task: float = 0.0
    own: float = 0.0
    place: float = 0.0
    other_year: float = 0.0
    size: float = 0.0
    past: float = 0.0

    def values(self) -> list[float]:
        return [getattr(self, name) for name in NAMES]


NAMES = tuple(field.name for field in fields(Evidence))


@dataclass(frozen=True)
class Known:
    """What the value checks look at in one entry."""

    kinds: frozenset[str]
    units: frozenset[str]
    unknown: frozenset[str]
    title: Mapping[int, float]
    worded: frozenset[int]
    years: frozenset[int]
    text: str
    bounds: tuple[tuple[int, int], ...]


def years_of(entry: Entry) -> frozenset[int]:
    """The fiscal years an entry is about."""
    title = clean(entry.title)
    if entry.fiscal_year is None and NAMED_YEAR.search(title):
        return years(title, date.min)
    return _one_year(entry.fiscal_year)


@lru_cache(maxsize=200)
def _one_year(year: int | None) -> frozenset[int]:
    return frozenset(filter(None, (year,)))


def know(entry: Entry, words: Words, synonyms: Synonyms, postings: Postings) -> Known:
    """In: an entry. Out: what it holds, says it does not hold, and whom it is for."""
    holds = entry.holds or values_of(entry.title, entry.answer, entry.fiscal_year)
    title = words.tokens(entry.title)
    said = "。".join((entry.title, *entry.questions, *entry.aliases, stated(entry.answer)))
    return Known(
        kinds=kinds(holds),
        units=units(holds),
        unknown=unknown_kinds(entry.title, entry.answer),
        title=_rarity(
            {code(WORD, word.term) for word in title.words if word.weight > LIGHT}, postings
        ),
        worded=_codes(words.tokens(said), synonyms),
        years=years_of(entry),
        text=clean(said),
        bounds=bounds_of(entry),
    )


def _codes(tokens: Tokens, synonyms: Synonyms) -> frozenset[int]:
    """The words and synonym groups of a text."""
    return frozenset((
        *(code(WORD, word.term) for word in tokens.words),
        *(code(OWN, group.name) for group in synonyms.groups(tokens.text)),
        *(code(CORE, group.name) for group in tokens.groups),
    ))  # fmt: skip


def bounds_of(entry: Entry) -> tuple[tuple[int, int], ...]:
    """The population classes an entry is for: those its title names, else those its answer states."""
    return bounds(clean(entry.title)) or bounds(clean(stated(entry.answer)))


def bounds(text: str) -> tuple[tuple[int, int], ...]:
    """The population classes a cleaned text is for, each from…to (not included)."""
    most = 10**9
    between = re.compile(r"(\d{4,7})人?(?:から|以上|~)(\d{4,7})人")
    found = [(int(low), int(high) + 1) for low, high in between.findall(text)]
    for number, how in re.findall(r"(\d{4,7})人(未満|以下|以上|を超え|超)", between.sub(" ", text)):
        limit = int(number)
        found.append((0, limit + (how == "以下")) if how in {"未満", "以下"} else (limit, most))
    return tuple(found)


def weigh(
    question: Question,
    look: Wanted,
    ranked: Ranked,
    first: int,
    fit: float,
    rivals: Sequence[float],
    known: Known,
    postings: Postings,
    *,
    past: bool,
) -> Evidence:
    """In: a question, the first entry by fit and the fits of the next that are no earlier year of the same
    matter. Out: what speaks for and against the first."""
    shares = [1.0, *(math.exp(min(0.0, rival - fit)) for rival in rivals)]
    hit = _hit(first, look, ranked, postings)
    codes = look.codes.tolist()
    have = frozenset(codes[n] for n in hit)
    words = int(np.searchsorted(look.codes, OWN << SHIFT))
    idf = dict(zip(codes[:words], postings.idf[look.places[:words]].tolist(), strict=True))
    unseen = postings.unseen()
    values = question.asked - NEVER_HELD
    held = known.kinds
    if question.counted and not question.counted & known.units:
        held = held - {"count"}  # 4 meetings are no answer to how many people came
    unmet = values - held
    return Evidence(
        fit=fit,
        share=1 / sum(shares),
        among=sum(shares[:3]) / sum(shares),
        likeness=float(ranked.likeness[np.searchsorted(ranked.numbers, first)])
        if first in ranked.numbers
        else 0.0,
        worded=_covered(question, known.worded, idf, unseen),
        named=_named(known, have),
        heard=share_hit(SOUNDS, look, hit),
        exact=float(first in ranked.exact),
        unknown=look.unknown,
        words=min(1.0, len({word.term for word in question.tokens.words}) / 10),
        asks=float(bool(values)),
        met=float(len(values & held)),
        unmet=float(len(unmet)),
        unmet_value=float(bool(values) and unmet == values),
        said_unknown=float(len(values & known.unknown)),
        task=float("task" in question.asked),
        own=float("own" in question.asked),
        place=float(sum(place not in known.text for place in question.places)),
        other_year=float(bool(question.years and known.years and not question.years & known.years)),
        size=float(outside(question.sizes, known.bounds)),
        past=float(past),
    )


def outside(sizes: Sequence[int], bounds: Sequence[tuple[int, int]]) -> bool:
    """Is what is asked for a municipality of another size than those an entry is for?"""
    return bool(sizes and bounds) and not any(
        low <= size < high for size in sizes for low, high in bounds
    )


def _hit(number: int, look: Wanted, ranked: Ranked, postings: Postings) -> set[int]:
    """Which of the wanted codes this entry has."""
    gathered = ranked.gathered
    hit = set(gathered.of[gathered.docs == number].tolist())
    if len(gathered.left):
        one = np.array([number])
        for left in gathered.left:
            if probe(postings, int(look.places[left]), FULL, one)[0]:
                hit.add(int(left))
    return hit


def matched(number: int, look: Wanted, ranked: Ranked, postings: Postings) -> frozenset[int]:
    """The wanted codes that this entry has."""
    return frozenset(look.codes[sorted(_hit(number, look, ranked, postings))].tolist())


def share_hit(channel: int, look: Wanted, hit: Iterable[int]) -> float:
    """How much of the question's known letters or sounds the entry has, by weight."""
    first, last = np.searchsorted(look.codes, (channel << SHIFT, (channel + 1) << SHIFT))
    full = float(look.weights[first:last].sum())
    have = [n for n in hit if first <= n < last]
    return float(look.weights[have].sum()) / full if full else 0.0


def _covered(
    question: Question, have: frozenset[int], idf: Mapping[int, float], unseen: float
) -> float:
    """The share of the question's words found, themselves or by a synonym, each by how rare it is."""
    spans = [
        (group.start, group.end)
        for channel, groups in ((OWN, question.own), (CORE, question.tokens.groups))
        for group in groups
        if code(channel, group.name) in have
    ]
    full = met = 0.0
    for word, share in zip(question.tokens.words, question.weights, strict=True):
        key = code(WORD, word.term)
        mass = word.weight * share * idf.get(key, unseen)
        full += mass
        if key in have or any(start < word.end and word.start < end for start, end in spans):
            met += mass
    return met / full if full else 0.0


def _named(known: Known, have: frozenset[int]) -> float:
    """The share of the entry's title that the question has."""
    whole = sum(known.title.values())
    return sum(rare for key, rare in known.title.items() if key in have) / whole if whole else 0.0


def _rarity(codes: set[int], postings: Postings) -> dict[int, float]:
    """How rare each word is among the entries; one they do not have is as rare as can be."""
    listed = sorted(codes)
    places = postings.find(np.array(listed, dtype=np.uint64))
    return {
        key: float(postings.idf[place]) if place >= 0 else postings.unseen()
        for key, place in zip(listed, places.tolist(), strict=True)
    }
