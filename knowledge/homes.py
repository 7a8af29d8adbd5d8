"""Where an asker is at home: of entries that fit equally well, what is for his town or for all goes before another's."""

import re
from collections.abc import Callable, Collection, Container

from knowledge.entries import Entry
from knowledge.normal import clean
from knowledge.values import PREFECTURES, places

EQUAL = 0.5
"""Log-odds within which two entries fit equally well; set by `python -m benchmarks.homes`."""
REGION = re.compile(r"([一-龠]{2,4}?)(?:圏域|県民局|県民センター)")
PREFECTURE = re.compile(PREFECTURES)
OWN, FOR_ALL, ELSEWHERE = 0, 1, 2

Order = tuple[tuple[int, float], ...]


def homes_of(entry: Entry) -> frozenset[str]:
    """The cities, towns, villages and regions an entry is about; none where it is for all."""
    held = [value.removeprefix("where:") for value in entry.holds if value.startswith("where:")]
    title = clean(entry.title)
    towns = held if entry.holds else places(title)
    return frozenset(
        (*(town for town in towns if not PREFECTURE.fullmatch(town)), *REGION.findall(title))
    )


def nearer(
    order: Order, entry_of: Callable[[int], Entry], replaced: Container[int], home: Collection[str]
) -> Order:
    """In: entries by fit, those that were replaced, and the names of the asker's town and region. Out: the same,
    but first of those that fit equally well one of his own, else one for all. Nothing else moves, no fit changes."""
    if not home or not order:
        return order
    equal = [number for number, fit in order if fit >= order[0][1] - EQUAL]
    equal = [number for number in equal if number not in replaced] or equal[:1]
    chosen = min(equal, key=lambda number: _distance(entry_of(number), home))
    if chosen == order[0][0]:
        return order
    moved = next(one for one in order if one[0] == chosen)
    return (moved, *(one for one in order if one is not moved))


def _distance(entry: Entry, home: Collection[str]) -> int:
    homes = homes_of(entry)
    if not homes:
        return FOR_ALL
    return OWN if any(name in home for name in homes) else ELSEWHERE
