"""Where a form asked step by step stands: read from the dialogue's row and written back to it."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.chat import (
    CONFIRMED,
    Field,
    Form,
    FormValue,
    Message,
    Option,
)
from bot.dialogues import Dialogue

ACTION = "step"
LONGEST_NUMBER = 18
_OWN = ":"  # the key in a row's values under which the engine keeps its own state; no field is called so
SEVERAL = ("multiple", "table")


@dataclass(frozen=True)
class Stand:
    """Where a dialogue stands, read from its row and written back to it.

    `values`: what was answered here. `start` and `narrowed`: the part of the options that is shown.
    `todo`: fields with a mistake, to be mended in this order. `mending`: "which" while the person
    chooses what to mend, then "field". `changed`: the preview no longer shows what would be sent.
    `wrong`, `sending` and `confirmed` live for one answer only.
    """

    id: int
    form: Form
    step: int
    values: Mapping[str, FormValue]
    start: int = 0
    narrowed: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()
    mending: str = ""
    changed: bool = False
    wrong: str = ""
    sending: bool = False
    confirmed: bool = False

    @property
    def asked(self) -> Field | None:
        """What is asked now; None at the end, where only sending is left."""
        if self.mending == "which":
            options = tuple(Option(f.name, f.label) for f in self.form.fields)
            return Field("", "どこを直しますか", "single", options=options)
        return self.form.fields[self.step] if self.step < self.end else None

    @property
    def end(self) -> int:
        return len(self.form.fields)

    @property
    def previewed(self) -> bool:
        return self.form.preview is not None and not self.changed

    def value(self, field: Field) -> FormValue:
        return self.values.get(field.name, field.value)

    def keeps(self, field: Field) -> bool:
        """May the person go on with what stands there? Not with the very value that was refused."""
        refused = field.error and self.value(field) == field.value and not self.changed
        return bool(field.name and self.value(field) and not refused)

    def at(self, step: int, mending: str = "") -> "Stand":
        """At another question, its list shown from the beginning."""
        return replace(self, step=step, mending=mending, start=0, narrowed=())

    def says(self, sentence: str) -> "Stand":
        return replace(self, wrong=sentence)


def read_row(dialogue: Dialogue) -> Stand:
    own = dialogue.values.get(_OWN) or {}
    form = dialogue.form
    names = {f.name for f in form.fields}
    values = {name: _tuples(v) for name, v in dialogue.values.items() if name in names}
    stand = Stand(dialogue.id, form, min(dialogue.step, len(form.fields)), values)
    if own.get("event") != dialogue.event_id:
        return _arrived(stand)
    return replace(
        stand,
        start=own["start"],
        narrowed=tuple(own["narrowed"]),
        todo=tuple(name for name in own["todo"] if name in names),
        mending=own["mending"],
        changed=own["changed"],
    )


def _arrived(stand: Stand) -> Stand:
    """The form came anew: with mistakes, with its preview, or opened once more where it was left."""
    wrong = tuple(f.name for f in stand.form.fields if f.error)
    if wrong:
        return replace(stand, step=index_of(stand.form, wrong[0]), todo=wrong)
    if stand.form.preview is not None:
        return replace(stand, step=stand.end)
    return replace(stand, step=stand.step if stand.step < stand.end else 0)


def write_row(dialogue: Dialogue, stand: Stand) -> None:
    own = {
        "event": dialogue.event_id,
        "start": stand.start,
        "narrowed": stand.narrowed,
        "todo": stand.todo,
        "mending": stand.mending,
        "changed": stand.changed,
    }
    # A new dict each time: SQLAlchemy does not see changes inside a JSON value.
    dialogue.step, dialogue.values = stand.step, {**stand.values, _OWN: own}


def whole_message(message: Message, stand: Stand) -> Message:
    values: dict[str, FormValue] = {}
    for f in stand.form.fields:
        values[f.name] = stand.value(f) or (() if f.kind in SEVERAL else "")
    if stand.confirmed:
        values[CONFIRMED] = "yes"
    return replace(
        message, action=stand.form.action, value=stand.form.value, values=values, text=""
    )


def why_wrong(stand: Stand, field: Field, value: FormValue) -> str:
    """What is wrong with this value, in the form's own words."""
    if field.kind == "number" and isinstance(value, str) and len(value.strip()) > LONGEST_NUMBER:
        # Python refuses to read thousands of digits, and no answer has so many.
        return f"{LONGEST_NUMBER}けたまでの数を書いてください"
    return stand.form.wrong({field.name: value}).get(field.name, "")


def step_word(stand: Stand) -> str:
    """Names the question in a button's value, so that one of another question is known."""
    return f"{stand.end}w" if stand.mending == "which" else str(stand.step)


def button_value(stand: Stand, what: str) -> str:
    return f"{stand.id}:{step_word(stand)}:{what}"


def seal_of(stand: Stand) -> str:
    """Ties the last press to what the preview showed: an older preview sends nothing."""
    told = json.dumps([stand.value(f) for f in stand.form.fields], ensure_ascii=True)
    return f"{zlib.crc32(told.encode()):08x}"


def chosen_values(stand: Stand, field: Field) -> tuple[str, ...]:
    value = stand.value(field)
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str))


def table_rows(stand: Stand, field: Field) -> tuple[tuple[str, ...], ...]:
    value = stand.value(field)
    return () if isinstance(value, str) else tuple(v for v in value if isinstance(v, tuple))


def index_of(form: Form, name: str) -> int:
    return next(at for at, f in enumerate(form.fields) if f.name == name)


def _tuples(value: Any) -> Any:
    """JSON knows lists only."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list | tuple) else value
