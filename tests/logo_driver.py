"""Speaks with the desk as people in LoGoチャット do: by what stands in their talks, and by its stamps.

The real session over a real socket against the fake; a step of a test ends when the desk has done what it heard.
Forms are answered in words, question by question, as at a terminal.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.chat import Account, Button, Card, Desk, Place
from bot.platforms.logo.chat import LogoChat
from bot.platforms.logo.known import SELECT, TASK, TEXT, YES_NO
from bot.platforms.logo.stamps import Standing
from tests.logo_fake import DOMAIN, FakeLogo, Json
from tests.terminal_driver import TerminalDriver

HOME = ("logo", str(DOMAIN))
WITH_WORDS = (TEXT, YES_NO, SELECT, TASK)


class Counted(LogoChat):
    """Knows which messages the desk has dealt with."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.done: set[int] = set()

    def _heard(self, kind: str, body: Any) -> None:
        super()._heard(kind, body)
        self.done.add(getattr(body, "id", 0))


class LogoDriver(TerminalDriver):
    """`where`: None is somebody's own talk, "R8-0001" what is said there of that consultation, "電子申請" a room,
    "電子申請/R8-0001" what is said there of it. `users`, `rooms`: ids there by person and by name."""

    def __init__(
        self,
        fake: FakeLogo,
        chat: Counted,
        desk: Desk,
        users: Mapping[str, int],
        rooms: Mapping[str, int],
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(desk, {}, clock)
        self.fake, self.chat, self.users, self.rooms = fake, chat, users, rooms
        self._where: dict[str, str | None] = {}
        self._talk: dict[str, int] = {}

    def say(self, who: str, text: str, where: str | None = None) -> str:
        self._where[who] = where
        talk, number = self._found(who, where)
        self._spoken(who, talk, f"{number} {text}" if number else text)
        return self.seen(who)

    def press(self, who: str, label: str, where: str | None = None) -> str:
        """Answer the newest open stamp there that has such an option, else one in the own talk (where forms go on
        that were opened in a room), else one of the menu."""
        self._where[who] = where
        talk, _ = self._found(who, where)
        for there in dict.fromkeys((where, None)):
            if self._choose(who, label, self._stamps(who, there)):
                return self.seen(who)
        own = self._found(who, None)[0]
        before = self._last_message(own)
        self._spoken(who, own, "メニュー")
        menu = [s for s in self._stamps(who, None) if s.message_id > before]
        assert self._choose(who, label, menu), (
            f"no 「{label}」 for {who} at {where} ({talk}): {self.buttons(who, where)}"
        )
        return self.seen(who)

    def seen(self, who: str) -> str:
        return self.read(who, self._where.get(who))

    def cards(self, who: str, where: str | None = None) -> list[str]:
        told: list[str] = []
        for message in self._said(who, where):
            words = words_of(message)
            if (
                message["type"] == TEXT or not told or words not in told[-1]
            ):  # a stamp names its card
                told.append(words)
        return told

    def buttons(self, who: str, where: str | None = None) -> list[str]:
        return [b.label for standing in self._stamps(who, where) for b in standing.buttons]

    def talk(self, who: str, where: str | None = None) -> int:
        return self._found(who, where)[0]

    def _spoken(self, who: str, talk: int, text: str) -> None:
        self._told(who, talk, lambda: self.fake.say(self.users[who], talk, text))

    def _choose(self, who: str, label: str, stamps: list[Standing]) -> bool:
        offered = [(s, b) for s in stamps for b in s.buttons if label in b.label]
        exact = [(s, b) for s, b in offered if b.label == label]
        if not offered:
            return False
        self.answer(who, *(exact or offered)[-1])
        return True

    def answer(self, who: str, standing: Standing, button: Button) -> None:
        """Press it, and say yes where one is asked whether one is sure."""
        user, stamp = self.users[who], standing.message_id
        if standing.kind == "task":
            self._told(who, standing.talk_id, lambda: self.fake.done(user, stamp))
            return
        option = standing.buttons.index(button)
        before = self._last_message(standing.talk_id)
        self._told(who, standing.talk_id, lambda: self.fake.choose(user, stamp, option))
        for message in self.fake.said(standing.talk_id, before):
            if message["type"] == YES_NO:
                number = message["message_id"]
                self._told(who, standing.talk_id, lambda n=number: self.fake.answer(user, n, True))  # type: ignore[misc]

    def _told(self, who: str, talk: int, act: Callable[[], int]) -> None:
        """Let somebody act, and wait until the desk is done with it."""
        own = self.fake.pair(self.users[who])
        self._talk[who], before = talk, max(self._last_message(one) for one in (talk, own))
        number = act()
        self.fake.wait_until(
            lambda: number in self.chat.done, 20, f"the desk has dealt with {number}"
        )
        for message in (*self.fake.said(talk, before), *self.fake.said(own, before)):
            stamp = message["message_id"] if message["type"] == SELECT else 0
            standing = self.chat.stamps.get(stamp)
            if standing is not None and standing.dialogue is not None:
                self._form[who], self._talk[who] = str(standing.dialogue), standing.talk_id

    def _last_message(self, talk: int) -> int:
        said = self.fake.said_in(talk)
        return int(said[-1]["message_id"]) if said else 0

    def _said(self, who: str, where: str | None) -> list[Json]:
        """What the desk said there, the oldest first."""
        talk, number = self._found(who, where)
        said = [m for m in self.fake.said(talk) if m["type"] in WITH_WORDS]
        return [m for m in said if number in "\n".join(words_of(m).split("\n")[:3])]

    def _stamps(self, who: str, where: str | None) -> list[Standing]:
        found = [self.chat.stamps.get(m["message_id"]) for m in self._said(who, where)]
        return [standing for standing in found if standing is not None and not standing.closed]

    def _found(self, who: str, where: str | None) -> tuple[int, str]:
        """The talk, and the consultation of which it is read."""
        if where is None:
            return self.fake.pair(self.users[who]), ""
        room, _, number = where.partition("/")
        known = next((talk for name, talk in self.rooms.items() if room in name), None)
        if known is not None:
            return known, number
        return self.fake.pair(self.users[who]), where

    # ---- forms, for the methods of the terminal's driver

    def _hear(self, who: str, place: Place, text: str = "", action: str | None = None, value: str = "") -> Any:  # fmt: skip
        del place, action, value
        self._spoken(who, self._talk[who], text)

    def _tell(self, who: str, text: str) -> None:
        self._spoken(who, self._talk[who], text)

    def _press(self, who: str, place: Place, button: Button) -> None:
        del place
        for standing in reversed(self._steps(who)):
            if (same := next((b for b in standing.buttons if b.value == button.value), None)) and not standing.closed:  # fmt: skip
                self.answer(who, standing, same)
                return
        raise AssertionError(f"no open stamp of {who} has {button}")

    def _steps(self, who: str) -> list[Standing]:
        talk = self._talk.get(who) or self._found(who, None)[0]
        self._last[who] = Place(*HOME, str(talk))
        found = [self.chat.stamps.get(m["message_id"]) for m in self.fake.said(talk)]
        form = self._form.get(who, "")
        return [s for s in found if s is not None and s.dialogue is not None and str(s.dialogue) == form]  # fmt: skip

    def _step(self, who: str) -> Card | None:
        steps = self._steps(who)
        shown = self.chat.stamps.shown(Place.parse(steps[-1].post)) if steps else None
        return shown[1] if shown else None

    def _turn(self, who: str) -> int:
        return len(self._steps(who))


def words_of(message: Json) -> str:
    """What is to be read of a message."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return str(content.get("question") or content.get("title") or "")


def account_of(user: int) -> Account:
    return Account(*HOME, str(user))
