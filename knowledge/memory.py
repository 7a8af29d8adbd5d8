"""Wordings learnt from use, each compared with a question as a whole.

Put among an entry's words they take questions away from entries that have learnt none (`benchmarks/learning.py`: hit@1
+.055 where the right entry was taught, -.071 where not). As wholes they help those alone.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from knowledge.codes import WORD, code
from knowledge.entries import Entry
from knowledge.normal import bare, clean
from knowledge.postings import Postings
from knowledge.text import Tokens, Words

LIKE = 0.25
"""Up to this likeness a wording says nothing."""
GAIN = 16.0
"""Fit for each likeness above it (`benchmarks.learning`: 8, 12, 16, 24 crossed with .1 to .4)."""


class Memory:
    """What was learnt for each entry. It never changes after it is made."""

    def __init__(
        self, learnt: Mapping[str, tuple[str, ...]], words: Words, postings: Postings
    ) -> None:
        self.learnt = learnt
        self._postings = postings
        self._entries: list[str] = []
        self._masses: list[float] = []
        self._where: dict[int, list[int]] = {}
        self._exact: dict[str, set[str]] = {}
        for entry_id, wordings in learnt.items():
            for wording in wordings:
                self._exact.setdefault(bare(clean(wording)), set()).add(entry_id)
                masses = self._weighed(words.tokens(wording))
                for one in masses:
                    self._where.setdefault(one, []).append(len(self._entries))
                self._entries.append(entry_id)
                self._masses.append(sum(masses.values()))

    def gains(self, tokens: Tokens, exact: str) -> dict[str, float]:
        """In: a question. Out: what each entry gains by its likest wording."""
        if not self._entries:
            return {}
        asked = self._weighed(tokens)
        full = sum(asked.values())
        shared: dict[int, float] = {}
        for one, mass in asked.items():
            for number in self._where.get(one, ()):
                shared[number] = shared.get(number, 0.0) + mass
        found = dict.fromkeys(self._exact.get(exact, ()), GAIN)
        for number, mass in shared.items():
            likeness = 2 * mass / (full + self._masses[number])
            if likeness > LIKE:
                gain = GAIN * (likeness - LIKE)
                found[self._entries[number]] = max(found.get(self._entries[number], 0.0), gain)
        return found

    def is_exact(self, entry_id: str, exact: str) -> bool:
        """Is this question, letter for letter, a learnt wording of this entry?"""
        return entry_id in self._exact.get(exact, ())

    def taught(self, entry: Entry) -> Entry:
        """The entry with what was learnt among its questions."""
        more = self.learnt.get(entry.id, ())
        return replace(entry, questions=(*entry.questions, *more)) if more else entry

    def _weighed(self, tokens: Tokens) -> dict[int, float]:
        """What each word of a text weighs: by its kind and by how rare it is."""
        kinds = {code(WORD, word.term): word.weight for word in tokens.words}
        if not kinds:
            return {}
        places = self._postings.find(np.array(list(kinds), dtype=np.uint64))
        unseen = self._postings.unseen()
        rarity = [float(self._postings.idf[at]) if at >= 0 else unseen for at in places.tolist()]
        return {
            one: weight * (idf or unseen)
            for (one, weight), idf in zip(kinds.items(), rarity, strict=True)
        }
