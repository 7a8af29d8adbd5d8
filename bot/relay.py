"""The manual relay: what waits to be posted in talks that no process reaches, and what was carried back.

Nothing has a table of its own but the words that came back: what waits is a row of the ledger like any other.
A post covers every row of one talk with the same text; who posted it is in the history.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, contains_eager

from bot import announcements, history
from bot.announcements import Acknowledgement, Announcement
from bot.chat import BY_HAND, Account, Card, Place, Refused, id_of
from bot.days import clock
from bot.deliveries import Delivery, State, tell_echo
from bot.directory import KnownAccount, Person, Role, person_of
from bot.relayed import Relayed
from bot.tickets import Status, Ticket

UNDO_WITHIN = timedelta(hours=24)
HOMES = f"{BY_HAND}/"
NOUN = "relay"
"""What the history calls a row of the ledger that is carried by hand."""


@dataclass(frozen=True)
class Item:
    """One post: the rows of one talk that have the same text.

    `codes`: the municipalities of the people in that talk. `ticket`: the consultation it belongs to.
    `person_id`: whom alone it is for. `stale`: why it is hardly worth posting any more. `done`: who posted it,
    when and how.
    """

    rows: tuple[Delivery, ...]
    codes: frozenset[str]
    ticket: Ticket | None = None
    person_id: str = ""
    stale: str = ""
    done: str = ""

    @property
    def id(self) -> int:
        return self.rows[0].id

    @property
    def row(self) -> Delivery:
        return self.rows[0]

    @property
    def talk(self) -> Place:
        return self.row.place.root

    @property
    def name(self) -> str:
        """The talk as its people call it."""
        return self.talk.channel.replace("_", " ")

    @property
    def waits(self) -> bool:
        return self.row.state == State.WAITING


@dataclass(frozen=True)
class Bundle:
    """The same text for one talk or many."""

    items: tuple[Item, ...]

    @property
    def card(self) -> Card:
        return self.items[0].row.card

    @property
    def id(self) -> int:
        return self.items[0].id

    @property
    def since(self) -> datetime:
        return min(item.row.created_at for item in self.items)

    @property
    def waiting(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.waits)

    @property
    def announcement_id(self) -> int | None:
        return announcement_of(self.items[0].row)


def may_carry(person: Person, item: Item) -> bool:
    """The office, and the regional liaison of every municipality in the talk. What only its owner handles is
    carried by him or by the regional liaison, as nobody else reads it."""
    regional = bool(item.codes) and all(person.has(Role.REGIONAL, code) for code in item.codes)
    if item.ticket is not None and item.ticket.confidential:
        return may_handle(person, item.ticket)
    return regional or person.has(Role.OFFICE)


def may_handle(person: Person, ticket: Ticket) -> bool:
    """May who carries words see this consultation and put words into it? Of one that its owner alone handles, he
    and the regional liaison may."""
    of_town = person.has(Role.REGIONAL, ticket.municipality_code)
    return not ticket.confidential or ticket.owner_id == person.id or of_town


def may_speak_for(person: Person, code: str) -> bool:
    """May this person write down here what somebody of that municipality said elsewhere?"""
    return person.has(Role.OFFICE) or person.has(Role.REGIONAL, code)


def waiting(session: Session) -> list[Bundle]:
    """What waits to be posted, conversations first, then by age; each text once."""
    query = select(Delivery).where(
        Delivery.state == State.WAITING,
        Delivery.home.startswith(HOMES, autoescape=True),
        Delivery.replaces_id.is_(None),  # what stands in a talk cannot be replaced there
    )
    return _bundles(session, session.scalars(query.order_by(Delivery.rank, Delivery.id)))


def posted_since(session: Session, since: datetime) -> list[Bundle]:
    """What was posted after this moment, newest first."""
    query = select(Delivery).where(
        Delivery.state == State.SENT,
        Delivery.sent_at > since,
        Delivery.home.startswith(HOMES, autoescape=True),
    )
    return _bundles(session, session.scalars(query.order_by(Delivery.sent_at.desc(), Delivery.id)))


def bundle_of(session: Session, value: str) -> Bundle:
    """Everything with the text of this row, waiting or not. Raise Refused where there is none."""
    row = _row(session, value)
    same = select(Delivery).where(
        Delivery.reason == row.reason, Delivery.home.startswith(HOMES, autoescape=True)
    )
    rows = [one for one in session.scalars(same.order_by(Delivery.id)) if one.card == row.card]
    return _bundles(session, rows)[0]


def item_of(session: Session, value: str) -> Bundle:
    """The post this row is part of, as a bundle of one. Raise Refused where there is none."""
    row = _row(session, value)
    items = bundle_of(session, value).items
    return Bundle(tuple(item for item in items if row in item.rows))


def _row(session: Session, value: str) -> Delivery:
    row_id = id_of(value)
    row = session.get(Delivery, row_id) if row_id is not None else None
    if row is None or not row.place.by_hand or row.replaces_id is not None:
        raise Refused("この中継は見つかりません。")
    return row


def _bundles(session: Session, rows: Iterable[Delivery]) -> list[Bundle]:
    """By text, and of one text by talk. Rows of one talk that were posted apart are apart."""
    texts: dict[tuple[str, Card], dict[tuple[object, ...], list[Delivery]]] = {}
    for row in rows:
        items = texts.setdefault((row.reason, row.card), {})
        items.setdefault((row.lane, row.state, row.sent_at), []).append(row)
    codes = codes_in_talks(session) if texts else {}
    return [
        Bundle(tuple(_item(session, tuple(same), codes) for same in items.values()))
        for items in texts.values()
    ]


def _item(session: Session, rows: tuple[Delivery, ...], codes: dict[str, set[str]]) -> Item:
    ticket = _ticket_of(session, rows[0])
    whom = _whom(session, rows[0], ticket) if len(rows) == 1 else ""
    item = Item(rows, frozenset(codes.get(rows[0].lane, ())), ticket, whom)
    if item.waits:
        return replace(item, stale=_stale(session, item))
    return replace(item, done=_done(session, rows[0]))


def codes_in_talks(session: Session) -> dict[str, set[str]]:
    """The municipalities of the people in each talk that is reached by hand."""
    found: dict[str, set[str]] = defaultdict(set)
    for known in accounts(session):
        if (code := known.person.municipality_code) is not None:
            found[str(known.talk)].add(code)
    return found


def accounts(session: Session) -> list[KnownAccount]:
    """Everybody of the municipalities who is reached by hand, in the directory's order."""
    query = (
        select(KnownAccount)
        .join(KnownAccount.person)
        .where(KnownAccount.platform == BY_HAND, Person.active)
        .order_by(Person.municipality_code, Person.position, Person.id)
        .options(contains_eager(KnownAccount.person).joinedload(Person.municipality))
    )
    return list(session.scalars(query))


