"""Posting lists in flat arrays: which entries have a feature and how much it counts in each (BM25F, 8 bit).

Nothing here changes after it is made; the arrays may be mapped from a file.
"""

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.codes import CHANNELS, EXACT, LETTERS, SHIFT, SOUNDS, WORD
from knowledge.documents import BODY, HEAD, WORDING, Document

# BM25F (SEARCH_CEILING §1): the wordings count twice, the whole entry once; k1 1.2, b .6 and .75.
K1 = 1.2
TWICE, ONCE = 2.0, 1.0
B_WORDING, B_WHOLE = 0.6, 0.75
PERFECT = (TWICE + ONCE) / (K1 + TWICE + ONCE)
"""What a word gives that stands once in the wordings of an entry of middling length."""
FULL = 255.0
MOST_TIMES = 60_000

# Letters that every third entry has are grammar or courtesy and tell entries apart by chance only.
COMMON_SHARE = 3
SMALLEST_COMMON = 4

Codes = NDArray[np.uint64]
Floats = NDArray[np.float32]


class Rows:
    """Every (feature, document) with its counts in head, wordings and body, in the order the documents came."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.total = 0
        self._codes, self._docs = array("Q"), array("I")
        self._counts = (array("H"), array("H"), array("H"))
        for document in documents:
            self.add(document)

    def add(self, document: Document) -> None:
        head, wording, body = document.counts
        features = list({**wording, **body})
        self._codes.extend(features)
        for counts, field in zip(self._counts, (head, wording, body), strict=True):
            counts.extend([min(MOST_TIMES, field.get(feature, 0)) for feature in features])
        exact = list(document.exact)
        self._codes.extend(exact)
        for counts, once in zip(self._counts, (0, 1, 0), strict=True):
            counts.extend([once] * len(exact))
        self._docs.extend([self.total] * (len(features) + len(exact)))
        self.total += 1

    def arrays(self) -> tuple[Codes, NDArray[np.int64], NDArray[np.float32]]:
        """Codes, document numbers, and counts with a column for each field."""
        codes = (
            np.frombuffer(self._codes, dtype=np.uint64) if self._codes else np.zeros(0, np.uint64)
        )
        docs = np.array(self._docs, dtype=np.int64)
        counts = np.array(self._counts, dtype=np.float32).reshape(3, -1).T
        return codes, docs, counts


@dataclass(frozen=True)
class Statistics:
    """What one entry's score depends on in all the others."""

    total: int
    lengths: NDArray[np.float64]  # channel × (head, wording, body, whole)
    middling: NDArray[np.float64]  # mean idf of each channel


@dataclass(frozen=True)
class Postings:
    """`codes` sorted; entry numbers of code i are `docs[starts[i]:starts[i+1]]`, in order."""

    codes: Codes
    starts: NDArray[np.int32]  # 2·10^9 postings are more than memory holds
    docs: NDArray[np.uint32]
    impacts: NDArray[np.uint8]
    idf: Floats
    statistics: Statistics

    def find(self, wanted: Codes) -> NDArray[np.int64]:
        """In: codes. Out: the place of each, or -1."""
        places = np.searchsorted(self.codes, wanted)
        places[places == len(self.codes)] = 0
        if not len(self.codes):
            return np.full(len(wanted), -1, dtype=np.int64)
        return np.where(self.codes[places] == wanted, places, -1).astype(np.int64)

    def unseen(self) -> float:
        return math.log(1 + (self.statistics.total + 0.5) / 0.5)


