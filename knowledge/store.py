"""The entries in the database: the truth at run time, with every version kept."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import UniqueConstraint, bindparam, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot import history
from bot.chat import Refused
from bot.db import Base, Told, core, insert_into
from bot.made import Made
from knowledge.diff import changed_fields
from knowledge.entries import Entry
from knowledge.files import Written

PUBLISHED, ARCHIVED = "published", "archived"
PACK, IMPORT, COMMAND = "pack", "import", "command"
"""Authors of a version that are no person: a file of the pack, an imported file, a command."""
OPEN, TOOK_FILE, KEPT_OURS, OVER = "open", "file", "database", "over"
"""A conflict: waits, decided for one side, or no conflict any more."""
MOVED_ON = (
    "この項目は、そのあいだにほかの人が変えました。いまの内容から、もう一度書き直してください。"
)


class EntryText(Told):
    kind, cache_ok = Entry, True


class StoredEntry(Base):
    """The current version of an entry. `origin` is the file it came from; `digest` that file's text.

    `edited`: people changed it here after that file was read, so that the file no longer wins.
    `expires_on` is the entry's last day, to be looked for by the day.
    """

    __tablename__ = "entries"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(default=PUBLISHED, index=True)
    entry: Mapped[Entry] = mapped_column(EntryText)
    origin: Mapped[str]
    from_pack: Mapped[bool]
    digest: Mapped[str]
    updated_at: Mapped[datetime]
    edited: Mapped[bool] = mapped_column(default=False)
    expires_on: Mapped[date | None] = mapped_column(index=True)


class EntryVersion(Base):
    """An entry as it once was. Rows are only ever added. `author`: a person's id, or what wrote it."""

    __tablename__ = "entry_versions"
    __table_args__ = (UniqueConstraint("entry_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    version: Mapped[int]
    entry: Mapped[Entry] = mapped_column(EntryText)
    state: Mapped[str]
    at: Mapped[datetime]
    author: Mapped[str] = mapped_column(default="")


class Conflict(Base):
    """An entry that was edited here and in its file. `entry` is the file's; None where the file is gone."""

    __tablename__ = "entry_conflicts"
    __table_args__ = (UniqueConstraint("entry_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    digest: Mapped[str]
    origin: Mapped[str]
    entry: Mapped[Entry | None] = mapped_column(EntryText)
    state: Mapped[str] = mapped_column(default=OPEN, index=True)
    found_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(default="")


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
    conflicts: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.archived)


_INDEX_VERSION = Made(select(IndexVersion.version))
_VERSIONS = select(StoredEntry.id, StoredEntry.version).where(
    StoredEntry.id.in_(bindparam("ids", expanding=True))
)


def index_version(session: Session) -> int:
    found = _INDEX_VERSION.run(core(session), {}).fetchone()
    return int(found[0]) if found else 0


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
    """The digest of each entry's file as it was last read, by entry id; without what is archived with it."""
    query = select(StoredEntry.id, StoredEntry.digest).where(
        StoredEntry.from_pack == from_pack,
        or_(StoredEntry.state == PUBLISHED, StoredEntry.edited),
    )
    return {row[0]: row[1] for row in session.execute(query)}


def of_pack(session: Session, written: Iterable[Written]) -> list[str]:
    """Which of these entries the pack owns and says otherwise: its files would win at the next start."""
    found = [(one, session.get(StoredEntry, one.entry.id)) for one in written]
    return sorted(
        known.id for one, known in found if known and known.from_pack and known.entry != one.entry
    )


def put(session: Session, written: Iterable[Written], now: datetime, *, from_pack: bool) -> Changes:
    """Store these entries: new ones as version 1, changed ones as the next version, the same ones not.

    With `from_pack` they are the whole pack: what the pack held before and holds no more is archived, and
    what people edited here meanwhile stays as it is (`conflicts`).
    """
    counted = Counter[str]()
    conflicts: list[str] = []
    seen: set[str] = set()
    for one in written:
        seen.add(one.entry.id)
        known = session.get(StoredEntry, one.entry.id, with_for_update=True)
        if from_pack and known is not None and known.edited:
            conflicts += _beside_its_file(session, known, one, now)
            counted["same"] += 1
        else:
            counted[_put_one(session, known, one, now, from_pack=from_pack)] += 1
    if from_pack:
        gone = select(StoredEntry).where(
            StoredEntry.from_pack, StoredEntry.state == PUBLISHED, StoredEntry.id.not_in(seen)
        )
        for known in session.scalars(gone):
            if known.edited:
                conflicts += _note_conflict(session, known, None, "", known.origin, now)
            else:
                _publish(session, known, ARCHIVED, now, PACK)
                counted["archived"] += 1
    changes = Changes(**counted, conflicts=tuple(conflicts))
    if changes.any:
        bump(session)
    return changes


def _put_one(
    session: Session, known: StoredEntry | None, one: Written, now: datetime, *, from_pack: bool
) -> str:
    """Store it where it is new or says something else; returns which of the three it was."""
    what = "changed"
    if known is None:
        known = StoredEntry(id=one.entry.id, version=0, from_pack=from_pack)
        session.add(known)
        what = "added"
    elif known.state == PUBLISHED and (known.digest == one.digest or known.entry == one.entry):
        what = "same"
    if from_pack or not known.from_pack:  # what a pack's entry was in its file is still to be known
        known.origin, known.digest, known.from_pack = one.origin, one.digest, from_pack
    if what != "same":
        known.entry, known.updated_at, known.edited = one.entry, now, not from_pack
        _publish(session, known, PUBLISHED, now, PACK if from_pack else IMPORT)
    return what


def _beside_its_file(
    session: Session, known: StoredEntry, one: Written, now: datetime
) -> list[str]:
    """What people edited here stays. Its file is the same as ever, has caught up, or says something else."""
    if known.digest == one.digest and known.from_pack:
        end_conflicts(session, known.id)
        return []
    if not changed_fields(known.entry, one.entry) and known.state == PUBLISHED:
        known.entry = one.entry  # with what the file derives from the same text
        bump(session)
        known.digest, known.origin, known.from_pack, known.edited = (
            one.digest, one.origin, True, False,
        )  # fmt: skip
        end_conflicts(session, known.id)
        return []
    return _note_conflict(session, known, one.entry, one.digest, one.origin, now)


def _note_conflict(
    session: Session,
    known: StoredEntry,
    entry: Entry | None,
    digest: str,
    origin: str,
    now: datetime,
) -> list[str]:
    """Write it down once for each text of the file; the newest is the one that waits."""
    end_conflicts(session, known.id, but=digest)
    told = {"entry_id": known.id, "digest": digest, "origin": origin, "entry": entry}
    session.execute(
        insert_into(session, Conflict)
        .values(**told, state=OPEN, found_at=now, decided_by="")
        .on_conflict_do_update(
            index_elements=["entry_id", "digest"], set_={"state": OPEN, "found_at": now}
        )
    )
    return [known.id]


def end_conflicts(session: Session, entry_id: str, but: str | None = None) -> None:
    """There is nothing to decide any more."""
    waits = update(Conflict).where(Conflict.entry_id == entry_id, Conflict.state == OPEN)
    if but is not None:
        waits = waits.where(Conflict.digest != but)
    session.execute(waits.values(state=OVER))


def conflicts(session: Session) -> list[Conflict]:
    """Those that wait for somebody to decide."""
    query = select(Conflict).where(Conflict.state == OPEN).order_by(Conflict.entry_id)
    return list(session.scalars(query))


def write(
    session: Session, entry: Entry, base: int, who: str, now: datetime, *, origin: str = ""
) -> int:
    """Publish `entry` as the version after `base` (0: there is none of this id) and return that version.

    Raise Refused where somebody else was faster.
    """
    values = {
        "entry": entry, "version": base + 1, "state": PUBLISHED, "updated_at": now, "edited": True,
        "expires_on": entry.valid_until,
    }  # fmt: skip
    if base:
        there = StoredEntry.id == entry.id, StoredEntry.version == base
        done = session.execute(update(StoredEntry).where(*there).values(**values))
        written = isinstance(done, CursorResult) and done.rowcount == 1
    else:
        made = {**values, "id": entry.id, "origin": origin, "from_pack": False, "digest": ""}
        adding = insert_into(session, StoredEntry).values(**made).on_conflict_do_nothing()
        written = session.scalar(adding.returning(StoredEntry.id)) is not None
    if not written:
        raise Refused(MOVED_ON)
    _note_version(session, entry.id, base + 1, entry, PUBLISHED, now, who)
    bump(session)
    return base + 1


def turn(session: Session, entry_id: str, to: str, who: str, now: datetime) -> StoredEntry:
    """Archive what is published, or publish what is archived; a version of its own either way."""
    was = PUBLISHED if to == ARCHIVED else ARCHIVED
    done = session.execute(
        update(StoredEntry)
        .where(StoredEntry.id == entry_id, StoredEntry.state == was)
        .values(state=to, version=StoredEntry.version + 1, edited=True, updated_at=now)
    )
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        word = "もう公開をやめています" if to == ARCHIVED else "もう公開されています"
        raise Refused(f"この項目は、{word}。")
    known = session.get_one(StoredEntry, entry_id, populate_existing=True)
    _note_version(session, entry_id, known.version, known.entry, to, now, who)
    bump(session)
    return known


def versions(session: Session, entry_id: str) -> list[EntryVersion]:
    """Every version of an entry, newest first."""
    query = select(EntryVersion).where(EntryVersion.entry_id == entry_id)
    return list(session.scalars(query.order_by(EntryVersion.version.desc())))


def restore(session: Session, entry_id: str, version: int, who: str, now: datetime) -> int:
    """Bring an old version back as the newest one."""
    known = session.get(StoredEntry, entry_id, with_for_update=True, populate_existing=True)
    if known is None:
        raise Refused(f"{entry_id} という項目はありません。")
    there = {one.version: one for one in versions(session, entry_id)}
    if version not in there:
        numbers = "、".join(str(number) for number in sorted(there))
        raise Refused(f"{entry_id} に第{version}版はありません。あるのは {numbers} です。")
    return write(session, there[version].entry, known.version, who, now)


def _publish(session: Session, known: StoredEntry, state: str, now: datetime, author: str) -> None:
    known.version += 1
    known.state = state
    known.expires_on = known.entry.valid_until
    _note_version(session, known.id, known.version, known.entry, state, now, author)


def _note_version(
    session: Session,
    entry_id: str,
    version: int,
    entry: Entry,
    state: str,
    now: datetime,
    author: str,
) -> None:
    session.add(
        EntryVersion(
            entry_id=entry_id, version=version, entry=entry, state=state, at=now, author=author
        )
    )
    who = "" if author in (PACK, IMPORT, COMMAND) else author
    history.note(session, "entry", entry_id, state, who, now, version=version)
