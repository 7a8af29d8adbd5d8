"""New words on an open page, without a reload."""

import asyncio
import json
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from bot.chat import Place, id_of
from bot.platforms.web.places import is_own, own_talk
from bot.platforms.web.posts import WebPost, changes
from bot.platforms.web.rail import doors, rail
from bot.platforms.web.reads import mark_read
from bot.platforms.web.rooms import door_of
from bot.platforms.web.site import Endpoint, Site, Visit, number

QUIET = 15
"""Seconds after which a page that hears nothing gets a sign of life, and its session is looked at again."""


class Stream(EventSourceResponse):
    """Broken off by the end of the process, it still ends as an answer should."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        if self.active and scope["method"] == "GET":
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def live(site: Site) -> Endpoint:
    """Everything that happens at one place after change `since`, as it happens."""

    async def endpoint(request: Request) -> Response:
        visit = await run_in_threadpool(site.visit, request)
        if visit is None:
            return Response(status_code=403)
        try:
            told = request.query_params.get("room", "")
            place = await run_in_threadpool(site.place, visit, told)
            query = request.query_params
            since = number(request.headers.get("last-event-id") or query.get("since", "0"))
        except HTTPException:
            return Response(status_code=404)
        headers = {"x-accel-buffering": "no"}
        told_later = _tell(site, request, visit, place, since)
        return Stream(told_later, ping=QUIET, headers=headers)

    return endpoint


async def _tell(
    site: Site, request: Request, visit: Visit, place: Place, since: int
) -> AsyncIterator[ServerSentEvent]:
    with site.page.watch.listening() as told:
        while True:
            told.clear()
            fresh = await run_in_threadpool(_since, site, visit, place, since)
            if fresh:
                gone = await run_in_threadpool(_gone, site, request, place)
                if gone:  # signed out meanwhile
                    return
            for event in fresh:
                since = int(event.id or since)
                yield event
            try:
                await asyncio.wait_for(told.wait(), QUIET)
            except TimeoutError:
                if await run_in_threadpool(_gone, site, request, place):
                    return


def _gone(site: Site, request: Request, place: Place) -> bool:
    visit = site.visit(request)
    return visit is None or not site.desk.may_enter(visit.account, place)


def _since(site: Site, visit: Visit, place: Place, since: int) -> list[ServerSentEvent]:
    channels = {door.place.channel for door in doors(site, visit)} | {
        own_talk(visit.account).channel
    }
    with site.db.read() as session:
        found = changes(session, frozenset(channels | {place.channel}), since)
    if not found or not site.desk.may_enter(visit.account, place):
        return []
    inside = door_of(site, visit, place).inside
    here = [c for c in found if _stands(visit, place, c.post)]
    events = [
        ServerSentEvent(
            _told(site, visit, place, change.post, inside), event="post", id=str(change.number)
        )
        for change in here
    ]
    if any(c.post.opens and c.post.channel == place.channel for c in found):
        events.append(ServerSentEvent("", event="around", id=str(found[-1].number)))
    if len(here) < len(found) or any(c.post.opens for c in here):
        events.append(ServerSentEvent("", event="rail", id=str(found[-1].number)))
    return events


def _stands(visit: Visit, place: Place, post: WebPost) -> bool:
    """Whether this post is among those that the page of `place` shows in its talk."""
    if post.channel != place.channel or (post.opens and not is_own(visit.account, place)):
        return False
    return post.thread == place.thread


def _told(site: Site, visit: Visit, place: Place, post: WebPost, inside: bool) -> str:
    shown = site.part("item.html", visit, post=post, at=place, inside=inside)
    return json.dumps({"post": f"p-{post.id}", "html": shown}, ensure_ascii=False)


def rail_part(site: Site, visit: Visit, request: Request) -> Response:
    """The list at the left anew; `seen` is the newest post the open page has shown."""
    query = request.query_params
    place = site.place(visit, query["at"]) if "at" in query else None
    if place and (seen := id_of(query.get("seen", ""))):
        mark_read(site.db, visit.account, place, seen)
    return HTMLResponse(site.part("rail.html", visit, rail=rail(site, visit, place), here=place))
