"""Fits the weights of the channels (knowledge/ranking.json) and says what each of them is worth.

.venv/bin/python -m benchmarks.fit_ranking [--questions FILE]… [--write] [--ablate]

Fitted by a listwise softmax over each question's best entries, on wordings held out of the pack one at a time
and on the files given; judged on folds of both. tests/data/blind_questions.jsonl is only ever reported.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.channel_table import GUESS, NAMES, TIME, Row, table
from benchmarks.questions import DATA, entries, held_out, read
from knowledge.ranking import Ranking

FOLDS, WORDINGS = 4, 7
MOST = 60
STEPS, RATE, PENALTY = 600, 0.05, 0.02
ASKED_WEIGHT = 16.0
"""A question somebody asked counts for so many wordings: wordings are many and lose their own entry's help.
(Recall@10 + nDCG)/2 of the questions asked, crossed: 1: .924, 4: .934, 16: .936, 64: .930, no wordings: .928."""
OTHER_SIZE = -4.0
"""A rule, not fitted: few questions name a size. -4 puts the right entry first where -2 does not, above all where only
the asker's size is known: an entry for another size often names them all (`tests/test_why.py`). It costs no question."""

Weights = NDArray[np.float64]


def as_array(ranking: Ranking) -> Weights:
    return np.array([getattr(ranking, name) for name in NAMES])


def fit(rows: Sequence[Row], without: Iterable[str] = ()) -> Weights:
    """In: questions with their channels. Out: the weights under which the right entries stand highest."""
    guess = as_array(GUESS)
    kept = []
    for row in rows:
        best = np.argsort(-(row.table @ guess), kind="stable")[:MOST]
        if row.right[best].any():
            kept.append(
                (
                    row.table[best],
                    row.right[best],
                    1.0 if row.asked.style == "wording" else ASKED_WEIGHT,
                )
            )
    features = np.stack([one[0] for one in kept])
    right = np.stack([one[1] for one in kept]).astype(float)
    counts = np.array([one[2] for one in kept])
    counts /= counts.sum()
    scale = features.reshape(-1, len(NAMES)).std(axis=0) + 1e-9
    features /= scale
    weights = guess * scale
    off = np.array([name in set(without) for name in NAMES])
    downward = np.array([name in TIME for name in NAMES])
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        weights[off] = 0
        odds = features @ weights
        chances = np.exp(odds - odds.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        target = chances * right
        target /= target.sum(axis=1, keepdims=True) + 1e-12
        slope = np.einsum("q,qn,qnf->f", counts, chances - target, features) + PENALTY * weights
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        weights[NAMES.index("other_size")] = OTHER_SIZE * scale[NAMES.index("other_size")]
        weights = np.where(downward, np.minimum(weights, 0), np.maximum(weights, 0))
    weights[off] = 0
    return np.asarray(weights / scale, dtype=np.float64)


def measures(rows: Sequence[Row], weights: Weights) -> tuple[float, float, float, float]:
    """First right, top 3, recall@10, nDCG@10."""
    sums = np.zeros(4)
    for row in rows:
        order = np.argsort(-(row.table @ weights), kind="stable")
        hits = row.right[order][:10]
        many = min(10, int(row.right.sum()))
        gains = hits / np.log2(np.arange(2, 2 + len(hits)))
        ideal = (1 / np.log2(np.arange(2, 2 + many))).sum()
        sums += (hits[0], hits[:3].any(), hits.sum() / many, gains.sum() / ideal)
    first, three, recall, gain = sums / max(1, len(rows))
    return float(first), float(three), float(recall), float(gain)


def crossed(rows: Sequence[Row], without: Iterable[str] = ()) -> list[tuple[float, ...]]:
    """Measures on questions asked and on wordings, each fold judged by weights fitted on the others."""
    number = {row.asked.id: n % FOLDS for n, row in enumerate(rows)}
    judged: list[list[tuple[float, ...]]] = [[], []]
    sizes: list[list[int]] = [[], []]
    for fold in range(FOLDS):
        weights = fit([row for row in rows if number[row.asked.id] != fold], without)
        for part, wording in enumerate((False, True)):
            some = [
                r
                for r in rows
                if number[r.asked.id] == fold and (r.asked.style == "wording") == wording
            ]
            judged[part].append(measures(some, weights))
            sizes[part].append(len(some))
    return [
        tuple((np.array(size) @ np.array(one) / max(1, sum(size))).tolist())
        for one, size in zip(judged, sizes, strict=True)
    ]


def told(name: str, figures: Iterable[float]) -> str:
    return f"{name:28} " + "  ".join(f"{value:.3f}" for value in figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--questions", type=Path, action="append", default=[DATA / "dev_questions.jsonl"]
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--ablate", action="store_true")
    options = parser.parse_args()
    rows: list[Row] = []
    for path in options.questions:
        rows += table(entries(), [one for one in read(path) if one.answerable and one.right])
    blind = table(
        entries(), [o for o in read(DATA / "blind_questions.jsonl") if o.answerable and o.right]
    )
    for fold in range(WORDINGS):
        rows += table(*held_out(fold))
    print("first right, top 3, recall@10, nDCG@10")
    asked, wordings = crossed(rows)
    print(told("asked, crossed", asked))
    print(told("wordings, crossed", wordings))
    weights = fit(rows)
    print(told("blind", measures(blind, weights)))
    for name, value in zip(NAMES, weights, strict=True):
        print(f"  {name:18} {value:8.3f}")
    if options.ablate:
        for name in NAMES:
            asked, wordings = crossed(rows, [name])
            print(told(f"without {name}: asked", asked))
            print(told(f"without {name}: wordings", wordings))
    if options.write:
        Ranking(**{name: float(value) for name, value in zip(NAMES, weights, strict=True)}).write()


if __name__ == "__main__":
    main()
