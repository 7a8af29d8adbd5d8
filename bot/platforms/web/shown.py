"""How words, days and buttons look: the templates and their filters."""

import hashlib
import re
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.chat import Card
from bot.platforms.web.board import Board
from bot.platforms.web.places import address, form_address, view_address

HERE = Path(__file__).parent
JST = timezone(timedelta(hours=9))
STEPS = ("受付", "対応中", "回答済み", "完了")
"""The words that Card.state may hold for something that moves from left to right."""

_WHOLE = re.compile(r"e-ひょうご|e-JINZAI|\d{1,2}月\d{1,2}日（[^）]{1,8}）")
_MARKED = re.compile(r"【(.*?)】", re.DOTALL)
_NUMBERED = re.compile(r"(R\d+-\d+)[ 　]+(.+)", re.DOTALL)
_OWN_PATH = re.compile(r"/(?![/\\])[^\s\x00-\x1f]*")
_ICONS = (
    ("相談する", "ask"),
    ("相談を開", "pen"),
    ("解決", "check"),
    ("確認しました", "check"),
    ("完了にする", "check"),
    ("承認する", "check"),
    ("違う", "cross"),
    ("返信", "out"),
    ("へ送る", "out"),
    ("書く", "pen"),
    ("電話", "phone"),
)


@cache
def environment() -> Environment:
    """The pages' templates, each compiled once."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "nb": nb,
        "marked": marked,
        "day": day,
        "hour": hour,
        "moment": moment,
        "iso": iso,
    }
    env.globals |= {
        "STEPS": STEPS,
        "address": address,
        "board": Board.of,
        "form_address": form_address,
        "icon_of": icon_of,
        "is_bare": is_bare,
        "is_talk": is_talk,
        "link_of": link_of,
        "new_event": lambda: uuid4().hex,
        "parted": parted,
        "rows_of": rows_of,
        "static": static,
        "view_address": view_address,
    }
    return env


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that a browser may keep it for long."""
    print_of_it = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={print_of_it}"


def nb(text: str) -> Markup:
    """Words that must not break in the middle, each in its own span."""
    return _wrapped(_WHOLE, text, 0, Markup('<span class="nb">{}</span>'))


def marked(text: str) -> Markup:
    """What stands between 【 and 】 is what the reader has to look at."""
    return _wrapped(_MARKED, text, 1, Markup("<mark>{}</mark>"))


def _wrapped(found: re.Pattern[str], text: str, group: int, around: Markup) -> Markup:
    out, end = Markup(), 0
    for match in found.finditer(text):
        out += escape(text[end : match.start()]) + around.format(match[group])
        end = match.end()
    return out + escape(text[end:])


def day(at: datetime) -> str:
    local = at.astimezone(JST)
    return f"{local.month}月{local.day}日（{'月火水木金土日'[local.weekday()]}）"


def hour(at: datetime) -> str:
    local = at.astimezone(JST)
    return f"{local.hour}:{local.minute:02}"


def moment(at: datetime) -> str:
    return f"{day(at)}{hour(at)}"


def iso(at: datetime) -> str:
    return at.astimezone(JST).isoformat(timespec="minutes")


def icon_of(label: str) -> str:
    return next((icon for word, icon in _ICONS if word in label), "")


def parted(name: str) -> tuple[str, str]:
    """「R8-0001 件名」 as (number, name): a list shows the name large and the number small."""
    match = _NUMBERED.fullmatch(name.strip())
    return (match[1], match[2]) if match else ("", name)


def rows_of(text: str) -> int:
    """Lines that a box needs to show the whole text, where a browser cannot fit it by itself."""
    return sum(1 + len(line) // 36 for line in text.split("\n"))


def link_of(path: str) -> str:
    """A path of our own page or a whole address; anything else is not linked."""
    if _OWN_PATH.fullmatch(path):
        return path
    return path if urlsplit(path).scheme in ("http", "https") else ""


def is_bare(card: Card) -> bool:
    """One line and nothing else: a note between what people say."""
    return is_talk(card) and not card.paragraphs and not card.by


def is_talk(card: Card) -> bool:
    """Words only: shown as said, without a frame."""
    framed = card.rows or card.table or card.picture or card.links or card.buttons or card.chips
    return not (card.frame or framed or card.opens or card.topic or card.note)
