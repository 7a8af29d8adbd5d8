"""Coming in and going out: by a link that a chat brought, or for practice, where one chooses whom to be."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.chat import Account
from bot.platforms.web import sessions
from bot.platforms.web.places import PLATFORM, WORKSPACE
from bot.platforms.web.shown import link_of
from bot.platforms.web.site import Site, Visit, again, door

GONE = 410


def enter(site: Site, request: Request, form: FormData) -> Response:
    """Sign somebody in for practice; also the switch from one person to another."""
    account = Account(PLATFORM, WORKSPACE, str(form.get("user", "")))
    if not _is_sent_by_us(site, request, form) or account not in (site.demo or ()):
        return door(site, request, 403)
    onward = link_of(str(form.get("onward", "/")))
    return _let_in(site, request, account, onward if onward.startswith("/") else "/")


def invite(site: Site, request: Request, _form: FormData) -> Response:
    """Whom a link is for, and a button to enter. Nothing is used up: chats fetch a link for its preview."""
    return again(site, request) or _invitation(site, request)


def enter_by_link(site: Site, request: Request, form: FormData) -> Response:
    """Whoever presses the button of `invite` is signed in as the person the link is for, once."""
    if not site.by_link:
        raise HTTPException(404)
    if not _is_sent_by_us(site, request, form):
        return _invitation(site, request, lost=True)
    who = site.desk.enter(request.path_params["token"])
    return _let_in(site, request, who.account, "/") if who else _invitation(site, request)


def _invitation(site: Site, request: Request, *, lost: bool = False) -> Response:
    if not site.by_link:
        raise HTTPException(404)
    who = site.desk.enter(request.path_params["token"], look_only=True)
    if who is None:
        return site.show("enter.html", site.visit(request), GONE, who=None)
    cookie, secret = _before(site, request)
    cookie = cookie or sessions.new_cookie()
    token = sessions.token(cookie, secret)
    shown = site.show(
        "enter.html",
        None,
        403 if lost else 200,
        who=who,
        token=token,
        here=request.url.path,
        lost=lost,
    )
    site.keep(shown, cookie)
    return shown


def _is_sent_by_us(site: Site, request: Request, form: FormData) -> bool:
    """Only a page that we made for this browser may sign somebody in."""
    brought = str(form.get("token", ""))
    return sessions.is_token(brought, *_before(site, request)) and site.is_ours(request)


def _before(site: Site, request: Request) -> tuple[str, str]:
    """The browser's cookie, and the secret of the session it stands for, if it does."""
    cookie = request.cookies.get(sessions.COOKIE, "")
    found = sessions.find(site.db, cookie, site.clock())
    return cookie, found.secret if found else ""


def _let_in(site: Site, request: Request, account: Account, onward: str) -> Response:
    left = request.cookies.get(sessions.COOKIE, "")
    answer = RedirectResponse(onward, 303)
    site.keep(answer, sessions.enter(site.db, account, site.clock(), left))
    return answer


def leave(site: Site, visit: Visit, _form: FormData) -> Response:
    sessions.leave(site.db, visit.cookie)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="strict")
    return answer
