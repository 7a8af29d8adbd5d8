"""What the desk knows of the service: its organisations (domains), talks and people, kept fresh by pushes.

Bodies come from outside: whatever is missing or strange in one raises Strange, and no push may raise anything else.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.platforms.logo.wire import LARGEST_NUMBER, LogoError

log = logging.getLogger(__name__)

PAIR, GROUP = 1, 2
SYSTEM, TEXT, STAMP, PLACE, FILE, FILES, DELETED = 0, 1, 2, 3, 4, 5, 7
YES_NO, YES_NO_REPLY, SELECT, SELECT_REPLY, TASK, TASK_DONE = 500, 501, 502, 503, 504, 505
CLOSE = {YES_NO: 506, SELECT: 507, TASK: 508}
"""What closes a stamp, by what the stamp is."""
LONGEST_TIME = 253402300799_000  # the end of the year 9999, in milliseconds

Call = Callable[..., Any]


class Strange(Exception):  # noqa: N818
    """Something in a body is not what it should be."""


def whole(told: Any, key: str) -> dict[Any, Any]:
    """A map that has this key."""
    if not isinstance(told, dict) or key not in told:
        raise Strange(key)
    return told


def number(value: Any) -> int:
    """An id: 64 bits, not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise Strange("id")
    return value


def numbers(value: Any) -> tuple[int, ...]:
    return tuple(number(v) for v in value) if isinstance(value, list) else ()


