"""What differs between two entries, in lines a person reads."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from difflib import SequenceMatcher

from knowledge.answers import source_label
from knowledge.entries import Entry, Source

LABELS = {
    "title": "題名", "questions": "質問の言い方", "kind": "種類", "field": "分野",
    "fiscal_year": "年度", "valid_from": "有効の始まり", "valid_until": "有効期限",
    "opens": "受付の始まり", "closes": "受付の終わり", "past": "過去の情報", "replaced_by": "いまの項目",
    "sources": "出典", "facts": "もとの事実", "aliases": "別の呼び方", "related": "関連する項目",
    "holds": "答えにある値", "basis": "もとの文", "owner": "担当",
}  # fmt: skip
NOTHING = "なし"
NOT_WRITTEN = ("id", "holds", "basis")
"""What nobody writes: the name, and what follows from the text and the facts."""


def changed_fields(old: Entry, new: Entry) -> list[str]:
    """The names of the fields that differ, as people call them."""
    return [label for label, _, _ in _differing(old, new)]


def changes(old: Entry, new: Entry) -> list[str]:
    """Each changed field with what it was and is; lists and the answer line by line (－ gone, ＋ new)."""
    lines: list[str] = []
    for label, before, after in _differing(old, new):
        if isinstance(before, list) and isinstance(after, list):
            lines.append("\n".join((f"{label}：", *_line_diff(before, after))))
        else:
            lines.append(f"{label}：{before} → {after}")
    return lines


def _differing(old: Entry, new: Entry) -> Iterator[tuple[str, object, object]]:
    for one in fields(Entry):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if before == after or one.name in NOT_WRITTEN:
            continue
        if one.name == "answer":
            yield "答え", before.splitlines(), after.splitlines()
        elif isinstance(before, tuple):
            yield LABELS.get(one.name, one.name), _texts(before), _texts(after)
        else:
            yield LABELS.get(one.name, one.name), _text(one.name, before), _text(one.name, after)


def _texts(values: tuple[object, ...]) -> list[str]:
    return [source_label(v) if isinstance(v, Source) else str(v) for v in values]


def _text(name: str, value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if name == "fiscal_year":
        return f"令和{value}年度"
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    return value.isoformat() if isinstance(value, date) else str(value)


def _line_diff(before: list[str], after: list[str]) -> Iterator[str]:
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (f"－{line}" for line in before[a:b])
            yield from (f"＋{line}" for line in after[c:d])
