"""What a search costs at 300, 10^4 and 10^5 made-up entries, beside what other bots search with.

.venv/bin/python -m benchmarks.search_speed [--sizes 300,10000,100000] [--million]

CPU time of one thread, questions of up to 80 characters, the median of three runs of each; a peer that would need
longer than its time is asked fewer questions (n). Engines of one size run interleaved in one process.
"""

import argparse
import gc
import math
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.corpus import programmes
from benchmarks.peers import PEERS
from benchmarks.questions import AT, described, synonyms, words
from knowledge.entries import Entry
from knowledge.postings import describe
from knowledge.saved import open_saved, save
from knowledge.search import Index

QUESTIONS, PATIENCE = 300, 12.0
LETTER = "お世話になっております。担当になったばかりで何もわからず恐縮です。庁内で検討するよう指示がありました。"


def cpu_of(search: Callable[[str], Any], question: str) -> float:
    """Milliseconds of CPU, the median of three."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        search(question)
        took.append((time.thread_time() - began) * 1000)
    return sorted(took)[1]


def measured(
    engines: dict[str, Callable[[str], Any]], asked: Sequence[str]
) -> dict[str, list[float]]:
    """Each engine on each question, in turns, as long as its time lasts."""
    took: dict[str, list[float]] = {name: [] for name in engines}
    spent = dict.fromkeys(engines, 0.0)
    for question in asked:
        for name, search in engines.items():
            if spent[name] < PATIENCE:
                began = time.perf_counter()
                took[name].append(cpu_of(search, question))
                spent[name] += time.perf_counter() - began
    return took


def quantile(values: Sequence[float], share: float) -> float:
    return float(np.quantile(np.array(values), share))


def one_size(count: int) -> dict[str, float]:
    """Build, save, open and ask at one size; print a line for each engine."""
    pairs = list(programmes(count))
    entries = [entry for entry, _ in pairs]
    right = {question: entry.id for entry, question in pairs}
    asked = [q for _, q in random.Random(1).sample(pairs, min(QUESTIONS, count)) if len(q) <= 80]
    gc.collect()
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index = Index(entries, described(), words(), synonyms())
    build = time.process_time() - began
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    beside = memory(index)
    with tempfile.TemporaryDirectory() as folder:
        save(index, Path(folder))
        del index
        gc.collect()
        began = time.perf_counter()
        index = open_saved(Path(folder), words(), synonyms())
        opened = (time.perf_counter() - began) * 1000
        edit = edited(index, entries)
        engines: dict[str, Callable[[str], Any]] = {
            "liaison desk": lambda q: index.search(q, at=AT)
        }
        for peer in PEERS:
            engines[peer.name] = peer(entries).search
        took = measured(engines, asked)
        touched = [index.touched(index.look(q, at=AT)) for q in asked]
        print(
            f"\n{count} entries: build {build:.1f} s CPU (peak +{peak:.0f} MB), open {opened:.0f} ms, "
            f"{beside / count:.0f} bytes an entry beside the text, an edit visible after {edit:.0f} ms, "
            f"postings touched p50 {quantile(touched, 0.5):.0f} p99 {quantile(touched, 0.99):.0f}"
        )
        for name, values in took.items():
            first = sum(_first(name, engines[name], q) == right[q] for q in asked[: len(values)])
            print(
                f"  {name:22} p50 {quantile(values, 0.5):9.3f} ms  p99 {quantile(values, 0.99):9.3f} ms  "
                f"first right {first / len(values):.2f}  n={len(values)}"
            )
        for length in (200, 5000):
            long = [(LETTER * 200)[: length - len(q)] + q for q in asked[:60]]
            values = [cpu_of(engines["liaison desk"], question) for question in long]
            print(
                f"  questions of {length} characters: p50 {quantile(values, 0.5):.3f} ms, p99 {quantile(values, 0.99):.3f} ms"
            )
    return {name: quantile(values, 0.5) for name, values in took.items()}


def _first(name: str, search: Callable[[str], Any], question: str) -> str:
    found = search(question)
    if name == "liaison desk":
        return str(found.candidates[0].entry.id)
    return str(found[0]) if found else ""


def memory(index: Index) -> int:
    """Bytes of everything the index keeps beside the entries' own text."""
    shelf = index.shelves[0]
    arrays = (shelf.directions, shelf.years, shelf.until, index.vectors.codes, index.vectors.rows)
    return sum(describe(shelf.postings).values()) + sum(array.nbytes for array in arrays)


def edited(index: Index, entries: Sequence[Entry]) -> float:
    """Milliseconds from a changed entry to an index that answers with it."""
    changed = replace(entries[len(entries) // 2], answer="この答えは、いま書き直しました。")
    began = time.perf_counter()
    newer = index.changed([changed], [], 1)
    took = (time.perf_counter() - began) * 1000
    assert newer.search(changed.title, at=AT).candidates[0].entry == changed
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="300,10000,100000")
    parser.add_argument("--million", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")] + [10**6] * options.million
    medians = [one_size(size) for size in sizes]
    if len(sizes) > 1:
        print("\ngrowth exponent of the median, least squares on logarithms")
        for name in medians[0]:
            slope = np.polyfit(
                [math.log(size) for size in sizes], [math.log(one[name]) for one in medians], 1
            )[0]
            print(f"  {name:22} {slope:.2f}")


if __name__ == "__main__":
    main()
