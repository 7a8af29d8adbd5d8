"""The calls that the fake answers, as the vendor's client and the desk make them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.logo_fake.world import DOMAIN, GROUP, ME, Json, Refusal, World

MOST_USERS = 100
FILE = 4
OPEN = ("create_session", "create_access_token", "create_access_token_by_id")
"""What may be asked before there is a session."""


class Methods:
    """One method a call; the name is the protocol's."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.files_at = ""
        self.created: Callable[[Json], None] = lambda _message: None

    def find(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = getattr(self, name, None)
        if found is None or name.startswith("_") or name in ("find", "world", "created"):
            raise Refusal(404, "not found", {"method": name})
        return found

    # ---- session

    def create_session(self, token: str, _api_version: str, _os: str) -> Json:
        if token not in self.world.tokens:
            raise Refusal(401, "invalid token")
        return {
            "user": self.world.me(),
            "device": {"device_id": ME + 1},
            "notification": self.world.kept,
            "password_expiration": {},
            "configuration": {
                "max_friends": 1000,
                "max_talks": 1000,
                "max_talkers": 100,
                "max_message_content_length": self.world.limit,
                "bot_expired_version": None,
                "presence_expiration": 600,
                "allow_attachment_type": 1,
            },
        }

    def create_access_token(self, *_given: Any) -> str:
        return min(self.world.tokens)

    create_access_token_by_id = create_access_token

    def reset_notification(self) -> bool:
        return True

    start_notification = update_last_used_at = reset_notification

    # ---- directory

    def get_me(self) -> Json:
        return self.world.me()

    def get_domains(self) -> list[Json]:
        now = self.world.milliseconds()
        return [
            {
                "domain_id": DOMAIN,
                "updated_at": now,
                "domain": {"domain_name": "兵庫県と市町", "logo_url": None, "frozen": False},
                "contract": {
                    "contract_id": DOMAIN + 1,
                    "plan": {"plan_name": "test", "trial": False, "free": False},
                    "quota": {"max_message_content_length": self.world.limit, "max_talkers": 100, "max_talks": 1000,
                              "msg_retention_period": 0, "msg_file_size": 104857600, "with_ad": False},
                    "solution_ids": [],
                },
                "profile_definition": {"domain_id": DOMAIN, "item_definitions": []},
                "setting": {
                    "allow_attachment_type": 1,
                    "allow_save_attachments_to_device": True,
                    "allow_save_attachments": {"web": True, "ios": True, "android": True, "desktop": True},
                    "allow_forward_message_type": 1,
                    "contact_tree_enabled": False,
                    "allow_forward_note": True,
                },
                "role": {"type": 20, "allow_guests": True, "allow_create_attachments": True,
                         "allow_read_attachments": True, "allow_create_announcement": True,
                         "allow_read_announcements": True, "allow_list_users": True},
                "stampset_setting": {
                    "version": 0, "allow_create_message_stampset_ids": [], "stampset_infos": [],
                },
                "builtin_stamp_setting": {"version": 0, "allow_create_message_stamp_categories": []},
                "direct_apps_setting": {"enabled": []},
            }
        ]  # fmt: skip

    def get_domain_invites(self) -> list[Json]:
        return []

    get_account_control_requests = get_joined_account_control_group = get_domain_invites
    get_conferences = get_domain_invites

    def get_direct_apps(self, _ids: Any) -> list[Json]:
        return []

    get_stampsets = get_direct_apps

    def get_announcement_statuses(self) -> list[Json]:
        return [{"domain_id": DOMAIN, "unread_count": 0}]  # one a domain, or the login never ends

    def get_friends(self) -> list[Any]:
        return [[DOMAIN, []]]

    def get_acquaintances(self) -> list[Any]:
        others = {u for talk in self.world.talks_of_mine() for u in talk["user_ids"]} - {ME}
        return [[DOMAIN, [self.world.domain_user(u) for u in sorted(others) if u in self.world.users]]]  # fmt: skip

    def get_users(self, _domain: int, ids: list[int]) -> list[Json]:
        if len(ids) > MOST_USERS:
            raise Refusal(400, "invalid parameter")
        return [self.world.domain_user(i) for i in ids if i in self.world.users]

    def get_domain_users(self, _domain: int, _kind: int, _count: int, marker: Any) -> Json:
        users = [self.world.domain_user(i) for i in self.world.users]
        return {"contents": users, "marker": marker, "next_marker": None}

    def get_profile(self, domain: int, user: int) -> Json:
        return {"domain_id": domain, "user_id": user, "item_values": []}

    def get_user_identifiers(self, _domain: int, ids: list[int]) -> Json:
        mails = self.world.mails
        return {"contents": [{"user_id": i, "email": mails[i]} for i in ids if mails.get(i)]}

    def get_presences(self, _domain: int, ids: list[int]) -> list[Json]:
        return [{"user_id": i, "last_used_at": self.world.milliseconds()} for i in ids]

    # ---- talks

    def _talk(self, talk_id: int) -> Json:
        talk = self.world.talks.get(talk_id)
        if talk is None or ME not in talk["user_ids"]:
            raise Refusal(400, "invalid talk_id")
        return talk

    def get_talks(self) -> list[Json]:
        return self.world.talks_of_mine()

    def get_talk_statuses(self) -> list[Json]:
        told = []
        for talk in self.world.talks_of_mine():
            said = self.world.said_in(talk["talk_id"])
            status = {"talk_id": talk["talk_id"], "unread_count": 0, "unread_mention_count": 0}
            if said:
                status["max_message_id"] = said[-1]["message_id"]
            told.append(status)
        return told

    def create_pair_talk(self, _domain: int, user: int) -> Json:
        if user not in self.world.users:
            raise Refusal(404, "not found")
        return self.world.talks[self.world.pair(user)]

    def create_group_talk(self, _domain: int, users: list[int], _past: bool, _flag: bool) -> Json:
        return self.world.add_talk(GROUP, None, users)

    def update_group_talk(self, talk_id: int, name: str, _icon: Any, _visible: bool) -> Json:
        talk = self._talk(talk_id)
        talk.update(talk_name=name, updated_at=self.world.milliseconds())
        return talk

    def delete_talker(self, talk_id: int, user: int) -> Json:
        talk = self._talk(talk_id)
        talk["user_ids"] = [u for u in talk["user_ids"] if u != user]
        return talk

    # ---- messages

    def create_message(self, talk_id: int, kind: int, content: Any) -> Json:
        self._talk(talk_id)
        own_only = kind == FILE and self.world.own_files_only
        if own_only and content["file_id"] not in self.world.laid_down:
            raise Refusal(400, "invalid file_id")
        message = self.world.add_message(talk_id, ME, kind, content)
        self.created(message)
        return message

    def get_messages(
        self, talk_id: int, count: int, since: int | None, until: int | None, order: int
    ) -> list[Json]:
        """Both bounds inclusive: what the real service does is not known, so the desk is told too much."""
        self._talk(talk_id)
        found = [
            m
            for m in self.world.said_in(talk_id)
            if (since is None or m["message_id"] >= since)
            and (until is None or m["message_id"] <= until)
        ]
        return (found[::-1] if order == 2 else found)[:count]

    def delete_message(self, talk_id: int, message_id: int) -> bool:
        self._talk(talk_id)
        self.world.messages.pop(message_id, None)
        return True

    def update_read_statuses(self, talk_id: int, message_id: int) -> bool:
        self._talk(talk_id)
        self.world.read_to[talk_id, ME] = message_id
        return True

    def get_read_status(self, talk_id: int, message_id: int) -> Json:
        talk = self._talk(talk_id)
        read = self.world.messages[message_id]["read_user_ids"]
        unread = [u for u in talk["user_ids"] if u not in read]
        return {
            "message_id": message_id,
            "talk_id": talk_id,
            "read_user_ids": read,
            "unread_user_ids": unread,
        }

    def get_action(self, message_id: int) -> Json:
        if message_id not in self.world.actions:
            raise Refusal(404, "not found")
        return self.world.actions[message_id]

    # ---- announcements and notes

    def create_announcement(self, domain: int, kind: int, content: Any) -> Json:
        told = {
            "announcement_id": self.world.new_id(),
            "domain_id": domain,
            "group_id": None,
            "group_name": None,
            "type": kind,
            "content": content,
            "user_id": ME,
            "user_name": self.world.users[ME]["display_name"],
            "created_at": self.world.milliseconds(),
        }
        self.world.announcements.append(told)
        return told

    def create_note(self, talk_id: int, title: str, kind: int, content: Any, _say: bool) -> Json:
        at = self.world.milliseconds()
        note: Json = {
            "note_id": self.world.new_id(),
            "talk_id": talk_id,
            "created_by": ME,
            "created_at": at,
            "setting": {"collaborative_editing": True, "version": 0},
            "locked": None,
            "note_revision": {
                "revision": 1,
                "title": title,
                "content_type": kind,
                "content": content,
                "created_by": ME,
                "created_at": at,
            },
        }
        self.world.notes[int(note["note_id"])] = note
        return note

    def get_note(self, note_id: int) -> Json:
        if note_id not in self.world.notes:
            raise Refusal(404, "not found")
        return self.world.notes[note_id]

    # ---- files

    def create_upload_auth(self, name: str, kind: str, _size: int, _domain: int, _use: int) -> Json:
        file_id = self.world.new_id()
        self.world.laid_down.add(file_id)
        url = f"{self.files_at}/files/{file_id}"
        disposition = f"attachment; filename*=UTF-8''{quote(name)}"
        return {
            "file_id": file_id,
            "get_url": url,
            "put_url": url,
            "post_url": url,
            "post_form": {"Content-Type": kind, "Content-Disposition": disposition},
        }
