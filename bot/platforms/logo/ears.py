"""The desk's side of LoGoチャット that hears: what people say and press there, in the desk's words.

In a pair talk everything is meant for the desk; in a group what calls it by name, and everything in its own rooms.
Pictures, notes and what people ask each other are not. An answer to a stamp is a press of what its row says.
"""

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bot.chat import Account, Button, Card, ChatDesk, Message, Place, SendError
from bot.platforms.logo import words
from bot.platforms.logo.known import (
    FILE,
    FILES,
    GROUP,
    SELECT_REPLY,
    STAMP,
    TASK_DONE,
    TEXT,
    YES_NO_REPLY,
    Left,
    Read,
    Said,
    Talk,
)
from bot.platforms.logo.line import LineDown
from bot.platforms.logo.posting import PLATFORM, ROOM, Poster
from bot.platforms.logo.session import Session
from bot.platforms.logo.stamps import SELECT, TASK, YES_NO, Stamps, Standing
from bot.platforms.logo.wire import LogoError

log = logging.getLogger(__name__)

RECOGNISED_FOR = timedelta(minutes=5)
MENTIONED = re.compile(r"\{@:(\d+|ALL),(\d+)\}")
AFTER_NAME = r"(さん|様)?([\s、,，:：。]+|$)"
"""「デスク、…」 calls it; 「デスクワークの…」 does not."""
ANSWERS = {SELECT_REPLY: SELECT, YES_NO_REPLY: YES_NO, TASK_DONE: TASK}
ASK_AGAIN = "send_anyway"
"""A button that says what its card gave back: the words stay there, the row keeps which message had them."""
MESSAGES_AT_A_TIME, OLDEST_FIRST = 20, 1


