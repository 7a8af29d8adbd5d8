"""The few sentences this chat says by itself, and the few it understands by itself. Pure."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.chat import Card, File, Place
from bot.platforms.logo.cards import harmless

MENU = "メニュー"
ASKS_MENU = re.compile(r"(めにゅー|メニュー|menu)(を?(見せて|開いて|見る|開く))?", re.IGNORECASE)
ASKS_NUMBER = re.compile(r"(この)?(部屋|トーク)の(番号|ID|id)(は|を教えて)?[?。]?")


def asks_menu(text: str) -> bool:
    """「メニュー」: what can be started and looked at, as there is no other place to show it."""
    return bool(ASKS_MENU.fullmatch(_plain(text)))


def asks_number(text: str) -> bool:
    """「この部屋の番号」: what the directory has to name it by."""
    return bool(ASKS_NUMBER.fullmatch(_plain(text)))


def number_of(place: str) -> Card:
    return Card("名簿に書く、この部屋の番号です", (place,))


def over() -> Card:
    """For an answer to a stamp that is closed, or was never ours."""
    return Card(
        "この選択は、もう終わっています",
        ("いまの操作では何も変わっていません。必要なときは、もう一度書いてください。",),
    )


def not_yours() -> Card:
    return Card("「はい」「いいえ」は、ボタンを押した方が答えます")


def left_as_is() -> Card:
    return Card("取りやめました。何も変わっていません")


def stays() -> Card:
    return Card("確認したことは、そのまま残ります")


def not_given_on(name: str) -> str:
    return harmless(
        f"ファイル「{name}」は、ここへ渡せませんでした。送った方に、別の方法で送ってもらってください。"
    )


def nothing() -> Card:
    return Card("いま見られるものはありません")


def files_of(content: Any, home: tuple[str, str]) -> Iterator[File]:
    """The files of a message; where each is kept is written so that it can be posted again in the same
    organisation."""
    told = content if isinstance(content, dict) else {}
    several = told.get("files")
    for one in several if isinstance(several, list) else [told]:
        if isinstance(one, dict) and "file_id" in one and isinstance(one.get("name"), str):
            size = one.get("content_size")
            kept = {k: one[k] for k in ("file_id", "name", "content_type", "content_size", "url") if k in one}  # fmt: skip
            ref = f"{'/'.join(home)}/{json.dumps(kept, ensure_ascii=False)}"
            yield File(one["name"], size if isinstance(size, int) else 0, ref)


def content_of(file: File, home: tuple[str, str]) -> dict[str, Any] | None:
    """The map that posts this file again; None where it stands in another chat or organisation."""
    start = f"{'/'.join(home)}/"
    if not file.ref.startswith(start):
        return None
    content = json.loads(file.ref[len(start) :])
    return content if isinstance(content, dict) else None


def without_words(card: Card, action: str, message_id: str, place: Place) -> Card:
    """The card with a button that names the message instead of holding its words."""
    return replace(
        card,
        buttons=tuple(
            replace(b, value=f"{message_id}@{place.root}") if b.action == action else b
            for b in card.buttons
        ),
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).rstrip("。!")
