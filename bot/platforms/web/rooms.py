"""Rooms: reading what was said at a place, saying something there, pressing a button there."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.chat import Card, Door, Message, Place, Refused, Reply
from bot.platforms.web.places import address, form_address, is_own, place_at, view_address
from bot.platforms.web.posts import WebPost, latest, newest_change, opener, threads
from bot.platforms.web.rail import Way, doors, rail, thread_ways
from bot.platforms.web.reads import last_read, mark_read, unread
from bot.platforms.web.site import Site, Visit, as_alone, number

POSTS, QUEUE = 60, 200
SEND_ANYWAY = "send_anyway"
"""A button whose value is what the person said: the desk asked about a phone number in it."""
AWAY, AWAY_WORDS = "移動", "この相談はほかの部屋へ移りました"
"""The state of a thread that went on elsewhere: nobody would read what is written here."""
_EVENT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Room:
    """One place as it is shown: its posts, the threads it holds, and who it reaches."""

    place: Place
    name: str
    own: bool
    inside: bool
    root: str
    head: WebPost | None
    posts: Sequence[WebPost]
    queue: tuple[Way, ...]
    older: int | None
    fresh: int | None
    since: int

    @property
    def newest(self) -> int:
        """The last post that stands on this page."""
        shown = [*([self.head] if self.head else []), *self.posts]
        return shown[-1].id if shown else 0

    @property
    def away(self) -> str:
        """The sentence that stands in place of the box, where nothing can be written any more."""
        return AWAY_WORDS if _is_away(self.head) else ""

    @property
    def box(self) -> str:
        if self.inside:
            return "メモを書く"
        if self.own and self.place.thread is None:
            return "質問を書く"
        return "返事を書く" if self.own else "書く"


def talk(site: Site, visit: Visit, request: Request) -> Response:
    return show(site, visit, site.place(visit, ""), before=_before(request))


def channel(site: Site, visit: Visit, request: Request) -> Response:
    place = site.entered(visit, place_at(request.path_params["channel"]))
    if is_own(visit.account, place):
        return RedirectResponse("/", 303)
    return show(site, visit, place, before=_before(request))


def thread(site: Site, visit: Visit, request: Request) -> Response:
    place = place_at(request.path_params["channel"], request.path_params["thread"])
    return show(site, visit, site.entered(visit, place), before=_before(request))


def rooms(site: Site, visit: Visit, _request: Request) -> Response:
    return site.show("rooms.html", visit, rail=rail(site, visit, None), here=None)


def show(
    site: Site,
    visit: Visit,
    place: Place,
    *,
    before: int | None = None,
    alone: Card | None = None,
    text: str = "",
) -> Response:
    """The page of a place. `alone` is a card for this moment only, with the person's words back in the box."""
    room = read(site, visit, place, before)
    if room.newest and before is None:
        mark_read(site.db, visit.account, place, room.newest)
    told: dict[str, Any] = {"alone": alone, "text": text, "now": site.clock()}
    return site.show(
        "room.html", visit, room=room, rail=rail(site, visit, place), here=place, at=place, **told
    )


def read(site: Site, visit: Visit, place: Place, before: int | None) -> Room:
    door = door_of(site, visit, place)
    own = is_own(visit.account, place)
    with site.db.read() as session:
        since = newest_change(session)
        found = latest(
            session, place, count=POSTS + 1, before=before, openers=own and place.thread is None
        )
        posts = found[-POSTS:]
        head = opener(session, place)
        seen = last_read(session, visit.account, place)
        queue: tuple[Way, ...] = ()
        if not own:
            counts = unread(session, visit.account, [place.channel])
            queue = thread_ways(threads(session, place.channel, count=QUEUE), counts)
    fresh = next((p.id for p in posts if seen and p.id > seen and p.account != visit.account), None)
    return Room(
        place,
        head.opens if head else door.name,
        own,
        door.inside,
        door.name,
        head,
        posts,
        queue,
        posts[0].id if len(found) > POSTS else None,
        fresh,
        since,
    )


def door_of(site: Site, visit: Visit, place: Place) -> Door:
    found = doors(site, visit)
    named = (d for d in found if d.place == place.root)
    inside = visit.who.inside and not is_own(visit.account, place)
    return next(named, Door("部屋", place.root, "", inside))


def say(site: Site, visit: Visit, form: FormData) -> Response:
    place = site.place(visit, _text(form, "at"))
    said = _text(form, "text").replace("\r\n", "\n")
    if not said.strip():
        return RedirectResponse(address(visit.account, place), 303)
    message = Message(event_of(form, "say"), visit.account, place, site.clock(), text=said.strip())
    return _heard(site, visit, message, said)


def press(site: Site, visit: Visit, form: FormData) -> Response:
    """A button: its action and its value. One that only looks leads to a page, where there is one."""
    place = site.place(visit, _text(form, "at"))
    looks = "look" in form
    action, _, value = _text(form, "look" if looks else "press").partition(" ")
    if looks and site.desk.look(visit.account, action, value) is not None:
        return RedirectResponse(view_address(action, value, place), 303)
    event_id = event_of(form, f"{action}:{value}")
    message = Message(event_id, visit.account, place, site.clock(), action=action, value=value)
    return _heard(site, visit, message, value if action == SEND_ANYWAY else "")


def _heard(site: Site, visit: Visit, message: Message, said: str) -> Response:
    """Tell the desk. What the person `said` becomes a post, cleaned, or is given back in the box."""
    place, kept = message.place, False
    with site.db.read() as session:
        away = _is_away(opener(session, place))
    if said and away:  # the page was opened before the thread moved
        return show(site, visit, place, alone=replace(as_alone(AWAY_WORDS), paragraphs=(said,)))

    def beside(session: object, taken: Message) -> None:
        nonlocal kept
        kept = True
        site.page.say(session, place, taken.event_id, visit.account, visit.who.name, taken.text)

    try:
        reply = site.desk.hear(message, beside if said else None)
    except Refused as refusal:
        return show(site, visit, place, alone=as_alone(str(refusal)), text=said)
    site.page.watch.wake()
    if reply.alone:
        return show(site, visit, place, alone=reply.alone, text="" if kept else said)
    return onward(site, visit, place, reply)


def onward(site: Site, visit: Visit, place: Place, reply: Reply) -> Response:
    """Where somebody is led after the desk has heard them."""
    if reply.form_id is not None:
        return RedirectResponse(form_address(reply.form_id, place), 303)
    goal = reply.goes_to
    if goal and goal.home == site.page.home and site.desk.may_enter(visit.account, goal):
        place = goal
    with site.db.read() as session:
        newest = latest(session, place, count=1, openers=is_own(visit.account, place))
    mark = ""
    if newest:  # what answers at once is seen at once, and not "new"
        mark_read(site.db, visit.account, place, newest[-1].id)
        mark = f"#p-{newest[-1].id}"
    return RedirectResponse(address(visit.account, place) + mark, 303)


def event_of(form: FormData, what: str) -> str:
    """One rendered form is one event, however often it is sent.

    The id is kept for good, so it names what was pressed without holding it.
    """
    told = _text(form, "event")
    event = told if _EVENT.fullmatch(told) else uuid4().hex
    return f"web:{event}:{hashlib.sha256(what.encode(errors='replace')).hexdigest()[:16]}"


def _is_away(head: WebPost | None) -> bool:
    return head is not None and head.card is not None and head.card.state == AWAY


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _before(request: Request) -> int | None:
    told = request.query_params.get("before")
    return None if told is None else number(told)
