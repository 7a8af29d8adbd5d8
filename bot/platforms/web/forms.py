"""A form as a page: shown with what was filled in, read back when it is sent, shown once more as a preview."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.chat import CONFIRMED, Field, Form, FormValue, Message, Place, Refused, id_of
from bot.platforms.web.places import address
from bot.platforms.web.rail import rail
from bot.platforms.web.rooms import event_of, onward, show
from bot.platforms.web.site import Site, Visit

RADIOS = 7
"""So many choices are shown side by side; more go into a list to open."""
SPARE_ROWS, FEWEST_ROWS = 2, 3
GONE = "送り終えたか、ほかの画面で閉じた用紙です。続きは部屋で見られます。"


@dataclass(frozen=True)
class Blank:
    """One field as the page shows it."""

    field: Field
    id: str

    @property
    def radios(self) -> bool:
        few = bool(self.field.likely) or len(self.field.options) <= RADIOS
        return self.field.kind == "single" and few

    @property
    def text(self) -> str:
        return self.field.value if isinstance(self.field.value, str) else ""

    @property
    def chosen(self) -> tuple[str, ...]:
        value = self.field.value
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(item for item in value if isinstance(item, str))

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """What is in the table, and some room to write on."""
        value = self.field.value
        filled = () if isinstance(value, str) else tuple(r for r in value if isinstance(r, tuple))
        width = len(self.field.head)
        whole = tuple((*row, *("",) * width)[:width] for row in filled)
        spare = max(SPARE_ROWS, FEWEST_ROWS - len(whole))
        return whole + (("",) * width,) * spare

    @property
    def hidden(self) -> Iterator[tuple[str, str]]:
        """The same values once more, as they are sent along with the last press."""
        value = self.field.value
        for item in (value,) if isinstance(value, str) else value:
            for text in (item,) if isinstance(item, str) else item:
                yield self.id, text


def form_page(site: Site, visit: Visit, request: Request) -> Response:
    place = site.place(visit, request.query_params.get("at", ""))
    form_id = id_of(request.path_params["form_id"]) or 0
    form = site.desk.form(visit.account, form_id)
    if form is None:
        return site.sorry(404, "この用紙は開いていません", GONE, visit)
    return _shown(site, visit, form_id, form, place, fix="fix" in request.query_params)


def send_form(site: Site, visit: Visit, filled: FormData) -> Response:
    place = site.place(visit, str(filled.get("at", "")))
    form_id = id_of(str(filled.get("form", ""))) or 0
    form = site.desk.form(visit.account, form_id)
    if form is None:  # sent off already, perhaps by the same press before the answer got lost
        return site.sorry(404, "この用紙は、もう送られたか閉じています", GONE, visit)
    values = dict(read(form, filled))
    if filled.get(CONFIRMED):
        values[CONFIRMED] = "yes"
    message = Message(
        event_of(filled, f"{form.action}:{form.value}"),
        visit.account,
        place,
        site.clock(),
        action=form.action,
        value=form.value,
        values=values,
    )
    try:
        reply = site.desk.hear(message)
    except Refused as refusal:
        kept = form.with_values(values)
        return _shown(site, visit, form_id, kept, place, fix=True, problem=str(refusal))
    site.page.watch.wake()
    if reply.alone and reply.form_id is None and site.desk.form(visit.account, form_id) is None:
        return show(site, visit, place, alone=reply.alone)
    if reply.alone:
        problem = "\n".join((reply.alone.title, *reply.alone.paragraphs))
        kept = form.with_values(values)
        return _shown(site, visit, form_id, kept, place, fix=True, problem=problem)
    return onward(site, visit, place, reply)


def read(form: Form, filled: FormData) -> Iterator[tuple[str, FormValue]]:
    """What was filled in, by field name. Rows of a table that hold nothing are left out."""
    for field in form.fields:
        told = [text.replace("\r\n", "\n") for text in _texts(filled, f"f-{field.name}")]
        if field.kind == "table":
            width = max(1, len(field.head))
            rows = [tuple(told[i : i + width]) for i in range(0, len(told), width)]
            yield field.name, tuple(row for row in rows if any(text.strip() for text in row))
        elif field.kind == "multiple":
            yield field.name, tuple(told)
        elif field.kind != "file":
            yield field.name, told[0] if told else ""


def _texts(filled: FormData, name: str) -> list[str]:
    return [text for text in filled.getlist(name) if isinstance(text, str)]


def _shown(
    site: Site,
    visit: Visit,
    form_id: int,
    form: Form,
    place: Place,
    *,
    fix: bool = False,
    problem: str = "",
) -> Response:
    blanks = tuple(Blank(field, f"f-{field.name}") for field in form.fields)
    errors: Mapping[str, str] = {b.id: b.field.error for b in blanks if b.field.error}
    told: dict[str, Any] = {
        "form": form,
        "form_id": form_id,
        "blanks": blanks,
        "errors": errors,
        "problem": problem,
        "back": address(visit.account, place),
    }
    name = "preview.html" if form.preview and not fix and not errors else "form.html"
    shown_rail = rail(site, visit, None)
    return site.show(name, visit, rail=shown_rail, here=place, at=place, now=site.clock(), **told)
