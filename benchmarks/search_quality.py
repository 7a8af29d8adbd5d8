"""How well questions are answered, with confidence intervals, beside what other bots search with.

.venv/bin/python -m benchmarks.search_quality [FILE…]            (default: tests/data/*_questions.jsonl)
.venv/bin/python -m benchmarks.search_quality --corpus corpus.jsonl --queries queries.jsonl --qrels qrels.jsonl

Without a corpus the pack is asked. Ranking: Recall@10, nDCG@10, hit@1, hit@3 of every engine on the questions that
have an answer; outcomes: those of the desk. Intervals: 95 % bootstrap over questions, seed fixed.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers import PEERS
from benchmarks.questions import AT, DATA, Asked, entries, index_of, read
from knowledge.decision import Outcome, cost
from knowledge.entries import Entry
from knowledge.files import read_files
from knowledge.search import Index

SEED, DRAWS, TOP = 20261120, 1000, 10
MEASURES = ("Recall@10", "nDCG@10", "hit@1", "hit@3")
Grades = Mapping[str, float]


def gains(found: Sequence[str], right: Grades) -> tuple[float, float, float, float]:
    """Recall@10, nDCG@10, hit@1, hit@3 of one question."""
    got = [right.get(name, 0.0) for name in found[:TOP]]
    ideal = sorted(right.values(), reverse=True)[:TOP]
    discount = 1 / np.log2(np.arange(2, 2 + TOP))
    best = float(np.array(ideal) @ discount[: len(ideal)])
    many = min(TOP, sum(grade > 0 for grade in right.values()))
    return (
        sum(grade > 0 for grade in got) / many,
        float(np.array(got) @ discount[: len(got)]) / best if got else 0.0,
        float(bool(got) and got[0] > 0),
        float(any(grade > 0 for grade in got[:3])),
    )


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean with its 95 % bootstrap interval."""
    taken = np.array(values, dtype=float)
    if not len(taken):
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(SEED).integers(0, len(taken), (DRAWS, len(taken)))
    low, high = np.quantile(taken[draws].mean(axis=1), (0.025, 0.975))
    return float(taken.mean()), float(low), float(high)


def told(values: Sequence[float]) -> str:
    mean, low, high = interval(values)
    return f"{mean:.3f} [{low:.3f}–{high:.3f}]"


def engines(some: Sequence[Entry], index: Index) -> Mapping[str, Callable[[str], list[str]]]:
    """The desk and its peers over the same entries."""

    def desk(query: str) -> list[str]:
        return [one.entry.id for one in index.search(query, at=AT, top=TOP).candidates]

    return {"liaison desk": desk} | {peer.name: peer(some).search for peer in PEERS}


def rankings(
    searches: Mapping[str, Callable[[str], list[str]]], asked: Sequence[tuple[str, Grades]]
) -> Iterator[str]:
    """A line for each engine."""
    yield f"{'':22} " + "  ".join(f"{name:21}" for name in MEASURES)
    for name, search in searches.items():
        rows = np.array([gains(search(query), right) for query, right in asked])
        yield f"{name:22} " + "  ".join(f"{told(column.tolist()):21}" for column in rows.T)


@dataclass(frozen=True)
class Answered:
    """One question with what the desk did with it."""

    asked: Asked
    outcome: Outcome
    score: float
    first: bool
    three: bool
    fields: tuple[str, ...]
    best: str = ""

    @property
    def cost(self) -> float:
        return cost(self.outcome, right=self.first, offered=self.three)


def answered(index: Index, questions: Sequence[Asked], careful: float = 1.0) -> list[Answered]:
    results = []
    for one in questions:
        found = index.search(one.query, at=AT, top=TOP, careful=careful)
        right = [c.entry.id in one.right for c in found.candidates[:3]]
        fields = tuple(name for name, _ in index.fields_of(one.query))
        best = found.candidates[0].entry.id if found.candidates else ""
        results.append(
            Answered(
                one, found.outcome, found.score, bool(right and right[0]), any(right), fields, best
            )
        )
    return results


