"""What comes in, without the signs nobody sees."""

import unicodedata
from dataclasses import replace

from bot.chat import FormValue, Message

KEPT = "\n\t\u200d"  # lines, columns, and the joiner inside emoji


def cleaned(message: Message) -> Message:
    """Without control and direction marks and broken surrogates: PostgreSQL takes no NUL, a log no
    escape, and a page is not turned around by U+202E."""
    values = message.values
    if values is not None:
        values = {name: _clean_value(value) for name, value in values.items()}
    return replace(message, text=clean(message.text), value=clean(message.value), values=values)


def clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in KEPT or unicodedata.category(c)[0] != "C")


def _clean_value(value: FormValue) -> FormValue:
    if isinstance(value, str):
        return clean(value)
    texts = tuple(clean(item) for item in value if isinstance(item, str))
    rows = tuple(tuple(clean(c) for c in item) for item in value if not isinstance(item, str))
    return rows or texts
