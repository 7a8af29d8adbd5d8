"""The channels of the search: posting lists of words, of letters and of sounds, and what goes into them."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.entries import Entry
from knowledge.text import Tokens, clean, fold, is_kana

# BM25F (SEARCH_CEILING §1): the wordings count twice, the whole entry once; k1 1.2, b .6 and .75.
K1 = 1.2
WORDING, WHOLE = 2.0, 1.0
B_WORDING, B_WHOLE = 0.6, 0.75
# What a word gives that stands once in the wordings of an entry of middling length: the measure of "perfect".
PERFECT = (WORDING + WHOLE) / (K1 + WORDING + WHOLE)

# Letters that every third entry has are grammar or courtesy and tell entries apart by chance only.
COMMON_SHARE = 3
SMALLEST_COMMON = 4

# The channels against each other; the reading counts as far as the words are unknown (SEARCH_CEILING §2).
WORDS_WEIGHT, LETTERS_WEIGHT = 1.0, 0.4
READING_LEAST, READING_MOST = 0.1, 0.9
# Words cut from a text in kana only are mostly wrong cuts.
WORDS_IN_KANA = 0.25

HIRAGANA_PAIR = re.compile(r"[ぁ-ん]{2}")


@dataclass(frozen=True)
class Wanted:
    """What a question looks for in one channel, and what an entry would score that has all of it."""

    weights: Mapping[str, float]
    full: float
    unknown: float = 0.0


Document = tuple[Sequence[str], Sequence[str]]
"""The features of an entry's wordings and those of all of it."""


class Channel:
    """Posting lists of one kind of feature, with each entry's finished BM25F share in them."""

    def __init__(self, documents: Sequence[Document], *, drop_common: bool = False) -> None:
        total = len(documents)
        seen_in = Counter(feature for _, whole in documents for feature in set(whole))
        limit = max(SMALLEST_COMMON, total // COMMON_SHARE) if drop_common else total
        self.common = frozenset(feature for feature, n in seen_in.items() if n > limit)
        self.unseen = math.log(1 + (total + 0.5) / 0.5)
        self.idf = {
            feature: math.log(1 + (total - n + 0.5) / (n + 0.5))
            for feature, n in seen_in.items()
            if feature not in self.common
        }
        self.middling = sum(self.idf.values()) / len(self.idf) if self.idf else self.unseen
        self.impacts = self._impacts(documents)

    def _impacts(self, documents: Sequence[Document]) -> Mapping[str, Mapping[int, float]]:
        impacts: defaultdict[str, dict[int, float]] = defaultdict(dict)
        wording_length = _mean([len(wording) for wording, _ in documents])
        whole_length = _mean([len(whole) for _, whole in documents])
        for number, (wording, whole) in enumerate(documents):
            in_wording = Counter(wording)
            shrink = 1 - B_WORDING + B_WORDING * len(wording) / wording_length
            shrink_whole = 1 - B_WHOLE + B_WHOLE * len(whole) / whole_length
            for feature, times in Counter(whole).items():
                tf = WORDING * in_wording[feature] / shrink + WHOLE * times / shrink_whole
                if feature in self.idf:
                    impacts[feature][number] = self.idf[feature] * tf / (K1 + tf)
        return dict(impacts)

    def wanted(self, features: Iterable[str]) -> Wanted:
        """In: the letters of a question. Out: what to look for; unseen ones cost what a middling one does."""
        weights = dict.fromkeys((f for f in features if f not in self.common), 1.0)
        return Wanted(weights, PERFECT * sum(self.idf.get(f, self.middling) for f in weights))

    def coverage(self, wanted: Wanted) -> dict[int, float]:
        """In: what a question looks for. Out: each entry's share of a perfect match, 0…1."""
        sums: defaultdict[int, float] = defaultdict(float)
        for feature, weight in wanted.weights.items():
            for number, impact in self.impacts.get(feature, {}).items():
                sums[number] += weight * impact
        return {number: min(1.0, total / wanted.full) for number, total in sums.items()}


def _mean(numbers: Sequence[int]) -> float:
    return max(1.0, sum(numbers) / max(1, len(numbers)))


def group_feature(name: str) -> str:
    """Groups live beside words in one channel; the sign keeps the word 費用 and the group 費用 apart."""
    return f"≈{name}"


def document(features: Callable[[Tokens], list[str]], pair: tuple[Tokens, Tokens]) -> Document:
    wording, body = map(features, pair)
    return wording, [*wording, *body]


def letter_features(tokens: Tokens) -> list[str]:
    """Neighbouring letters, katakana as hiragana; two hiragana in a row are grammar and left out."""
    text, folded = tokens.text, fold(tokens.text)
    return [
        folded[i : i + 2]
        for i in range(len(text) - 1)
        if folded[i : i + 2].isalnum() and not HIRAGANA_PAIR.fullmatch(text[i : i + 2])
    ]


def reading_features(tokens: Tokens) -> list[str]:
    """Three letters of the sound at a time."""
    return [tokens.reading[i : i + 3] for i in range(len(tokens.reading) - 2)]


def wordings(entry: Entry) -> tuple[str, ...]:
    return (entry.title, *entry.questions, *entry.aliases)


def bare(cleaned: str) -> str:
    """In: cleaned text. Out: its letters alone, so that a missing question mark is no difference."""
    return re.sub(r"[\W_]+", "", fold(cleaned))


def by_wording(entries: Sequence[Entry]) -> dict[str, frozenset[int]]:
    """In: entries. Out: which of them have a wording, letter for letter."""
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for number, entry in enumerate(entries):
        for wording in (entry.title, *entry.questions):
            numbers[bare(clean(wording))].add(number)
    return {wording: frozenset(having) for wording, having in numbers.items() if wording}


def channel_weights(text: str, unknown: float) -> tuple[float, float, float]:
    """In: a question and the share of it no entry knows. Out: weights of words, letters and reading."""
    if is_kana(text):
        return WORDS_IN_KANA, 0.0, 1.0
    return WORDS_WEIGHT, LETTERS_WEIGHT, READING_LEAST + READING_MOST * unknown
