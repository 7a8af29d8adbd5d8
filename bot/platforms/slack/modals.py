"""A form as a modal, a card as a screen, and what was filled in."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from bot.chat import Button, Card, Field, Form, FormValue, Option, Place, Visitor, id_of
from bot.platforms.slack.blocks import (
    LABEL,
    Block,
    buttons_of,
    fits,
    plain,
    screen_of,
    small,
    told,
)
from bot.platforms.slack.texts import pieces, shortened, units

View = dict[str, Any]

FORM, LOOK, NOTE = "form", "look", "note"
"""What a modal is: its callback_id."""
TITLE, WORD = 24, 24
DESK = "リエゾンデスク"
MOST_TYPED = 3000
"""What one input takes. A longer text goes on in another one below."""
MOST_RADIOS, MOST_CHECKS, MOST_OPTIONS = 7, 10, 100
MODAL_BLOCKS, HOME_BLOCKS = 95, 100
VIEW_BYTES = 200_000
"""Slack refuses a view of more than 250 kB (docs.slack.dev, views.open, "view_too_large"); as it is sent."""
VALUE = "v"
FIX = "fix"
ARRIVES = "このとおり届きます。よければ送ってください。"
SAVES = "このとおり保存します。よければ保存してください。"
GROUPED = "{}〜{}"


@dataclass(frozen=True)
class Open:
    """Which form a modal shows, where it was opened, and, for a preview, of what: `seal`."""

    form_id: int
    place: Place
    seal: str = ""

    def dump(self) -> str:
        return json.dumps({"form": self.form_id, "at": str(self.place), "seal": self.seal})

    @classmethod
    def read(cls, text: str) -> "Open | None":
        """What `dump` wrote; None for anything else, as it comes back from outside."""
        try:
            said = json.loads(text)
            form_id, place = id_of(str(said["form"])), Place.parse(str(said["at"]))
        except (ValueError, TypeError, LookupError, RecursionError):
            return None
        return None if form_id is None else cls(form_id, place, str(said.get("seal", "")))


def seal_of(form: Form) -> str:
    """Names what stands in a form, so that a preview sends off what it shows and nothing else."""
    held = json.dumps([[f.name, f.value] for f in form.fields])
    return hashlib.sha256(held.encode()).hexdigest()[:16]


def form_view(form: Form, form_id: int, place: Place, page: str, problem: str = "") -> View:
    """The form, or its preview where it has one. `problem`: why what was sent off came back."""
    if form.preview is not None and not problem:
        return _preview(form, form_id, place, page)
    head = told(problem, bold=True)
    if not fits(form.title, TITLE):
        head += told(form.title, bold=True)
    if form.intro:
        head += small(form.intro)
    inputs = [block for field in form.fields for block in _input(field)]
    return {
        **_modal(FORM, form.title, [*head, *inputs]),
        "submit": plain(form.submit if fits(form.submit, WORD) else "送る"),
        "close": plain("やめる"),
        "private_metadata": Open(form_id, place).dump(),
    }


def _preview(form: Form, form_id: int, place: Place, page: str) -> View:
    assert form.preview is not None  # noqa: S101  asked by form_view
    return {
        **_modal(
            FORM,
            form.title,
            [
                *small(SAVES if "保存" in form.submit else ARRIVES),
                *screen_of(form.preview, page),
                *buttons_of([Button(FIX, "直す", str(form_id))]),
            ],
        ),
        "submit": plain(form.submit if fits(form.submit, WORD) else "送る"),
        "close": plain("やめる"),
        "private_metadata": Open(form_id, place, seal_of(form)).dump(),
    }


def look_view(card: Card, page: str, at: str, start: int = 0) -> View:
    """A list or a board. `at` says what is looked at; what does not fit is on the next screen."""
    blocks = screen_of(card, page)
    end = start + _how_many(blocks[start : start + MODAL_BLOCKS])
    shown = blocks[start:end]
    if end < len(blocks):
        action, _, value = at.partition("/")
        more = Button(action, "つづきを見る", f"{value}@{end}", style="link")
        shown += buttons_of([more], start=end)
    return {**_modal(LOOK, DESK, shown), "close": plain("閉じる"), "private_metadata": at}


def _how_many(blocks: Sequence[Block]) -> int:
    """Of these blocks, as many as one view may have."""
    size = 0
    for number, block in enumerate(blocks):
        size += len(json.dumps(block))
        if size > VIEW_BYTES:
            return max(1, number)
    return len(blocks)


def note_view(sentence: str) -> View:
    """One sentence: what is waited for, or what came of it."""
    return {**_modal(NOTE, DESK, told(sentence)), "close": plain("閉じる")}


def home_view(
    visitor: Visitor | None,
    menu: Sequence[Button],
    lists: Sequence[tuple[Button, Card]],
    page: str,
) -> View:
    """App Home: what one can start, then every list one has; one that has no room is opened by its button."""
    name = f"{visitor.belongs_to} {visitor.name}さん" if visitor else "名簿にない方"
    blocks: list[Block] = [
        *told(f"{DESK}　{name}", bold=True),
        *small("聞きたいことは、上の「メッセージ」に、ふだんの言葉で書いてください。"),
        *buttons_of(menu),
    ]
    for number, (look, card) in enumerate(lists, len(menu)):
        shown = [{"type": "divider"}, *screen_of(card, page)]
        if len(blocks) + len(shown) > HOME_BLOCKS - 2 * len(lists):
            shown = [{"type": "divider"}, *buttons_of([look], start=number)]
        blocks += shown
    return {"type": "home", "callback_id": "home", "blocks": blocks}


def filled(form: Form, view: Mapping[str, Any]) -> Iterator[tuple[str, FormValue]]:
    """What was filled in, by field name. A field that the modal did not ask keeps what stands there.

    Only inputs that stand in the view count: Slack may tell of those it had before (slackapi/bolt-js#625).
    """
    values = view.get("state", {}).get("values", {})
    for field in form.fields:
        parts = [values[key] for key in _inputs_of(field, view) if key in values]
        if not parts:
            if field.value:  # empty and not asked: that is no answer
                yield field.name, field.value
        elif field.kind in ("text", "long"):
            yield field.name, "".join(_typed(part) for part in parts)
        elif field.kind == "table":
            yield field.name, _rows(_typed(parts[0]), max(1, len(field.head)))
        elif field.kind == "multiple":
            chosen = parts[0][VALUE].get("selected_options") or []
            yield field.name, tuple(option["value"] for option in chosen)
        else:
            told = [_one(part[VALUE]) for part in parts]
            yield field.name, next(filter(None, reversed(told)), "")


def block_of(field: Field, view: Mapping[str, Any]) -> str | None:
    """Where in a view the sentence about a wrong field goes."""
    return next(_inputs_of(field, view), None)


def asks(field: Field) -> bool:
    """Does the modal have an input for it? A file cannot be given here."""
    return field.kind != "file"


def _inputs_of(field: Field, view: Mapping[str, Any]) -> Iterator[str]:
    """The ids of a field's inputs in a view, in their order."""
    for block in view["blocks"]:
        key = str(block.get("block_id", ""))
        if block["type"] == "input" and key.split(":")[:2] == ["f", field.name]:
            yield key


def _typed(part: Mapping[str, Any]) -> str:
    return str(part[VALUE].get("value") or "")


def _one(answer: Mapping[str, Any]) -> str:
    """A date, a number, or one option."""
    option = answer.get("selected_option")
    found = option["value"] if option else answer.get("selected_date") or answer.get("value")
    return str(found or "")


def _rows(text: str, width: int) -> tuple[tuple[str, ...], ...]:
    """One row a line, its cells parted by 、 or a tab; the last column takes what is left."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("\t" if "\t" in line else "、")]
        cells = [*cells[: width - 1], "、".join(cells[width - 1 :])]
        if any(cells):
            rows.append((*cells, *("",) * (width - len(cells))))
    return tuple(rows)


def _typed_pieces(text: str) -> Iterator[str]:
    """A text in pieces that an input takes; two bytes are one of the characters that Slack counts."""
    return pieces(text, 2 * MOST_TYPED, "utf-16-le")


def _input(field: Field) -> Iterator[Block]:
    if not asks(field):
        yield from small(
            f"{field.label}：ファイルはここでは受け取れません。あとでこの相談に送ってください。"
        )
        return
    if field.error:  # said again here, as a view that is opened anew shows no errors at its fields
        yield from small(f"⚠️ {field.error}")
    full = [  # what has no room in the list stands above it
        "：".join(filter(None, (option.label, option.hint)))
        for option in field.options
        if not fits(option.label, LABEL) or (option.hint and not fits(option.hint, LABEL))
    ]
    yield from small("\n".join(full))
    if field.kind == "long" and isinstance(field.value, str):
        yield from _long(field, field.value)
        return
    if field.others:
        yield from _likely(field)
        return
    yield _asked(f"f:{field.name}", field.label, _element(field), field)


def _long(field: Field, value: str) -> Iterator[Block]:
    """One input, or several for a text that goes on. Where a view is shown anew with the same ids, Slack
    keeps what was typed and leaves out what we say stands there (slackapi/bolt-js#290): then a text whose
    pieces are others now would stand there twice or lose its end. So the ids are new each time."""
    time = uuid4().hex[:8]
    for number, text in enumerate(list(_typed_pieces(value)) or [""]):
        label = field.label if number == 0 else f"{field.label}（つづき）"
        element = _text(text, field.limit, long=True)
        yield _asked(f"f:{field.name}:{number}:{time}", label, element, field, first=number == 0)


def _likely(field: Field) -> Iterator[Block]:
    """The likely options as buttons, and the others in a list below, which counts where something is chosen."""
    chosen = field.value if isinstance(field.value, str) else ""
    first = [_option(option) for option in field.shown_first]
    rest = [_option(option) for option in field.others]
    buttons = {"type": "radio_buttons", "options": first, **_initial(first, chosen)}
    listed = {"type": "static_select", **_listed(rest), **_initial(rest, chosen)}
    there = any(option["value"] == chosen for option in first)
    key = f"f:{field.name}"
    yield _asked(key, field.label, buttons, replace(field, required=field.required and there))
    yield _asked(f"{key}:others", f"ほかの{field.label}", listed, field, first=False)


def _initial(options: list[Block], chosen: str) -> Block:
    found = [option for option in options if option["value"] == chosen]
    return {"initial_option": found[0]} if found else {}


def _asked(key: str, label: str, element: Block, field: Field, *, first: bool = True) -> Block:
    hint = {"hint": plain(_hint(field))} if first and _hint(field) else {}
    return {
        "type": "input",
        "block_id": key,
        "label": plain(label),
        "element": {"action_id": VALUE, **element},
        "optional": not (field.required and first),
        **hint,
    }


def _hint(field: Field) -> str:
    if field.kind == "table":
        return f"1行に1件、{'、'.join(field.head)}の順に「、」で区切って書いてください"
    return field.hint


def _element(field: Field) -> Block:
    text = field.value if isinstance(field.value, str) else ""
    match field.kind:
        case "single":
            return _single(field, text)
        case "multiple":
            return _multiple(field)
        case "date":
            return {"type": "datepicker", **({"initial_date": text} if text else {})}
        case "number":
            return {
                "type": "number_input",
                "is_decimal_allowed": False,
                "min_value": "0",
                **({"max_value": str(field.limit)} if field.limit is not None else {}),
                **({"initial_value": text} if text.isdecimal() else {}),
            }
        case "table":
            rows = field.value if not isinstance(field.value, str) else ()
            lines = "\n".join("、".join(row) for row in rows if not isinstance(row, str))
            return _text(lines, None, long=True)
        case _:
            return _text(text, field.limit, long=False)


def _text(value: str, limit: int | None, *, long: bool) -> Block:
    """What stands there has room, even where it is too long: that is for the desk to say."""
    most = max(limit or MOST_TYPED, units(value))
    return {
        "type": "plain_text_input",
        "multiline": long,
        "max_length": min(most, MOST_TYPED),
        **({"initial_value": value} if value else {}),
    }


def _single(field: Field, chosen: str) -> Block:
    options = [_option(option) for option in field.options]
    initial = _initial(options, chosen)
    if len(options) <= MOST_RADIOS:
        return {"type": "radio_buttons", "options": options, **initial}
    return {"type": "static_select", **_listed(options), **initial}


def _multiple(field: Field) -> Block:
    options = [_option(option) for option in field.options]
    chosen = (field.value,) if isinstance(field.value, str) else field.value
    found = [o for o in options if o["value"] in chosen]
    initial = {"initial_options": found} if found else {}
    if len(options) <= MOST_CHECKS:
        return {"type": "checkboxes", "options": options, **initial}
    most = {"max_selected_items": field.limit} if field.limit else {}
    return {"type": "multi_static_select", **_listed(options), **initial, **most}


def _listed(options: list[Block]) -> Block:
    """One list, or groups of a hundred."""
    if len(options) <= MOST_OPTIONS:
        return {"options": options}
    groups = [
        {
            "label": plain(GROUPED.format(at + 1, min(at + MOST_OPTIONS, len(options)))),
            "options": options[at : at + MOST_OPTIONS],
        }
        for at in range(0, len(options), MOST_OPTIONS)
    ]
    return {"option_groups": groups}


def _option(option: Option) -> Block:
    hint = {"description": plain(option.hint)} if fits(option.hint, LABEL) else {}
    label = option.label if fits(option.label, LABEL) else shortened(option.label, LABEL)
    return {"text": plain(label), "value": option.value, **hint}


def _modal(kind: str, title: str, blocks: list[Block]) -> View:
    shown = title if fits(title, TITLE) else DESK
    return {"type": "modal", "callback_id": kind, "title": plain(shown), "blocks": blocks}
