"""Signing in and out. For practice only: one chooses whom to be."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.chat import Account
from bot.platforms.web import sessions
from bot.platforms.web.places import PLATFORM, WORKSPACE
from bot.platforms.web.shown import link_of
from bot.platforms.web.site import Endpoint, Site, Visit, door, keep


def enter(site: Site) -> Endpoint:
    """An endpoint that signs somebody in; also the switch from one person to another."""

    async def endpoint(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=10)
        return await run_in_threadpool(_enter, site, request, form)

    return endpoint


def _enter(site: Site, request: Request, form: FormData) -> Response:
    cookie = request.cookies.get(sessions.COOKIE, "")
    found = sessions.find(site.db, cookie, site.clock())
    brought = str(form.get("token", ""))
    account = Account(PLATFORM, WORKSPACE, str(form.get("user", "")))
    known = sessions.is_token(brought, cookie, found.secret if found else "")
    if not known or not site.is_ours(request) or account not in (site.demo or ()):
        return door(site, request, 403)
    onward = link_of(str(form.get("onward", "/")))
    answer = RedirectResponse(onward if onward.startswith("/") else "/", 303)
    keep(answer, sessions.enter(site.db, account, site.clock(), cookie))
    return answer


def leave(site: Site, visit: Visit, _form: FormData) -> Response:
    sessions.leave(site.db, visit.cookie)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="strict")
    return answer
