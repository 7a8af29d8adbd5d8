"""How well the field of a question is guessed, and the grid that set the constants of knowledge/fields.py.

.venv/bin/python -m benchmarks.fit_fields [--questions FILE]…

Judged on every question with a field, also those that no entry answers: those are the ones that are routed.
"""

import argparse
import itertools
import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.questions import AT, DATA, Asked, entries, index_of, read
from knowledge import fields
from knowledge.search import Index, Looked


def judged(
    index: Index, looked: Sequence[tuple[Asked, Looked]]
) -> tuple[float, float, float, float]:
    """First field right, one of three right, named where sure and right of those named, mean log-likelihood."""
    first = three = named = right = 0
    likelihood = 0.0
    for asked, look in looked:
        likeliest = index.likeliest_fields(look)
        names = [name for name, _ in likeliest]
        first += names[0] in asked.fields
        three += any(name in asked.fields for name in names[:3])
        if likeliest[0][1] >= fields.SURE:
            named += 1
            right += names[0] in asked.fields
        likelihood += math.log(max(1e-6, sum(p for name, p in likeliest if name in asked.fields)))
    many = max(1, len(looked))
    return first / many, three / many, right / max(1, named), likelihood / many


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--questions", type=Path, action="append", default=[DATA / "dev_questions.jsonl"]
    )
    options = parser.parse_args()
    index = index_of(entries())
    asked = [one for path in options.questions for one in read(path) if one.field]
    looked = [(one, index.look(one.query, at=AT)) for one in asked]
    print("described voted temperature hint: first, three, precision where named, log-likelihood")
    grid = itertools.product((4.0, 6.0, 8.0, 12.0), (0.5, 1.0, 1.5), (1.0, 2.0, 3.0))
    results = []
    for described, voted, temperature in grid:
        fields.DESCRIBED, fields.VOTED, fields.TEMPERATURE = described, voted, temperature
        results.append((judged(index, looked), (described, voted, temperature)))
    for figures, constants in sorted(results, key=lambda one: -one[0][3])[:6]:
        print(constants, *(f"{figure:.3f}" for figure in figures))


if __name__ == "__main__":
    main()
