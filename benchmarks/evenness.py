"""Do entries with many wordings take questions away from those with few, and what helps against it?

.venv/bin/python -m benchmarks.evenness [FILE…]        (default: tests/data/tune_questions.jsonl and dev_questions.jsonl)

Our entries have five to seven wordings each, so unevenness is made: of the pack as it is (`full`), of one in which every
entry keeps two (`even`), and of one in which every second entry keeps two and the others all (`uneven`; both halves in
turn, so that each question is asked once of a thin entry and once of a rich one). `taken` is what thin entries lose to
rich ones: hit@1 of the uneven pack's thin entries less that of the even pack. Each way of counting is measured so, with
the weights of ranking.json; intervals are 95 % bootstrap over questions.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.questions import AT, DATA, Asked, entries, index_of, read
from benchmarks.search_quality import TOP, gains, told
from knowledge import documents, postings, shelf
from knowledge.documents import WORDING, Document
from knowledge.entries import Entry
from knowledge.values import sentences, stated

KEPT = 2
"""Wordings that a thin entry keeps."""
NDCG, FIRST = 1, 2
"""Places in what `gains` gives."""
Pack = tuple[Entry, ...]
Fill = Callable[[Pack], Pack]


def thinned(pack: Pack, thin: Callable[[int], bool]) -> Pack:
    return tuple(
        replace(entry, questions=entry.questions[:KEPT]) if thin(number) else entry
        for number, entry in enumerate(pack)
    )


def as_they_are(pack: Pack) -> Pack:
    return pack


def filled(pack: Pack) -> Pack:
    """Entries with fewer wordings than most get sentences of their answer as wordings."""
    usual = int(np.median([len(entry.questions) for entry in pack]))
    return tuple(
        replace(
            entry,
            questions=(
                *entry.questions,
                *sentences(stated(entry.answer))[: max(0, usual - len(entry.questions))],
            ),
        )
        for entry in pack
    )


def once(document: Document) -> Document:
    """A feature counts once in the wordings, however many of them have it."""
    counts = list(document.counts)
    counts[WORDING] = Counter(dict.fromkeys(counts[WORDING], 1))
    return replace(document, counts=tuple(counts))


@contextmanager
def counted(
    b_wording: float = postings.B_WORDING,
    b_whole: float = postings.B_WHOLE,
    change: Callable[[Document], Document] | None = None,
) -> Iterator[None]:
    """Build with other normalisations by length, or with other counts."""
    before = postings.B_WORDING, postings.B_WHOLE, shelf.document
    postings.B_WORDING, postings.B_WHOLE = b_wording, b_whole
    if change is not None:
        shelf.document = lambda *told: change(documents.document(*told))  # type: ignore[assignment]
    try:
        yield
    finally:
        postings.B_WORDING, postings.B_WHOLE, shelf.document = before


WAYS: Mapping[str, tuple[Mapping[str, object], Fill]] = {
    "as it is (b .6, .75)": ({}, as_they_are),
    "lengths less (.3, .4)": ({"b_wording": 0.3, "b_whole": 0.4}, as_they_are),
    "lengths more (.8, .9)": ({"b_wording": 0.8, "b_whole": 0.9}, as_they_are),
    "no lengths (0, 0)": ({"b_wording": 0.0, "b_whole": 0.0}, as_they_are),
    "each word once": ({"change": once}, as_they_are),
    "each word once, no lengths": ({"change": once, "b_wording": 0.0, "b_whole": 0.0}, as_they_are),
    "filled from the answer": ({}, filled),
}


def measured(pack: Pack, asked: Sequence[Asked]) -> dict[str, tuple[float, float]]:
    """nDCG@10 and hit@1 of each question."""
    index = index_of(pack)
    found = {}
    for one in asked:
        names = [c.entry.id for c in index.search(one.query, at=AT, top=TOP).candidates]
        got = gains(names, dict.fromkeys(one.right, 1.0))
        found[one.id] = (got[NDCG], got[FIRST])
    return found


def row(fill: Fill, asked: Sequence[Asked], plain: dict[str, tuple[float, float]]) -> list[str]:
    """`plain`: the pack as it is, against which a gain is paired."""
    pack = entries()
    number_of = {entry.id: number for number, entry in enumerate(pack)}
    full = measured(fill(pack), asked)
    even = measured(fill(thinned(pack, lambda _: True)), asked)
    thin, rich, taken = [], [], []
    for half in (0, 1):
        uneven = measured(fill(thinned(pack, lambda n, half=half: n % 2 == half)), asked)
        for one in asked:
            halves = {number_of[name] % 2 for name in one.right}
            if halves == {half}:
                thin.append(uneven[one.id][1])
                taken.append(uneven[one.id][1] - even[one.id][1])
            elif halves == {1 - half}:
                rich.append(uneven[one.id][1])
    return [
        told([ndcg for ndcg, _ in full.values()]),
        told([ndcg - plain[name][0] for name, (ndcg, _) in full.items()]),
        told([first for _, first in full.values()]),
        told([first for _, first in even.values()]),
        told(thin),
        told(rich),
        told(taken),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    files = [DATA / "tune_questions.jsonl", DATA / "dev_questions.jsonl"]
    parser.add_argument("files", nargs="*", type=Path, default=files)
    asked = [one for path in parser.parse_args().files for one in read(path)]
    asked = [one for one in asked if one.answerable and one.right]
    heads = ("full nDCG", "gain", "full hit@1", "even hit@1", "uneven thin", "uneven rich", "taken")
    print(f"{len(asked)} questions\n{'':28}" + "  ".join(f"{head:21}" for head in heads))
    plain = measured(entries(), asked)
    for name, (options, fill) in WAYS.items():
        with counted(**options):  # type: ignore[arg-type]
            print(
                f"{name:28}" + "  ".join(f"{cell:21}" for cell in row(fill, asked, plain)),
                flush=True,
            )


if __name__ == "__main__":
    main()
