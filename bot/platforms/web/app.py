"""The page as a web application: which address leads where."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.chat import Account, Desk
from bot.db import Database
from bot.platforms.web import entry, forms, live, rooms, views
from bot.platforms.web.guard import LARGEST, Guard
from bot.platforms.web.page import Page
from bot.platforms.web.shown import HERE, environment
from bot.platforms.web.site import Site

WORDS = {
    400: ("送っていません", "書いたものが長すぎるか、形が違います。戻って直してください。"),
    404: ("このページはありません", "リンクが古いか、アドレスが間違っています。"),
    405: ("このページはありません", "リンクが古いか、アドレスが間違っています。"),
}


def make_app(
    db: Database,
    desk: Desk,
    page: Page,
    *,
    clock: Callable[[], datetime],
    demo: tuple[Account, ...] | None,
    files: Path | None,
    hosts: frozenset[str],
    by_link: bool = False,
    secure: bool = False,
    more: Sequence[Route] = (),
) -> Starlette:
    """The page for a desk. `demo`: whom one may be, for practice. `by_link`: the desk sends people a link
    that lets them in. Without both nobody comes in.

    `hosts` are the names (with or without a port) under which the page is reached; `secure`: over https.
    `more`: addresses of other chats, which prove by themselves who calls.
    """
    site = Site(db, desk, page, clock, demo, by_link, secure, files, environment())

    async def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        title, sentence = WORDS.get(status, WORDS[400])
        return site.sorry(status, title, sentence)

    return Starlette(
        routes=[
            Route("/", site.get(rooms.talk)),
            Route("/rooms", site.get(rooms.rooms)),
            Route("/room/{channel}", site.get(rooms.channel)),
            Route("/room/{channel}/{thread}", site.get(rooms.thread)),
            Route("/say", site.post(rooms.say), methods=["POST"]),
            Route("/press", site.post(rooms.press), methods=["POST"]),
            Route("/form/{form_id}", site.get(forms.form_page)),
            Route("/send-form", site.post(forms.send_form), methods=["POST"]),
            Route("/view/{action}", site.get(views.view)),
            Route("/view/{action}/{value:path}", site.get(views.view)),
            Route("/picture/{post}", site.get(views.picture)),
            Route("/picture/{action}/", site.get(views.viewed_picture)),
            Route("/picture/{action}/{value:path}", site.get(views.viewed_picture)),
            Route("/files/{name}", site.get(views.file)),
            Route("/live", live.live(site)),
            Route("/rail", site.get(live.rail_part)),
            Route("/enter", site.anybody(entry.enter), methods=["POST"]),
            Route("/enter/{token}", site.anybody(entry.invite)),
            Route("/enter/{token}", site.anybody(entry.enter_by_link), methods=["POST"]),
            Route("/leave", site.post(entry.leave), methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *more,
        ],
        middleware=[
            Middleware(Guard, hosts=hosts, refuse=site.sorry),
            Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST),
        ],
        exception_handlers={HTTPException: refused},
    )