def build(
    rows: Rows,
    shares: tuple[float, float, float],
    beside: Postings | None = None,
) -> Postings:
    """In: rows of documents, and how BM25F, head and body share a word's impact. Out: their posting lists.

    `beside`: those of the index these stand beside; its lengths and rarities then hold here.
    """
    codes, docs, counts = rows.arrays()
    channels = (codes >> np.uint64(SHIFT)).astype(np.int64)
    lengths = _lengths(channels, docs, counts, rows.total)
    known = (
        beside.statistics
        if beside
        else Statistics(
            rows.total,
            np.maximum(1.0, lengths.mean(axis=0)) if rows.total else np.ones((CHANNELS, 4)),
            np.zeros(CHANNELS),
        )
    )
    saturated = _saturated(channels, docs, counts, lengths, known.lengths, shares)
    order = np.lexsort((docs, codes))
    codes, docs, saturated = codes[order], docs[order], saturated[order]
    unique, starts, seen_in = np.unique(codes, return_index=True, return_counts=True)
    idf = np.log(1 + (known.total - seen_in + 0.5) / (seen_in + 0.5)).astype(np.float32)
    if beside is not None:
        places = beside.find(unique)
        idf = np.where(places >= 0, beside.idf[places], np.float32(beside.unseen())).astype(
            np.float32
        )
    owner = (unique >> np.uint64(SHIFT)).astype(np.int64)
    limit = max(SMALLEST_COMMON, known.total // COMMON_SHARE)
    if beside is None:
        common = np.isin(owner, (LETTERS, SOUNDS)) & (seen_in > limit)
        idf[common] = 0.0
        kept = np.repeat(~common, seen_in)
        docs, saturated = docs[kept], saturated[kept]
        starts = np.cumsum(seen_in * ~common) - seen_in * ~common
        known = Statistics(known.total, known.lengths, _middling(owner, idf))
    return Postings(
        unique, np.append(starts, len(docs)).astype(np.int32), docs.astype(np.uint32),
        saturated, idf, known,
    )  # fmt: skip


def widened(postings: Postings, beside: Postings) -> Postings:
    """The same lists with every code of the index they stand beside, so that a question weighs the same in both."""
    codes = np.union1d(postings.codes, beside.codes)
    sizes = np.zeros(len(codes), dtype=np.int64)
    sizes[np.searchsorted(codes, postings.codes)] = np.diff(postings.starts)
    idf = np.empty(len(codes), dtype=np.float32)
    idf[np.searchsorted(codes, postings.codes)] = postings.idf
    idf[np.searchsorted(codes, beside.codes)] = beside.idf
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    return Postings(codes, starts, postings.docs, postings.impacts, idf, beside.statistics)


def _lengths(
    channels: NDArray[np.int64], docs: NDArray[np.int64], counts: NDArray[np.float32], total: int
) -> NDArray[np.float64]:
    """document × channel × (head, wording, body, whole)"""
    lengths = np.zeros((total, CHANNELS, 4))
    for field in (HEAD, WORDING, BODY):
        flat = np.bincount(docs * CHANNELS + channels, counts[:, field], total * CHANNELS)
        lengths[:, :, field] = flat.reshape(total, CHANNELS)
    lengths[:, :, 3] = lengths[:, :, WORDING] + lengths[:, :, BODY]
    return lengths


def _saturated(
    channels: NDArray[np.int64],
    docs: NDArray[np.int64],
    counts: NDArray[np.float32],
    lengths: NDArray[np.float64],
    means: NDArray[np.float64],
    shares: tuple[float, float, float],
) -> NDArray[np.uint8]:
    """Each posting's share of the most it can give, 0…255."""
    relative = lengths[docs, channels] / means[channels]
    head = counts[:, HEAD] / (1 - B_WORDING + B_WORDING * relative[:, HEAD])
    body = counts[:, BODY] / (1 - B_WORDING + B_WORDING * relative[:, BODY])
    both = TWICE * counts[:, WORDING] / (1 - B_WORDING + B_WORDING * relative[:, WORDING])
    both += ONCE * (counts[:, WORDING] + counts[:, BODY]) / (1 - B_WHOLE + B_WHOLE * relative[:, 3])
    whole = both / (K1 + both)
    words = (
        shares[0] * whole + shares[1] * head / (K1 + head) + shares[2] * body / (K1 + body)
    ) / sum(shares)
    impact = np.where(channels == WORD, words, whole)
    impact[channels == EXACT] = 1.0
    return np.rint(impact * FULL).astype(np.uint8)


def _middling(owner: NDArray[np.int64], idf: Floats) -> NDArray[np.float64]:
    means = np.zeros(CHANNELS)
    for channel in range(CHANNELS):
        own = idf[(owner == channel) & (idf > 0)]
        means[channel] = float(own.mean()) if len(own) else 1.0
    return means


@dataclass(frozen=True)
class Gathered:
    """What one pass over the posting lists found: each entry's sum, and the postings it was made of."""

    sums: NDArray[np.float64]
    docs: NDArray[np.uint32]
    of: NDArray[np.int64]
    """For every posting touched: its entry, and which of the wanted codes it belongs to."""
    left: NDArray[np.int64]
    """Wanted codes that the budget did not reach."""


def gather(
    postings: Postings,
    places: NDArray[np.int64],
    weights: NDArray[np.float64],
    total: int,
    budget: int,
) -> Gathered:
    """Add up the postings of the wanted codes, those with the shortest lists first, as far as the budget goes."""
    starts, ends = postings.starts[places], postings.starts[places + 1]
    sizes = ends - starts
    chosen = np.arange(len(places))
    left = chosen[:0]
    if int(sizes.sum()) > budget:
        order = np.argsort(sizes, kind="stable")
        within = np.cumsum(sizes[order]) <= budget
        within[0] = True
        chosen, left = order[within], order[~within]
        starts, sizes = starts[chosen], sizes[chosen]
    of = np.repeat(chosen, sizes)
    first = np.cumsum(sizes) - sizes
    index = np.arange(len(of)) + np.repeat(starts - first, sizes)
    docs = postings.docs[index]
    values = postings.impacts[index] * weights[of]
    sums = np.bincount(docs, values, minlength=total).astype(np.float64)
    return Gathered(sums, docs, of, left)


def probe(
    postings: Postings, place: int, weight: float, candidates: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What one code gives to some candidates (sorted), looked up in its list."""
    docs = postings.docs[postings.starts[place] : postings.starts[place + 1]]
    at = np.searchsorted(docs, candidates)
    at[at == len(docs)] = 0
    hit = docs[at] == candidates
    return np.where(hit, postings.impacts[postings.starts[place] + at] * weight, 0.0)


def describe(postings: Postings) -> Mapping[str, int]:
    """Bytes of each array, for the memory an entry takes."""
    names = ("codes", "starts", "docs", "impacts", "idf")
    return {name: int(getattr(postings, name).nbytes) for name in names}