class Ears:
    """Hears one account for one desk. `posters`: who says things, by organisation."""

    def __init__(
        self,
        desk: ChatDesk,
        session: Session,
        stamps: Stamps,
        posters: Mapping[int, Poster],
        clock: Callable[[], datetime],
    ) -> None:
        self._desk, self._session, self._stamps = desk, session, stamps
        self._posters, self._clock = posters, clock
        self._recognised: dict[Account, datetime] = {}
        self._names: dict[int, tuple[str, datetime | None]] = {}

    def heard(self, kind: str, body: Any) -> None:
        """One push. Returns when it is done; what it raises is told again."""
        if kind == "message" and isinstance(body, Said):
            self._message(body)
        elif kind == "read" and isinstance(body, Read):
            self._read(body)
        elif kind == "left" and isinstance(body, Left) and body.domain_id in self._posters:
            self._posters[body.domain_id].left(body.user_id)

    def _message(self, said: Said) -> None:
        talk = self._session.talks.get(said.talk_id)
        poster = self._posters.get(said.domain_id)
        if said.type in ANSWERS:
            self._answered(said, talk)
            return
        if talk is None or poster is None:
            log.info("logo: message %s from a talk we are not in", said.id)
            return
        heard = self._words(said, talk)
        if heard is None:
            return
        if words.asks_menu(heard.text):
            menu = Card(words.MENU, buttons=self._desk.menu(heard.account))
            _show(said, poster, self._alone(heard), menu)
        elif words.asks_number(heard.text) and heard.addressed:
            _show(said, poster, heard.place, words.number_of(str(heard.place)))
        else:
            self._tell(heard, poster, said)

    def _words(self, said: Said, talk: Talk) -> Message | None:
        """What somebody said, if it is said to the desk."""
        if said.type not in (TEXT, FILE, FILES, STAMP):
            return None
        text, called = self._plain(said)
        place = self._place(talk, said.user_id)
        if talk.type == GROUP:
            if said.type == STAMP:
                return None
            if not called and not self._desk.is_room(place):
                return None
        else:
            called = True
        account, speaker = self._account(said, talk)
        return Message(
            str(said.id),
            account,
            place,
            self._clock(),
            text=text,
            files=tuple(words.files_of(said.content, self._home(said))),
            addressed=called,
            speaker=speaker,
        )

    def _plain(self, said: Said) -> tuple[str, bool]:
        """The words without the calls in them, and whether they call the desk by name."""
        if said.type != TEXT:
            content = said.content if isinstance(said.content, dict) else {}
            text = content.get("text") if said.type == FILES else ""
            return (text if isinstance(text, str) else ""), False
        text, called = self._without_calls(str(said.content))
        name = self._name(said.domain_id)
        if name and (by_name := re.match(rf"[@＠]?{re.escape(name)}{AFTER_NAME}", text)):
            return text[by_name.end() :], True
        return text, called or said.mention

    def _without_calls(self, text: str) -> tuple[str, bool]:
        """Names of others stay as words; whether the desk was among those called."""
        called = False
        while found := MENTIONED.search(text):
            length, ours = int(found[2]), found[1] == str(self._session.me)
            called = called or ours
            shown = text[found.end() : found.end() + length]
            rest = text[found.end() + length :]
            text = text[: found.start()] + ("" if ours or found[1] == "ALL" else shown) + rest
        return text.strip(), called

    def _name(self, domain: int) -> str:
        """What the desk is called there; asked for at most every five minutes where nobody tells."""
        now, (name, asked) = self._clock(), self._names.get(domain, ("", None))
        if name or (asked is not None and asked > now - RECOGNISED_FOR):
            return name
        with suppress(LineDown):
            name = self._session.people.name(domain, self._session.me)
        self._names[domain] = name, now
        return name

    def _answered(self, said: Said, talk: Talk | None) -> None:
        """An answer to a stamp. One of people among themselves is none of ours."""
        poster = self._posters.get(said.domain_id)
        if poster is None or talk is None:
            log.info("logo: an answer %s from a talk we are not in", said.id)
            return
        content = said.content if isinstance(said.content, dict) else {}
        number = content.get("in_reply_to")
        standing = self._stamps.get(number) if isinstance(number, int) else None
        if standing is None or standing.talk_id != talk.id:
            if talk.type != GROUP:
                _show(said, poster, self._place(talk, said.user_id), words.over())
        elif standing.closed or standing.kind != ANSWERS[said.type]:
            _show(said, poster, Place(*poster.home, str(said.user_id)), words.over())
        else:
            self._press(said, talk, poster, standing, content)

    def _press(
        self,
        said: Said,
        talk: Talk,
        poster: Poster,
        standing: Standing,
        content: Mapping[str, Any],
    ) -> None:
        account, speaker = self._account(said, talk)
        if standing.account and standing.account != str(said.user_id):
            _show(said, poster, Place(*poster.home, str(said.user_id)), words.not_yours())
            return
        button, answer = _chosen(said, standing, content)
        if button is None:
            _show(said, poster, standing.place, answer)
        elif button.sure and said.type == SELECT_REPLY:
            if not said.again:
                poster.ask_sure(standing, button, str(said.user_id))
        else:
            self._pressed(said, poster, standing, button, account, speaker)
        if (
            said.type == YES_NO_REPLY
        ):  # only now: were it closed first, a second try would find it over
            poster.close(standing)

    def _pressed(
        self,
        said: Said,
        poster: Poster,
        standing: Standing,
        button: Button,
        account: Account,
        speaker: str,
    ) -> None:
        """What a button asks for: to be shown something, or an act of the desk."""
        place, value = standing.place, button.value
        if button.action == ASK_AGAIN:
            place, value = self._given_back(poster, button)
        pressed = Message(
            str(said.id),
            account,
            place,
            self._clock(),
            action=button.action,
            value=value,
            speaker=speaker,
        )
        if button.style == "link":
            seen = self._desk.look(account, button.action, button.value)
            _show(said, poster, self._alone(pressed), seen or words.nothing())
        elif button.action == ASK_AGAIN and not value:
            _show(said, poster, standing.place, words.over())
        else:
            self._tell(pressed, poster, said)

    def _tell(self, message: Message, poster: Poster, said: Said) -> None:
        """Let the desk take it in and answer; then the questions of a form that has ended are closed.

        What comes back for one person alone holds his words: it goes to his own talk and no row keeps them.
        """
        asked = self._questions(message.account, said.talk_id)
        reply = self._desk.answer(self._desk.take_in(message))
        if reply.alone is not None:
            own = Place(*poster.home, str(said.user_id))
            _show(
                said,
                poster,
                own,
                words.without_words(reply.alone, ASK_AGAIN, str(said.id), message.place),
            )
        for standing in asked:
            if self._is_over(message.account, standing):
                poster.close(standing)

    def _questions(self, account: Account, talk_id: int) -> list[Standing]:
        """The stamps there that ask for an answer in a form which this account has open."""
        return [
            standing
            for standing in self._stamps.of_forms(talk_id)
            if not self._is_over(account, standing)
        ]

    def _is_over(self, account: Account, standing: Standing) -> bool:
        number = standing.dialogue
        return number is None or self._desk.form(account, number) is None

    def _account(self, said: Said, talk: Talk) -> tuple[Account, str]:
        """Who it is. In a section's own talk somebody the directory does not know speaks for the section; then
        the service tells which of its people it was."""
        account = Account(*self._home(said), str(said.user_id))
        self._recognise(account, said)
        if talk.type != GROUP or self._desk.visitor(account) is not None:
            return account, ""
        section = Account(*self._home(said), f"{ROOM}{talk.id}")
        if self._desk.visitor(section) is None:
            return account, ""
        return section, self._session.people.name(said.domain_id, said.user_id)

    def _recognise(self, account: Account, said: Said) -> None:
        """Ask for the address of somebody who is new to this process, and the directory for the person."""
        now = self._clock()
        if self._recognised.get(account, now - 2 * RECOGNISED_FOR) > now - RECOGNISED_FOR:
            return
        self._recognised[account] = now
        visitor = self._desk.visitor(account)
        if visitor is not None and visitor.confirmed:
            return
        try:
            mail = self._session.people.mail(said.domain_id, said.user_id)
        except LineDown:
            self._recognised.pop(account, None)
            return
        if mail:
            self._desk.recognise(account, mail)

    def _read(self, read: Read) -> None:
        """既読: the first who reads a notice counts for it."""
        if all(user == self._session.me for user in read.user_ids):
            return
        for post in self._stamps.posts_of(read.message_ids):
            self._desk.seen(post, self._clock())

    def _given_back(self, poster: Poster, button: Button) -> tuple[Place, str]:
        """Where a message stood that a button names, and its words; empty where they are gone."""
        number, _, where = button.value.partition("@")
        place = Place.parse(where)
        try:
            found = self._session.call(
                "get_messages",
                poster.talk_of(place),
                MESSAGES_AT_A_TIME,
                int(number) - 1,
                None,
                OLDEST_FIRST,
            )
        except (LineDown, LogoError, SendError) as error:
            log.warning("logo: get_messages: %s", type(error).__name__)
            return place, ""
        for told in found if isinstance(found, list) else []:
            if isinstance(told, dict) and str(told.get("message_id")) == number:
                content = told.get("content")
                return place, self._without_calls(content)[0] if isinstance(content, str) else ""
        return place, ""

    def _place(self, talk: Talk, user: int) -> Place:
        channel = f"{ROOM}{talk.id}" if talk.type == GROUP else str(user)
        return Place(PLATFORM, str(talk.domain_id), channel)

    def _alone(self, message: Message) -> Place:
        """Where only this person reads; for a section's talk that is the talk itself."""
        return Place(*message.place.home, message.account.user)

    def _home(self, said: Said) -> tuple[str, str]:
        return PLATFORM, str(said.domain_id)


def _show(said: Said, poster: Poster, place: Place, card: Card) -> None:
    """What is no row of the ledger, for what somebody said. Whom nothing reaches any more is not tried again, and
    what was most likely shown by an earlier process is not shown again: no row would know."""
    if said.again:
        return
    try:
        poster.show(place, card)
    except SendError as error:
        if not error.permanent:
            raise
        log.warning("logo: not shown: %s", error)


def _chosen(
    said: Said, standing: Standing, content: Mapping[str, Any]
) -> tuple[Button | None, Card]:
    """The button that an answer means, or what to say of one that means none."""
    if said.type == TASK_DONE:
        return (standing.buttons[0], words.over()) if content.get("done") else (None, words.stays())
    answer = content.get("response")
    if said.type == YES_NO_REPLY:
        return (standing.buttons[0], words.over()) if answer is True else (None, words.left_as_is())
    if isinstance(answer, bool) or not isinstance(answer, int):
        return None, words.over()
    known = 0 <= answer < len(standing.buttons)
    return (standing.buttons[answer] if known else None), words.over()
