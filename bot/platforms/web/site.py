"""What every page of the site shares: who is asking, how an answer is shown, what happens when it fails."""

import hmac
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.chat import Account, Card, Desk, Place, Visitor, id_of
from bot.db import Database
from bot.platforms.web import sessions
from bot.platforms.web.page import Page
from bot.platforms.web.places import PLATFORM, WORKSPACE, own_talk
from bot.platforms.web.posts import opener
from bot.platforms.web.shown import JST, moment

log = logging.getLogger(__name__)

FIELDS, PART = 600, 64 * 1024
SAFE = frozenset({"GET", "HEAD"})
BROKEN = "少し待ってから、もう一度開いてください。"
NOT_SENT = "書いたものは、この画面を戻ると残っています。少し待ってから、もう一度送ってください。"
SENTENCES = {
    403: ("送っていません", "この画面は古くなっています。もう一度開いてから、やり直してください。"),
    404: (
        "この部屋は表示できません",
        "番号が間違っているか、あなたが入れない部屋です。届いたお知らせのリンクから、もう一度開いてください。",
    ),
}


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in. `practice`: as a person one chose to be."""

    account: Account
    who: Visitor
    cookie: str
    token: str
    practice: bool


Shows = Callable[["Site", Visit, Request], Response]
Takes = Callable[["Site", Visit, FormData], Response]
Lets = Callable[["Site", Request, FormData], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Site:
    """`demo`: whom one may be, for practice. `by_link`: the desk sends people a link that lets them in.
    `secure`: browsers reach the page over https alone."""

    db: Database
    desk: Desk
    page: Page
    clock: Callable[[], datetime]
    demo: tuple[Account, ...] | None
    by_link: bool
    secure: bool
    files: Path | None
    env: Environment

    def show(self, name: str, visit: Visit | None, status: int = 200, **told: Any) -> Response:
        people = self.people() if visit and visit.practice else ()
        shown = self.env.get_template(name).render(visit=visit, people=people, **told)
        return HTMLResponse(shown, status)

    def part(self, name: str, visit: Visit, **told: Any) -> str:
        """A piece of a page, to be put into one that is open."""
        return self.env.get_template(name).render(visit=visit, **told)

    def people(self) -> tuple[Visitor, ...]:
        """Whom one can be, where the page is for practice."""
        return tuple(who for account in self.demo or () if (who := self.desk.visitor(account)))

    def sorry(self, status: int, title: str, sentence: str, visit: Visit | None = None) -> Response:
        return self.show("error.html", visit, status, title=title, sentence=sentence, number="")

    def get(self, shows: Shows) -> Endpoint:
        """An endpoint for somebody signed in; others are shown the door."""

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._answer, request, None, shows, None)

        return endpoint

    def post(self, takes: Takes) -> Endpoint:
        """The same for what is sent: with a token that only our own pages know."""

        async def endpoint(request: Request) -> Response:
            form = await request.form(max_files=0, max_fields=FIELDS, max_part_size=PART)
            return await run_in_threadpool(self._answer, request, form, None, takes)

        return endpoint

    def anybody(self, lets: Lets) -> Endpoint:
        """An endpoint for somebody who is not signed in yet."""

        async def endpoint(request: Request) -> Response:
            form = await request.form(max_files=0, max_fields=10)
            return await run_in_threadpool(self._let, request, form, lets)

        return endpoint

    def visit(self, request: Request) -> Visit | None:
        """Who is signed in, as the desk knows him in this moment."""
        cookie = request.cookies.get(sessions.COOKIE, "")
        found = sessions.find(self.db, cookie, self.clock())
        practice = found is not None and found.account in (self.demo or ())
        if found is None or not (practice or self.by_link):
            return None
        who = self.desk.visitor(found.account)
        if who is None or (who.shut_at is not None and found.made_at <= who.shut_at):
            return None
        token = sessions.token(cookie, found.secret)
        return Visit(found.account, who, cookie, token, practice)

    def keep(self, response: Response, cookie: str) -> None:
        response.set_cookie(
            sessions.COOKIE, cookie, path="/", httponly=True, samesite="strict", secure=self.secure
        )

    def place(self, visit: Visit, told: str) -> Place:
        """The place a page names, if this person may enter it and it is there."""
        try:
            place = Place.parse(told) if told else own_talk(visit.account)
        except ValueError:
            raise HTTPException(404) from None
        return self.entered(visit, place)

    def entered(self, visit: Visit, place: Place) -> Place:
        if place.home != (PLATFORM, WORKSPACE) or not self.desk.may_enter(visit.account, place):
            raise HTTPException(404)
        if place.thread is not None:
            with self.db.read() as session:
                if opener(session, place) is None:
                    raise HTTPException(404)
        return place

    def is_ours(self, request: Request) -> bool:
        """A browser names where a form was sent from; it must be this very page."""
        origin = request.headers.get("origin")
        return origin is None or origin.partition("://")[2] == request.headers.get("host")

    def _answer(
        self, request: Request, form: FormData | None, shows: Shows | None, takes: Takes | None
    ) -> Response:
        visit = None
        try:
            visit = self.visit(request)
            if visit is None:
                return door(self, request, 200 if request.url.path == "/" else 403)
            if takes is not None and form is not None:
                self._check(request, form, visit)
                return takes(self, visit, form)
            return shows(self, visit, request) if shows else Response(status_code=405)
        except HTTPException as error:
            title, sentence = SENTENCES.get(error.status_code, SENTENCES[403])
            return self.sorry(error.status_code, title, sentence, visit)
        except Exception as error:  # noqa: BLE001  a calm page for the person, a number for us
            return self._broken(error, visit, BROKEN if form is None else NOT_SENT)

    def _let(self, request: Request, form: FormData, lets: Lets) -> Response:
        try:
            return lets(self, request, form)
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  as above
            return self._broken(error, None, BROKEN)

    def _check(self, request: Request, form: FormData, visit: Visit) -> None:
        """Only a page that we made for this very session may send anything."""
        brought = str(form.get("token", "")).encode()
        if not hmac.compare_digest(brought, visit.token.encode()) or not self.is_ours(request):
            raise HTTPException(403)

    def _broken(self, error: Exception, visit: Visit | None, sentence: str) -> Response:
        """Log where it broke but never the error's own words: they may hold what somebody wrote."""
        now = self.clock().astimezone(JST)
        number = f"E-{now:%m%d-%H%M}-{secrets.token_hex(2)}"
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s %s\n%s", number, type(error).__name__, where)
        return self.show(
            "error.html",
            visit,
            500,
            title="うまく動きませんでした",
            sentence=f"{sentence}続くときは、事務局に次の番号を伝えてください。",
            number=f"{number}（{moment(now)}）",
        )


