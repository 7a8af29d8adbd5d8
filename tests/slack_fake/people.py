"""Who is in the workspace, and the channels they are in."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

TEAM, BOT, BOT_ID, APP = "T0FAKE", "U0BOT", "B0BOT", "A0FAKE"


def dm_of(user: str) -> str:
    """The direct message channel of the bot with that person."""
    return "D" + user[1:]


@dataclass
class FakePerson:
    id: str
    name: str
    email: str = ""
    team: str = TEAM
    """Another team than the workspace's makes a Slack Connect stranger."""
    tz: str = "Asia/Tokyo"
    is_bot: bool = False
    is_restricted: bool = False
    email_confirmed: bool = True
    deleted: bool = False

    @property
    def handle(self) -> str:
        return self.id.lower()

    def seen_from(self, team: str, *, with_email: bool) -> Json:
        """The user object of the Web API."""
        offset = datetime.fromtimestamp(time.time(), ZoneInfo(self.tz)).utcoffset()
        email = {"email": self.email} if with_email and self.email else {}
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.handle,
            "real_name": self.name,
            "deleted": self.deleted,
            "tz": self.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "is_bot": self.is_bot,
            "is_admin": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": False,
            "is_stranger": self.team != team,
            "is_email_confirmed": self.email_confirmed,
            "profile": {
                "real_name": self.name,
                "display_name": self.name,
                "team": self.team,
                **email,
            },
        }


@dataclass
class FakeChannel:
    id: str
    name: str
    is_private: bool = False
    is_ext_shared: bool = False
    members: set[str] = field(default_factory=set)
    is_archived: bool = False

    def seen_from(self, team: str) -> Json:
        """The conversation object of the Web API."""
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_ext_shared": self.is_ext_shared,
            "is_shared": self.is_ext_shared,
            "is_member": BOT in self.members,
            "context_team_id": team,
            "num_members": len(self.members),
        }
