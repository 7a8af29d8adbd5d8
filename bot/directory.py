"""Who is who: municipalities, regions, fields, rooms, people, their accounts and duties."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from bot.chat import BY_HAND, Account, Place
from bot.db import Base, add_once, core
from bot.made import Made


class Role(enum.StrEnum):
    CONTACT = "contact"  # gets the notices of a municipality
    FIELD = "field"  # 分野リエゾン
    REGIONAL = "regional"  # 地域リエゾン
    OFFICE = "office"  # 事務局
    APPROVER = "approver"  # approves what the office sends


class Region(Base):
    __tablename__ = "regions"

    name: Mapped[str] = mapped_column(primary_key=True)
    office: Mapped[str]
    position: Mapped[int]


class Municipality(Base):
    __tablename__ = "municipalities"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kana: Mapped[str]
    romaji: Mapped[str]
    kind: Mapped[str]
    special_status: Mapped[str]
    county: Mapped[str]
    region: Mapped[str] = mapped_column(ForeignKey("regions.name"))
    population: Mapped[int]
    population_date: Mapped[date]
    web_domain: Mapped[str]
    position: Mapped[int]


class Division(Base):
    """A division of the prefecture that the documents name, or the desk's own office."""

    __tablename__ = "divisions"

    name: Mapped[str] = mapped_column(primary_key=True)
    note: Mapped[str]


class Room(Base):
    """A room of the prefecture's side: one a field, one of the regional liaisons, one of the office."""

    __tablename__ = "rooms"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]  # field, regional, office
    place: Mapped[Place] = mapped_column(unique=True)
    position: Mapped[int]


class Field(Base):
    """分野, one of twelve."""

    __tablename__ = "fields"

    name: Mapped[str] = mapped_column(primary_key=True)
    description: Mapped[str]
    division: Mapped[str] = mapped_column(ForeignKey("divisions.name"))
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id"))
    position: Mapped[int]

    room: Mapped[Room] = relationship()


class Person(Base):
    """`municipality_code` is None inside the prefecture. `confirmed`: the directory says who it is;
    False where somebody only told us himself. `shared`: a section's account used by several people.
    `pages_shut_at`: whoever entered the page as this person before has to enter anew.
    """

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    municipality_code: Mapped[str | None] = mapped_column(ForeignKey("municipalities.code"))
    section: Mapped[str]
    shared: Mapped[bool] = mapped_column(default=False)
    confirmed: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str]  # directory, demo, self
    position: Mapped[int] = mapped_column(default=0)
    pages_shut_at: Mapped[datetime | None]

    municipality: Mapped[Municipality | None] = relationship()
    duties: Mapped[list["Duty"]] = relationship(cascade="all, delete-orphan", order_by="Duty.id")
    accounts: Mapped[list["KnownAccount"]] = relationship(
        cascade="all, delete-orphan", order_by="KnownAccount.id", back_populates="person"
    )

    @property
    def inside(self) -> bool:
        """Does this person belong to the prefecture?"""
        return self.municipality_code is None and self.confirmed

    @property
    def is_liaison(self) -> bool:
        return self.has(Role.FIELD) or self.has(Role.REGIONAL)

    def has(self, role: Role, of: str | None = None) -> bool:
        """Does this person hold the role (for this field or municipality, where `of` is given)?"""
        return any(
            d.role == role and (of is None or of in (d.field, d.municipality_code))
            for d in self.duties
        )

    @property
    def belongs_to(self) -> str:
        """多可町 企画課, or デジタル改革課."""
        return " ".join(
            filter(None, (self.municipality.name if self.municipality else "", self.section))
        )


class Duty(Base):
    """One role a person holds: for a field, for a municipality, or for the whole desk."""

    __tablename__ = "duties"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str]
    field: Mapped[str | None] = mapped_column(ForeignKey("fields.name"))
    municipality_code: Mapped[str | None] = mapped_column(ForeignKey("municipalities.code"))


