"""Word vectors trained on the entries themselves (PPMI, then a truncated SVD), 8 bit: what stands together here.

No model is downloaded: 300 entries teach which words of this desk go together, and that is all they are asked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from knowledge.codes import SHIFT, WORD
from knowledge.documents import BODY, WORDING
from knowledge.postings import Postings, Rows

DIMENSIONS = 64
LARGEST_VOCABULARY = 4000
ROUNDS = 3
SMOOTHING = 0.75
SEED = 5
STEP = 127.0


@dataclass(frozen=True)
class Vectors:
    """`codes` sorted; row i of `rows` is the vector of word i, each of length 127."""

    codes: NDArray[np.uint64]
    rows: NDArray[np.int8]

    def mix(self, wanted: NDArray[np.uint64], values: NDArray[np.float32]) -> NDArray[np.float32]:
        """In: words and what they weigh. Out: their common direction, of length 1 (or nothing)."""
        if not len(self.codes) or not len(wanted):
            return np.zeros(self.rows.shape[1], dtype=np.float32)
        at = np.searchsorted(self.codes, wanted)
        at[at == len(self.codes)] = 0
        known = self.codes[at] == wanted
        mixed = values[known] @ self.rows[at[known]].astype(np.float32)
        length = float(np.linalg.norm(mixed))
        return np.asarray(mixed / length if length else mixed, dtype=np.float32)


def train(contexts: Sequence[Sequence[int]]) -> Vectors:
    """In: words that stand together (a wording, an answer). Out: their vectors."""
    sample = [sorted(set(context)) for context in contexts]
    seen = Counter(word for context in sample for word in context)
    often = sorted((w for w, n in seen.items() if n > 1), key=lambda w: (-seen[w], w))
    codes = np.sort(np.array(often[:LARGEST_VOCABULARY], dtype=np.uint64))
    number = {int(word): n for n, word in enumerate(codes)}
    together = np.zeros((len(codes), len(codes)), dtype=np.float32)
    for context in sample:
        ids = np.array([number[word] for word in context if word in number], dtype=np.int64)
        together[ids[:, None], ids] += 1
    np.fill_diagonal(together, 0)
    return Vectors(codes, _quantised(_factorised(_surprise(together))))


def _surprise(together: NDArray[np.float32]) -> NDArray[np.float32]:
    """Positive pointwise mutual information, the rarer partner smoothed."""
    total = float(together.sum()) or 1.0
    row = together.sum(axis=1) + 1e-9
    column = row**SMOOTHING
    column = column / column.sum() * total
    together *= total
    together /= row[:, None]
    together /= column
    np.maximum(together, 1, out=together)
    np.log(together, out=together)
    return together


def _factorised(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A randomised SVD: rows of U·√S."""
    size = len(matrix)
    if not size:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    width = min(DIMENSIONS + 10, size)
    basis = np.random.default_rng(SEED).standard_normal((size, width)).astype(np.float32)
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(matrix @ (matrix.T @ basis))
    left, values, _ = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    found = (basis @ left)[:, :DIMENSIONS] * np.sqrt(values[:DIMENSIONS])
    made = np.zeros((size, DIMENSIONS), dtype=np.float32)
    made[:, : found.shape[1]] = found
    return made


def _quantised(rows: NDArray[np.float32]) -> NDArray[np.int8]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled = np.rint(rows / np.maximum(lengths, 1e-9) * STEP)
    return np.asarray(scaled, dtype=np.int8)


def of_entries(vectors: Vectors, rows: Rows, postings: Postings) -> NDArray[np.int8]:
    """The direction of each entry: its words, those of the wordings twice, by how rare they are."""
    codes, docs, counts = rows.arrays()
    words = (codes >> np.uint64(SHIFT)) == WORD
    codes, docs, counts = codes[words], docs[words], counts[words]
    weights = postings.idf[postings.find(codes)] * (2 * counts[:, WORDING] + counts[:, BODY])
    ends = np.searchsorted(docs, np.arange(rows.total + 1))
    made = np.zeros((rows.total, DIMENSIONS), dtype=np.int8)
    for number, (start, end) in enumerate(pairwise(ends.tolist())):
        made[number] = np.rint(vectors.mix(codes[start:end], weights[start:end]) * STEP)
    return made
