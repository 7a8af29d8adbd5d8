"""What other bots search with, over the same entries: WRatio, SQLite's trigram index, BM25 on pairs of letters."""

import math
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from knowledge.entries import Entry
from knowledge.normal import bare, clean


class WRatio:
    """rapidfuzz over every title and question, the best of an entry's counting."""

    name = "rapidfuzz WRatio"

    def __init__(self, entries: Sequence[Entry]) -> None:
        pairs = [(text, entry.id) for entry in entries for text in (entry.title, *entry.questions)]
        self._texts = [text for text, _ in pairs]
        self._ids = [entry_id for _, entry_id in pairs]

    def search(self, query: str, top: int = 10) -> list[str]:
        found = process.extract(query, self._texts, scorer=fuzz.WRatio, limit=top * 8)
        return list(dict.fromkeys(self._ids[place] for _, _, place in found))[:top]


class Trigrams:
    """SQLite FTS5 with its trigram tokenizer, the query's trigrams joined by OR."""

    name = "SQLite FTS5 trigram"

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            "CREATE VIRTUAL TABLE e USING fts5(id UNINDEXED, text, tokenize='trigram')"
        )
        rows = ((e.id, clean("。".join((e.title, *e.questions, e.answer)))) for e in entries)
        self._db.executemany("INSERT INTO e VALUES (?, ?)", rows)

    def search(self, query: str, top: int = 10) -> list[str]:
        text = bare(clean(query))
        grams = dict.fromkeys(text[n : n + 3] for n in range(len(text) - 2))
        if not grams:
            return []
        asked = " OR ".join(f'"{gram}"' for gram in grams)
        rows = self._db.execute(
            "SELECT id FROM e WHERE e MATCH ? ORDER BY bm25(e) LIMIT ?", (asked, top)
        )
        return [str(row[0]) for row in rows]


class Bigrams:
    """BM25 (k1 1.2, b .75) on pairs of letters of the whole entry."""

    name = "BM25 on letter pairs"

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._ids = [entry.id for entry in entries]
        counts = [
            Counter(self._grams("。".join((e.title, *e.questions, e.answer)))) for e in entries
        ]
        lengths = [sum(count.values()) for count in counts]
        mean = sum(lengths) / max(1, len(lengths))
        lists: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            for gram, times in count.items():
                lists[gram].append(
                    (number, times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length / mean)))
                )
        total = len(counts)
        self._lists = {}
        for gram, found in lists.items():
            idf = math.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
            numbers, values = zip(*found, strict=True)
            self._lists[gram] = (np.array(numbers), np.array(values) * idf)

    @staticmethod
    def _grams(text: str) -> list[str]:
        letters = bare(clean(text))
        return [letters[n : n + 2] for n in range(len(letters) - 1)]

    def search(self, query: str, top: int = 10) -> list[str]:
        sums = np.zeros(len(self._ids))
        for gram in dict.fromkeys(self._grams(query)):
            if gram in self._lists:
                numbers, values = self._lists[gram]
                sums[numbers] += values
        best = np.argsort(-sums, kind="stable")[:top]
        return [self._ids[n] for n in best if sums[n] > 0]


PEERS = (WRatio, Trigrams, Bigrams)
