"""The search measured, as one page: `make search-report` writes build/search-report.html.

.venv/bin/python -m benchmarks.search_report [FILE…]

Quality beside what other bots use, by style; the calibration curve; answered against wrong, and the cost, by 慎重さ;
quality by the number of learnt wordings, on a replay; the thirty questions that cost most. Chances of the questions the calibration was fitted on come from curves fitted
without them.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks.calibrate import Judged, crossed, judge, rates
from benchmarks.charts import bars, lines
from benchmarks.learning import Row, curve, titles_alone
from benchmarks.questions import DATA, Asked, entries, index_of, read
from benchmarks.search_quality import (
    Answered,
    answered,
    engines,
    gains,
    interval,
    outcomes,
    rankings,
)
from bot.cards.caution import NAMES
from bot.settings import CAREFUL
from knowledge.calibration import calibrated
from knowledge.decision import Outcome, decide
from knowledge.search import Index

OUT = Path("build/search-report.html")
FITTED_ON = ("dev_questions.jsonl", "tune_questions.jsonl")
WORST, STEPS = 30, 8
HEAD = """<!doctype html><html lang="ja"><meta charset="utf-8"><title>検索の報告</title>
<style>body{font:15px/1.6 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#111}
pre{overflow-x:auto;background:#f5f5f4;padding:1em}table{border-collapse:collapse}td,th{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:left}
svg text{font:13px system-ui,sans-serif}</style><h1>検索の報告</h1>"""


def quality(index: Index, questions: Sequence[Asked]) -> Iterator[str]:
    searches = engines(entries(), index)
    asked = [
        (one.query, dict.fromkeys(one.right, 1.0))
        for one in questions
        if one.answerable and one.right
    ]
    if not asked:
        return
    rows = []
    for name, search in searches.items():
        first = [gains(search(query), right)[2] for query, right in asked]
        rows.append((name, *interval(first)))
    yield f"<h3>最初の候補が正しい割合（{len(asked)}問、線は95%の区間）</h3>{bars(rows)}"
    yield f"<pre>{escape(chr(10).join(rankings(searches, asked)))}</pre>"


def styles(results: Sequence[Answered]) -> str:
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for one in results:
        if one.asked.answerable and one.asked.style:
            groups[one.asked.style].append(float(one.first))
    return (
        bars([(f"{style}（{len(v)}）", *interval(v)) for style, v in sorted(groups.items())])
        if groups
        else ""
    )


def calibration(chances: Sequence[float], right: Sequence[bool]) -> str:
    """The chance told against the share that was right, in groups of equal size."""
    order = np.argsort(np.array(chances))
    groups = [g for g in np.array_split(order, STEPS) if len(g)]
    told, true = np.array(chances), np.array(right, dtype=float)
    points = [(float(told[g].mean()), float(true[g].mean())) for g in groups]
    return lines([("質問の群", points)], "言った見込み", "正しかった割合", diagonal=True)


def trade_off(index: Index) -> Iterator[str]:
    """Answered against wrong, and the cost, on the questions of the calibration, each judged without itself."""
    rows = [row for name in FITTED_ON for row in judge(index, read(DATA / name))]
    chances = crossed(rows)
    yield f"<h2>見込みの正しさ（校正）</h2>{calibration(chances.tolist(), [row.first for row in rows])}"
    found = [rates(rows, chances, float(t)) for t in np.linspace(0.02, 0.98, 49)]
    points = [
        (name, [(one[key], one["answered right"]) for one in found])
        for name, key in (
            ("対象内の誤答", "confidently wrong"),
            ("対象外への回答", "outside answered"),
        )
    ]
    yield f"<h2>正しく答えた割合と、誤った割合</h2>{lines(points, '誤って答えた割合', '正しく答えた割合')}"
    yield from cautions(rows, chances.tolist())


def cautions(rows: Sequence[Judged], chances: Sequence[float]) -> Iterator[str]:
    """The cost of a question and how questions end, at each step of 慎重さ."""
    yield "<h2>慎重さと費用（誤答5、引き継ぎ1、候補0.3か1.3）</h2>"
    found = {step: decided(rows, chances, careful) for step, careful in CAREFUL.items()}
    yield bars([(NAMES[step], *interval([r.cost for r in some])) for step, some in found.items()])
    yield "<table><tr><th>慎重さ<th>誤答の重さ<th>費用<th>正しく回答<th>誤答<th>対象外へ回答<th>答える<th>聞き返す<th>相談をすすめる"
    for step, results in found.items():
        inside = [r for r in results if r.asked.answerable]
        outside = [r for r in results if r.asked.kind in {"near_miss", "out_of_scope"}]
        cells = (
            np.mean([r.cost for r in results]),
            np.mean([r.outcome == "answer" and r.first for r in inside]),
            np.mean([r.outcome == "answer" and not r.first for r in inside]),
            np.mean([r.outcome == "answer" for r in outside]),
            *(np.mean([r.outcome == end for r in results]) for end in get_args(Outcome)),
        )
        told = "".join(f"<td>{cell:.3f}" for cell in cells)
        yield f"<tr><td>{NAMES[step]}<td>×{CAREFUL[step]:g}{told}"
    yield "</table>"


def decided(rows: Sequence[Judged], chances: Sequence[float], careful: float) -> list[Answered]:
    """What would be done with each question at this 慎重さ."""
    results = []
    for row, chance in zip(rows, chances, strict=True):
        among = max(chance, calibrated().three.chance(row.evidence))
        said = decide(chance, among, careful, calibrated().threshold)
        results.append(Answered(row.asked, said, chance, row.first, row.three, ()))
    return results


def learning() -> Iterator[str]:
    """Quality by the number of learnt wordings: our pack, and the same with titles alone (benchmarks/learning.py)."""
    asked = [one for name in FITTED_ON for one in read(DATA / name)]
    yield "<h2>学んだ言い方の数と、正しさ</h2><p>残しておいた質問に、ほかの質問を言い方として学ばせながら聞いた結果（5とおりの平均）。</p>"
    for name, pack in (("いまの知識", entries()), ("題名だけの知識", titles_alone())):
        rows = curve(asked, pack)
        most = max(row.learnt for row in rows) or 1
        series = [
            ("nDCG@10", [(row.learnt / most, row.ndcg[0]) for row in rows]),
            ("最初が正しい", [(row.learnt / most, row.first[0]) for row in rows]),
        ]
        chart = lines(series, f"学んだ言い方の数（1が{most}）", "正しさ")
        yield f"<h3>{name}</h3>{chart}<table><tr><th>学んだ数<th>nDCG@10<th>最初が正しい<th>nDCGの伸び<th>最初の伸び"
        yield from map(_learnt, rows)
        yield "</table>"


def _learnt(row: Row) -> str:
    cells = (row.ndcg, row.first, row.ndcg_gain, row.first_gain)
    told = (f"<td>{mean:.3f} [{low:.3f}～{high:.3f}]" for mean, low, high in cells)
    return f"<tr><td>{row.learnt}{''.join(told)}"


def worst(results: Sequence[Answered]) -> Iterator[str]:
    yield f"<h2>費用の高かった{WORST}問</h2><table><tr><th>費用<th>したこと<th>見込み<th>質問<th>1位<th>正しい項目"
    for one in sorted(results, key=lambda r: (-r.cost, -r.score))[:WORST]:
        right = "、".join(sorted(one.asked.right)[:2]) or one.asked.kind
        yield (
            f"<tr><td>{one.cost:.1f}<td>{one.outcome}<td>{one.score:.2f}<td>{escape(one.asked.query)}"
            f"<td>{escape(one.best)}<td>{escape(right)}"
        )
    yield "</table>"


def page(paths: Sequence[Path]) -> Iterator[str]:
    index = index_of(entries())
    everything: list[Answered] = []
    yield HEAD
    for path in paths:
        questions = read(path)
        results = answered(index, questions)
        everything += results
        yield f"<h2>{escape(path.name)}（{len(questions)}問）</h2>"
        yield from quality(index, questions)
        yield f"<pre>{escape(chr(10).join(outcomes(results)))}</pre>"
        if chart := styles(results):
            yield f"<h3>聞き方ごとの、最初の候補が正しい割合</h3>{chart}"
    yield from trade_off(index)
    yield from learning()
    yield from worst(everything)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        "\n".join(page(options.files or sorted(DATA.glob("*_questions.jsonl")))), encoding="utf-8"
    )
    print(OUT)


if __name__ == "__main__":
    main()
