"""The desk's side of Slack that says: cards into messages, each row of the ledger once.

A place's channel is a room (C…, G…) or a person (U…, or the address the directory lists), whose direct
channel Slack opens on demand. A message keeps its row's key as metadata: where nobody knows how a try ended,
the message is looked for before it is posted again.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.chat import Card, Home, Place, SendError
from bot.platforms.slack.api import Slack
from bot.platforms.slack.blocks import Part, messages_of

PLATFORM = "slack"
REFUSAL = "refusal"
ROOMS = ("C", "G")
EVENT = "desk_row"
BELIEVED = timedelta(minutes=10)  # how long a look at a room counts
MESSAGES_AT_A_TIME = 100
GONE = ("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found")


class Poster:
    """Posts for one workspace. Keeps nothing but what Slack says anew when asked."""

    shows_forms = True
    keeps_forms = False
    has_threads = True

    def __init__(
        self, slack: Slack, workspace: str, page: str, clock: Callable[[], datetime]
    ) -> None:
        self.home: Home = (PLATFORM, workspace)
        self._slack, self._page, self._clock = slack, page, clock
        self._talks: dict[str, str] = {}
        self._seen: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        """Post `card`: in the channel where it opens a thread, else where it is said."""
        channel = self.channel_of(place)
        thread = None if card.opens else place.said_in.thread
        parts = messages_of(card, self._page)
        if card.only_for and card.frame == REFUSAL and channel.startswith(ROOMS):
            return self._whisper(place, channel, thread, card.only_for, parts)
        posted = dict(self._standing(channel, thread, key, tried)) if tried else {}
        first = posted.get(0) or self._post(channel, thread, parts[0], key, 0)
        if 0 in posted:  # the card may have changed since that try
            self._change(channel, first, parts[0])
        below = first if card.opens else thread
        for number, part in enumerate(parts[1:], 1):
            if number not in posted:
                try:
                    self._post(channel, below, part, key, number)
                except SendError as error:  # the first stands there: look before the next try
                    error.unclear = True
                    raise
        return place.of_post(first, opens=bool(card.opens))

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        """Show another card where `posted` stands; post it anew where that is gone or cannot be changed."""
        channel = self.channel_of(posted)
        parts = messages_of(card, self._page)
        try:
            self._change(channel, posted.post, parts[0])
        except SendError as error:
            if str(error) in GONE:
                return self.send(posted, card, key, tried)
            raise
        if card.rewritten:
            self._change_rest(channel, posted, card, parts)
        return posted

    def _change_rest(self, channel: str, posted: Place, card: Card, parts: list[Part]) -> None:
        """What a long card went on with in further messages: changed, posted where there is more now, taken away
        where there is less. Doing it twice is harmless."""
        below = posted.post if card.opens else posted.said_in.thread
        since = datetime.fromtimestamp(float(posted.post), UTC)
        said = list(self._read(channel, below, since))
        key = next((_key_of(m) for m in said if m.get("ts") == posted.post), "")
        standing = {number: ts for number, ts in _parts(said, key) if number} if key else {}
        for number, part in enumerate(parts[1:], 1):
            if number in standing:
                self._change(channel, standing[number], part)
            elif key:
                self._post(channel, below, part, key, number)
        for number, ts in standing.items():
            if number >= len(parts):
                self._take_away(channel, ts)

    def _take_away(self, channel: str, ts: str) -> None:
        try:
            self._slack.call("chat.delete", channel=channel, ts=ts)
        except SendError as error:
            if str(error) not in GONE:
                raise

    def channel_of(self, place: Place) -> str:
        """Slack's id of a place's channel. Raise SendError where the desk may not post there."""
        if place.channel.startswith(ROOMS):
            self._check_room(place.channel, place.said_in.thread)
            return place.channel
        return self.talk_with(place.channel)

    def talk_with(self, user: str) -> str:
        """The direct channel with somebody, by id or by the address that the directory lists."""
        known = self._talks.get(user)
        if known is None:
            person = user
            if "@" in user:
                person = self._slack.call("users.lookupByEmail", email=user)["user"]["id"]
            known = self._slack.call("conversations.open", users=person)["channel"]["id"]
            self._talks[user] = str(known)
        return str(known)

    def _check_room(self, channel: str, thread: str | None) -> None:
        """The desk is a member, nobody of another organisation is, and what it begins there is not public.

        In a public channel it only answers, in the thread it was called in. Without the scope to look at public
        channels Slack's refusal says that this is one.
        """
        now = self._clock()
        with self._lock:
            if self._seen.get(channel, now - 2 * BELIEVED) > now - BELIEVED:
                return
        try:
            told = self._slack.call("conversations.info", channel=channel)["channel"]
        except SendError as error:
            if str(error) == "missing_scope":
                told = {"is_member": True, "is_private": False}
            elif str(error) == "channel_not_found":  # Slack's word for a private one we are not in
                raise SendError("not_in_channel") from error
            else:
                raise
        if not told.get("is_member"):
            raise SendError("not_in_channel")
        if thread is None and not told.get("is_private"):
            raise SendError("public_room")
        if told.get("is_private") and told.get("is_ext_shared"):
            raise SendError("shared_with_others")
        if told.get("is_private"):
            with self._lock:
                self._seen[channel] = now

    def _post(self, channel: str, thread: str | None, part: Part, key: str, number: int) -> str:
        answer = self._slack.call(
            "chat.postMessage",
            channel=channel,
            thread_ts=thread,
            blocks=part.blocks,
            text=part.text,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": EVENT, "event_payload": {"key": key, "part": number}},
        )
        return str(answer["ts"])

    def _change(self, channel: str, ts: str, part: Part) -> None:
        self._slack.call("chat.update", channel=channel, ts=ts, blocks=part.blocks, text=part.text)

    def _whisper(
        self, place: Place, channel: str, thread: str | None, user: str, parts: list[Part]
    ) -> Place:
        """To one person of many; it cannot be looked for or changed later, and need not be."""
        answer: dict[str, Any] = {}
        for part in parts:
            answer = self._slack.call(
                "chat.postEphemeral",
                channel=channel,
                user=user,
                thread_ts=thread,
                blocks=part.blocks,
                text=part.text,
            )
        return place.of_post(str(answer.get("message_ts", "")), opens=False)

    def _standing(
        self, channel: str, thread: str | None, key: str, since: datetime
    ) -> Iterator[tuple[int, str]]:
        """Which parts of this row stand there already: part and message."""
        found = list(_parts(self._read(channel, thread, since), key))
        yield from found
        for number, ts in found:
            if (
                number == 0 and thread is None
            ):  # the rest of a long card that opens a thread is in it
                yield from (
                    part for part in _parts(self._read(channel, ts, since), key) if part[0] > 0
                )

    def _read(self, channel: str, thread: str | None, since: datetime) -> Iterator[dict[str, Any]]:
        """What was said there since then, all of it."""
        cursor: str | None = None
        while cursor != "":
            answer = self._slack.call(
                "conversations.replies" if thread else "conversations.history",
                channel=channel,
                ts=thread,
                oldest=f"{(since - timedelta(seconds=60)).timestamp():.6f}",  # clocks differ a little
                include_all_metadata=True,
                limit=MESSAGES_AT_A_TIME,
                cursor=cursor,
            )
            yield from answer.get("messages", [])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")


def _key_of(message: dict[str, Any]) -> str:
    """The row that a message of ours was said for."""
    told = message.get("metadata") or {}
    payload = told.get("event_payload") or {}
    return str(payload.get("key") or "") if told.get("event_type") == EVENT else ""


def _parts(messages: Any, key: str) -> Iterator[tuple[int, str]]:
    for message in messages:
        if _key_of(message) == key:
            part = message["metadata"]["event_payload"].get("part", 0)
            yield int(part), str(message["ts"])
