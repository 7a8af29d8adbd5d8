"""Who people in Slack are: tied to the directory by their address, called by their name.

What Slack says is believed for five minutes and kept nowhere else. A look-up stands between an event and its
row, so it is hurried, and where Slack does not answer the event goes on without.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.chat import Account, ChatDesk, SendError
from bot.platforms.slack.api import Slack
from bot.platforms.slack.posting import PLATFORM

log = logging.getLogger(__name__)

BELIEVED = timedelta(minutes=5)
MOST_ASKED = 5  # of the people named in one message: its acknowledgement waits meanwhile


class People:
    """The people of one workspace. `hurried`: a client that does not wait long."""

    def __init__(
        self, desk: ChatDesk, hurried: Slack, workspace: str, clock: Callable[[], datetime]
    ) -> None:
        self._desk, self._hurried, self._workspace, self._clock = desk, hurried, workspace, clock
        self._recognised: dict[Account, datetime] = {}
        self._names: dict[str, tuple[datetime, str]] = {}

    def recognise(self, account: Account) -> None:
        """Ask Slack for the address of somebody who is new to this process, and the directory for the person.

        Guests and people of other organisations are strangers, whatever their address says.
        """
        now = self._clock()
        if account.workspace != self._workspace:
            return
        if self._recognised.get(account, now - 2 * BELIEVED) > now - BELIEVED:
            return
        self._recognised[account] = now
        visitor = self._desk.visitor(account)
        if visitor is not None and visitor.confirmed:
            return
        user = self._asked(account.user)
        if user is None:
            self._recognised.pop(account, None)
            return
        mail = (user.get("profile") or {}).get("email") or ""
        if mail and _is_member(user, self._workspace):
            self._desk.recognise(account, mail)

    def caller(self) -> Callable[[str], str]:
        """Names for one message: the directory's, else Slack's; nothing for who is not known. Slack is asked for a few
        people only, and not again once it has failed to answer."""
        left = MOST_ASKED

        def name_of(user: str) -> str:
            nonlocal left
            visitor = self._desk.visitor(Account(PLATFORM, self._workspace, user))
            if visitor is not None:
                return visitor.name
            now = self._clock()
            since, name = self._names.get(user, (now - 2 * BELIEVED, ""))
            if since > now - BELIEVED or left == 0:
                return name
            told = self._asked(user)
            left = 0 if told is None else left - 1
            if told is None:
                return name
            profile = told.get("profile") or {}
            name = str(profile.get("display_name") or told.get("real_name") or told.get("name"))
            self._names[user] = now, name
            return name

        return name_of

    def _asked(self, user: str) -> Mapping[str, Any] | None:
        """What Slack says of somebody; None where it does not."""
        try:
            told: Mapping[str, Any] = self._hurried.call("users.info", user=user)["user"]
        except SendError as error:
            log.warning("users.info: %s", error)
            return None
        return told


def _is_member(user: Mapping[str, Any], workspace: str) -> bool:
    """Somebody of this very workspace whose address Slack has confirmed. `is_stranger` alone does not tell:
    people of another organisation who share a channel with us are none."""
    outside = ("is_stranger", "is_restricted", "is_ultra_restricted", "is_bot", "deleted")
    return (
        user.get("team_id") == workspace
        and user.get("is_email_confirmed") is not False
        and not any(user.get(what) for what in outside)
    )
