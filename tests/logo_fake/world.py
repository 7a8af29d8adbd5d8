"""One organisation of the fake: its people, talks, messages and stamps. No network."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

Json = dict[str, Any]

BASE = 2**60  # real ids have about as many bits; one below 2**32 breaks the vendor's client
ME, DOMAIN = BASE + 0xB07, BASE + 0xD0
TOKEN = "FAKE-ACCESS-TOKEN"
SHIFT = 22
PAIR, GROUP = 1, 2
STAMPS = (500, 502, 504)
REPLIES = (501, 503, 505)
CLOSES = (506, 507, 508)
ECHOED = ("question", "options", "title", "listing", "closing_type")


class Refusal(Exception):  # noqa: N818
    """An error of the protocol."""

    def __init__(self, code: int, message: str, detail: Any = None) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "detail": detail}


class World:
    """What is true there. `now` gives the time in seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.tokens = {TOKEN}
        self.users: dict[int, Json] = {}
        self.mails: dict[int, str] = {}
        self.talks: dict[int, Json] = {}
        self.messages: dict[int, Json] = {}
        self.actions: dict[int, Json] = {}
        self.notes: dict[int, Json] = {}
        self.announcements: list[Json] = []
        self.read_to: dict[tuple[int, int], int] = {}
        self.limit = 1024
        self.own_files_only = False
        """Whether a file may be posted again by its number alone is not known of the real service."""
        self.laid_down: set[int] = set()
        self.kept = False
        """What create_session says of pushes: they were kept for the account."""
        self._last = 0
        self.add_person("デスク", "desk@example.jp", ME)

    def milliseconds(self) -> int:
        return int(self.now() * 1000)

    def new_id(self) -> int:
        """Ordered by time, as the real ones."""
        self._last = max(self._last + 1, self.milliseconds() << SHIFT)
        return self._last

    # ---- people and talks

    def add_person(self, name: str, mail: str = "", user_id: int | None = None) -> int:
        with self.lock:
            user_id = user_id or BASE + 0x10000 + len(self.users)
            self.users[user_id] = {
                "user_id": user_id,
                "status": 1,
                "display_name": name,
                "canonical_display_name": name,
                "phonetic_display_name": None,
                "canonical_phonetic_display_name": None,
                "profile_image_url": None,
                "updated_at": self.milliseconds(),
            }
            self.mails[user_id] = mail
            return user_id

    def add_talk(self, kind: int, name: str | None, users: Iterable[int]) -> Json:
        with self.lock:
            talk: Json = {
                "talk_id": BASE + 0x1000000 + len(self.talks),
                "domain_id": DOMAIN,
                "type": kind,
                "talk_name": name,
                "icon_url": None,
                "user_ids": [ME, *(u for u in users if u != ME)],
                "left_users": [],
                "updated_at": self.milliseconds(),
            }
            if kind == GROUP:
                talk["settings"] = {
                    "allow_display_past_messages": True,
                    "system_message_visible": True,
                }
            self.talks[talk["talk_id"]] = talk
            return talk

    def pair(self, user_id: int) -> int:
        """The talk of the account with somebody, made where there is none."""
        with self.lock:
            for talk in self.talks.values():
                if talk["type"] == PAIR and user_id in talk["user_ids"]:
                    return int(talk["talk_id"])
            return int(self.add_talk(PAIR, None, [user_id])["talk_id"])

    def talks_of_mine(self) -> list[Json]:
        return [talk for talk in self.talks.values() if ME in talk["user_ids"]]

    def domain_user(self, user_id: int) -> Json:
        return {
            **self.users[user_id],
            "domain_id": DOMAIN,
            "profile_contact": [],
            "departments": [],
        }

    def me(self) -> Json:
        own: Json = {"email": self.mails[ME], "signin_id": None, "profiles": [], "departments": []}
        return {**self.users[ME], **own}

    # ---- messages and stamps

    def add_message(self, talk_id: int, user_id: int, kind: int, content: Any, **more: Any) -> Json:
        with self.lock:
            if isinstance(content, dict):
                content = dict(content)
            at = self.milliseconds()
            message = {
                "message_id": self.new_id(),
                "talk_id": talk_id,
                "user_id": user_id,
                "type": kind,
                "content": content,
                "created_at": at,
                "read_count": 0,
                "read_user_ids": [],
                "mention": False,
                "is_unread_count_target": True,
                "bot_message": user_id == ME,
                **more,
            }
            if kind in STAMPS:
                self.actions[message["message_id"]] = self._action(message)
            elif kind in REPLIES:
                self._reply(message)
            elif kind in CLOSES and content.get("in_reply_to") in self.actions:
                self.actions[content["in_reply_to"]]["closed"] = True
            self.messages[message["message_id"]] = message
            return message

    def _action(self, message: Json) -> Json:
        content = message["content"]
        kind = message["type"]
        labels = {500: ["YES", "NO"], 504: ["DONE", "UNDONE"]}.get(kind) or content["options"]
        others = [u for u in self.talks[message["talk_id"]]["user_ids"] if u != message["user_id"]]
        return {
            "message_id": message["message_id"],
            "talk_id": message["talk_id"],
            "type": kind,
            "content": content,
            "user_id": message["user_id"],
            "assigned_user_ids": others,
            "responses": [{"content": c, "count": 0, "user_ids": []} for c in labels],
            "listing": content.get("listing", True),
            "closing_type": content.get("closing_type", 1),
            "max_response_id": None,
            "last_response": None,
            "last_response_user_id": None,
            "created_at": message["created_at"],
            "updated_at": message["created_at"],
            "responded": False,
            "closed": False,
        }

    def _reply(self, message: Json) -> None:
        """An answer to a stamp: it replaces an earlier one of that person, and carries the question's fields."""
        content, user = message["content"], message["user_id"]
        action = self.actions.get(content.get("in_reply_to"))
        if action is None:
            raise Refusal(400, "invalid parameter")
        if action["closed"]:
            raise Refusal(409, "conflict")
        index = content["done"] if message["type"] == 505 else content["response"]
        if message["type"] != 503:
            index = 0 if index else 1
        for answer in action["responses"]:
            answer["user_ids"] = [u for u in answer["user_ids"] if u != user]
        action["responses"][index]["user_ids"].append(user)
        for answer in action["responses"]:
            answer["count"] = len(answer["user_ids"])
        action["last_response"], action["last_response_user_id"] = index, user
        action["max_response_id"] = message["message_id"]
        for key in ECHOED:
            if key in action["content"]:
                content.setdefault(key, action["content"][key])

    def said_in(self, talk_id: int, since: int = 0) -> list[Json]:
        """Every message of a talk, the oldest first."""
        with self.lock:
            return sorted(
                (m for m in self.messages.values() if m["talk_id"] == talk_id and m["message_id"] > since),
                key=lambda m: int(m["message_id"]),
            )  # fmt: skip
