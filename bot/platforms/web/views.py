"""Lists and boards to look at, pictures, and files to take away."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from bot.chat import Card
from bot.platforms.web.posts import WebPost
from bot.platforms.web.rail import rail
from bot.platforms.web.site import Site, Visit, number

NOT_SHOWN = (
    "この画面は、いまの役割では見られません",
    "この画面がなくなったか、ほかの役割の人に向けた画面です。",
)
LONGEST_NAME = 255
DRAWING = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def view(site: Site, visit: Visit, request: Request) -> Response:
    """The card of one look, without an event."""
    place = site.place(visit, request.query_params.get("at", ""))
    action, value = request.path_params["action"], request.path_params.get("value", "")
    card = site.desk.look(visit.account, action, value)
    if card is None:
        return site.sorry(404, *NOT_SHOWN, visit)
    shown = rail(site, visit, None)
    return site.show(
        "view.html",
        visit,
        rail=shown,
        here=None,
        at=place,
        card=card,
        looked=(action, value),
        now=site.clock(),
    )


def picture(site: Site, visit: Visit, request: Request) -> Response:
    """The drawing of a card that stands in a place this person may enter."""
    with site.db.read() as session:
        post = session.get(WebPost, number(request.path_params["post"]))
    if post is None or not site.desk.may_enter(visit.account, post.place):
        raise HTTPException(404)
    return _drawn(post.card)


def viewed_picture(site: Site, visit: Visit, request: Request) -> Response:
    action, value = request.path_params["action"], request.path_params.get("value", "")
    return _drawn(site.desk.look(visit.account, action, value))


def file(site: Site, _visit: Visit, request: Request) -> Response:
    """A file of one folder, by its bare name."""
    name = request.path_params["name"]
    if site.files is None or "\\" in name or name.startswith(".") or not _is_name(name):
        raise HTTPException(404)
    found = (site.files / name).resolve()
    if found.parent != site.files.resolve() or not found.is_file():
        raise HTTPException(404)
    return FileResponse(found, filename=name)


def _is_name(name: str) -> bool:
    """Whether a file may be called so: a disk takes no NUL and no name without end."""
    return name.isprintable() and len(name.encode()) <= LONGEST_NAME


def _drawn(card: Card | None) -> Response:
    if card is None or card.picture is None:
        raise HTTPException(404)
    headers = {"content-security-policy": DRAWING}
    return Response(card.picture.svg, media_type="image/svg+xml", headers=headers)
