"""Which entries fit a question, and how well: one pass over the posting lists, then vectors on the best hundred."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.codes import CORE, EXACT, LETTERS, OWN, SHIFT, SOUNDS, WORD, code, letters, sounds
from knowledge.postings import FULL, PERFECT, Gathered, Postings, gather, probe
from knowledge.question import Question
from knowledge.vectors import STEP, Vectors
from knowledge.years import without_years

RANKING = Path(__file__).parent / "ranking.json"
CANDIDATES = 100
KEPT = 20
"""Of the candidates, so many are ordered in time and looked at closely."""
BUDGET = 12_000
"""Postings read before the candidates are chosen. Words beyond it are looked up for these alone; letters and
sounds beyond it stand in so many entries that they tell little. No pack of ours reaches it."""
STOOD_IN = 0.2
"""What an unknown word keeps of its weight when a synonym stands in for it."""
LIGHT, FEW = 0.5, 1
"""Words up to this weight tell the kind of answer; a word of more than so many entries names no subject alone."""
SURE = 40.0
"""A question that stands in an entry word for word."""


@dataclass(frozen=True)
class Ranking:
    """What each channel counts, in log-odds; fitted by `benchmarks/fit_ranking.py`, kept in ranking.json."""

    words: float = 1.0
    head: float = 0.0
    body: float = 0.0
    own: float = 0.0
    core: float = 0.0
    letters: float = 0.0
    letters_unknown: float = 0.0
    sounds: float = 0.0
    sounds_unknown: float = 0.0
    vectors: float = 0.0
    past: float = 0.0
    other_year: float = 0.0
    other_size: float = 0.0

    @property
    def shares(self) -> tuple[float, float, float]:
        """How BM25F, head and body share a word's impact."""
        return (self.words, self.head, self.body)

    def only(self, name: str) -> "Ranking":
        """The same with one channel alone."""
        return replace(Ranking(words=0.0), **{name: 1.0})

    def write(self, path: Path = RANKING) -> None:
        text = json.dumps({name: round(value, 4) for name, value in asdict(self).items()}, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


@cache
def fitted() -> Ranking:
    """The weights in ranking.json."""
    read = json.loads(RANKING.read_text("utf-8")) if RANKING.is_file() else {}
    return Ranking(**{f.name: read[f.name] for f in fields(Ranking) if f.name in read})


@dataclass(frozen=True)
class Wanted:
    """What a question looks for: places in the posting lists, what each gives, and how much it knows.

    `codes` stand in the order of their channels; `unknown` is the share of the question that no entry has.
    """

    places: NDArray[np.int64]
    weights: NDArray[np.float64]
    codes: NDArray[np.uint64]
    unknown: float


def wanted(question: Question, postings: Postings, ranking: Ranking, focus_reading: str) -> Wanted:
    """In: a question. Out: what to look for and what each is worth, so that a perfect match is 1 per channel."""
    tokens = question.tokens
    terms: dict[int, float] = {}
    for word, share in zip(tokens.words, question.weights, strict=True):
        key = code(WORD, word.term)
        terms[key] = max(terms.get(key, 0.0), word.weight * share)
    own = dict.fromkeys(code(OWN, group.name) for group in question.own)
    core = dict.fromkeys(code(CORE, group.name) for group in tokens.groups)
    written = dict.fromkeys(letters(question.focus))
    heard = dict.fromkeys(sounds(focus_reading))
    # One channel after the other in the order of their numbers, so that each is a slice.
    parts: tuple[Mapping[int, object], ...] = (terms, own, core, written, heard)
    codes = np.fromiter(chain(*parts), dtype=np.uint64, count=sum(map(len, parts)))
    places = postings.find(codes)
    idf = (
        np.where(places >= 0, postings.idf[places], 0.0)
        if len(postings.codes)
        else np.zeros(len(codes))
    )
    mass, missing = _mass(question, terms, (*own, *core), places, idf, postings.unseen())
    whole = sum(mass.values()) or 1.0
    unknown = sum(mass[key] for key in missing) / whole
    full = PERFECT * whole
    ends = list(accumulate(map(len, parts)))
    weights = np.empty(len(codes))
    weights[: ends[0]] = list(terms.values())
    weights[: ends[0]] *= sum(ranking.shares) / full
    weights[ends[0] : ends[1]] = ranking.own / full
    weights[ends[1] : ends[2]] = ranking.core / full
    for number, start, end, factor in (
        (LETTERS, ends[2], ends[3], 0.0 if question.kana else ranking.letters + ranking.letters_unknown * unknown),
        (SOUNDS, ends[3], ends[4], ranking.sounds + ranking.sounds_unknown * unknown),
    ):  # fmt: skip
        lacking = int((places[start:end] < 0).sum())
        own_mass = float(idf[start:end].sum()) + lacking * postings.statistics.middling[number]
        weights[start:end] = factor / (PERFECT * (own_mass or 1.0))
    weights *= idf / FULL
    keep = np.flatnonzero(weights)
    return Wanted(places[keep], weights[keep], codes[keep], unknown)


def _mass(
    question: Question,
    terms: Mapping[int, float],
    groups: Iterable[int],
    places: NDArray[np.int64],
    idf: NDArray[np.float64],
    unseen: float,
) -> tuple[dict[int, float], frozenset[int]]:
    """What each word weighs by its rarity, and which no entry has: neither itself nor by a synonym."""
    known = {int(key): place >= 0 for key, place in zip((*terms, *groups), places, strict=False)}
    spans = [
        (group.start, group.end)
        for channel, some in ((OWN, question.own), (CORE, question.tokens.groups))
        for group in some
        if known.get(code(channel, group.name))
    ]
    mass, missing = {}, set()
    for number, (key, weight) in enumerate(terms.items()):
        if places[number] >= 0:
            mass[key] = weight * float(idf[number])
            continue
        word = next(word for word in question.tokens.words if code(WORD, word.term) == key)
        if any(start < word.end and word.start < end for start, end in spans):
            mass[key] = weight * unseen * STOOD_IN
        else:
            mass[key] = weight * unseen
            missing.add(key)
    return mass, frozenset(missing)


def is_vague(question: Question, postings: Postings) -> bool:
    """One word that several entries have (締め切り, 補助金) names no subject yet."""
    written = len(without_years(question.exact))
    whole = [code(OWN, group.name) for group in question.own if group.end - group.start >= written]
    heavy = {code(WORD, word.term) for word in question.tokens.words if word.weight > LIGHT}
    subjects = whole or list(heavy)
    places = postings.find(np.array(subjects, dtype=np.uint64))
    return len(subjects) <= 1 and all(
        place >= 0 and postings.starts[place + 1] - postings.starts[place] > FEW for place in places
    )


@dataclass(frozen=True)
class Ranked:
    """The best entries and what speaks for them, and the pass that found them."""

    numbers: NDArray[np.int64]
    fits: NDArray[np.float64]
    likeness: NDArray[np.float64]
    gathered: Gathered
    exact: frozenset[int]


def rank(
    question: Question,
    look: Wanted,
    postings: Postings,
    vectors: Vectors,
    directions: NDArray[np.int8],
    ranking: Ranking,
    total: int,
    kept: int = KEPT,
) -> Ranked:
    """In: a question and the index. Out: its best hundred entries, not in order, with their fit in log-odds."""
    most = max(CANDIDATES, kept)
    gathered = gather(postings, look.places, look.weights, total, BUDGET)
    telling = look.codes[gathered.left] < np.uint64(LETTERS << SHIFT)
    gathered = replace(gathered, left=gathered.left[telling])
    exact = _exact(question, postings)
    sums = gathered.sums
    sums[list(exact)] += SURE
    numbers = _best(sums, most)
    fits = sums[numbers]
    for left in gathered.left:
        fits += probe(postings, int(look.places[left]), float(look.weights[left]), numbers)
    words = (look.codes >> np.uint64(SHIFT)) == WORD
    direction = vectors.mix(look.codes[words], look.weights[words].astype(np.float32))
    likeness = np.asarray(
        directions[numbers].astype(np.float32) @ direction / STEP, dtype=np.float64
    )
    fits = np.asarray(fits + ranking.vectors * likeness, dtype=np.float64)
    if len(numbers) > kept:
        best = np.sort(np.argpartition(-fits, kept)[:kept])
        numbers, fits, likeness = numbers[best], fits[best], likeness[best]
    return Ranked(numbers, fits, likeness, gathered, exact)


def _best(sums: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """The numbers of the largest sums, in order of number; only entries that have anything are compared."""
    if len(sums) <= most:
        return np.arange(len(sums))
    some = np.flatnonzero(sums)
    if len(some) > most:
        return np.sort(some[np.argpartition(-sums[some], most)[:most]])
    rest = np.flatnonzero(sums[: 2 * most] == 0)
    return np.sort(np.concatenate((some, rest))[:most])


def _exact(question: Question, postings: Postings) -> frozenset[int]:
    place = int(postings.find(np.array([code(EXACT, question.exact)], dtype=np.uint64))[0])
    if place < 0 or not question.exact:
        return frozenset()
    found = postings.docs[postings.starts[place] : postings.starts[place + 1]]
    return frozenset(int(number) for number in found)
