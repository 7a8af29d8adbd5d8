"""What the desk asks a person to fill in, and what is wrong with what was filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from bot.chat.cards import Card

FormValue = str | tuple[str, ...] | tuple[tuple[str, ...], ...]
"""What a person filled in: one text (also a number or an ISO date), several choices, or table rows."""

CONFIRMED = "confirmed"
"""Key in a form's values that says the person has seen the preview and pressed the last button."""

LONGEST_NUMBER = 18
"""Digits of a number in a form; far beyond any figure here, and below what Python refuses to read."""

Kind = Literal["text", "long", "number", "single", "multiple", "date", "file", "table"]


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Field:
    """One thing a form asks for.

    `limit`: most characters (text, long), most choices (multiple), largest number (number).
    `value` is what stands there already; `error` the sentence shown at the field; `head` a table's columns.
    `likely`: the options of a single choice that are shown as buttons; the others are there to be looked for.
    """

    name: str
    label: str
    kind: Kind = "text"
    required: bool = True
    hint: str = ""
    options: tuple[Option, ...] = ()
    limit: int | None = None
    head: tuple[str, ...] = ()
    value: FormValue = ""
    error: str = ""
    likely: tuple[str, ...] = ()

    @property
    def shown_first(self) -> tuple[Option, ...]:
        """The likely options in their own order; all of them where none is likelier."""
        if not self.likely:
            return self.options
        named = {option.value: option for option in self.options}
        return tuple(named[value] for value in self.likely if value in named)

    @property
    def others(self) -> tuple[Option, ...]:
        return tuple(o for o in self.options if self.likely and o.value not in self.likely)


@dataclass(frozen=True)
class Form:
    """Something the desk asks a person to fill in; sending it off is a Message with `action` and `values`.

    With `preview` set the person is shown that card with 「送る」 and 「直す」; the last press sends the
    same values again with CONFIRMED. `previews` says beforehand that this step will come. `kept`: what stands
    in it was sent off once and came back, so it is somebody's own words.
    """

    action: str
    value: str
    title: str
    fields: tuple[Field, ...]
    submit: str
    intro: str = ""
    previews: bool = False
    preview: Card | None = None
    kept: bool = False

    def with_values(
        self, values: Mapping[str, FormValue], errors: Mapping[str, str] | None = None
    ) -> "Form":
        """The same form with what was filled in, and a sentence at each field that was wrong."""
        errors = errors or {}
        fields = tuple(
            replace(f, value=values.get(f.name, f.value), error=errors.get(f.name, ""))
            for f in self.fields
        )
        return replace(self, fields=fields)

    def wrong(self, values: Mapping[str, FormValue]) -> dict[str, str]:
        """What is wrong with these values, by field name, in a sentence that says what to do."""
        return {f.name: why for f in self.fields if (why := _wrong(f, values.get(f.name, "")))}


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _wrong(asked: Field, value: FormValue) -> str:
    if not (value.strip() if isinstance(value, str) else value):
        verb = "選んで" if asked.kind in ("single", "multiple") else "書いて"
        return f"{asked.label}を{verb}ください" if asked.required else ""
    if asked.kind in ("single", "multiple"):
        return _wrong_choice(asked, (value,) if isinstance(value, str) else value)
    return _wrong_text(asked, value.strip()) if isinstance(value, str) else ""


def _wrong_choice(asked: Field, picked: tuple[object, ...]) -> str:
    if any(item not in {option.value for option in asked.options} for item in picked):
        return f"{asked.label}を一覧から選んでください"
    if asked.kind == "multiple" and asked.limit and len(picked) > asked.limit:
        return f"{asked.limit}つまで選べます"
    return ""


def _wrong_text(asked: Field, text: str) -> str:
    limit = asked.limit
    if asked.kind in ("text", "long") and limit is not None and len(text) > limit:
        return f"{limit:,}字までにしてください（いまは{len(text):,}字、{len(text) - limit:,}字多いです）"
    if asked.kind == "number" and not (text.isdecimal() and len(text) <= LONGEST_NUMBER):
        return "数字だけを書いてください（例：3）"
    if asked.kind == "number" and limit is not None and int(text) > limit:
        return f"{limit:,}以下の数を書いてください"
    if asked.kind == "date" and _not_a_date(text):
        return "日付を選んでください（例：2026-12-01）"
    return ""


def _not_a_date(text: str) -> bool:
    if not _DATE.fullmatch(text.strip()):
        return True
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return True
    return False
