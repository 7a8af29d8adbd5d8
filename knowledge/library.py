"""The index of this process, made anew whenever the database says that something changed."""

import threading
from pathlib import Path

from bot.db import Database
from bot.directory import fields
from bot.settings import CAREFUL, caution
from bot.synonyms import active
from bot.wordings import accepted
from knowledge.alike import touched
from knowledge.entries import Entry
from knowledge.search import Index
from knowledge.store import index_version, published
from knowledge.text import Synonyms, Words

# Up to so many changed entries, or this share of all, stand beside the index; more are built into a new one.
FEWEST_ANEW, SHARE_ANEW = 20, 20
SHARE_ALIKE = 3
"""Of entries that only hold a word of another group now so many more, since nothing that they say has changed."""
SYNONYMS = Path(__file__).parent / "synonyms.txt"


class Library:
    """Hands out the index. A change committed anywhere is seen by the next question."""

    def __init__(self, db: Database, words: Words, synonyms: Synonyms) -> None:
        self._db, self._words, self.synonyms = db, words, synonyms
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._base: tuple[Index, dict[str, str], dict[str, Entry]] | None = None

    def index(self, version: int | None = None) -> Index:
        """The index of what is published now. It is built with no transaction open, by one thread;
        the others go on with the old one meanwhile. `version`: the index version that was just read."""
        if version is None:
            with self._db.read() as session:
                version = index_version(session)
        index = self._index
        if index is not None and index.version == version:
            return index
        if index is not None and not self._lock.acquire(blocking=False):
            return index
        if index is None:
            self._lock.acquire()
        try:
            if self._index is None or self._index.version != version:
                self._index = self._build()
            return self._index
        finally:
            self._lock.release()

    @property
    def now(self) -> Index:
        """The index as it was last made, without a look at the database (inside a transaction)."""
        return self._index or self.index()

    def _build(self) -> Index:
        with self._db.read() as session:
            version = index_version(session)
            learnt, careful = accepted(session), CAREFUL[caution(session)]
            groups = [group.words for group in active(session)]
            rows = published(session)
            described = {field.name: field.description for field in fields(session)}
        entries = [row.entry for row in rows]
        editions = {row.id: row.version for row in rows}
        synonyms = self.synonyms.joined(groups, self._words) if groups else self.synonyms
        base = self._base
        if base is not None and base[1] == described:
            now = {entry.id: entry for entry in entries}
            before = base[2]
            changed = [entry for entry in entries if before.get(entry.id) != entry]
            gone = [name for name in before if name not in now]
            other = synonyms.other_words(base[0].synonyms)
            alike = [entry for entry in touched(entries, other) if before.get(entry.id) == entry]
            few = len(changed) + len(gone) <= max(FEWEST_ANEW, len(before) // SHARE_ANEW)
            if few and len(alike) <= max(FEWEST_ANEW, len(before) // SHARE_ALIKE):
                index = base[0].changed([*changed, *alike], gone, version, synonyms)
                return index.taught(learnt, editions).as_careful(careful)
        index = Index(entries, described, self._words, synonyms, version)
        self._base = (index, described, {entry.id: entry for entry in entries})
        return index.taught(learnt, editions).as_careful(careful)
