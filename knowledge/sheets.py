"""Entries as a table: CSV (UTF-8 with or without BOM, CP932) and Excel. One row an entry.

A list has one item a line in its cell, a source is 「文書|箇所|日付」. A text that begins like a formula
stands behind an apostrophe, which reading takes away again. Formulas are never worked out: they are a mistake.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from knowledge.diff import LABELS
from knowledge.entries import Entry, Source
from knowledge.export import Learnt, as_text
from knowledge.files import (
    KEYS,
    LEARNT,
    LISTS,
    QUOTED,
    BadFiles,
    Problem,
    Written,
    unquoted,
    written_of,
)

COLUMNS = {
    "id": "ID",
    **{key: LABELS.get(key, key) for key in KEYS if key != "id"},
    LEARNT: "学んだ言い方",
    "answer": "答え",
}
"""What a column is called, by the entry's field. Either name may stand in the first row."""
NAMES = {**{label: key for key, label in COLUMNS.items()}, **{key: key for key in COLUMNS}}
NEEDED = ("id", "title", "questions", "answer")
SHEET = "知識"
LARGEST_FILE, LARGEST_INSIDE = 10_000_000, 60_000_000  # bytes, packed and unpacked
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL, MOST_PARTS = 20_000, 60, 32_767, 500
CHUNK = 1 << 16
GUARDED, GUARD = re.compile(r"'*[=+\-@\t\r]"), re.compile(r"'+[=+\-@\t\r]")
ZIP_TROUBLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
)
SOURCE_PARTS = 3

Cells = Sequence[str]


def guarded(text: str) -> str:
    """No program takes it for a formula; `unguarded` gives back the same text."""
    return f"'{text}" if GUARDED.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if GUARD.match(text) else text


def row_of(entry: Entry, learnt: tuple[str, ...] = ()) -> list[str]:
    told = {key: learnt if key == LEARNT else getattr(entry, key) for key in COLUMNS}
    return [guarded(_cell(key, value)) for key, value in told.items()]


def _cell(key: str, value: object) -> str:
    if key == "sources" and isinstance(value, tuple):
        return "\n".join(map(_source, value))
    if isinstance(value, tuple):
        return "\n".join(map(_item, value))
    return as_text(key, value)


def _item(text: str) -> str:
    plain = "\n" not in text and not QUOTED.fullmatch(text)
    return text if plain else f"!json {json.dumps(text, ensure_ascii=False)}"


def _source(source: Source) -> str:
    parts = (source.document, source.section, source.date)
    if any("|" in part or "｜" in part or "\n" in part for part in parts) or QUOTED.fullmatch(
        parts[0]
    ):
        return f"!json {json.dumps(parts, ensure_ascii=False)}"
    return "|".join(parts).rstrip("|")


