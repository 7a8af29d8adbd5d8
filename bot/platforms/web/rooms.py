"""Rooms: reading what was said at a place, saying something there, pressing a button there."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
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
from bot.platforms.web.site import Site, Visit, as_alone

POSTS, QUEUE = 60, 200


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

    kept = False

    def beside(session: object) -> None:
        nonlocal kept
        kept = True
        site.page.say(session, place, message.event_id, visit.account, visit.who.name, message.text)

    try:
        reply = site.desk.hear(message, beside)
    except Refused as refusal:
        return show(site, visit, place, alone=as_alone(str(refusal)), text=said)
    site.page.watch.wake()
    if reply.alone:
        return show(site, visit, place, alone=reply.alone, text="" if kept else said)
    return onward(site, visit, place, reply)


def press(site: Site, visit: Visit, form: FormData) -> Response:
    """A button: its action and its value. One that only looks leads to a page, where there is one."""
    place = site.place(visit, _text(form, "at"))
    looks = "look" in form
    action, _, value = _text(form, "look" if looks else "press").partition(" ")
    if looks and site.desk.look(visit.account, action, value) is not None:
        return RedirectResponse(view_address(action, value, place), 303)
    event_id = event_of(form, f"{action}:{value}")
    message = Message(event_id, visit.account, place, site.clock(), action=action, value=value)
    try:
        reply = site.desk.hear(message)
    except Refused as refusal:
        return show(site, visit, place, alone=as_alone(str(refusal)))
    site.page.watch.wake()
    if reply.alone:
        return show(site, visit, place, alone=reply.alone)
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
    """One rendered form is one event, however often it is sent."""
    return f"web:{_text(form, 'event') or uuid4().hex}:{what}"


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _before(request: Request) -> int | None:
    with contextlib.suppress(ValueError):
        return int(request.query_params["before"]) if "before" in request.query_params else None
    return None