def announcement_of(row: Delivery) -> int | None:
    """The announcement that this row brings."""
    kind, _, rest = row.reason.partition(":")
    return id_of(rest) if kind == "announcement" else None


def _ticket_of(session: Session, row: Delivery) -> Ticket | None:
    kind, _, rest = row.reason.partition(":")
    ticket_id = id_of(rest.partition(":")[0]) if kind == "ticket" else None
    return session.get(Ticket, ticket_id) if ticket_id is not None else None


def _whom(session: Session, row: Delivery, ticket: Ticket | None) -> str:
    """The id of the person this row is for."""
    if ticket is not None:
        return ticket.asker_id
    if announcement_of(row) is not None:
        return row.recipient
    if not row.recipient.startswith(HOMES):
        return ""
    person = person_of(session, Account.parse(row.recipient))
    return person.id if person else ""


def _stale(session: Session, item: Item) -> str:
    """Why nobody needs this post any more; empty where somebody does."""
    row = item.row
    if (announcement_id := announcement_of(row)) is not None:
        announcement = session.get_one(Announcement, announcement_id)
        if announcement.state == announcements.State.CANCELLED:
            return "このお知らせは取り消されました"
        said = select(Acknowledgement.municipality_code).where(
            Acknowledgement.announcement_id == announcement_id
        )
        codes = item.codes & set(announcement.targets)
        return "もう確認済みです" if codes and codes <= set(session.scalars(said)) else ""
    if item.ticket is not None and row.recipient == "asker" and row.card.opens:
        return "この相談は完了しました" if item.ticket.status == Status.CLOSED else ""
    if row.reason.startswith("event:"):
        later = select(Delivery.id).where(
            Delivery.lane == row.lane,
            Delivery.recipient == row.recipient,
            Delivery.reason.startswith("event:"),
            Delivery.state != State.CANCELLED,
            Delivery.id > row.id,
        )
        return "このあとの言葉に、別の答えがあります" if session.scalar(later.limit(1)) else ""
    return ""


def _done(session: Session, row: Delivery) -> str:
    """投稿済み 11月20日（金）9:05 林 直子."""
    lines = [one for one in history.of(session, NOUN, row.id) if one.what != "undone"]
    person = session.get(Person, lines[-1].who) if lines else None
    how = {"mailed": "メール済み", "dropped": f"中継しません（{row.error}）"}
    word = how.get(lines[-1].what, "投稿済み") if lines else "取り消し済み"
    when = clock(lines[-1].at) if lines else ""
    return " ".join(filter(None, (word, when, person.name if person else "")))


