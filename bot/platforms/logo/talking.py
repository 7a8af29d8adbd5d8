"""What the desk says there: one message after another, never faster than the service wants.

Every function raises SendError as the ledger understands it. `tried`: an earlier try, not before this moment, may
have posted it; then what stands in the talk is looked at first, so that one lost answer is one message. Whoever
has written the ids of a whole card into the ledger calls `settle`, or the same words said again on purpose within
seconds would be taken for that earlier message.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from bot.chat import SendError
from bot.platforms.logo import files
from bot.platforms.logo.known import CLOSE, FILE, SELECT, TASK, TEXT, YES_NO, Said, Strange
from bot.platforms.logo.line import LineDown
from bot.platforms.logo.session import Session
from bot.platforms.logo.texts import cut, pieces
from bot.platforms.logo.wire import LogoError, WireError

log = logging.getLogger(__name__)

SPACING = 0.55  # seconds between two messages of an account: what the vendor's client keeps
MOST_OPTIONS, LONGEST_OPTION = 9, 64
LOOK_BACK, LOOKS = 100, 10
CLOCKS_DIFFER = timedelta(seconds=10)
REMEMBERED = 5_000
NEWEST_FIRST = 2
FOR_MESSAGES = 1  # what a file is laid down for
ANYBODY, EVERYBODY = 0, 1
"""Whose answer closes a task."""
REFUSED, LIMIT, CONFLICT = 401, 502, 409
WAIT_CODES = (429, 503)
SOON = 2  # seconds
SERVER_FAULT = 500


@dataclass
class Spacer:
    """Turns of an account, one after the other."""

    seconds: float = SPACING
    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> None:
        """Wait until it is our turn."""
        with self._lock:
            left = self._next - self.now()
            if left > 0:
                self.wait(left)
            self._next = self.now() + self.seconds


KeptBefore = Callable[[Collection[int], datetime], set[int]]


def _nothing(_ids: Collection[int], _moment: datetime) -> set[int]:
    return set()


class Talking:
    """Says things by a session. `kept_before(ids, moment)`: those that were written down as another card's before
    then, by whichever process."""

    def __init__(
        self, session: Session, spacer: Spacer | None = None, kept_before: KeptBefore = _nothing
    ) -> None:
        self._session = session
        self._kept_before = kept_before
        self._spacer = spacer or Spacer()
        self._mine: OrderedDict[int, None] = OrderedDict()
        self._lock = threading.Lock()
        self.found = 0
        """Messages that stood there already when an unclear try was looked after."""

    def settle(self, *message_ids: int) -> None:
        """These belong to a row of the ledger now; no other row is looked for among them."""
        with self._lock:
            self._mine.update(dict.fromkeys(message_ids))
            while len(self._mine) > REMEMBERED:
                self._mine.popitem(last=False)

    def text(self, talk_id: int, text: str, tried: datetime | None = None) -> list[int]:
        """Say it, in several messages where it is too long for one. The ids of all of them."""
        return self._all(
            talk_id, [(TEXT, piece) for piece in pieces(text, self._session.longest)], tried
        )

    def select(
        self,
        talk_id: int,
        question: str,
        options: Sequence[str],
        tried: datetime | None = None,
        after: int = 0,
    ) -> int:
        """Ask with at most nine options of at most 64 units; longer ones are shortened. `after`: what it belongs
        to; an earlier try posted it later than that."""
        if not 0 < len(options) <= MOST_OPTIONS:
            raise SendError("options", permanent=True)
        content = {
            "question": cut(question, self._session.longest),
            "options": [cut(option, LONGEST_OPTION) for option in options],
            "listing": False,
        }
        return self._one(talk_id, SELECT, content, tried, after)

    def yes_no(self, talk_id: int, question: str, tried: datetime | None = None) -> int:
        content = {"question": cut(question, self._session.longest), "listing": False}
        return self._one(talk_id, YES_NO, content, tried)

    def task(
        self,
        talk_id: int,
        title: str,
        closing_type: int = EVERYBODY,
        tried: datetime | None = None,
        after: int = 0,
    ) -> int:
        """Something to be done by `ANYBODY` or `EVERYBODY` of the talk. `after`: as for `select`."""
        content = {"title": cut(title, self._session.longest), "closing_type": closing_type}
        return self._one(talk_id, TASK, content, tried, after)

    def file(
        self,
        talk_id: int,
        name: str,
        data: bytes,
        content_type: str = "application/octet-stream",
        tried: datetime | None = None,
    ) -> int:
        """Lay a file down with the service, then post it. Where the laying down fails, nothing is posted."""
        talk = self._session.talks.get(talk_id)
        if talk is None:
            raise SendError("invalid talk_id", permanent=True)
        if tried:
            for there in self._standing(talk_id, tried):
                if there.type == FILE and _same(there, {"name": name, "content_size": len(data)}):
                    self.found += 1
                    return there.id
        auth = self._ask(
            "create_upload_auth", name, content_type, len(data), talk.domain_id, FOR_MESSAGES
        )
        try:
            files.put(str(auth["put_url"]), data, auth["post_form"])
            content = {
                "file_id": auth["file_id"],
                "name": name,
                "content_type": content_type,
                "content_size": len(data),
                "url": auth["get_url"],
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise SendError("unreadable answer") from error
        return self._one(talk_id, FILE, content, None)

    def download(self, content: Any, largest: int = files.LARGEST) -> bytes:
        """What stands behind a file of a message (its content's map)."""
        url = files.content_of(content).get("url")
        if url is None:
            raise SendError("no file", permanent=True)
        return files.get(url, self._session.settings, largest)

    def forward(self, talk_id: int, content: Any, tried: datetime | None = None) -> int:
        """Post a file that stands in another talk of the same organisation, without fetching it."""
        told = files.content_of(content)
        keys = ("file_id", "name", "content_type", "content_size", "url")
        return self._one(talk_id, FILE, {key: told[key] for key in keys if key in told}, tried)

    def close(self, talk_id: int, message_id: int, kind: int) -> None:
        """Nobody can answer this stamp any more. `kind`: SELECT, YES_NO or TASK. Twice is harmless."""
        self._post(talk_id, CLOSE[kind], {"in_reply_to": message_id})

    def read(self, talk_id: int, message_id: int) -> None:
        """Show everything up to this message as read by the desk."""
        self._ask("update_read_statuses", talk_id, message_id)

    def read_by(self, talk_id: int, message_id: int) -> tuple[int, ...]:
        """Who has read this message."""
        told = self._ask("get_read_status", talk_id, message_id)
        ids = told.get("read_user_ids") if isinstance(told, dict) else None
        return tuple(i for i in ids if isinstance(i, int)) if isinstance(ids, list) else ()

    def action(self, message_id: int) -> dict[str, Any]:
        """A stamp as it stands: who answered what, and whether it is closed."""
        told = self._ask("get_action", message_id)
        return told if isinstance(told, dict) else {}

    def _all(
        self,
        talk_id: int,
        parts: Sequence[tuple[int, Any]],
        tried: datetime | None,
        after: int = 0,
    ) -> list[int]:
        """Parts were posted one after the other, so each stands later than the one before it."""
        standing = self._standing(talk_id, tried) if tried else []
        ids: list[int] = []
        for kind, content in parts:
            last = ids[-1] if ids else after
            there = next(
                (s for s in standing if s.id > last and s.type == kind and _same(s, content)), None
            )
            if there is not None:
                self.found += 1
                ids.append(there.id)
                continue
            try:
                ids.append(self._post(talk_id, kind, content))
            except SendError as error:
                error.unclear = error.unclear or bool(ids)  # the first pieces stand there
                raise
        return ids

    def _one(
        self, talk_id: int, kind: int, content: Any, tried: datetime | None, after: int = 0
    ) -> int:
        return self._all(talk_id, [(kind, content)], tried, after)[0]

    def _post(self, talk_id: int, kind: int, content: Any) -> int:
        self._spacer.turn()
        told = self._ask("create_message", talk_id, kind, content)
        message_id = told.get("message_id") if isinstance(told, dict) else None
        if not isinstance(message_id, int) or isinstance(message_id, bool):
            raise SendError("unreadable answer", unclear=True)
        return message_id

    def _standing(self, talk_id: int, tried: datetime) -> list[Said]:
        """What the account said there since then that no other row settled, the oldest first."""
        since, before = tried - CLOCKS_DIFFER, None
        found: dict[int, Said] = {}
        for _ in range(LOOKS):
            page = self._ask("get_messages", talk_id, LOOK_BACK, None, before, NEWEST_FIRST)
            said = [one for one in map(_read, page if isinstance(page, list) else []) if one]
            new = [one for one in said if one.id not in found]
            found |= {one.id: one for one in new}
            if not new or min(one.said_at for one in new) < since:
                break
            before = min(found)
        with self._lock:
            known = set(self._mine)
        known |= self._kept_before(found.keys(), tried)
        return sorted(
            (
                one
                for one in found.values()
                if one.user_id == self._session.me and one.said_at >= since and one.id not in known
            ),
            key=lambda one: one.id,
        )

    def _ask(self, method: str, *params: Any) -> Any:
        try:
            return self._session.call(method, *params)
        except LineDown as down:
            raise send_down(down) from down
        except WireError as error:
            raise SendError(str(error), permanent=True) from error
        except LogoError as error:
            raise send_error(error) from error


def send_down(down: LineDown) -> SendError:
    """A call that broke off is looked after soon, as the line is mostly back at once; without a line the queue
    pauses."""
    if down.unclear:
        return SendError(str(down), unclear=True, retry_after=SOON)
    return SendError(str(down), away=True)


def send_error(error: LogoError) -> SendError:
    """What a refusal means for the ledger: wait, never again, or look first."""
    reason = f"{error.code} {error.message}"[:200]
    if error.code in WAIT_CODES:
        return SendError(reason, retry_after=max(1, ceil(error.retry_after)))
    if error.code == REFUSED:
        return SendError(reason, away=True)
    if error.code == CONFLICT:
        return SendError(reason, retry_after=1)
    if error.code == LIMIT and error.detail.get("limit_target"):
        return SendError(f"{reason} {str(error.detail['limit_target'])[:40]}", permanent=True)
    if error.code >= SERVER_FAULT:
        return SendError(reason, unclear=True)
    return SendError(reason, permanent=True)


def _read(told: Any) -> Said | None:
    try:
        return Said.read(told)
    except Strange:
        return None


def _same(said: Said, content: Any) -> bool:
    """Is this what we wanted to say? The server may add fields of its own to a map."""
    if isinstance(content, dict) and isinstance(said.content, dict):
        return all(said.content.get(key) == value for key, value in content.items())
    return bool(said.content == content)
