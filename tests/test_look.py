"""The look holds: enough contrast, every colour a token, nothing foreign and nothing inline in a template."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parent.parent / "bot/platforms/web"
CSS = "".join(
    (WEB / "static" / name).read_text(encoding="utf-8") for name in ("style.css", "page.css")
)
SCRIPT = (WEB / "static/script.js").read_text(encoding="utf-8")
TEMPLATES = sorted((WEB / "templates").glob("*.html"))

TEXT = """
    ink/paper ink/ground ink/sunk ink/brand-tint ink/done-tint ink/warn-tint ink/stop-tint
    ink/inside-tint ink/line ink-soft/paper ink-soft/ground ink-soft/sunk ink-soft/brand-tint
    ink-soft/inside-tint brand/paper brand/ground brand/brand-tint on-brand/brand
    on-brand/brand-deep done/paper done/ground done/done-tint warn/paper warn/ground warn/warn-tint
    stop/paper stop/ground stop/stop-tint stop/brand-tint inside/paper inside/inside-tint
    on-band/band on-band/band-stop
"""
EDGES = """
    edge/paper edge/ground edge/inside-tint edge/brand-tint brand/paper done/paper warn/paper
    stop/paper inside-edge/inside-tint band/paper band-stop/paper focus/paper focus/ground
    focus/brand-tint
"""


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})", block))


def _roots() -> tuple[dict[str, str], dict[str, str]]:
    light, dark, *_ = re.findall(r":root\s*\{(.*?)\}", CSS, re.DOTALL)
    return _tokens(light), {**_tokens(light), **_tokens(dark)}


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _ratio(one: str, other: str) -> float:
    """WCAG 2: how far two colours lie apart, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (EDGES, 3.0)])
def test_every_pair_in_use_can_be_read_by_day_and_by_night(pairs: str, least: float) -> None:
    assert _ratio("#000000", "#ffffff") == pytest.approx(21)
    weak = [
        f"{pair} {ratio:.1f}"
        for tokens in _roots()
        for pair in pairs.split()
        for one, other in [pair.split("/")]
        if (ratio := _ratio(tokens[one], tokens[other])) < least
    ]
    assert weak == []


def test_no_colour_stands_outside_the_tokens() -> None:
    rules = re.sub(r":root\s*\{.*?\}|/\*.*?\*/", "", CSS, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\(|hsla?\(|oklch\(", rules) == []


def test_every_token_in_use_is_made() -> None:
    made = set(re.findall(r"--([\w-]+)\s*:", CSS))

    assert set(re.findall(r"var\(--([\w-]+)", CSS)) <= made


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_nothing_inline_and_nothing_foreign(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:", text) == []
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []
    assert re.findall(r"\|\s*safe\b|autoescape\s+false|<script(?! src=\"\{\{ static)", text) == []


def test_style_and_script_fetch_nothing_from_elsewhere() -> None:
    assert re.findall(r"@import|url\(|https?:", CSS) == []
    assert re.findall(r"https?:|import\(|eval\(|new Function", SCRIPT) == []


def test_every_icon_in_use_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-([\w-]+)"', (WEB / "templates/icons.html").read_text()))
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r'icon\("([\w-]+)"', path.read_text(encoding="utf-8"))
    }

    assert used <= drawn