class KnownAccount(Base):
    """An account of a chat that belongs to a person.

    `user` may be a mail address as the directory lists it, where a chat knows its people by it.
    `learnt_from`: how the desk found out about an account the files do not list (that address, "page").
    """

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("platform", "workspace", "user"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    workspace: Mapped[str]
    user: Mapped[str]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    learnt_from: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship(back_populates="accounts")

    @property
    def account(self) -> Account:
        return Account(self.platform, self.workspace, self.user)

    @property
    def talk(self) -> Place:
        """Where the desk talks with this account alone."""
        return self.account.talk


def person_of(session: Session, account: Account) -> Person | None:
    """The person behind an account; None for a stranger or somebody who has left."""
    known = (
        select(Person)
        .join(KnownAccount)
        .where(
            KnownAccount.platform == account.platform,
            KnownAccount.workspace == account.workspace,
            KnownAccount.user == account.user,
            Person.active,
        )
    )
    return session.scalars(known).first()


@dataclass(frozen=True)
class Known:
    """What has to be known of a person on the way of every question."""

    id: str
    municipality_code: str | None
    confirmed: bool
    population: int | None = None  # of that municipality
    town: str | None = None
    region: str | None = None

    @property
    def home(self) -> tuple[str, ...]:
        """The names of the municipality and its region."""
        return tuple(filter(None, (self.town, self.region)))

    @property
    def inside(self) -> bool:
        return self.municipality_code is None and self.confirmed


KNOWN = Made(
    select(
        Person.id,
        Person.municipality_code,
        Person.confirmed,
        Municipality.population,
        Municipality.name,
        Municipality.region,
    )
    .join(KnownAccount, KnownAccount.person_id == Person.id)
    .outerjoin(Municipality, Municipality.code == Person.municipality_code)
    .where(
        KnownAccount.platform == bindparam("platform"),
        KnownAccount.workspace == bindparam("workspace"),
        KnownAccount.user == bindparam("user"),
        Person.active,
    )
)


def known_as(session: Session, account: Account) -> Known | None:
    """`person_of` in short; None for a stranger or somebody who has left."""
    asked = {
        "platform": account.platform,
        "workspace": account.workspace,
        "user": account.user,
    }
    found = KNOWN.run(core(session), asked).fetchone()
    if found is None:
        return None
    person_id, municipality_code, confirmed, *home = found
    return Known(person_id, municipality_code, bool(confirmed), *home)  # SQLite's truth is 0 or 1


def recognise(session: Session, account: Account, mail: str) -> Person | None:
    """Tie this account to the person whom the directory lists with this address in the same workspace.

    What the directory itself says of an account, and what was learnt of it before, stays as it is.
    """
    listed = (
        select(KnownAccount)
        .join(Person)
        .where(
            KnownAccount.platform == account.platform,
            KnownAccount.workspace == account.workspace,
            func.lower(KnownAccount.user) == mail.strip().lower(),
            Person.active,
        )
    )
    found = session.scalars(listed).first()
    if found is None or "@" not in mail:
        return None
    known = select(KnownAccount).where(
        KnownAccount.platform == account.platform,
        KnownAccount.workspace == account.workspace,
        KnownAccount.user == account.user,
    )
    told = session.scalars(known).first()
    if told is None:
        add_once(
            session,
            KnownAccount,
            platform=account.platform,
            workspace=account.workspace,
            user=account.user,
            person_id=found.person_id,
            learnt_from=found.user,
        )
    elif not (told.person.confirmed and told.person.active):
        # till now he had only told us who he is, or the account was that of somebody who has left
        told.person_id, told.learnt_from = found.person_id, found.user
    session.flush()
    session.expire_all()
    return person_of(session, account)


def is_anybody_by_hand(session: Session) -> bool:
    """Is there anybody whose words people carry here and there?"""
    known = select(KnownAccount.id).where(KnownAccount.platform == BY_HAND).limit(1)
    return session.scalar(known) is not None


def holders(session: Session, role: Role, of: str | None = None) -> list[Person]:
    """The active people who hold a role (for a field or municipality), in the directory's order."""
    query = select(Person).join(Duty).where(Duty.role == role, Person.active)
    if of is not None:
        query = query.where((Duty.field == of) | (Duty.municipality_code == of))
    return list(session.scalars(query.distinct().order_by(Person.position, Person.id)))


def contacts(session: Session, codes: Iterable[str]) -> list[Person]:
    """Who gets the notices of these municipalities: contacts and section accounts."""
    query = (
        select(Person)
        .join(Duty)
        .where(Duty.role == Role.CONTACT, Person.active, Person.municipality_code.in_(list(codes)))
    )
    return list(session.scalars(query.distinct().order_by(Person.municipality_code, Person.id)))


def municipalities(session: Session) -> list[Municipality]:
    """All of them in the official order."""
    return list(session.scalars(select(Municipality).order_by(Municipality.position)))


def regions(session: Session) -> list[Region]:
    return list(session.scalars(select(Region).order_by(Region.position)))


def fields(session: Session) -> list[Field]:
    return list(session.scalars(select(Field).order_by(Field.position)))


def room_of_kind(session: Session, kind: str) -> Room | None:
    """The regional liaisons' room or the office's."""
    return session.scalars(select(Room).where(Room.kind == kind).order_by(Room.position)).first()


def room_at(session: Session, place: Place) -> Room | None:
    """The room this place is in, thread or not."""
    return session.scalars(select(Room).where(Room.place == place.root)).first()


def rooms_for(session: Session, person: Person) -> list[Room]:
    """The rooms a person of the prefecture may enter: liaisons all field rooms and the regional one, the
    office all of them."""
    if not (person.is_liaison or person.has(Role.OFFICE)):
        return []
    query = select(Room).order_by(Room.position)
    if not person.has(Role.OFFICE):
        query = query.where(Room.kind != "office")
    return list(session.scalars(query))


def introduce(  # what a stranger tells of himself when a consultation needs it
    session: Session,
    account: Account,
    name: str,
    municipality_code: str,
    section: str,
    now: datetime,
) -> Person:
    """Make a person from what somebody typed about himself: unconfirmed, so he sees his own alone."""
    person = Person(
        id=f"self-{account.platform}-{account.workspace}-{account.user}-{now:%Y%m%d%H%M%S}",
        name=name,
        municipality_code=municipality_code,
        section=section,
        confirmed=False,
        source="self",
    )
    person.accounts = [
        KnownAccount(platform=account.platform, workspace=account.workspace, user=account.user)
    ]
    session.add(person)
    session.flush()  # the consultation names the person's id
    return person