def write_csv(entries: Sequence[Entry], path: Path, learnt: Learnt) -> None:
    """UTF-8 with BOM, which Excel reads as such."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS.values())
    table.writerows(row_of(entry, learnt.get(entry.id, ())) for entry in entries)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def write_xlsx(entries: Sequence[Entry], path: Path, learnt: Learnt) -> None:
    """Texts alone, whatever they look like. Raise BadFiles for what a cell cannot hold."""
    from openpyxl import Workbook  # noqa: PLC0415  0.2 s
    from openpyxl.styles import Alignment  # noqa: PLC0415

    rows = [list(COLUMNS.values()), *(row_of(entry, learnt.get(entry.id, ())) for entry in entries)]
    problems = [
        Problem(str(path), number, label, f"{LONGEST_CELL:,}字より長く、Excelに入りません。.jsonl にしてください")
        for number, row in enumerate(rows, start=1)
        for label, text in zip(COLUMNS.values(), row, strict=True)
        if len(text) > LONGEST_CELL
    ]  # fmt: skip
    if problems:
        raise BadFiles(problems)
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value, cell.data_type = text, "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    book.save(path)


def read_sheet(path: Path) -> list[Written]:
    """The entries of a table. Raise BadFiles with everything that is wrong, each with line and column."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            what = f"大きすぎます（{LARGEST_FILE // 1_000_000}MBまで）。分けてください"
            raise BadFiles([Problem(str(path), 0, "", what)])
        if path.suffix == ".csv":
            return _entries(_csv_rows(path), str(path), "列目")
        return [
            one
            for name, rows in _sheets(path)
            for one in _entries(rows, f"{path}「{name}」シート", "列")
        ]
    except OSError as error:
        raise BadFiles([Problem(str(path), 0, "", f"開けません（{error.strerror}）")]) from None


def _csv_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            what = '表として読めません。引用符（"）が閉じているか見てください'
            raise BadFiles([Problem(str(path), reader.line_num, "", what)]) from None
        yield line, row
        line = reader.line_num + 1


def _decoded(path: Path) -> str:
    """UTF-8 with or without BOM, else what Excel in Japan saves (CP932); never a guess beyond that."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return raw.decode("cp932")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            what = "UTF-8でもシフトJIS（CP932）でもありません。UTF-8で保存し直してください"
            raise BadFiles([Problem(str(path), line, "", what)]) from None


def _sheets(path: Path) -> Iterator[tuple[str, Iterator[tuple[int, list[Any]]]]]:
    from openpyxl import DEFUSEDXML, load_workbook  # noqa: PLC0415  0.2 s

    assert DEFUSEDXML, "defusedxml keeps entities of a file from growing"  # noqa: S101
    _look_inside(path)
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            yield sheet.title, _sheet_rows(sheet)
        book.close()
    except (*ZIP_TROUBLE, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        what = "Excelのファイル（.xlsx）として読めません。Excelで開いて保存し直してください"
        raise BadFiles([Problem(str(path), 0, "", what)]) from error


def _look_inside(path: Path) -> None:
    """Unpack it once and count, so that a small file that grows without end is refused before it is read."""
    what = ""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_INSIDE:
                what = "中身が大きすぎます。分けてください"
            left = LARGEST_INSIDE
            for part in parts if not what else ():
                with packed.open(part) as inside:
                    while chunk := inside.read(CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            what = "中身が大きすぎます。分けてください"
                            break
    except ZIP_TROUBLE:
        what = "Excelのファイル（.xlsx）として読めません。Excelで開いて保存し直してください"
    if what:
        raise BadFiles([Problem(str(path), 0, "", what)])


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1)
    for number, row in enumerate(rows, start=1):
        yield number, [_Formula() if cell.data_type == "f" else cell.value for cell in row]


class _Formula:
    """A cell that holds a formula: what it would come to is nobody's word."""


def _entries(rows: Iterable[tuple[int, list[Any]]], origin: str, column: str) -> list[Written]:
    """The entries below the first row that holds anything, which names the columns."""
    written: list[Written] = []
    problems: list[Problem] = []
    names: list[str] = []
    for number, row in rows:
        texts = [_as_text(value) for value in row]
        if not any(texts):
            continue
        if len(written) > MOST_ROWS or number > MOST_ROWS + 1:
            raise BadFiles([Problem(origin, number, "", f"{MOST_ROWS:,}行までにしてください")])
        if not names:
            names = _names(texts, origin, number)
            continue
        formulas = [n for n, value in enumerate(row) if isinstance(value, _Formula)]
        problems += [
            Problem(
                origin,
                number,
                _where(names, n, column),
                "数式は読みません。値にして貼り付けてください",
            )
            for n in formulas
        ]
        if formulas:
            continue
        try:
            digest = sha256("\x1f".join(texts).encode()).hexdigest()
            written.append(written_of(_values(names, texts), origin, number, digest))
        except BadFiles as bad:
            problems += [_at_column(one, names, column) for one in bad.problems]
    if problems:
        raise BadFiles(problems)
    return written


def _names(texts: Cells, origin: str, number: int) -> list[str]:
    """Which field each column holds; the row that names them is checked as a whole."""
    found = [unguarded(text).strip() for text in texts]
    while found and not found[-1]:
        found.pop()
    problems = [
        Problem(origin, number, f"{n}列目", f"「{text}」という列はありません。使えるのは {'、'.join(COLUMNS.values())}")
        for n, text in enumerate(found, start=1)
        if text not in NAMES
    ]  # fmt: skip
    keys = [NAMES.get(text, "") for text in found]
    problems += [
        Problem(origin, number, COLUMNS[key], "この列が必要です")
        for key in NEEDED if key not in keys
    ]  # fmt: skip
    problems += [
        Problem(origin, number, COLUMNS[key], "同じ列が2つあります")
        for key in COLUMNS if keys.count(key) > 1
    ]  # fmt: skip
    if len(found) > MOST_COLUMNS:
        problems.append(Problem(origin, number, "", f"{MOST_COLUMNS}列までにしてください"))
    if problems:
        raise BadFiles(problems)
    return keys


def _values(names: Sequence[str], texts: Cells) -> dict[str, Any]:
    """The cells by field, as JSON lines would hold them. What stands right of the columns is not ours."""
    values: dict[str, Any] = {}
    for key, cell in zip(names, texts, strict=False):
        text = unguarded(cell)
        if key == "sources":
            values[key] = [_read_source(line) for line in text.split("\n") if line.strip()]
        elif key in LISTS:
            items = [line.strip() for line in text.split("\n") if line.strip()]
            values[key] = [said if isinstance(said := unquoted(i), str) else i for i in items]
        else:
            values[key] = text
    return values


def _read_source(line: str) -> dict[str, str]:
    said = unquoted(line.strip())
    parts = said if isinstance(said, list) else line.replace("｜", "|").split("|", SOURCE_PARTS - 1)
    return dict(
        zip(("document", "section", "date"), (part.strip() for part in parts), strict=False)
    )


def _as_text(value: object) -> str:
    """A cell as text. Excel makes days and numbers of what people type, so they are turned back."""
    if value is None or isinstance(value, _Formula):
        return "" if value is None else "="
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _at_column(one: Problem, names: Sequence[str], column: str) -> Problem:
    """The same mistake, with the column where it stands."""
    at = names.index(one.field) if one.field in names else None
    label = COLUMNS.get(one.field, one.field) if at is None else _where(names, at, column)
    return Problem(one.file, one.line, label, one.what)


def _where(names: Sequence[str], at: int, column: str) -> str:
    """答え（18列目）, or 答え（R列）."""
    label = COLUMNS[names[at]] if at < len(names) else ""
    letters, left = "", at + 1
    while left:
        left, rest = divmod(left - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{label}（{at + 1 if column == '列目' else letters}{column}）"
