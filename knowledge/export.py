"""Entries written to files that read back as equal entries: Markdown, JSON lines, CSV, Excel."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.db import dump
from knowledge.entries import Entry, Source
from knowledge.files import (
    LEARNT,
    NAMED,
    QUOTED,
    SOURCE_KEYS,
    BadFiles,
    Problem,
    read_markdown,
)

LONGEST_NAME = 200  # bytes of a file's name, safely below what file systems hold


Learnt = Mapping[str, tuple[str, ...]]
"""The wordings learnt from use, by the entry's id."""


def export(entries: Sequence[Entry], target: Path, form: str, learnt: Learnt) -> None:
    """Write them all. Raise BadFiles where the target or an entry does not allow it; then nothing is there."""
    writers: dict[str, Callable[[Sequence[Entry], Path, Learnt], None]] = {
        "md": write_folder,
        "jsonl": write_json_lines,
        "csv": _write_csv,
        "xlsx": _write_xlsx,
    }
    try:
        writers[form](entries, target, learnt)
    except OSError as error:
        raise BadFiles([Problem(str(target), 0, "", f"書けません（{error.strerror}）")]) from None


def _write_csv(entries: Sequence[Entry], target: Path, learnt: Learnt) -> None:
    from knowledge.sheets import write_csv  # noqa: PLC0415  only who wants a table

    write_csv(entries, target, learnt)


def _write_xlsx(entries: Sequence[Entry], target: Path, learnt: Learnt) -> None:
    from knowledge.sheets import write_xlsx  # noqa: PLC0415  0.2 s that only who wants Excel pays

    write_xlsx(entries, target, learnt)


def write_folder(entries: Sequence[Entry], folder: Path, learnt: Learnt) -> None:
    """One file an entry, into a folder that holds nothing yet."""
    if folder.is_dir() and any(folder.iterdir()):
        what = "空のフォルダーか、まだないフォルダーを指定してください"
        raise BadFiles([Problem(str(folder), 0, "", what)])
    texts = {file_name(entry): as_markdown(entry, learnt.get(entry.id, ())) for entry in entries}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def file_name(entry: Entry) -> str:
    """The id, unless a file system could not hold it."""
    name = entry.id
    if len(name.encode()) > LONGEST_NAME or name.startswith("."):
        name = f"{name[:30].lstrip('.')}-{sha256(name.encode()).hexdigest()[:8]}"
    return f"{name}.md"


def as_markdown(entry: Entry, learnt: tuple[str, ...] = ()) -> str:
    """The text of a file that reads back as this entry. Raise BadFiles where there is none."""
    lines = ["---"]
    for key in NAMED:
        value = learnt if key == LEARNT else getattr(entry, key)
        if key == "sources":
            lines += _source_lines(entry.sources)
        elif isinstance(value, tuple):
            lines += [f"{key}:", *(f"  - {in_line(item)}" for item in value)] if value else []
        elif text := as_text(key, value):
            lines.append(f"{key}: {in_line(text)}")
    text = "\n".join((*lines, "---", entry.answer, ""))
    back = read_markdown(text, entry.id)
    if (back.entry, back.learnt) != (entry, learnt):
        what = "この形のファイルでは元に戻せません。.jsonl にしてください"
        raise BadFiles([Problem(entry.id, 0, "", what)])
    return text


def _source_lines(sources: Iterable[Source]) -> list[str]:
    lines = ["sources:"]
    for source in sources:
        parts = [(key, getattr(source, key)) for key in SOURCE_KEYS if getattr(source, key)]
        marks = ("  - ", *("    ",) * len(parts))
        lines += [
            f"{mark}{key}: {in_line(part)}" for mark, (key, part) in zip(marks, parts, strict=False)
        ]
    return lines


def as_text(key: str, value: object) -> str:
    """A single value as files hold it; empty for what need not stand there."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if key == "fiscal_year":
        return f"R{value}"
    return value.isoformat() if isinstance(value, date) else str(value)


def in_line(text: str) -> str:
    """The text as one line holds it: itself, or quoted where reading would make something else of it."""
    around = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    if around or "\n" in text or QUOTED.fullmatch(text):
        return f"!json {json.dumps(text, ensure_ascii=False)}"
    return text


def write_json_lines(entries: Sequence[Entry], target: Path, learnt: Learnt) -> None:
    target.write_text(
        "".join(
            f"{json.dumps(as_json(entry, learnt.get(entry.id, ())), ensure_ascii=False)}\n"
            for entry in entries
        ),
        encoding="utf-8",
        newline="\n",
    )


def as_json(entry: Entry, learnt: tuple[str, ...] = ()) -> dict[str, Any]:
    told: dict[str, Any] = dump(entry)
    if entry.fiscal_year:
        told["fiscal_year"] = f"R{entry.fiscal_year}"
    return {**told, LEARNT: list(learnt)} if learnt else told