def number(told: str) -> int:
    """The number an address holds; where no row could have it, there is no such page."""
    found = id_of(told)
    if found is None:
        raise HTTPException(404)
    return found


def door(site: Site, request: Request, status: int) -> Response:
    """The page for somebody who is not signed in."""
    if (shown := again(site, request)) is not None:
        return shown
    lost = request.method not in SAFE
    if site.demo is None:
        return site.show("closed.html", None, status, by_link=site.by_link, lost=lost)
    cookie = request.cookies.get(sessions.COOKIE, "") or sessions.new_cookie()
    onward = "/" if lost else request.url.path + _query(request)
    shown = site.show(
        "start.html",
        None,
        status,
        choices=site.people(),
        token=sessions.token(cookie, ""),
        onward=onward,
        lost=lost,
    )
    site.keep(shown, cookie)
    return shown


def again(site: Site, request: Request) -> Response | None:
    """A link on another site comes without our strict cookie, so such a page first loads itself once more:
    a new cookie here would sign out somebody who is signed in."""
    if request.cookies.get(sessions.COOKIE) or request.method not in SAFE:
        return None
    if request.headers.get("sec-fetch-site") != "cross-site":
        return None
    return site.show("again.html", None, here=request.url.path + _query(request))


def _query(request: Request) -> str:
    return f"?{request.url.query}" if request.url.query else ""


def as_alone(sentence: str) -> Card:
    """A refusal as a card: shown to the person as it is, kept nowhere."""
    return Card(sentence, frame="refusal")
