"""The workspace itself: everything the fake knows, and questions tests ask about it."""

import copy
import itertools
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

from tests.slack_fake.messages import Messages
from tests.slack_fake.people import APP, BOT, BOT_ID, TEAM, FakeChannel, FakePerson, Json, dm_of
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.scopes import DEFAULT, of_channel
from tests.slack_fake.screens import Screens


@dataclass
class Trigger:
    user: str
    made: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where an app may answer a press or a command five times."""

    user: str
    channel: str
    ts: str | None = None
    thread: str | None = None
    uses: int = field(default=0)


class Workspace:
    def __init__(self, team_id: str = TEAM) -> None:
        self.lock = threading.RLock()
        self.team_id = team_id
        self.url = "http://127.0.0.1"
        self.scopes: set[str] = set(DEFAULT)
        self.people: dict[str, FakePerson] = {}
        self.channels: dict[str, FakeChannel] = {}
        self.talk = Messages()
        self.messages, self.ephemerals = self.talk.all, self.talk.ephemerals
        self._numbers = itertools.count(1)
        self.screens = Screens(team_id, self.next_id)
        self.views, self.homes = self.screens.views, self.screens.homes
        self.modals, self.view_errors = self.screens.modals, self.screens.view_errors
        self.triggers: dict[str, Trigger] = {}
        self.trigger_life = 3.0
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files: dict[str, Json] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.troubles: list[str] = []
        """What Slack would have told the user went wrong: no acknowledgement, or an impossible one."""
        self.clock_skew_seconds = 0.0
        self._last_ts = 0
        self.add_person(BOT, "helpdesk", is_bot=True)
        self.add_person("U1", "Alice Agent")
        self.add_person("U2", "Bob Requester")
        self.add_channel("C1", "help", members={"U1", "U2", BOT})

    # ---- who and where

    def add_person(
        self,
        user_id: str,
        name: str = "",
        email: str | None = None,
        *,
        team: str | None = None,
        tz: str = "Asia/Tokyo",
        is_bot: bool = False,
        is_restricted: bool = False,
        email_confirmed: bool = True,
        deleted: bool = False,
    ) -> FakePerson:
        """Another team than ours makes a stranger of Slack Connect."""
        self.people[user_id] = FakePerson(
            user_id,
            name or user_id,
            f"{user_id.lower()}@example.com" if email is None else email,
            team or self.team_id,
            tz,
            is_bot=is_bot,
            is_restricted=is_restricted,
            email_confirmed=email_confirmed,
            deleted=deleted,
        )
        return self.people[user_id]

    def add_channel(
        self,
        channel_id: str,
        name: str = "",
        *,
        is_private: bool = False,
        is_ext_shared: bool = False,
        members: set[str] | None = None,
        is_archived: bool = False,
    ) -> FakeChannel:
        """Without `members`, everybody is in it and the bot too."""
        everybody = set(self.people) if members is None else set(members)
        self.channels[channel_id] = FakeChannel(
            channel_id,
            name or channel_id.lower(),
            is_private=is_private,
            is_ext_shared=is_ext_shared,
            members=everybody,
            is_archived=is_archived,
        )
        return self.channels[channel_id]

    def dm_with(self, channel: str) -> str | None:
        """The person whose direct messages those are."""
        return next((u for u in self.people if channel == dm_of(u) and u != BOT), None)

    def is_private(self, channel: str) -> bool:
        known = self.channels.get(channel)
        return known is not None and known.is_private

    def is_in(self, user: str, channel: str) -> bool:
        known = self.channels.get(channel)
        if known is not None:
            return user in known.members
        return user in (BOT, self.dm_with(channel))

    def known_channel(self, channel: object) -> str:
        """A channel the bot can see. A private one it is not in does not exist for it, as in Slack."""
        if isinstance(channel, str) and channel[:1] in ("U", "W") and channel in self.people:
            if self.people[channel].is_bot:
                raise RefusedError("cannot_dm_bot")
            return dm_of(channel)
        if not isinstance(channel, str) or not (
            channel in self.channels or self.dm_with(channel) is not None
        ):
            raise RefusedError("channel_not_found")
        if self.is_private(channel) and not self.is_in(BOT, channel):
            raise RefusedError("channel_not_found")
        return channel

    def own_channel(self, channel: object) -> str:
        """A channel the bot is in and may write to."""
        known = self.known_channel(channel)
        if not self.is_in(BOT, known):
            raise RefusedError("not_in_channel")
        if known in self.channels and self.channels[known].is_archived:
            raise RefusedError("is_archived")
        return known

    def need_scope(self, *any_of: str) -> None:
        if not self.scopes.intersection(any_of):
            provided = ",".join(sorted(self.scopes))
            raise RefusedError("missing_scope", needed=any_of[0], provided=provided)

    def need_channel_scope(self, what: str, channel: str) -> None:
        self.need_scope(of_channel(what, channel, is_private=self.is_private(channel)))

    # ---- time and numbers

    def now(self) -> float:
        """Slack's clock, which may differ from ours."""
        return time.time() + self.clock_skew_seconds

    def next_id(self) -> int:
        return next(self._numbers)

    def next_ts(self) -> str:
        """Later than every one before, whatever the clock does."""
        with self.lock:
            self._last_ts = max(int(self.now() * 1_000_000), self._last_ts + 1)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_trigger(self, user: str) -> str:
        trigger = f"{self.next_id()}.{int(self.now())}.{uuid4().hex}"
        self.triggers[trigger] = Trigger(user, time.monotonic())
        return trigger

    def use_trigger(self, trigger_id: object) -> str:
        """Whose it is. It opens one form, within three seconds."""
        trigger = self.triggers.get(str(trigger_id))
        if trigger is None:
            raise RefusedError("invalid_trigger_id" if trigger_id else "invalid_arguments")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if time.monotonic() - trigger.made > self.trigger_life:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    # ---- what is said

    def post(self, channel: str, said: Json) -> Json:
        """A message of the bot."""
        message = {
            "type": "message",
            "ts": self.next_ts(),
            "user": BOT,
            "bot_id": BOT_ID,
            "app_id": APP,
            "team": self.team_id,
            **said,
        }
        self.talk.add(channel, message)
        return message

    def whisper(self, channel: str, user: str, said: Json) -> Json:
        """What one person alone is shown."""
        shown = {
            "channel": channel,
            "user": user,
            "thread_ts": None,
            "text": "",
            "blocks": [],
            "ts": self.next_ts(),
            **said,
        }
        self.ephemerals.append(shown)
        return shown

    # ---- what tests ask, from any thread

    def said_in(self, channel: str, thread: str | None = None) -> list[Json]:
        """What stands in the channel itself, or the thread: its root, then the replies. Oldest first."""
        with self.lock:
            return self.talk.said_in(channel, thread)

    def ephemerals_for(self, user: str) -> list[Json]:
        with self.lock:
            return [copy.deepcopy(e) for e in self.ephemerals if e["user"] == user]

    def modal_of(self, user: str) -> Json | None:
        """The form that lies on top."""
        with self.lock:
            return self.screens.modal_of(user)

    def home_of(self, user: str) -> Json | None:
        with self.lock:
            return self.screens.home_of(user)

    def state(self) -> Json:
        """All of it, for a test in another process."""
        with self.lock:
            said: dict[str, list[Json]] = {}
            for (channel, _), message in sorted(self.messages.items()):
                said.setdefault(channel, []).append({**message, "channel": channel})
            held: Json = {
                "messages": said,
                "ephemerals": self.ephemerals,
                "views": self.views,
                "modals": self.modals,
                "homes": {user: self.views[view] for user, view in self.homes.items()},
                "view_errors": self.view_errors,
                "troubles": self.troubles,
            }
            return copy.deepcopy(held)
