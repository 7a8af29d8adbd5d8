"""Where things stand on the page: places, their addresses, and references to single posts.

A thread's place ends with the number of the post that opened it: web/page/room-ea/12. Any other post is
referred to as web/page/room-ea/#15, or web/page/room-ea/12#15 inside a thread, so that an update always
finds its post and a thread's place is the same wherever it is written.
"""

from dataclasses import replace
from urllib.parse import quote

from bot.chat import Account, Place

PLATFORM, WORKSPACE = "web", "page"


def place_at(channel: str, thread: str | None = None) -> Place:
    return Place(PLATFORM, WORKSPACE, channel, thread)


def own_talk(account: Account) -> Place:
    return place_at(account.user)


def reference(channel: str, thread: str | None, post_id: int, *, opens: bool) -> Place:
    """Where a post stands: the thread it opened, or a reference to the post itself."""
    return place_at(channel, str(post_id) if opens else f"{thread or ''}#{post_id}")


def referred(posted: Place) -> int:
    """The number of the post that `reference` named. Raises ValueError where there is none."""
    return int((posted.thread or "").rpartition("#")[2])


def spoken_in(place: Place) -> Place:
    """The channel or thread itself, where `place` refers to a post in it."""
    return replace(place, thread=(place.thread or "").partition("#")[0] or None)


def is_own(account: Account, place: Place) -> bool:
    return place.channel == account.user


def address(account: Account, place: Place) -> str:
    """The page of a place, as this account reaches it."""
    thread = spoken_in(place).thread
    if thread:
        return f"/room/{quote(place.channel, safe='')}/{quote(thread, safe='')}"
    return "/" if is_own(account, place) else f"/room/{quote(place.channel, safe='')}"


def view_address(action: str, value: str, at: Place) -> str:
    parts = "/".join(quote(part, safe="") for part in (action, value) if part)
    return f"/view/{parts}?at={quote(str(at), safe='')}"


def form_address(form_id: int, at: Place) -> str:
    return f"/form/{form_id}?at={quote(str(at), safe='')}"
