"""What people see besides messages: forms, one over another, and the home tab."""

import copy
import itertools
import time
from collections.abc import Callable
from uuid import uuid4

from tests.slack_fake.elements import with_ids
from tests.slack_fake.people import APP, BOT_ID, Json
from tests.slack_fake.refusal import RefusedError

DEPTH = 3  # forms over one another, as Slack allows


class Screens:
    """Not safe between threads by itself: the workspace holds its lock around it."""

    def __init__(self, team: str, next_id: Callable[[], int]) -> None:
        self.team, self.next_id = team, next_id
        self.views: dict[str, Json] = {}
        self.homes: dict[str, str] = {}
        self.modals: dict[str, list[str]] = {}
        self.view_errors: dict[str, Json] = {}
        self._version = itertools.count(1)

    def owner(self, view_id: str) -> str | None:
        """Who has the form open; nobody, once it is closed."""
        return next((user for user, stack in self.modals.items() if view_id in stack), None)

    def push(self, user: str, view: Json, *, over: bool = False) -> Json:
        """Open a form. `over` is views.push, which needs one to lie over, and not too many."""
        stack = self.modals.setdefault(user, [])
        if over and not stack:
            raise RefusedError("invalid_trigger_id", "no form is open to push over")
        if over and len(stack) >= DEPTH:
            raise RefusedError("push_limit_reached")
        opened = self.write(f"V{self.next_id():07d}", view)
        opened["previous_view_id"] = stack[-1] if stack else None
        opened["root_view_id"] = stack[0] if stack else opened["id"]
        stack.append(opened["id"])
        return opened

    def write(self, view_id: str, view: Json) -> Json:
        """Put what Slack adds around a view, with a new hash."""
        before = self.views.get(view_id, {})
        self._external(view_id, view)
        self.view_errors.pop(view_id, None)
        self.views[view_id] = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            "title": {"type": "plain_text", "text": "View Title"},
            **copy.deepcopy(view),
            "blocks": with_ids(view["blocks"], self.next_id),
            "id": view_id,
            "team_id": self.team,
            "app_id": APP,
            "bot_id": BOT_ID,
            "app_installed_team_id": self.team,
            "hash": f"{time.time():.0f}.{next(self._version)}{uuid4().hex[:6]}",
            "state": {"values": {}},
            "root_view_id": before.get("root_view_id", view_id),
            "previous_view_id": before.get("previous_view_id"),
        }
        return self.views[view_id]

    def _external(self, view_id: str, view: Json) -> None:
        name = view.get("external_id")
        for other in self.views.values() if name else ():
            if other["external_id"] == name and other["id"] != view_id and self.owner(other["id"]):
                raise RefusedError("duplicate_external_id")

    def find(self, view_id: str | None, external_id: str | None = None) -> Json | None:
        """A view that still stands before somebody."""
        for view in self.views.values():
            named = view["id"] == view_id or (external_id and view["external_id"] == external_id)
            if named and (view["id"] in self.homes.values() or self.owner(view["id"])):
                return view
        return None

    def close(self, view_id: str, *, everything: bool = False) -> None:
        """Close one form, or all that person has open."""
        user = self.owner(view_id)
        if user is not None:
            self.modals[user] = [v for v in self.modals[user] if v != view_id and not everything]

    def publish(self, user: str, view: Json) -> Json:
        return self.write(self.homes.setdefault(user, f"VHOME{user}"), view)

    def modal_of(self, user: str) -> Json | None:
        stack = self.modals.get(user)
        return copy.deepcopy(self.views[stack[-1]]) if stack else None

    def home_of(self, user: str) -> Json | None:
        return copy.deepcopy(self.views[self.homes[user]]) if user in self.homes else None
