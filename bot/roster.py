"""The directory as files: CSV tables in a folder, imported all or nothing.

Each error names file, line and column. People who are no longer in the files of the same source
become inactive; nothing is deleted, as tickets and history name them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.chat import BY_HAND, Account, Place
from bot.db import Base
from bot.directory import (
    Division,
    Duty,
    Field,
    KnownAccount,
    Municipality,
    Person,
    Region,
    Role,
    Room,
)
from bot.tables import COLUMNS, Line, read_tables

ROOM_KINDS = ("field", "regional", "office")
NEEDED = {
    "municipalities.csv": ("name",),
    "rooms.csv": ("name", "place"),
    "fields.csv": ("description",),
    "people.csv": ("name",),
}
"""Besides the first column: what may not be empty, as people read it."""
ONLY_ONCE = {"municipalities.csv": "name", "rooms.csv": "place"}
ACCOUNT = re.compile(r"[^/\s]+/[^/\s]+/[^/\s]+")


class Loaded(Base):
    """Which version of a folder is in the database."""

    __tablename__ = "loaded_folders"

    source: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]


class BadDirectory(Exception):  # noqa: N818
    """Nothing was imported; the sentences say where and why."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Summary:
    municipalities: int
    fields: int
    rooms: int
    people: int


def digest(folder: Path) -> str:
    """Changes whenever a table of the folder does."""
    files = sorted(path for path in folder.glob("*.csv") if path.name in COLUMNS)
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def load(session: Session, folder: Path, source: str) -> Summary:
    """Import every table of the folder. Raise BadDirectory with all that is wrong, nothing stored.

    A folder may hold some of the tables (the demo folder holds people alone); what they name must then be
    in the database already.
    """
    tables, problems = read_tables(folder)
    if not problems:
        roll = _Roll(session, tables, source)
        problems = roll.check()
        if not problems:
            return roll.store()
    raise BadDirectory(problems)


def load_if_changed(session: Session, folder: Path, source: str) -> Summary | None:
    """Import the folder where its files differ from what was imported last; None where they do not."""
    now = digest(folder)
    known = session.get(Loaded, source)
    if known is not None and known.digest == now:
        return None
    summary = load(session, folder, source)
    session.merge(Loaded(source=source, digest=now))
    return summary


def retire(session: Session, source: str) -> None:
    """Let the people of this source go, and take the folder as new should it come again."""
    for person in session.scalars(select(Person).where(Person.source == source)):
        person.active = False
    session.execute(delete(Loaded).where(Loaded.source == source))


def ever_held(session: Session, source: str) -> bool:
    """Was anything of this source ever taken in? People who have left are still there."""
    person = select(Person.id).where(Person.source == source).limit(1)
    return session.get(Loaded, source) is not None or session.scalar(person) is not None


