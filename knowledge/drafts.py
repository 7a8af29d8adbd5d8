"""A draft: an entry somebody wrote and nobody has published yet. A second person reads it first."""

import enum
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bot import history
from bot.chat import Refused
from bot.db import Base
from bot.directory import Person
from knowledge import store
from knowledge.entries import Entry
from knowledge.files import ID
from knowledge.pieces import TO_CHECK
from knowledge.store import EntryText, StoredEntry

FEWEST_QUESTIONS = 5
LONGEST_ID = 60


class State(enum.StrEnum):
    DRAFT = "下書き"
    REVIEW = "確認待ち"
    RETURNED = "差し戻し"
    PUBLISHED = "公開済み"
    WITHDRAWN = "取り下げ"


OPEN = (State.DRAFT, State.REVIEW, State.RETURNED)


class Draft(Base):
    """`base`: the version of the entry this was written from; 0 where it is a new one. `origin` says what
    it came from: chat, ticket:12, document."""

    __tablename__ = "entry_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str]
    base: Mapped[int]
    entry: Mapped[Entry] = mapped_column(EntryText)
    state: Mapped[str] = mapped_column(default=State.DRAFT, index=True)
    origin: Mapped[str]
    author_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime]

    author: Mapped[Person] = relationship(foreign_keys=author_id)
    reviewer: Mapped[Person | None] = relationship(foreign_keys=reviewer_id)

    @property
    def reason(self) -> str:
        """The reason of its rows in the ledger."""
        return f"draft:{self.id}"

    @property
    def text(self) -> str:
        """Names what is written in it; another text has another name."""
        return sha256(repr(self.entry).encode("utf-8", "replace")).hexdigest()[:12]


def write(
    session: Session, entry: Entry, base: int, person: Person, origin: str, now: datetime
) -> Draft:
    draft = Draft(
        entry_id=entry.id,
        base=base,
        entry=entry,
        state=State.DRAFT,
        origin=origin,
        author=person,
        written_at=now,
    )
    session.add(draft)
    session.flush()  # the card carries its id
    history.note(session, "draft", draft.id, "written", person.id, now, entry=entry.id)
    return draft


def rewrite(
    session: Session, draft: Draft, entry: Entry, base: int, person: Person, now: datetime
) -> None:
    """As long as it is not published; what waits for a reader waits no more. `base`: the version that the
    draft's card compares it with from now on."""
    _turn(session, draft, OPEN, State.DRAFT)
    draft.entry, draft.entry_id, draft.base, draft.written_at = entry, entry.id, base, now
    session.flush()
    history.note(session, "draft", draft.id, "rewritten", person.id, now)


def locked(session: Session, draft_id: int) -> Draft:
    """The draft, locked while one looks and writes."""
    found = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Refused("この下書きは見つかりません。")
    return found


def ask_for_review(session: Session, draft: Draft, person: Person, now: datetime) -> None:
    """確認を頼む: only what is complete."""
    if missing := missing_in(session, draft):
        raise Refused(f"まだ確認を頼めません。{missing}。「書き直す」で直してください。")
    _turn(session, draft, (State.DRAFT, State.RETURNED), State.REVIEW)
    history.note(session, "draft", draft.id, "review", person.id, now)


def missing_in(session: Session, draft: Draft) -> str:
    """What a draft still lacks, in a sentence without its full stop; empty where it is complete."""
    entry = draft.entry
    known = session.get(StoredEntry, draft.entry_id)
    if draft.base and known is not None and known.version != draft.base:
        return "この項目は、そのあいだに変わりました。いまの内容と見比べて、書き直してください"
    wordings = len(set(entry.questions))
    if wordings < FEWEST_QUESTIONS:
        return f"質問の言い方が{wordings}つです。{FEWEST_QUESTIONS}つ以上書いてください"
    if any(TO_CHECK in text for text in (entry.title, entry.answer, *entry.questions)):
        return f"「{TO_CHECK}」が残っています。資料と見比べて、印を消してください"
    if entry.field is None:
        return "分野がありません"
    return ""


def publish(
    session: Session, draft: Draft, person: Person, now: datetime, *, read: str = ""
) -> int:
    """公開する, by a second person; returns the entry's new version. `read`: the text this person saw."""
    _not_by_its_author(draft, person)
    if read and read != draft.text:
        raise Refused(
            "この下書きは、そのあと書き直されました。いまの内容を読んでから公開してください。"
        )
    _turn(session, draft, (State.REVIEW,), State.PUBLISHED)
    draft.reviewer = person
    history.note(session, "draft", draft.id, "published", person.id, now)
    return store.write(session, draft.entry, draft.base, draft.author_id, now, origin=draft.reason)


def send_back(session: Session, draft: Draft, person: Person, now: datetime) -> None:
    """差し戻す, by a second person."""
    _not_by_its_author(draft, person)
    _turn(session, draft, (State.REVIEW,), State.RETURNED)
    draft.reviewer = person
    history.note(session, "draft", draft.id, "returned", person.id, now)


def withdraw(session: Session, draft: Draft, person: Person, now: datetime) -> None:
    """取り下げる, as long as it is not published."""
    _turn(session, draft, OPEN, State.WITHDRAWN)
    history.note(session, "draft", draft.id, "withdrawn", person.id, now)


def waiting(session: Session, limit: int = 50) -> list[Draft]:
    """Those nobody has published or taken back, what waits for a reader first."""
    query = select(Draft).where(Draft.state.in_(OPEN)).order_by(Draft.id.desc()).limit(limit)
    return sorted(session.scalars(query), key=lambda draft: draft.state != State.REVIEW)


def id_for(session: Session, title: str) -> str:
    """An id made from the title, which no entry and no open draft has yet."""
    made = "".join(char for char in title if ID.fullmatch(char) and char not in ":%#?")
    made = made[:LONGEST_ID] or "項目"
    published = select(StoredEntry.id).where(StoredEntry.id.startswith(made))
    drafted = select(Draft.entry_id).where(Draft.state.in_(OPEN), Draft.entry_id.startswith(made))
    taken = {*session.scalars(published), *session.scalars(drafted)}
    number, free = 1, made
    while free in taken:
        number += 1
        free = f"{made}-{number}"
    return free


def expiring(session: Session, first: date, last: date, limit: int = 200) -> list[StoredEntry]:
    """Published entries whose last day is in these, soonest first; not those that something replaced."""
    query = (
        select(StoredEntry)
        .where(
            StoredEntry.state == store.PUBLISHED,
            StoredEntry.expires_on >= first,
            StoredEntry.expires_on <= last,
        )
        .order_by(StoredEntry.expires_on, StoredEntry.id)
        .limit(limit)
    )
    return [one for one in session.scalars(query) if not one.entry.is_past(first)]


def _not_by_its_author(draft: Draft, person: Person) -> None:
    if person.id == draft.author_id:
        raise Refused("自分で書いた下書きは、ほかの人が確かめて公開します。")


def _turn(session: Session, draft: Draft, allowed: tuple[State, ...], to: State) -> None:
    turned = session.execute(
        update(Draft).where(Draft.id == draft.id, Draft.state.in_(allowed)).values(state=to)
    )
    session.refresh(draft)
    if not isinstance(turned, CursorResult) or turned.rowcount != 1:
        raise Refused(f"この下書きは{draft.state}です。もう変えられません。")
