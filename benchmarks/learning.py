"""Quality by the number of learnt wordings: a replay of the desk's learning from use.

.venv/bin/python -m benchmarks.learning [FILE…]      (default: tests/data/tune_questions.jsonl and dev_questions.jsonl)

The files are one pool. Each seed keeps a part of it apart to be asked; of the others more and more are learnt, as
accepted wordings of their right entry (of several the first by id), so that each step only adds. Intervals: 95 %
bootstrap over questions, of the mean of the seeds; `gain` is paired with the index that has learnt nothing. What the
rules would not keep (`knowledge/wording.py`) is passed over, as in use.

The gain and the limit in `knowledge/memory.py` were chosen on such splits of the same files.

Two packs: ours, whose entries have five and more wordings by their authors, and the same with titles alone, as an
office would bring its own list of questions and answers.
"""

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.questions import AT, DATA, PACK, Asked, entries, index_of, read, words
from benchmarks.search_quality import TOP, gains, interval
from knowledge.entries import Entry
from knowledge.normal import bare, clean
from knowledge.search import Index
from knowledge.wording import Names, wording_of

SEEDS = (1, 2, 3, 4, 5)
STEPS = (0, 25, 50, 100, 150)
LEARNERS = 0.7
"""At least the rest is asked."""
NDCG, FIRST = 1, 2
"""Places in what `gains` gives."""


@dataclass(frozen=True)
class Row:
    """One step of the curve: mean with interval of nDCG@10 and hit@1, and the gain over nothing learnt."""

    learnt: int
    ndcg: tuple[float, float, float]
    first: tuple[float, float, float]
    ndcg_gain: tuple[float, float, float]
    first_gain: tuple[float, float, float]


def curve(
    asked: Sequence[Asked], pack: Sequence[Entry] | None = None, seeds: Sequence[int] = SEEDS
) -> list[Row]:
    """A row for each number of learnt wordings, learnt by this pack (default: ours)."""
    pack = entries() if pack is None else pack
    usable = [one for one in asked if one.answerable and one.right]
    steps = [step for step in STEPS if step <= len(usable) * LEARNERS]
    untaught = index_of(tuple(pack))
    measured: dict[int, dict[str, list[tuple[float, float]]]] = {step: {} for step in steps}
    for seed in seeds:
        mixed = random.Random(seed).sample(usable, len(usable))
        learners, rest = mixed[: max(steps)], mixed[max(steps) :]
        for step in steps:
            index = untaught.taught(learnt_from(learners[:step], pack))
            for one in rest:
                measured[step].setdefault(one.id, []).append(_gains(index, one))
    base = {name: np.mean(values, axis=0) for name, values in measured[0].items()}
    return [_row(step, measured[step], base) for step in steps]


def learnt_from(learners: Sequence[Asked], pack: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """The wordings these questions leave behind, by entry."""
    learnt: dict[str, tuple[str, ...]] = {}
    known = {bare(clean(text)) for entry in pack for text in (entry.title, *entry.questions)}
    for one in learners:
        wording = wording_of(one.query, _names(), words())
        if wording is not None and bare(clean(wording)) not in known:
            name = min(one.right)
            learnt[name] = (*learnt.get(name, ()), wording)
    return learnt


@cache
def _names() -> Names:
    path = PACK / "directory" / "municipalities.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        towns = [(row["name"], row["kana"], row["romaji"]) for row in csv.DictReader(lines)]
    return Names.of(towns, ())


def _gains(index: Index, one: Asked) -> tuple[float, float]:
    found = [c.entry.id for c in index.search(one.query, at=AT, top=TOP).candidates]
    got = gains(found, dict.fromkeys(one.right, 1.0))
    return got[NDCG], got[FIRST]


def _row(
    step: int, measured: dict[str, list[tuple[float, float]]], base: dict[str, NDArray[np.float64]]
) -> Row:
    means = {name: np.mean(values, axis=0) for name, values in measured.items()}
    ndcg, first = (interval([mean[n] for mean in means.values()]) for n in (0, 1))
    more = [means[name] - base[name] for name in means]
    ndcg_gain, first_gain = (interval([gain[n] for gain in more]) for n in (0, 1))
    return Row(step, ndcg, first, ndcg_gain, first_gain)


def table(rows: Sequence[Row]) -> Iterator[str]:
    heads = ("nDCG@10", "hit@1", "gain nDCG", "gain hit@1")
    yield f"{'learnt':>6}  " + "  ".join(f"{head:24}" for head in heads)
    for row in rows:
        parts = (row.ndcg, row.first, row.ndcg_gain, row.first_gain)
        told = (f"{mean:+.3f} [{low:+.3f} to {high:+.3f}]" for mean, low, high in parts)
        yield f"{row.learnt:6}  " + "  ".join(f"{text:24}" for text in told)


def titles_alone() -> tuple[Entry, ...]:
    return tuple(replace(one, questions=(one.title,), aliases=(), basis=()) for one in entries())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    files = [DATA / "tune_questions.jsonl", DATA / "dev_questions.jsonl"]
    parser.add_argument("files", nargs="*", type=Path, default=files)
    asked = [one for path in parser.parse_args().files for one in read(path)]
    kept = sum(wording_of(one.query, _names(), words()) is not None for one in asked)
    print(f"{len(asked)} questions, {kept} may become wordings")
    for name, pack in (("our pack", entries()), ("titles alone", titles_alone())):
        print(name)
        for line in table(curve(asked, pack)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