class _Roll:
    """All tables of one folder, checked against each other and the database, then stored."""

    def __init__(self, session: Session, tables: dict[str, list[Line]], source: str) -> None:
        self.session, self.tables, self.source = session, tables, source

        def names(table: str, column: str, kind: type[Base], key: str) -> set[str]:
            here = {line[column] for line in tables.get(table, [])}
            return here | set(session.scalars(select(getattr(kind, key))))

        self.regions = names("regions.csv", "region", Region, "name")
        self.divisions = names("divisions.csv", "division", Division, "name")
        self.rooms = names("rooms.csv", "room", Room, "id")
        self.fields = names("fields.csv", "field", Field, "name")
        towns = {
            (line["name"], line["code"], line["region"])
            for line in tables.get("municipalities.csv", [])
        } | {(m.name, m.code, m.region) for m in session.scalars(select(Municipality))}
        self.codes = {name: code for name, code, _ in towns}
        self.codes_in = {
            region: [code for _, code, of in sorted(towns) if of == region]
            for _, _, region in towns
        }

    def check(self) -> list[str]:
        checks: dict[str, tuple[str, Callable[[Line], Iterator[str]]]] = {
            "regions.csv": ("region", self._check_region),
            "municipalities.csv": ("code", self._check_municipality),
            "divisions.csv": ("division", self._check_region),
            "rooms.csv": ("room", self._check_room),
            "fields.csv": ("field", self._check_field),
            "people.csv": ("person", self._check_person),
        }
        problems: list[str] = []
        for name, lines in self.tables.items():
            key, check = checks[name]
            seen: dict[str, int] = {}
            for line in lines:
                if not line[key]:
                    problems.append(line.wrong(key, "空です"))
                elif line[key] in seen:
                    problems.append(
                        line.wrong(key, f"「{line[key]}」は{seen[line[key]]}行目にもあります")
                    )
                seen.setdefault(line[key], line.number)
                empty = [column for column in NEEDED.get(name, ()) if not line[column]]
                problems.extend(line.wrong(column, "空です") for column in empty)
                problems.extend(check(line))
        for name, column in ONLY_ONCE.items():
            problems.extend(_twice(self.tables.get(name, []), column))
        problems.extend(self._check_accounts(self.tables.get("people.csv", [])))
        return problems

    def _check_accounts(self, lines: list[Line]) -> Iterator[str]:
        """An account is one person's, and a person one directory's. People who have left, or who only
        told us themselves who they are, give way."""
        others: dict[str, str] = {}
        ids: set[str] = set()
        elsewhere = select(Person).where(
            Person.source != self.source, Person.source != "self", Person.active
        )
        for person in self.session.scalars(elsewhere):
            ids.add(person.id)
            others |= {_key(str(known.account)): person.id for known in person.accounts}
        first: dict[str, Line] = {}
        for line in lines:
            if line["person"] in ids:
                yield line.wrong("person", f"「{line['person']}」は別の名簿にもいます")
                continue
            for account in accounts_of(line):
                known = first.setdefault(_key(account), line)
                if known is not line:
                    what = f"「{account}」は{known.number}行目の {known['person']} にもあります"
                    yield line.wrong("accounts", what)
                elif _key(account) in others:
                    what = f"「{account}」は別の名簿の {others[_key(account)]} のものです"
                    yield line.wrong("accounts", what)

    def _check_region(self, _line: Line) -> Iterator[str]:
        yield from ()

    def _check_municipality(self, line: Line) -> Iterator[str]:
        if not _is_code(line["code"]):
            yield line.wrong(
                "code", f"「{line['code']}」は団体コード（検査数字つき6桁）ではありません"
            )
        if line["region"] not in self.regions:
            yield line.wrong("region", f"「{line['region']}」は regions.csv にありません")
        if not re.fullmatch("[0-9]{1,8}", line["population"]):
            yield line.wrong("population", "数字だけを書いてください")
        if not _is_date(line["population_date"]):
            yield line.wrong("population_date", "2025-10-01 の形で書いてください")

    def _check_room(self, line: Line) -> Iterator[str]:
        if line["kind"] not in ROOM_KINDS:
            yield line.wrong("kind", f"{'、'.join(ROOM_KINDS)} のどれかにしてください")
        try:
            place = Place.parse(line["place"])
            if is_by_hand := place.by_hand:
                what = "県の部屋は、手で中継するトークには置けません。web/page/room-名前 か slack/T…/C… にしてください"
                yield line.wrong("place", what)
            is_room = is_by_hand or place.thread is None
        except ValueError:
            is_room = not line["place"]  # that it is empty has been said
        if not is_room:
            what = "web/page/room-名前 か slack/T…/C…（ワークスペースとチャンネルのID）の形で書いてください"
            yield line.wrong("place", what)

    def _check_field(self, line: Line) -> Iterator[str]:
        if line["division"] not in self.divisions:
            yield line.wrong("division", f"「{line['division']}」は divisions.csv にありません")
        if line["room"] not in self.rooms:
            yield line.wrong("room", f"「{line['room']}」は rooms.csv にありません")

    def _check_person(self, line: Line) -> Iterator[str]:
        town = line["municipality"]
        if town and town not in self.codes:
            yield line.wrong("municipality", f"「{town}」は municipalities.csv にありません")
        if not town and line["section"] not in self.divisions:
            yield line.wrong("section", f"「{line['section']}」は divisions.csv にありません")
        if line["shared"] not in ("", "yes"):
            yield line.wrong("shared", "共用なら yes、そうでなければ空にしてください")
        for role in line["roles"].split():
            if what := self._wrong_role(role):
                yield line.wrong("roles", what)
        for account in line["accounts"].split():
            if not ACCOUNT.fullmatch(account):
                yield line.wrong(
                    "accounts",
                    f"「{account}」は web/page/利用者 か slack/T…/U…（またはメールアドレス）か "
                    f"{BY_HAND}/テナント/トーク名 の形で書いてください",
                )
            elif account.startswith(f"{BY_HAND}/") and ":" in account:
                what = f"「{account}」：トークの名前に : は使えません。名前の中の : と空白は _ に替えてください"
                yield line.wrong("accounts", what)

    def _wrong_role(self, text: str) -> str:
        role, _, of = text.partition(":")
        if role not in set(Role):
            return f"「{role}」は役割ではありません。{'、'.join(Role)} のどれかにしてください"
        if role == Role.FIELD and of not in self.fields:
            return f"「{of}」は fields.csv にありません"
        if role == Role.REGIONAL and of not in self.codes and of not in self.codes_in:
            return f"「{of}」という市町も圏域もありません"
        return ""

    def store(self) -> Summary:
        merge = self.session.merge
        for at, line in enumerate(self.tables.get("regions.csv", [])):
            merge(Region(name=line["region"], office=line["office"], position=at))
        for at, line in enumerate(self.tables.get("municipalities.csv", [])):
            merge(_municipality(line, at))
        for line in self.tables.get("divisions.csv", []):
            merge(Division(name=line["division"], note=line["note"]))
        for at, line in enumerate(self.tables.get("rooms.csv", [])):
            place = Place.parse(line["place"])
            merge(
                Room(
                    id=line["room"], name=line["name"], kind=line["kind"], place=place, position=at
                )
            )
        for at, line in enumerate(self.tables.get("fields.csv", [])):
            merge(
                Field(
                    name=line["field"],
                    description=line["description"],
                    division=line["division"],
                    room_id=line["room"],
                    position=at,
                )
            )
        self.session.flush()
        if "people.csv" in self.tables:
            self._store_people(self.tables["people.csv"])
        return Summary(
            *(
                len(self.tables.get(name, []))
                for name in ("municipalities.csv", "fields.csv", "rooms.csv", "people.csv")
            )
        )

    def _store_people(self, lines: list[Line]) -> None:
        named = {line["person"] for line in lines}
        left = select(Person).where(Person.source == self.source, Person.id.not_in(named))
        for person in self.session.scalars(left):
            person.active = False
        claimed = {_key(account) for line in lines for account in accounts_of(line)}
        learnt: dict[str, list[tuple[Account, str]]] = {}
        for person in self.session.scalars(select(Person).where(Person.id.in_(named))):
            learnt[person.id] = [
                (k.account, k.learnt_from) for k in person.accounts if k.learnt_from
            ]
            person.accounts = []
        for known in self.session.scalars(select(KnownAccount)):
            if _key(str(known.account)) in claimed:  # of somebody who has left, see _check_accounts
                self.session.delete(known)
        self.session.flush()  # the old accounts go before the same ones come again, perhaps elsewhere
        for at, line in enumerate(lines):
            person = self.session.get(Person, line["person"]) or Person(id=line["person"])
            person.name, person.section = line["name"], line["section"]
            person.municipality_code = self.codes.get(line["municipality"])
            person.shared, person.source = line["shared"] == "yes", self.source
            person.confirmed = person.active = True
            person.position = at
            self.session.add(person)
            person.duties = [duty for role in line["roles"].split() for duty in self._duties(role)]
            named_here = [Account.parse(text) for text in accounts_of(line)]
            kept = [
                (account, how)
                for account, how in learnt.get(person.id, [])
                if _key(str(account)) not in claimed and _still_holds(account, how, named_here)
            ]
            person.accounts = [
                KnownAccount(
                    platform=a.platform, workspace=a.workspace, user=a.user, learnt_from=how
                )
                for a, how in (*((a, "") for a in named_here), *kept)
            ]
        self.session.flush()

    def _duties(self, text: str) -> Iterator[Duty]:
        role, _, of = text.partition(":")
        if role == Role.FIELD:
            yield Duty(role=role, field=of)
        elif role == Role.REGIONAL:
            for code in self.codes_in.get(of) or [self.codes[of]]:
                yield Duty(role=role, municipality_code=code)
        else:
            yield Duty(role=role)


def accounts_of(line: Line) -> list[str]:
    """The accounts of a line of people.csv. Several people may be in one talk that is carried by hand, so
    there the account is the talk and the person."""
    accounts = dict.fromkeys(line["accounts"].split())
    return [f"{a}:{line['person']}" if a.startswith(f"{BY_HAND}/") else a for a in accounts]


def _still_holds(account: Account, how: str, named: list[Account]) -> bool:
    """What the desk learnt by an address holds as long as the directory lists that address; any other
    thing it learnt, as long as it lists an account at all."""
    if "@" not in how:
        return bool(named)
    address = _key(f"{account.platform}/{account.workspace}/{how}")
    return address in {_key(str(one)) for one in named}


def _key(account: str) -> str:
    """A mail address is the same in capitals and in small letters."""
    home, _, user = account.rpartition("/")
    return f"{home}/{user.lower()}" if "@" in user else account


def _municipality(line: Line, position: int) -> Municipality:
    return Municipality(
        code=line["code"],
        name=line["name"],
        kana=line["kana"],
        romaji=line["romaji"],
        kind=line["kind"],
        special_status=line["special_status"],
        county=line["county"],
        region=line["region"],
        population=int(line["population"]),
        population_date=date.fromisoformat(line["population_date"]),
        web_domain=line["web_domain"],
        position=position,
    )


def _is_code(text: str) -> bool:
    """団体コード: five digits and a check digit, weights 6 5 4 3 2 (総務省「全国地方公共団体コード」仕様):
    below 11 the sum is taken from 11, else the remainder by 11 is; the last figure counts."""
    if not re.fullmatch(r"[0-9]{6}", text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, (6, 5, 4, 3, 2), strict=False))
    return int(text[5]) == (11 - total if total < 11 else 11 - total % 11) % 10  # noqa: PLR2004


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _twice(lines: list[Line], column: str) -> Iterator[str]:
    first: dict[str, int] = {}
    for line in lines:
        if line[column] and line[column] in first:
            yield line.wrong(column, f"「{line[column]}」は{first[line[column]]}行目にもあります")
        first.setdefault(line[column], line.number)