def area(better: Sequence[float], worse: Sequence[float]) -> float:
    """AUC: the chance that one of `better` stands above one of `worse`."""
    high, low = np.array(better)[:, None], np.array(worse)
    return float(((high > low) + 0.5 * (high == low)).mean())


def area_interval(better: Sequence[float], worse: Sequence[float]) -> str:
    chance = np.random.default_rng(SEED)
    high, low = np.array(better), np.array(worse)
    draws = [
        area(chance.choice(high, len(high)).tolist(), chance.choice(low, len(low)).tolist())
        for _ in range(200)
    ]
    edge = np.quantile(draws, (0.025, 0.975))
    return f"{area(better, worse):.3f} [{edge[0]:.3f}–{edge[1]:.3f}]"


def outcomes(results: Sequence[Answered]) -> Iterator[str]:
    """What the desk did, a figure a line."""
    inside = [r for r in results if r.asked.answerable]
    near = [r for r in results if r.asked.kind == "near_miss"]
    outside = [r for r in results if r.asked.kind in {"near_miss", "out_of_scope"}]
    fielded = [r for r in results if r.asked.field]

    def share(name: str, some: Sequence[Answered], test: Callable[[Answered], bool]) -> str:
        return f"  {name:34} {told([float(test(r)) for r in some])}  of {len(some)}"

    yield share("first right", inside, lambda r: r.first)
    yield share("top 3", inside, lambda r: r.three)
    yield share("answered right", inside, lambda r: r.outcome == "answer" and r.first)
    yield share("confidently wrong", inside, lambda r: r.outcome == "answer" and not r.first)
    if outside:
        yield share("out of scope or near miss answered", outside, lambda r: r.outcome == "answer")
    if near:
        auc = area_interval([r.score for r in inside], [r.score for r in near])
        yield f"  {'AUC of score against near misses':34} {auc}  of {len(near)}"
    if fielded:
        yield share(
            "field among three", fielded, lambda r: bool(set(r.fields) & set(r.asked.fields))
        )
        yield share(
            "field first", fielded, lambda r: r.fields[:1] != () and r.fields[0] in r.asked.fields
        )
    yield f"  {'cost a question':34} {told([r.cost for r in results])}"


def by_style(results: Sequence[Answered]) -> Iterator[str]:
    groups: defaultdict[str, list[Answered]] = defaultdict(list)
    for result in results:
        if result.asked.answerable and result.asked.style:
            groups[result.asked.style].append(result)
    for style, some in sorted(groups.items()):
        first = sum(r.first for r in some) / len(some)
        three = sum(r.three for r in some) / len(some)
        right = sum(r.outcome == "answer" and r.first for r in some) / len(some)
        yield f"    {style:18} n={len(some):3} first {first:.2f}  top 3 {three:.2f}  answered right {right:.2f}"


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def foreign(corpus: Path, queries: Path, qrels: Path) -> None:
    """A set of others, in the import form."""
    some = tuple(one.entry for one in read_files([corpus]))
    grades: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for line in _lines(qrels):
        grades[str(line["query_id"])][str(line["article_id"])] = float(line["grade"])
    asked = [
        (q["query"], grades[str(q["id"])])
        for q in _lines(queries)
        if any(grades[str(q["id"])].values())
    ]
    index = index_of(some)
    print(f"{corpus}: {len(some)} entries, {len(asked)} questions")
    print("\n".join(rankings(engines(some, index), asked)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    for name in ("corpus", "queries", "qrels"):
        parser.add_argument(f"--{name}", type=Path)
    options = parser.parse_args()
    if options.corpus:
        foreign(options.corpus, options.queries, options.qrels)
        return
    index = index_of(entries())
    searches = engines(entries(), index)
    for path in options.files or sorted(DATA.glob("*_questions.jsonl")):
        questions = read(path)
        asked = [
            (one.query, dict.fromkeys(one.right, 1.0))
            for one in questions
            if one.answerable and one.right
        ]
        print(f"\n{path}: {len(questions)} questions, {len(asked)} with an answer in the pack")
        print("\n".join(rankings(searches, asked)))
        results = answered(index, questions)
        print("\n".join([*outcomes(results), *by_style(results)]))


if __name__ == "__main__":
    main()
