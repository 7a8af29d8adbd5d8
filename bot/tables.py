"""The directory's tables as they stand in CSV files, read with file, line and column of each mistake."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

COLUMNS: dict[str, tuple[str, ...]] = {
    "regions.csv": ("region", "office"),
    "municipalities.csv": (
        "code", "name", "kana", "romaji", "kind", "special_status", "county", "region", "population",
        "population_date", "web_domain",
    ),
    "divisions.csv": ("division", "note"),
    "rooms.csv": ("room", "name", "kind", "place"),
    "fields.csv": ("field", "description", "division", "room"),
    "people.csv": ("person", "name", "municipality", "section", "roles", "accounts", "shared"),
}  # fmt: skip
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Line:
    """One line of a table. `number` is its line in the file."""

    file: Path
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def wrong(self, column: str, what: str) -> str:
        return f"{self.file}の{self.number}行目 {column}：{what}"


def read_tables(folder: Path) -> tuple[dict[str, list[Line]], list[str]]:
    tables: dict[str, list[Line]] = {}
    problems: list[str] = []
    for name, columns in COLUMNS.items():
        path = folder / name
        if path.is_file():
            tables[name], wrong = _read_table(path, columns)
            problems.extend(wrong)
    if not tables:
        problems.append(f"{folder}：名簿の表（{'、'.join(COLUMNS)}）がありません")
    return tables, problems


def _read_table(path: Path, columns: tuple[str, ...]) -> tuple[list[Line], list[str]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp932")  # what Excel on a municipal Windows writes
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            return [], [f"{path}の{line}行目：UTF-8で保存し直してください"]
    if bad := NO_TEXT.search(text):
        line = text[: bad.start()].count("\n") + 1
        return [], [f"{path}の{line}行目：文字ではないもの（制御文字）があります。消してください"]
    reader = csv.reader(StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error:
        what = '表として読めません。引用符（"）の閉じ忘れを見てください'
        return [], [f"{path}の{reader.line_num}行目：{what}"]
    return _read_lines(path, rows, columns)


def _read_lines(
    path: Path, rows: list[tuple[int, list[str]]], columns: tuple[str, ...]
) -> tuple[list[Line], list[str]]:
    head = rows[0][1] if rows else []
    if missing := [column for column in columns if column not in head]:
        return [], [
            f"{path}の1行目 {'、'.join(missing)}：この列がありません。列の名前を直してください"
        ]
    if unknown := [column for column in head if column not in columns]:
        return [], [
            f"{path}の1行目 {'、'.join(unknown)}：知らない列です。使える列は {', '.join(columns)}"
        ]
    if twice := sorted({column for column in head if head.count(column) > 1}):
        return [], [f"{path}の1行目 {'、'.join(twice)}：この列が2回あります。1つにしてください"]
    lines: list[Line] = []
    problems: list[str] = []
    for number, cells in rows[1:]:
        if not any(cells):
            continue
        if len(cells) != len(head):
            what = f"列が{len(cells)}個あります。{len(head)}個にしてください"
            problems.append(f"{path}の{number}行目：{what}")
            continue
        lines.append(Line(path, number, dict(zip(head, cells, strict=True))))
    return lines, problems
