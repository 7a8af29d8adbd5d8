"""Long words in pieces that the service takes: counted as it counts, cut where a reader would."""

import re
from collections.abc import Iterator

STOPS = (
    re.compile(r"\n\n+"),
    re.compile(r"\n"),
    re.compile(r"(?<=[。！？!?])(?![」』）)])|(?<=[。！？!?][」』）)])(?=[「『（(\s])"),
    re.compile(r"(?<=[、，,；;])"),
    re.compile(r"[ \t\u3000]+"),
)
"""Where to cut, the best first: paragraph, line, sentence, clause, space."""
URL = re.compile(r"https?://[!-~]+")
SHORTEST = 0.25  # of a piece: a good cut far at the front is worse than a fair one further back


def units(text: str) -> int:
    """How long the service says this is: in UTF-16."""
    return len(text) + sum(char > "\uffff" for char in text)


def pieces(text: str, longest: int) -> list[str]:
    """The text in pieces of at most `longest` units, together all of it but the white space they are cut at.

    Never inside a URL or a sentence, unless that alone is longer than a piece.
    """
    return [piece for piece in _pieces(text.strip("\n"), longest) if piece.strip()]


def cut(text: str, longest: int) -> str:
    """One line's worth: shortened with an ellipsis where it is too long."""
    if units(text) <= longest:
        return text
    return text[: _fits(text, longest - 1)].rstrip() + "…"


def _pieces(text: str, longest: int) -> Iterator[str]:
    while units(text) > longest:
        end, begin = _cut_at(text, _fits(text, longest))
        yield text[:end].rstrip()
        text = text[begin:].lstrip("\n")
    yield text


def _fits(text: str, longest: int) -> int:
    """How many characters have at most so many units."""
    left = longest
    for place, char in enumerate(text):
        left -= 2 if char > "\uffff" else 1
        if left < 0:
            return place
    return len(text)


def _cut_at(text: str, most: int) -> tuple[int, int]:
    """Where the first piece ends and the next begins."""
    window = text[: most + 1]  # a stop may stand right behind the last character that fits
    urls = [match.span() for match in URL.finditer(text) if match.start() < most]
    for stop in STOPS:
        found = [
            match
            for match in stop.finditer(window)
            if most * SHORTEST <= match.start() <= most and not _inside(match.start(), urls)
        ]
        if found:
            return found[-1].start(), found[-1].end()
    for begin, end in urls:
        if 0 < begin < most < end:
            return begin, begin
    return _whole_characters(text, most), _whole_characters(text, most)


def _inside(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(begin < place < end for begin, end in spans)


def _whole_characters(text: str, most: int) -> int:
    """Not between a character and what is put upon it (a mark, a variation, a joined emoji)."""
    place = most
    while place > 1 and (_leans(text[place]) or text[place - 1] == "\u200d"):
        place -= 1
    return place if place > 1 else most


def _leans(char: str) -> bool:
    return (
        char in "\u200d\u3099\u309a"
        or "\ufe00" <= char <= "\ufe0f"
        or "\u0300" <= char <= "\u036f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )
