"""Keep the database in step with the pack's files: an edited entry answers at once, without a restart."""

import logging
from datetime import datetime
from pathlib import Path

from bot.db import Database
from knowledge import store
from knowledge.files import BadFiles, read_files
from knowledge.store import Changes

log = logging.getLogger(__name__)


def load_pack(db: Database, pack: Path, now: datetime) -> Changes:
    """Import what is new or edited, archive what is gone. Raise BadFiles, and then nothing is changed."""
    written = read_files(sorted((pack / "entries").glob("*.md")))
    with db.read() as session:
        known = store.digests(session, from_pack=True)
    if known == {one.entry.id: one.digest for one in written}:
        return Changes(same=len(written))
    with db.write() as session:
        return store.put(session, written, now, from_pack=True)


class PackWatch:
    """Looks at the files' times and sizes, and reads them when one has changed."""

    def __init__(self, db: Database, pack: Path) -> None:
        self._db, self._pack = db, pack
        self._seen = self._look()

    def _look(self) -> frozenset[tuple[str, int, int]]:
        stats = ((path.name, path.stat()) for path in (self._pack / "entries").glob("*.md"))
        return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)

    def refresh(self, now: datetime) -> None:
        """A file with a mistake leaves everything as it was, and says so in the log until it is mended."""
        try:
            seen = self._look()
        except OSError:  # a file vanished while we looked; the next bell looks again
            return
        if seen == self._seen:
            return
        self._seen = seen
        try:
            changes = load_pack(self._db, self._pack, now)
        except BadFiles as bad:
            for problem in bad.problems:
                log.error("%s", problem)  # noqa: TRY400  the sentence says it all
            return
        log.info(
            "pack: %s added, %s changed, %s archived",
            changes.added,
            changes.changed,
            changes.archived,
        )
