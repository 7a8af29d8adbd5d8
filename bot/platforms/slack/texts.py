"""Slack's way of writing, and ours.

Slack reads `&`, `<` and `>` in text objects as its own (docs.slack.dev, "Formatting message text"); only these
three are escaped. Text elements of rich_text blocks are taken as they are: no mention, no markup.
"""

import re
from collections.abc import Callable, Iterator

_ANGLED = re.compile(r"<([^<>]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))  # the ampersand last
ANOTHER, A_GROUP = "（別の人）", "（グループ）"
_BREAKS = ("\n", "。", "、", " ")


def escaped(text: str) -> str:
    """For `plain_text`, `mrkdwn` and the text beside blocks: nothing in it can call anybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def spoken(text: str, bot: str, name_of: Callable[[str], str] = lambda _: "") -> str:
    """What a person wrote, from what Slack sends: links with their address, the desk's own name gone, others by
    the names that `name_of` has for their ids; it may know none."""

    def called(user: str, label: str) -> str:
        return name_of(user) or label.removeprefix("@") or ANOTHER

    def plain(found: re.Match[str]) -> str:
        what, _, label = found[1].partition("|")
        if what.startswith("@"):
            return "" if what[1:] == bot else f"@{called(what[1:], label)}"
        if what.startswith("#"):
            return f"#{label or what[1:]}"
        if what.startswith("!subteam"):
            return label or f"@{A_GROUP}"
        if what.startswith("!"):
            return label or f"@{what[1:].partition('^')[0]}"
        return _linked(what.removeprefix("mailto:").removeprefix("tel:"), label)

    read = _ANGLED.sub(plain, text)
    for entity, sign in _ENTITIES:
        read = read.replace(entity, sign)
    return read.strip()


def names(text: str, bot: str) -> bool:
    """Is the desk called by name in it?"""
    return f"<@{bot}>" in text or f"<@{bot}|" in text


def _linked(address: str, label: str) -> str:
    """Slack puts an address behind other words where somebody wants it so; what is typed is both."""
    bare = address.partition("://")[2] or address
    if not label or label.rstrip("/") in (address.rstrip("/"), bare.rstrip("/")):
        return label or address
    return f"{label}（{address}）"


def units(text: str) -> int:
    """How long it is as Slack counts: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, most: int) -> str:
    """Its beginning, for a name that stands in full beside it. Counted as escaped."""
    while text and units(escaped(f"{text}…")) > most:
        text = text[:-1]
    return f"{text}…"


def pieces(text: str, most: int, coding: str = "utf-8") -> Iterator[str]:
    """The whole text in pieces of at most `most` bytes, parted after a line or a sentence where there is one.
    Put together again they are the text. `coding`: "utf-16-le" counts two bytes a character."""
    while len(text.encode(coding, "surrogatepass")) > most:
        at = _longest(text, most, coding)
        cut = max(text.rfind(sign, 0, at) + 1 for sign in _BREAKS)
        end = cut if cut > at // 2 else at
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def _longest(text: str, most: int, coding: str) -> int:
    """How many characters of it fit."""
    fitting = text.encode(coding, "surrogatepass")[:most]
    return max(1, len(fitting.decode(coding, "ignore")))
