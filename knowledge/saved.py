"""An index in a folder: flat arrays that are mapped, not read, and the entries as lines found by their offsets."""

import json
import mmap
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from bot.db import dump, load
from knowledge.entries import Entry
from knowledge.fields import FieldGuesser
from knowledge.postings import Postings, Statistics
from knowledge.search import Index
from knowledge.shelf import Shelf
from knowledge.text import Synonyms, Words
from knowledge.vectors import Vectors

KEPT = 64
"""How many entries stay made: one question looks at the same few several times."""
LISTS = ("codes", "starts", "docs", "impacts", "idf")


class SavedEntries(Sequence[Entry]):
    """Entries in a mapped file; one is made when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._offsets = _mapped(folder, "offsets")
        with (folder / "entries.jsonl").open("rb") as file:
            self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._made = lru_cache(KEPT)(self._make)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, number: int) -> Entry: ...
    @overload
    def __getitem__(self, number: slice) -> list[Entry]: ...
    def __getitem__(self, number: int | slice) -> Entry | list[Entry]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        return self._made(number)

    def __iter__(self) -> Iterator[Entry]:
        return (self._make(number) for number in range(len(self)))

    def _make(self, number: int) -> Entry:
        start, end = int(self._offsets[number]), int(self._offsets[number + 1])
        entry: Entry = load(Entry, json.loads(self._text[start:end]))
        return entry


def save(index: Index, folder: Path) -> None:
    """Write an index that stands on one shelf (one built anew)."""
    folder.mkdir(parents=True, exist_ok=True)
    shelf = index.shelves[0]
    _write_lists(shelf.postings, folder, "entry")
    _write_lists(index.guesser.postings, folder, "field")
    arrays: Mapping[str, NDArray[Any]] = {
        "directions": shelf.directions, "years": shelf.years, "until": shelf.until,
        "vector_codes": index.vectors.codes, "vector_rows": index.vectors.rows,
    }  # fmt: skip
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    lines = [
        json.dumps(dump(entry), ensure_ascii=False).encode() + b"\n" for entry in shelf.entries
    ]
    (folder / "entries.jsonl").write_bytes(b"".join(lines) or b"\n")
    np.save(folder / "offsets.npy", np.cumsum([0, *map(len, lines)]))
    about = {
        "statistics": _told(shelf.postings.statistics),
        "field_statistics": _told(index.guesser.postings.statistics),
        "fields": index.guesser.names,
        "bounds": list(shelf.bounds.items()),
        "latin": sorted(shelf.latin),
        "replaced": list(shelf.replaced.items()),
    }
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    (folder / "ids.txt").write_text("\n".join(shelf.ids), encoding="utf-8")


def open_saved(folder: Path, words: Words, synonyms: Synonyms) -> Index:
    """The index in a folder."""
    about = json.loads((folder / "about.json").read_text("utf-8"))

    ids = (folder / "ids.txt").read_text("utf-8")
    shelf = Shelf(
        SavedEntries(folder),
        _read_lists(folder, "entry", about["statistics"]),
        _mapped(folder, "directions"),
        _mapped(folder, "years"),
        _mapped(folder, "until"),
        {number: tuple(map(tuple, found)) for number, found in about["bounds"]},
        frozenset(about["latin"]),
        ids.split("\n") if ids else [],
        dict(about["replaced"]),
    )
    guesser = FieldGuesser(about["fields"], _read_lists(folder, "field", about["field_statistics"]))
    vectors = Vectors(_mapped(folder, "vector_codes"), _mapped(folder, "vector_rows"))
    return Index.of(shelf, vectors, guesser, words, synonyms)


def _mapped(folder: Path, name: str) -> NDArray[Any]:
    """An array that is read where it is used. Plain to numpy: its own class for mapped ones costs at every step."""
    mapped: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray)
    return mapped


def _write_lists(postings: Postings, folder: Path, name: str) -> None:
    for part in LISTS:
        np.save(folder / f"{name}_{part}.npy", getattr(postings, part))


def _read_lists(folder: Path, name: str, told: Mapping[str, Any]) -> Postings:
    codes, starts, docs, impacts, idf = (_mapped(folder, f"{name}_{part}") for part in LISTS)
    statistics = Statistics(told["total"], np.array(told["lengths"]), np.array(told["middling"]))
    return Postings(codes, starts, docs, impacts, idf, statistics)


def _told(statistics: Statistics) -> Mapping[str, Any]:
    return {
        "total": statistics.total,
        "lengths": statistics.lengths.tolist(),
        "middling": statistics.middling.tolist(),
    }
