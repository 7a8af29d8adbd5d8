"""A card as text that people copy into a talk or a mail, and what a typed reply to it means."""

import re
import unicodedata
from collections.abc import Sequence

from bot.chat import Button, Card, Cell, for_chat

CONFIRM = "確認"
ONLY_HERE = frozenset({"copy", "why", "page", "shut_pages", "form", "acknowledge", "send_anyway"})
"""Buttons that mean nothing to somebody who reads the text in another chat."""
ENDINGS = re.compile(r"(番|ばん)?(です|で|を選びます|でお願いします|をお願いします)?$")


def choices_of(card: Card) -> tuple[Button, ...]:
    """What somebody in the talk can choose, in the order of the numbers in the text."""
    shown = for_chat(card, threads=True)  # somebody who carries the reply says to what it belongs
    return tuple(button for button in shown.buttons if button.action not in ONLY_HERE)


def picked(card: Card, words: str) -> Button | None:
    """「1」「２番」「③」「解決した」: the choice that these words mean; None where they mean something else."""
    found = choices_of(card)
    plain = re.sub(r"[\s。、.,)）(（「」]", "", unicodedata.normalize("NFKC", words))
    for button in found:
        if plain and plain == re.sub(r"[\s。、.,)）(（「」]", "", button.label):
            return button
    number = ENDINGS.sub("", plain)
    if re.fullmatch(r"[1-9][0-9]?", number) and int(number) <= len(found):
        return found[int(number) - 1]
    return None


def text_of(card: Card) -> str:
    """The card as plain text for a talk: what it says, choices as numbered lines, what to reply."""
    wants = any(button.action == "acknowledge" for button in card.buttons)
    chips = "".join(f"【{chip.label}】" for chip in card.chips if chip.tone in ("year", "past"))
    lines = [
        f"【{card.topic}】" if card.frame == "notice" else card.topic,
        f"{chips}{card.title}",
        card.by,
    ]
    head = "\n".join(line for line in lines if line)
    facts = [f"{row.label}：{row.text}" for row in card.rows]
    sources = [link.label for link in card.links]
    if card.frame == "answer" and sources:
        sources = [f"出典：{'、'.join(sources)}"]
    table = [_line(row) for row in card.table.rows] if card.table else []
    note = "" if "ここに書いて" in card.note else card.note
    parts = [head, *card.paragraphs, *_joined(facts), *_joined(table), *_joined(sources), note]
    return "\n\n".join(part for part in (*parts, *_asks(card, wants=wants)) if part)


def _joined(lines: Sequence[str]) -> tuple[str, ...]:
    return ("\n".join(lines),) if lines else ()


def _line(row: Sequence[Cell]) -> str:
    return "・" + "　".join(cell.text for cell in row if cell.text)


def _asks(card: Card, *, wants: bool) -> tuple[str, ...]:
    """What the reader is asked to send back."""
    found = choices_of(card)
    asks: list[str] = []
    if wants:
        asks.append(f"読まれましたら「{CONFIRM}」と返信してください。")
    if found:
        numbers = [f"{number}　{_choice(button)}" for number, button in enumerate(found, 1)]
        asks.append("\n".join(["番号で返信してください。", *numbers]))
    if card.opens or "ここに書いて" in card.note:
        asks.append("続きは、このトークに書いてください。")
    return tuple(asks)


def _choice(button: Button) -> str:
    return f"{button.label}（{button.hint}）" if button.hint else button.label


def mail_of(card: Card) -> str:
    """The same as a mail: 件名 and 本文."""
    body = text_of(card).replace("このトークに書いて", "このメールに返信して")
    return f"件名：【リエゾンデスク】{card.title}\n\n{body}\n\n兵庫県 市町DX支援 リエゾンデスク"
