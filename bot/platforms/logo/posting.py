"""The desk's side of LoGoチャット that says: cards into texts and stamps, each row of the ledger once.

A place's channel is a person (an id, or the address the directory lists) or a room (talk-…). Everything stands in
one row there: the thread a card opens is called by the first word of `opens` (R8-0012:message), and that word is
shown above whatever is said below it. Nothing can be changed once it was said: a card that changes closes its
stamps, and tells what is new.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat import Button, Card, File, Home, Place, SendError
from bot.platforms.logo.cards import Stamp, change_of, is_one_stamp, stamps_of, text_of
from bot.platforms.logo.known import GROUP, SELECT, TASK, YES_NO
from bot.platforms.logo.line import LineDown
from bot.platforms.logo.session import Session
from bot.platforms.logo.stamps import SELECT as SELECTS
from bot.platforms.logo.stamps import TASK as TASKS
from bot.platforms.logo.stamps import YES_NO as YES_NOS
from bot.platforms.logo.stamps import Stamps, Standing
from bot.platforms.logo.talking import EVERYBODY, Talking, send_error
from bot.platforms.logo.wire import LogoError
from bot.platforms.logo.words import content_of, not_given_on

log = logging.getLogger(__name__)

PLATFORM = "logo"
ROOM = "talk-"
ADDRESSES_AT_A_TIME = 100
ONE_PAGE, MOST_PAGES = (14, 40), 500  # what the vendor's client asks; 20,000 people
READ_EVERY = timedelta(minutes=10)
"""A mistyped address would else have the whole organisation read at each try."""
KINDS = {SELECTS: SELECT, YES_NOS: YES_NO, TASKS: TASK}
LEFT, NOT_THERE, NO_SUCH, STRANGE = (
    "left_domain",
    "not_in_talk",
    "no_such_address",
    "strange_channel",
)
"""What the ledger is told; `bot/cards/reasons.py` has the words for people."""


class Poster:
    """Posts in one organisation. Keeps nothing but what the service says anew when asked."""

    shows_forms = False
    keeps_forms = True
    has_threads = False

    def __init__(
        self,
        session: Session,
        talking: Talking,
        stamps: Stamps,
        domain: int,
        page: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.home: Home = (PLATFORM, str(domain))
        self.domain = domain
        self._session, self._talking, self._stamps = session, talking, stamps
        self._page, self._clock = page, clock
        self._by_mail: dict[str, int] = {}
        self._asked: set[int] = set()
        self._read_at: datetime | None = None
        self._gone: set[int] = set()

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002  found by its words
        """Say `card`, then its buttons; what stands there of an earlier try is not said again."""
        talk = self.talk_of(place)
        posted, ids = self._say(talk, place, card, tried)
        for file in card.files:
            ids += self._give_on(talk, file, tried)
        if card.buttons or card.opens or card.state or card.frame == "notice":
            self._stamps.remember(ids[0], posted, card, self._clock())
        self._talking.settle(*ids)
        return posted

    def _give_on(self, talk: int, file: File, tried: datetime | None) -> list[int]:
        """A file that stands in another talk of this organisation, by its number; where the service does not take
        that, fetched and laid down anew. Files of other chats stay there."""
        content = content_of(file, self.home)
        if content is None:
            return []
        kind = str(content.get("content_type") or "application/octet-stream")
        ways: tuple[Callable[[], Sequence[int]], ...] = (
            lambda: [self._talking.forward(talk, content, tried)],
            lambda: [
                self._talking.file(talk, file.name, self._talking.download(content), kind, tried)
            ],
            lambda: self._talking.text(talk, not_given_on(file.name), tried),
        )
        for way in ways:
            try:
                return list(way())
            except SendError as error:
                if not error.permanent:
                    error.unclear = True  # the words stand there: look before the next try
                    raise
                log.warning("logo: a file was not taken: %s", error)
        return []

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        """Tell what is new, close the stamps that no longer hold, and offer what can be pressed now; what stands
        there of an earlier try is not said again."""
        talk, shown = self.talk_of(posted), self._stamps.shown(posted)
        if card.frame == "came":  # words that were taken back: the line below says so
            return posted
        if shown is None:
            return self.send(posted.said_in, card, key, tried)
        message_id, before = shown
        news = change_of(before, card, _head(posted))
        texts = tuple(self._talking.text(talk, news, tried)) if news else ()
        if _pressed_by(before.buttons) != _pressed_by(card.buttons):
            told = replace(card, buttons=before.buttons)  # what follows may fail: this is told
            self._stamps.remember(message_id, posted, told, self._clock())
            last = texts[-1] if texts else 0
            texts = (*texts, *self._change_stamps(talk, posted, card, tried, last))
        self._stamps.remember(message_id, posted, card, self._clock())
        self._talking.settle(*texts)
        return posted

    def _change_stamps(
        self, talk: int, posted: Place, card: Card, tried: datetime | None, after: int
    ) -> list[int]:
        """Close the old ones and post the new ones. What an earlier try has posted is kept or closed when it is
        known which of them still hold."""
        old = {s.message_id: s for s in self._stamps.of_card(posted)}
        for number in self._stamps.kept_before(old, tried) if tried else tuple(old):
            self.close(old.pop(number))
        try:
            ids = self._post_stamps(
                talk, posted, stamps_of(card, _head(posted)), tried, after=after
            )
        except SendError as error:
            error.unclear = True  # some may stand there: look before the next try
            raise
        for standing in old.values():
            if standing.message_id not in ids:
                self.close(standing)
        return ids

    def show(self, place: Place, card: Card) -> None:
        """Say something that is no row of the ledger: a list somebody looks at, words given back to one alone.
        Raise SendError."""
        self._talking.settle(*self._say(self.talk_of(place), place, card, None)[1])

    def ask_sure(self, standing: Standing, button: Button, user: str) -> None:
        """Yes or no before what cannot be taken back; who pressed answers. Raise SendError."""
        message_id = self._talking.yes_no(standing.talk_id, button.sure)
        asked = Standing(
            message_id,
            standing.talk_id,
            YES_NOS,
            (button,),
            standing.place,
            standing.post,
            user,
            closed=False,
        )
        self._stamps.keep(asked, self._clock())
        self._talking.settle(message_id)

    def close(self, standing: Standing) -> None:
        """Nobody can answer this stamp any more; once. Where the service cannot be told, the row says so."""
        if not self._stamps.close(standing.message_id):
            return
        try:
            self._talking.close(standing.talk_id, standing.message_id, KINDS[standing.kind])
        except SendError as error:
            log.warning("logo: a stamp stays open there: %s", error)

    def talk_of(self, place: Place) -> int:
        """The talk that a place means. Raise SendError where the desk cannot speak there."""
        name = place.channel
        if name.startswith(ROOM):
            talk = self._session.talks.get(int(name[len(ROOM) :] or 0) if _is_number(name) else 0)
            if talk is None or talk.type != GROUP or talk.domain_id != self.domain:
                raise SendError(NOT_THERE)
            return talk.id
        try:
            user = self._user_of(name)
            if user in self._gone and user not in self._session.people.known:
                raise SendError(LEFT, permanent=True)
            self._gone.discard(user)
            return self._session.pair_talk(self.domain, user)
        except LineDown as down:
            raise SendError(str(down), away=True) from down
        except LogoError as error:
            refused = send_error(error)
            if refused.permanent:
                raise SendError(LEFT, permanent=True) from error
            raise refused from error

    def left(self, user: int) -> None:
        """This person is not in the organisation any more, until the service names him again."""
        self._gone.add(user)
        self._by_mail = {mail: known for mail, known in self._by_mail.items() if known != user}

    def _user_of(self, name: str) -> int:
        if "@" not in name:
            if not name.isdecimal():
                raise SendError(STRANGE, permanent=True)
            return int(name)
        mail = name.strip().lower()
        if mail not in self._by_mail:
            self._look_up(mail)
        if mail not in self._by_mail:
            raise SendError(NO_SUCH)
        return self._by_mail[mail]

    def _look_up(self, mail: str) -> None:
        """Ask for the addresses of everybody the service has told of, then of the whole organisation; where that was
        read a moment ago, of those it has told of since."""
        people, marker, now = self._session.people, None, self._clock()
        if self._read_at is not None and self._read_at > now - READ_EVERY:
            self._ask_addresses([number for number in people.known if number not in self._asked])
            return
        self._ask_addresses(list(people.known))
        for _ in range(MOST_PAGES):
            if mail in self._by_mail:
                return
            told = self._session.call("get_domain_users", self.domain, *ONE_PAGE, marker)
            users = (told.get("contents") if isinstance(told, dict) else None) or []
            people.learn(users)
            found = [user.get("user_id") for user in users if isinstance(user, dict)]
            self._ask_addresses([number for number in found if isinstance(number, int)])
            marker = told.get("next_marker") if isinstance(told, dict) else None
            if marker is None:
                break
        self._read_at = now

    def _ask_addresses(self, users: list[int]) -> None:
        for at in range(0, len(users), ADDRESSES_AT_A_TIME):
            some = users[at : at + ADDRESSES_AT_A_TIME]
            told = self._session.call("get_user_identifiers", self.domain, some)
            self._asked.update(some)
            for row in (told.get("contents") if isinstance(told, dict) else None) or []:
                for kind in ("email", "sub_email"):
                    address = row.get(kind) if isinstance(row, dict) else None
                    if isinstance(address, str) and isinstance(row.get("user_id"), int):
                        self._by_mail.setdefault(address.strip().lower(), row["user_id"])

    def _say(
        self, talk: int, place: Place, card: Card, tried: datetime | None
    ) -> tuple[Place, list[int]]:
        """Where it stands now, and its messages."""
        head = _head(place)
        text = text_of(card, "" if card.opens else head, self._page)
        if is_one_stamp(card, text, self._session.longest):
            ids = self._post_stamps(talk, place, stamps_of(card, asked=text), tried, of_itself=True)
            return place.of_post(str(ids[0]), opens=False), ids
        texts = self._talking.text(talk, text, tried)
        name = card.opens.partition(" ")[0]
        posted = place.of_post(f"{name}:{texts[0]}" if name else str(texts[0]), opens=bool(name))
        try:
            below = stamps_of(card, name or head)
            stamps = self._post_stamps(talk, posted, below, tried, after=texts[-1])
        except SendError as error:
            error.unclear = True  # the text stands there: look before the next try
            raise
        return posted, [*texts, *stamps]

    def _post_stamps(
        self,
        talk: int,
        posted: Place,
        stamps: Sequence[Stamp],
        tried: datetime | None,
        *,
        of_itself: bool = False,
        after: int = 0,
    ) -> list[int]:
        """Post them, and keep what each option does as soon as it can be pressed. `of_itself`: the stamp is the post.

        The questions of the same form before this one are closed."""
        ids: list[int] = []
        dialogue: int | None = None
        for stamp in stamps:
            last = ids[-1] if ids else after
            if stamp.is_task:
                number = self._talking.task(talk, stamp.question, EVERYBODY, tried, last)
            else:
                number = self._talking.select(talk, stamp.question, stamp.labels, tried, last)
            post = posted.of_post(str(number), opens=False) if of_itself else posted
            standing = Standing(
                number,
                talk,
                TASKS if stamp.is_task else SELECTS,
                stamp.buttons,
                posted.said_in,
                str(post),
                account="",
                closed=False,
            )
            self._stamps.keep(standing, self._clock())
            dialogue = dialogue or standing.dialogue
            ids.append(number)
        for standing in self._stamps.of_forms(talk, dialogue) if dialogue is not None else ():
            if standing.message_id not in ids:
                self.close(standing)
        return ids


def _head(place: Place) -> str:
    """R8-0012 for whatever is said below the card that opened it."""
    return (place.said_in.thread or "").partition(":")[0]


def _pressed_by(buttons: tuple[Button, ...]) -> list[tuple[str, str, str]]:
    return [(button.action, button.label, button.value) for button in buttons]


def _is_number(name: str) -> bool:
    return name[len(ROOM) :].isdecimal()
