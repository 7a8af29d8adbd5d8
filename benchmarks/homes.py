"""What it costs and brings that an asker's town steers (`knowledge/homes.py`): sets EQUAL.

.venv/bin/python -m benchmarks.homes [FILE…]                     (default: tests/data/tune_questions.jsonl)

Every question is asked from each of the 41 municipalities. For each margin: first right and answered right of what has
an answer, the share of what has none that is answered, and how many first entries moved, all over askers.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.questions import AT, DATA, PACK, Asked, entries, index_of, read
from knowledge import homes
from knowledge.search import Found, Index

MARGINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


def towns() -> Iterator[tuple[str, str]]:
    with (PACK / "directory" / "municipalities.csv").open(encoding="utf-8-sig", newline="") as rows:
        yield from ((row["name"], row["region"]) for row in csv.DictReader(rows))


def asked_from(index: Index, one: Asked, places: Sequence[tuple[str, str]]) -> list[Found]:
    return [index.search(one.query, at=AT, home=place) for place in places]


def measured(index: Index, questions: Sequence[Asked], margin: float) -> tuple[float, ...]:
    """First right, answered right, confidently wrong, outside answered, first entries moved."""
    homes.EQUAL = margin
    places = list(towns())
    rows = []
    for one in questions:
        plain = index.search(one.query, at=AT)
        for found in asked_from(index, one, places):
            first = bool(found.candidates) and found.candidates[0].entry.id in one.right
            said = found.outcome == "answer"
            moved = found.candidates[:1] != plain.candidates[:1]
            rows.append((one.answerable, first, said and first, said and not first, said, moved))
    table = np.array(rows, dtype=float)
    inside = table[table[:, 0] == 1]
    outside = table[table[:, 0] == 0]
    return (*inside[:, 1:4].mean(axis=0), outside[:, 4].mean(), table[:, 5].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[DATA / "tune_questions.jsonl"])
    questions = [one for path in parser.parse_args().files for one in read(path)]
    index = index_of(entries())
    print("margin  first right  answered right  confidently wrong  outside answered  moved")
    for margin in MARGINS:
        told = (f"{value:.4f}" for value in measured(index, questions, margin))
        print(f"{margin:6.2f}  " + "        ".join(told), flush=True)


if __name__ == "__main__":
    main()
