"""Where things stand on the page: places and their addresses."""

from urllib.parse import quote

from bot.chat import Account, Place

PLATFORM, WORKSPACE = "web", "page"


def place_at(channel: str, thread: str | None = None) -> Place:
    return Place(PLATFORM, WORKSPACE, channel, thread)


def own_talk(account: Account) -> Place:
    return place_at(account.user)


def is_own(account: Account, place: Place) -> bool:
    return place.channel == account.user


def address(account: Account, place: Place) -> str:
    """The page of a place, as this account reaches it."""
    thread = place.said_in.thread
    if thread:
        return f"/room/{quote(place.channel, safe='')}/{quote(thread, safe='')}"
    return "/" if is_own(account, place) else f"/room/{quote(place.channel, safe='')}"


def view_address(action: str, value: str, at: Place) -> str:
    parts = "/".join(quote(part, safe="") for part in (action, value) if part)
    return f"/view/{parts}?at={quote(str(at), safe='')}"


def form_address(form_id: int, at: Place) -> str:
    return f"/form/{form_id}?at={quote(str(at), safe='')}"
