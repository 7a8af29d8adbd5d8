"""Charts as plain SVG text: bars with intervals, and lines."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, EDGE = 560, 260, 44
COLOURS = ("#0b5cad", "#c2410c", "#15803d", "#6b7280")


def bars(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Name, value, lower and upper end, each 0…1."""
    step, parts = 30, []
    for number, (name, value, low, high) in enumerate(rows):
        y = 10 + number * step
        x, left, right = (170 + part * 340 for part in (value, low, high))
        parts.append(
            f'<text x="160" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="170" y="{y}" width="{x - 170:.1f}" height="18" fill="{COLOURS[0]}"/>'
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y + 9}" y2="{y + 9}" stroke="#111" stroke-width="2"/>'
            f'<text x="{max(x, right) + 6:.1f}" y="{y + 14}">{value:.2f}</text>'
        )
    return _svg("".join(parts), 20 + step * len(rows))


def lines(
    series: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    across: str,
    up: str,
    *,
    diagonal: bool = False,
) -> str:
    """Named lines through points, both axes 0…1."""
    axes = (
        f'<line x1="{EDGE}" y1="{HEIGHT - EDGE}" x2="{WIDTH - 10}" y2="{HEIGHT - EDGE}" stroke="#111"/>'
        f'<line x1="{EDGE}" y1="10" x2="{EDGE}" y2="{HEIGHT - EDGE}" stroke="#111"/>'
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="{EDGE + 6}" y="20">{escape(up)}</text>'
    )
    parts = [axes]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _at(share, share)
        parts.append(
            f'<text x="{x:.0f}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{share:g}</text>'
        )
        parts.append(f'<text x="{EDGE - 6}" y="{y + 4:.0f}" text-anchor="end">{share:g}</text>')
    if diagonal:
        parts.append(_line([(0.0, 0.0), (1.0, 1.0)], "#9ca3af"))
    for number, (name, points) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(_line(points, colour))
        parts.append(
            f'<text x="{WIDTH - 150}" y="{40 + 18 * number}" fill="{colour}">{escape(name)}</text>'
        )
    return _svg("".join(parts), HEIGHT)


def _at(x: float, y: float) -> tuple[float, float]:
    return EDGE + x * (WIDTH - EDGE - 20), HEIGHT - EDGE - y * (HEIGHT - EDGE - 20)


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_at(*point) for point in points))
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _svg(inside: str, height: int) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">{inside}</svg>'
