"""Keep the database in step with the pack's files: an edited entry answers at once, without a restart."""

import logging
from datetime import datetime
from pathlib import Path

from bot.db import Database
from bot.migrate import alone
from knowledge import store
from knowledge.files import BadFiles, Problem, Written, read_files
from knowledge.store import Changes

log = logging.getLogger(__name__)


def read_pack(pack: Path) -> list[Written]:
    """The pack's entries. Raise BadFiles: also for a folder that is no pack, which must not empty the desk."""
    folder = pack / "entries"
    if not folder.is_dir():
        what = "このフォルダーがありません。KNOWLEDGE_PACK の場所を見てください"
        raise BadFiles([Problem(str(folder), 0, "", what)])
    return read_files(sorted(folder.glob("*.md")))


def load_pack(db: Database, pack: Path, now: datetime) -> Changes:
    """Import what is new or edited, archive what is gone. Raise BadFiles, and then nothing is changed."""
    written = read_pack(pack)
    with db.read() as session:
        known = store.digests(session, from_pack=True)
        waits = store.conflicts(session)
    if not waits and known == {one.entry.id: one.digest for one in written}:
        return Changes(same=len(written))
    with db.write() as session:
        changes = store.put(session, written, now, from_pack=True)
    for entry_id in changes.conflicts:
        log.warning(
            "%s was edited here and in its file: kept as it is here, see 食い違い", entry_id
        )
    return changes


class PackWatch:
    """Looks at the files' times and sizes, and reads them when one has changed."""

    def __init__(self, db: Database, pack: Path) -> None:
        self._db, self._pack = db, pack
        self._seen: frozenset[tuple[str, int, int]] | None = (
            None  # not yet: the first bell reads all
        )

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
        try:
            with alone(self._db):  # another process of this desk may have seen it too
                changes = load_pack(self._db, self._pack, now)
        except BadFiles as bad:
            for problem in bad.problems:
                log.error("%s", problem)  # noqa: TRY400  the sentence says it all
            changes = Changes()
        self._seen = seen  # not where the database failed: then the next bell tries again
        if changes.any:
            told = (changes.added, changes.changed, changes.archived)
            log.info("pack: %s added, %s changed, %s archived", *told)
