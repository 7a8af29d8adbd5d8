"""A table with a region column, laid out roughly as the prefecture lies."""

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

from bot.chat import Cell, Table, Tone

T = TypeVar("T")

AREAS = {
    "神戸": "kob",
    "阪神南": "ham",
    "阪神北": "hak",
    "東播磨": "hih",
    "北播磨": "kih",
    "中播磨": "nah",
    "西播磨": "nih",
    "但馬": "taj",
    "丹波": "tan",
    "淡路": "awa",
}
"""The ten regions in their official order, and where each lies in the style sheet."""

LOOKS: dict[Tone, tuple[str, str]] = {
    "done": ("done", "check"),
    "wait": ("wait", "ring"),
    "warn": ("near", "clock"),
    "stop": ("stop", "alert"),
    "off": ("out", "minus"),
}
NOBODY = "届け先"
"""A state that begins with this word has nobody who could read: drawn as a gap, not as a failure."""

WIDTH = 400
GAP = 2


@dataclass(frozen=True)
class Mark:
    """One municipality, or one line of the legend."""

    name: str
    state: str
    look: str
    icon: str
    count: int = 1


@dataclass(frozen=True)
class Area:
    name: str
    place: str
    marks: tuple[Mark, ...]

    @property
    def sum(self) -> str:
        counted = [mark for mark in self.marks if mark.look != "out"]
        if not counted:
            return "対象外" if self.marks and self.marks[0].look == "out" else ""
        done = sum(mark.look == "done" for mark in counted)
        return f"{done}/{len(counted)}"


@dataclass(frozen=True)
class Bar:
    look: str
    x: int
    width: int


@dataclass(frozen=True)
class Board:
    areas: tuple[Area, ...]
    legend: tuple[Mark, ...]
    head: tuple[str, ...]
    urgent: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, table: Table) -> "Board":
        group = table.group or 0
        rows = [(row[group].text, _without(row, group)) for row in table.rows]
        marks = [(region, _mark(row)) for region, row in rows]
        names = [*AREAS, *dict.fromkeys(region for region, _ in marks if region not in AREAS)]
        areas = tuple(
            Area(name, AREAS.get(name, "rest"), own)
            for name in names
            if (own := tuple(mark for region, mark in marks if region == name))
        )
        return cls(
            areas,
            _legend([mark for _, mark in marks]),
            _without(table.head, group),
            tuple(row for _, row in rows if any(cell.tone == "stop" for cell in row)),
        )

    @property
    def counted(self) -> int:
        return sum(mark.count for mark in self.legend if mark.look != "out")

    @property
    def done(self) -> Mark | None:
        return next((mark for mark in self.legend if mark.look == "done"), None)

    @property
    def words(self) -> str:
        return "、".join(f"{mark.state}{mark.count}" for mark in self.legend)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The shares side by side, in a drawing that is WIDTH wide."""
        shown = [mark for mark in self.legend if mark.look != "out"]
        room = WIDTH - GAP * (len(shown) - 1)
        bars: list[Bar] = []
        x = 0
        for mark in shown:
            width = max(2, round(room * mark.count / max(1, self.counted)))
            bars.append(Bar(mark.look, x, min(width, WIDTH - x)))
            x += width + GAP
        return tuple(bars)


def _without(row: tuple[T, ...], group: int) -> tuple[T, ...]:
    return row[:group] + row[group + 1 :]


def _mark(row: tuple[Cell, ...]) -> Mark:
    told = next((cell for cell in row[1:] if cell.tone in LOOKS), row[0])
    look, icon = LOOKS.get(told.tone, ("", ""))
    state = "" if told is row[0] else told.text
    if look == "stop" and state.startswith(NOBODY):
        look, icon = "lost", "nobody"
    return Mark(row[0].text, state, look, icon)


def _legend(marks: list[Mark]) -> tuple[Mark, ...]:
    counts = Counter((mark.state, mark.look, mark.icon) for mark in marks if mark.look)
    order = ["done", "wait", "near", "stop", "lost", "out"]
    return tuple(
        Mark(state, state, look, icon, count)
        for (state, look, icon), count in sorted(
            counts.items(), key=lambda item: order.index(item[0][1])
        )
    )