def words(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Domain:
    """An organisation. `can_announce`: the account may send announcements to everybody there."""

    id: int
    name: str
    can_announce: bool = False

    @classmethod
    def read(cls, told: Any) -> "Domain":
        told = whole(told, "domain_id")
        role = told.get("role") if isinstance(told.get("role"), dict) else {}
        inner = told.get("domain") if isinstance(told.get("domain"), dict) else {}
        return cls(
            number(told["domain_id"]),
            words(inner.get("domain_name")),
            bool(role.get("allow_create_announcement")),
        )


@dataclass(frozen=True)
class Talk:
    """A room. `type`: PAIR (two people, no name) or GROUP."""

    id: int
    domain_id: int
    type: int
    name: str
    user_ids: tuple[int, ...]

    @classmethod
    def read(cls, told: Any) -> "Talk":
        told = whole(told, "talk_id")
        return cls(
            number(told["talk_id"]),
            number(told.get("domain_id")),
            PAIR if told.get("type") == PAIR else GROUP,
            words(told.get("talk_name")),
            numbers(told.get("user_ids")),
        )


@dataclass(frozen=True)
class Person:
    """Somebody. `mail` is asked for when it is needed; None: not yet."""

    id: int
    name: str
    mail: str | None = None


@dataclass(frozen=True)
class Said:
    """A message. `content` as the protocol has it: a text for TEXT, else a map. `mention`: it names this account.
    `again`: an earlier process has most likely dealt with it."""

    id: int
    talk_id: int
    user_id: int
    type: int
    content: Any
    said_at: datetime
    mention: bool = False
    by_bot: bool = False
    domain_id: int = 0
    again: bool = False

    @classmethod
    def read(cls, told: Any) -> "Said":
        told = whole(told, "message_id")
        kind, at = told.get("type"), told.get("created_at")
        if isinstance(kind, bool) or not isinstance(kind, int):
            raise Strange("type")
        if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= LONGEST_TIME:
            raise Strange("created_at")
        content = told.get("content")
        if kind == TEXT and not isinstance(content, str):
            raise Strange("content")
        return cls(
            number(told["message_id"]),
            number(told.get("talk_id")),
            number(told.get("user_id")) if kind != SYSTEM else _number_or_none(told.get("user_id")),
            kind,
            content,
            datetime.fromtimestamp(at / 1000, UTC),
            mention=bool(told.get("mention")),
            by_bot=bool(told.get("bot_message")),
        )


def _number_or_none(value: Any) -> int:
    """A system message need not be anybody's."""
    return number(value) if value is not None else 0


@dataclass(frozen=True)
class Read:
    """These people have read these messages."""

    talk_id: int
    message_ids: tuple[int, ...]
    user_ids: tuple[int, ...]


@dataclass(frozen=True)
class Deleted:
    """Somebody took a message back."""

    talk_id: int
    message_id: int


@dataclass(frozen=True)
class Left:
    """A person left an organisation (or the account itself did: `user_id` is then its own)."""

    domain_id: int
    user_id: int


class People:
    """Names and mail addresses by user id; whoever is unknown is asked for, once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.known: dict[int, Person] = {}

    def learn(self, told: Any) -> None:
        """A user's map, or a list of them; what is strange in it is left out."""
        for user in told if isinstance(told, list) else [told]:
            try:
                person = Person(
                    number(whole(user, "user_id")["user_id"]), words(user.get("display_name"))
                )
            except Strange:
                continue
            self.known[person.id] = (
                person  # the mail address is asked for anew: it may have changed
            )

    def learn_pairs(self, told: Any) -> None:
        """[[domain, [user…]], …], as friends and acquaintances come."""
        for pair in told if isinstance(told, list) else []:
            if isinstance(pair, list) and len(pair) == 2:  # noqa: PLR2004
                self.learn(pair[1])

    def forget(self, user_id: int) -> None:
        self.known.pop(user_id, None)

    def name(self, domain_id: int, user_id: int) -> str:
        """How somebody is called; "" where nobody tells. Raise LineDown."""
        if user_id not in self.known:
            try:
                self.learn(self._call("get_users", domain_id, [user_id]))
            except LogoError as error:
                log.info("logo: get_users: %s", error.code)
        person = self.known.get(user_id)
        return person.name if person else ""

    def mail(self, domain_id: int, user_id: int) -> str:
        """The address somebody signs in with; "" where there is none or it is not shown. Raise LineDown."""
        person = self.known.get(user_id) or Person(user_id, self.name(domain_id, user_id))
        if person.mail is None:
            try:
                told = self._call("get_user_identifiers", domain_id, [user_id])
            except LogoError as error:
                log.info("logo: get_user_identifiers: %s", error.code)
                return ""
            person = replace(person, mail=_mail_of(told, user_id))
            self.known[user_id] = person
        return person.mail or ""


def _mail_of(told: Any, user_id: int) -> str:
    contents = told.get("contents") if isinstance(told, dict) else None
    for row in contents if isinstance(contents, list) else []:
        if isinstance(row, dict) and row.get("user_id") == user_id:
            return words(row.get("email")) or words(row.get("sub_email"))
    return ""


Event = tuple[str, Said | Read | Deleted | Left | Talk]


class Known:
    """Everything above, and what each push changes in it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.me = 0
        self.longest = 1024
        """UTF-16 units of a message; the server's own limit where it tells a smaller one."""
        self.domains: dict[int, Domain] = {}
        self.talks: dict[int, Talk] = {}
        self.people = People(call)

    def learn(self, method: str, body: Any, params: list[Any]) -> Iterator[Event]:
        """Take a push in, and tell what it means for the desk. Raise Strange; unknown ones mean nothing."""
        take = _PUSHES.get(method)
        if take is not None:
            yield from take(self, body, params)

    def put_talk(self, talk: Talk) -> bool:
        """Keep a talk as it is now; True where it is new."""
        new = talk.id not in self.talks
        self.talks = {**self.talks, talk.id: talk}
        return new

    def drop_talk(self, talk_id: int) -> Talk | None:
        talk = self.talks.get(talk_id)
        self.talks = {key: kept for key, kept in self.talks.items() if key != talk_id}
        return talk

    def set_talks(self, told: Any) -> None:
        """All talks as they are now."""
        now: dict[int, Talk] = {}
        for one in told if isinstance(told, list) else []:
            try:
                talk = Talk.read(one)
            except Strange as error:
                log.warning("logo: a talk without %s", error)
                continue
            if not talk.user_ids or self.me in talk.user_ids:
                now[talk.id] = talk
        self.talks = now

    def set_domains(self, told: Any) -> None:
        found: dict[int, Domain] = {}
        for one in told if isinstance(told, list) else []:
            try:
                domain = Domain.read(one)
            except Strange as error:
                log.warning("logo: a domain without %s", error)
                continue
            found[domain.id] = domain
        self.domains = found

    def message(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        yield "message", Said.read(body)

    def find_domain(self, talk_id: int) -> int | None:
        """The domain of a talk; of one that nobody told of, the server is asked. Raise LineDown, LogoError."""
        if talk_id not in self.talks:
            self.set_talks(self._call("get_talks"))
        talk = self.talks.get(talk_id)
        return talk.domain_id if talk else None

    def read(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        told = whole(body, "talk_id")
        ids = numbers(told.get("message_ids"))
        yield "read", Read(number(told["talk_id"]), ids, numbers(told.get("read_user_ids")))

    def deleted(self, body: Any, params: list[Any]) -> Iterator[Event]:
        parts = body if isinstance(body, list) else params
        if len(parts) < 2:  # noqa: PLR2004
            raise Strange("message_id")
        yield "deleted", Deleted(number(parts[0]), number(parts[1]))

    def talk(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        talk = Talk.read(body)
        if talk.user_ids and self.me not in talk.user_ids:
            yield from self.gone(talk.id, [])
            return
        new = self.put_talk(talk)
        yield ("talk_added" if new else "talk_changed"), talk

    def gone(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        talk_id = number(body.get("talk_id") if isinstance(body, dict) else body)
        talk = self.drop_talk(talk_id)
        if talk is not None:
            yield "talk_gone", talk

    def domain(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        domain = Domain.read(body)
        self.domains = {**self.domains, domain.id: domain}
        yield from ()

    def left_domain(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        domain_id = number(body.get("domain_id") if isinstance(body, dict) else body)
        self.domains = {key: kept for key, kept in self.domains.items() if key != domain_id}
        for talk in [talk for talk in self.talks.values() if talk.domain_id == domain_id]:
            yield from self.gone(talk.id, [])
        yield "left", Left(domain_id, self.me)

    def person(self, body: Any, _params: list[Any]) -> Iterator[Event]:
        """[domain, user or users], a map with a domain's id, or a bare user: the least certain of all."""
        if isinstance(body, list) and len(body) == 2 and not isinstance(body[0], dict):  # noqa: PLR2004
            body = body[1]
        if isinstance(body, dict) and "user_id" not in body:
            body = next((body[key] for key in ("user", "users", "contents") if key in body), None)
        self.people.learn(body)
        yield from ()

    def person_left(self, body: Any, params: list[Any]) -> Iterator[Event]:
        """[domain, user] as the one body, as two params, or as a map."""
        if isinstance(body, dict):
            parts = [body.get("domain_id"), body.get("user_id")]
        else:
            parts = body if isinstance(body, list) else params
        if len(parts) < 2:  # noqa: PLR2004
            raise Strange("user_id")
        who = parts[1].get("user_id") if isinstance(parts[1], dict) else parts[1]
        left = Left(number(parts[0]), number(who))
        self.people.forget(left.user_id)
        yield "left", left


_PUSHES: dict[str, Callable[[Known, Any, list[Any]], Iterator[Event]]] = {
    "notify_create_message": Known.message,
    "notify_update_read_statuses": Known.read,
    "notify_delete_message": Known.deleted,
    "notify_create_pair_talk": Known.talk,
    "notify_create_group_talk": Known.talk,
    "notify_update_group_talk": Known.talk,
    "notify_add_talkers": Known.talk,
    "notify_delete_talker": Known.talk,
    "notify_delete_talk": Known.gone,
    "notify_join_domain": Known.domain,
    "notify_update_domain": Known.domain,
    "notify_leave_domain": Known.left_domain,
    "notify_add_friend": Known.person,
    "notify_add_acquaintance": Known.person,
    "notify_add_acquaintances": Known.person,
    "notify_update_user": Known.person,
    "notify_delete_friend": Known.person_left,
    "notify_delete_acquaintance": Known.person_left,
}
"""What is listened to; about 70 pushes exist, and every other is acknowledged and let be."""