def post_done(
    session: Session, item: Item, person: Person, now: datetime, *, mailed: bool = False
) -> None:
    """投稿しました: this post stands in its talk. Raise Refused, before anything is written, where it is posted or
    dropped already, or another one of its talk comes first."""
    _comes_first(session, item)
    _turn(session, item, {State.WAITING}, {"state": State.SENT, "sent_at": now, "error": ""})
    for row in item.rows:
        session.refresh(row)
        stands_at(row)
        tell_echo(session, row, now)
        what = "mailed" if mailed else "posted"
        history.note(session, NOUN, row.id, what, person.id, now)


def post_each(
    session: Session, items: Iterable[Item], person: Person, now: datetime
) -> tuple[list[Item], list[str]]:
    """投稿しました, of many talks: what stands there now, and of each other one why it was left as it is. One talk
    where something comes first, or a colleague's press a moment ago, keeps nothing back from the others."""
    posted, left = [], []
    for item in items:
        try:
            post_done(session, item, person, now)
        except Refused as why:
            left.append(str(why))
        else:
            posted.append(item)
    return posted, left


def drop(session: Session, items: Iterable[Item], person: Person, why: str, now: datetime) -> None:
    """Not to be posted, for a reason out of a list."""
    for item in items:
        _turn(session, item, {State.WAITING}, {"state": State.CANCELLED, "error": why})
        for row in item.rows:
            session.refresh(row)
            tell_echo(session, row, now)
            history.note(session, NOUN, row.id, "dropped", person.id, now)


def undo(session: Session, item: Item, person: Person, now: datetime) -> None:
    """まだでした: it waits again, as long as nothing came back from that talk."""
    row = item.row
    if row.state == State.WAITING:
        return
    if row.state == State.SENT:
        _nothing_came_back(session, item, now)
    elif not any(one.what == "dropped" for one in history.of(session, NOUN, row.id)):
        raise Refused("これは取り消されたものなので、戻せません。")
    back = {"state": State.WAITING, "sent_at": None, "sent_as": None, "error": ""}
    _turn(session, item, {State(row.state)}, back)
    for one in item.rows:
        session.refresh(one)
        tell_echo(session, one, now)
        history.note(session, NOUN, one.id, "undone", person.id, now)


def _nothing_came_back(session: Session, item: Item, now: datetime) -> None:
    sent_at = item.row.sent_at or now
    if now - sent_at > UNDO_WITHIN:
        raise Refused("投稿してから1日がたったので、「まだでした」にはできません。")
    came = select(Relayed.id).where(Relayed.talk == str(item.talk), Relayed.at > sent_at)
    confirmed = select(Acknowledgement.id).where(
        Acknowledgement.announcement_id == (announcement_of(item.row) or 0),
        Acknowledgement.municipality_code.in_(item.codes),
        Acknowledgement.at > sent_at,
    )
    if session.scalar(came.limit(1)) or session.scalar(confirmed.limit(1)):
        raise Refused(f"「{item.name}」からもう返事が来ているので、「まだでした」にはできません。")


def _comes_first(session: Session, item: Item) -> None:
    """Posts of one talk go in their order, conversations before announcements."""
    row = item.row
    before = select(Delivery).where(
        Delivery.lane == row.lane,
        Delivery.state == State.WAITING,
        Delivery.rank <= row.rank,
        Delivery.id < row.id,
        Delivery.replaces_id.is_(None),
        Delivery.id.not_in([one.id for one in item.rows]),
    )
    first = session.scalars(before.order_by(Delivery.rank, Delivery.id).limit(1)).first()
    if first is not None and item.waits:
        raise Refused(
            f"「{item.name}」には、先に「{first.card.title}」を投稿してください。"
            "投稿しないものは「中継しない」にできます。"
        )


def _turn(session: Session, item: Item, allowed: set[State], values: Mapping[str, object]) -> None:
    """Of two people at once the first one's press counts. All rows turn, or Refused before one of them does."""
    ids = [row.id for row in item.rows]
    ready = select(Delivery.id).where(Delivery.id.in_(ids), Delivery.state.in_(allowed))
    # Not the key: who writes something below such a row in this moment need not be waited for.
    lock = ready.order_by(Delivery.id).with_for_update(key_share=True)
    held = session.scalars(lock).all()
    if len(held) == len(ids):
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    else:
        session.refresh(item.row)
        done = item.done or _done(session, item.row)
        raise Refused(f"「{item.name}」は、もう{done}です。" if done else "もう変わっています。")


def stands_at(row: Delivery) -> Place:
    """Where a row stands in its talk: the thread it opens, though nobody sees one there."""
    if row.sent_as is None:
        row.sent_as = row.place.of_post(f"d{row.id}", opens=bool(row.card.opens))
    return row.sent_as


def answered(session: Session, talk: Place, at: datetime) -> list[Bundle]:
    """What was written down for a talk at this very moment, as an answer to what was carried here."""
    query = select(Delivery).where(
        Delivery.lane == str(talk.root),
        Delivery.state == State.WAITING,
        Delivery.created_at == at,
    )
    return _bundles(session, session.scalars(query.order_by(Delivery.id)))
