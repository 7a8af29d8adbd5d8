"""The entries in the database: the truth at run time, with every version kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import history
from bot.db import Base, Told, core, insert_into
from knowledge.entries import Entry
from knowledge.files import Written

PUBLISHED, ARCHIVED = "published", "archived"
PACK = "pack"


class EntryText(Told):
    kind, cache_ok = Entry, True


class StoredEntry(Base):
    """The current version of an entry. `origin` is the file it came from; `digest` that file's text."""

    __tablename__ = "entries"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(default=PUBLISHED, index=True)
    entry: Mapped[Entry] = mapped_column(EntryText)
    origin: Mapped[str]
    from_pack: Mapped[bool]
    digest: Mapped[str]
    updated_at: Mapped[datetime]


class EntryVersion(Base):
    """An entry as it once was. Rows are only ever added."""

    __tablename__ = "entry_versions"
    __table_args__ = (UniqueConstraint("entry_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    version: Mapped[int]
    entry: Mapped[Entry] = mapped_column(EntryText)
    state: Mapped[str]
    at: Mapped[datetime]


class IndexVersion(Base):
    """One row. It grows with every change of what is published; every process watches it."""

    __tablename__ = "index_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]


@dataclass(frozen=True)
class Changes:
    added: int = 0
    changed: int = 0
    archived: int = 0
    same: int = 0

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.archived)


_INDEX_VERSION = select(IndexVersion.version)
_VERSIONS = select(StoredEntry.id, StoredEntry.version).where(
    StoredEntry.id.in_(bindparam("ids", expanding=True))
)


def index_version(session: Session) -> int:
    return core(session).execute(_INDEX_VERSION).scalar() or 0


def versions_of(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """The current version of each of these entries."""
    if not ids:
        return {}
    found = core(session).execute(_VERSIONS, {"ids": list(ids)})
    return {row[0]: row[1] for row in found}


def bump(session: Session) -> None:
    """Tell every process that the index is out of date."""
    session.execute(
        insert_into(session, IndexVersion)
        .values(id=1, version=1)
        .on_conflict_do_update(index_elements=["id"], set_={"version": IndexVersion.version + 1})
    )


def published(session: Session) -> list[StoredEntry]:
    query = select(StoredEntry).where(StoredEntry.state == PUBLISHED).order_by(StoredEntry.id)
    return list(session.scalars(query))


def digests(session: Session, *, from_pack: bool) -> dict[str, str]:
    """The digest of each published entry's file, by entry id."""
    query = select(StoredEntry.id, StoredEntry.digest).where(
        StoredEntry.from_pack == from_pack, StoredEntry.state == PUBLISHED
    )
    return {row[0]: row[1] for row in session.execute(query)}


def of_pack(session: Session, ids: list[str]) -> list[str]:
    """Which of these entries the pack owns: its files would win over an import at the next start."""
    query = select(StoredEntry.id).where(StoredEntry.id.in_(ids), StoredEntry.from_pack)
    return sorted(session.scalars(query))


def put(session: Session, written: Iterable[Written], now: datetime, *, from_pack: bool) -> Changes:
    """Store these entries: new ones as version 1, changed ones as the next version, the same ones not.

    With `from_pack` they are the whole pack: what the pack held before and holds no more is archived.
    """
    added = changed = same = archived = 0
    seen: set[str] = set()
    for one in written:
        seen.add(one.entry.id)
        known = session.get(StoredEntry, one.entry.id, with_for_update=True)
        if known is None:
            known = StoredEntry(id=one.entry.id, version=0)
            session.add(known)
            added += 1
        elif known.digest == one.digest and known.state == PUBLISHED:
            same += 1
            continue
        else:
            changed += 1
        known.entry, known.origin, known.digest = one.entry, one.origin, one.digest
        known.from_pack, known.updated_at = from_pack, now
        _publish(session, known, PUBLISHED, now)
    if from_pack:
        for gone in session.scalars(
            select(StoredEntry).where(
                StoredEntry.from_pack, StoredEntry.state == PUBLISHED, StoredEntry.id.not_in(seen)
            )
        ):
            _publish(session, gone, ARCHIVED, now)
            archived += 1
    changes = Changes(added, changed, archived, same)
    if changes.any:
        bump(session)
    return changes


def _publish(session: Session, known: StoredEntry, state: str, now: datetime) -> None:
    known.version += 1
    known.state = state
    session.add(
        EntryVersion(
            entry_id=known.id, version=known.version, entry=known.entry, state=state, at=now
        )
    )
    history.note(session, "entry", known.id, state, "", now, version=known.version)
