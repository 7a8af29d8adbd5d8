"""Entries as files: Markdown with front matter (one entry a file) and JSON lines.

The front matter is read as text by this module, not by a YAML library: to YAML a question like
「No」, 「010」 or 「補助金: いつまで」 is a truth value, a number and a mapping, and none of that may happen
to what staff wrote. Every error names file, line and field and says what to do. What a line cannot hold
(a line break, quotation marks of its own around the whole) stands there as `!json "…"`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from knowledge.entries import FIELDS, KINDS, Entry, Source

KEYS = (
    "id", "title", "questions", "kind", "field", "fiscal_year", "valid_from", "valid_until", "opens",
    "closes", "past", "replaced_by", "sources", "facts", "aliases", "related", "holds", "basis", "owner",
)  # fmt: skip
LEARNT = "learnt"
"""Wordings learnt from use: they stand beside an entry in a file, and are no part of it."""
NAMED = (*KEYS, LEARNT)
LISTS = {"questions", "sources", "facts", "aliases", "related", "holds", "basis", LEARNT}
SOURCE_KEYS = ("document", "section", "date")
UNREGISTERED = Source("未登録")
ID = re.compile(r"[^\s/\x00-\x1f\x7f]{1,100}")
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
QUOTED = re.compile(r'!json (["\[].*["\]])')
"""How a value stands in one line that plain text cannot say: a text, or the three parts of a source."""
LONGEST_FILE = 200_000  # bytes of one Markdown entry; JSON lines have no such limit


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file. `line` counts from 1; 0 is the whole of it."""

    file: str
    line: int
    field: str
    what: str

    def __str__(self) -> str:
        where = f"{self.file}の{self.line}行目" if self.line else self.file
        return f"{where} {self.field}：{self.what}" if self.field else f"{where}：{self.what}"


class BadFiles(Exception):  # noqa: N818
    """Nothing was imported; `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Written:
    """An entry as it stands in a file; `digest` changes when the file's text does. `learnt`: the wordings learnt
    from use that stand beside it."""

    entry: Entry
    origin: str
    line: int
    digest: str
    learnt: tuple[str, ...] = ()


def read_files(paths: Iterable[Path]) -> list[Written]:
    """Read .md, .jsonl, .csv and .xlsx files. Raise BadFiles with everything that is wrong in any of them."""
    written: list[Written] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            written.extend(_read(path))
        except BadFiles as bad:
            problems.extend(bad.problems)
    problems.extend(_twice(written))
    if problems:
        raise BadFiles(problems)
    return written


def _read(path: Path) -> list[Written]:
    if path.suffix in (".csv", ".xlsx"):
        from knowledge.sheets import read_sheet  # noqa: PLC0415  what most imports need not load

        return read_sheet(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BadFiles([Problem(str(path), line, "", "UTF-8で保存し直してください")]) from None
    except OSError as error:
        raise BadFiles([Problem(str(path), 1, "", f"開けません（{error.strerror}）")]) from None
    if path.suffix == ".md":
        return [read_markdown(text, str(path))]
    if path.suffix == ".jsonl":
        return list(read_json_lines(text, str(path)))
    raise BadFiles([Problem(str(path), 1, "", "読めるのは .md、.jsonl、.csv、.xlsx です")])


def _twice(written: Sequence[Written]) -> Iterator[Problem]:
    first: dict[str, Written] = {}
    for one in written:
        if known := first.get(one.entry.id):
            what = f"{one.entry.id} は {known.origin} の{known.line}行目にもあります"
            yield Problem(one.origin, one.line, "id", what)
        first.setdefault(one.entry.id, one)


def read_markdown(text: str, origin: str) -> Written:
    """One entry from the text of a Markdown file; the body is the answer."""
    if len(text.encode()) > LONGEST_FILE:
        raise BadFiles(
            [Problem(origin, 1, "", "大きすぎます。1つの項目を1つのファイルに分けてください")]
        )
    rows = text.split("\n")  # a text may hold other line ends
    ends = [n for n, row in enumerate(rows) if row.rstrip() == "---"]
    if not rows or not ends or ends[0] != 0 or len(ends) < 2:  # noqa: PLR2004  opening and closing line
        what = "先頭に「---」ではさんだ項目の欄が必要です"
        raise BadFiles([Problem(origin, 1, "", what)])
    head = _Head(origin)
    for number, row in enumerate(rows[1 : ends[1]], start=2):
        head.read(number, row)
    head.put("answer", "\n".join(rows[ends[1] + 1 :]).strip(), ends[1] + 2)
    learnt, entry = head.learnt(), head.entry()
    return Written(entry, origin, 1, sha256(text.encode()).hexdigest(), learnt)


def read_json_lines(text: str, origin: str) -> Iterator[Written]:
    """Entries from JSON lines: `id`, `title`, `questions` and `answer` are enough."""
    problems: list[Problem] = []
    for number, row in enumerate(text.split("\n"), start=1):  # a text may hold other line ends
        if not row.strip():
            continue
        try:
            values = json.loads(row, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError) as error:
            at = f"（{error.colno}文字目）" if isinstance(error, json.JSONDecodeError) else ""
            problems.append(Problem(origin, number, "", f"JSONとして読めません{at}"))
            continue
        try:
            yield written_of(values, origin, number, sha256(row.encode()).hexdigest())
        except BadFiles as bad:
            problems.extend(bad.problems)
    if problems:
        raise BadFiles(problems)


def written_of(values: Any, origin: str, line: int, digest: str) -> Written:
    """The entry of these named values, or BadFiles with everything that is wrong with them."""
    head = _Head(origin)
    head.read_json(line, values)
    learnt = head.learnt()
    return Written(head.entry(), origin, line, digest, learnt)


class _Pairs(dict[str, Any]):
    """An object of JSON that remembers which names it holds twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = {name for name in names if names.count(name) > 1}


class _Head:
    """The fields of one entry with the line each stands on."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.open_list = ""
        self.is_json = False  # a line break in a JSON text is no line of the file

    def wrong(self, field: str, what: str, line: int | None = None) -> None:
        self.problems.append(Problem(self.origin, line or self.lines.get(field, 1), field, what))

    def put(self, field: str, value: Any, line: int) -> None:
        if field in self.values:
            self.wrong(field, "2回書かれています。1つにしてください", line)
        self.values[field], self.lines[field] = value, line

    def read(self, number: int, row: str) -> None:
        """Take in one line of front matter: `key: value`, `key:`, `  - item` or `    key: value`."""
        if not row.strip() or row.startswith("#"):
            return
        if item := re.fullmatch(r"\s*-\s+(.*)", row):
            self._item(number, item[1])
        elif (more := re.fullmatch(r"\s+(\w+):\s*(.*)", row)) and self.open_list == "sources":
            self._source(number, more[1], more[2])
        elif pair := re.fullmatch(r"(\w+):\s*(.*)", row):
            self._key(number, pair[1], pair[2])
        else:
            self.wrong(self.open_list, "「名前: 値」か「  - 値」の形で書いてください", number)

    def _key(self, number: int, key: str, value: str) -> None:
        self.open_list = ""
        if key not in NAMED:
            self.wrong(key, f"知らない名前です。使えるのは {', '.join(NAMED)}", number)
        elif key in LISTS:
            self.put(key, [], number)
            self.open_list = key
            if value.strip() not in ("", "[]"):
                self.wrong(key, "次の行から「  - 」で1つずつ書いてください", number)
        else:
            self.put(key, _bare(value), number)

    def _item(self, number: int, value: str) -> None:
        if not self.open_list:
            self.wrong("", "何の一覧かがわかりません。前の行に「questions:」などが必要です", number)
        elif self.open_list == "sources":
            pair = re.fullmatch(r"(\w+):\s*(.*)", value)
            self.values["sources"].append((number, {}))
            self._source(number, pair[1] if pair else "document", pair[2] if pair else value)
        else:
            self.values[self.open_list].append((number, _bare(value)))

    def _source(self, number: int, key: str, value: str) -> None:
        if key not in SOURCE_KEYS or not self.values["sources"]:
            self.wrong("sources", "「  - document: 」、section、date を書いてください", number)
        elif key in self.values["sources"][-1][1]:
            self.wrong("sources", f"{key} が2回書かれています。1つにしてください", number)
        else:
            self.values["sources"][-1][1][key] = _bare(value)

    def read_json(self, number: int, values: Any) -> None:
        self.is_json = True
        if not isinstance(values, dict):
            raise BadFiles(
                [Problem(self.origin, number, "", "{ } で囲んだ1つの項目を書いてください")]
            )
        for key, value in values.items():
            if key in LISTS:
                items = value if isinstance(value, list) else [] if value is None else [value]
                self.put(key, [(number, item) for item in items], number)
            elif key in KEYS or key == "answer":
                self.put(key, _plain(value), number)
            else:
                self.lines[key] = number  # what others keep beside an entry is none of our business
        for key in ("id", "title", "questions", "answer"):
            self.lines.setdefault(key, number)
        for key in sorted(getattr(values, "twice", set()) & {*NAMED, "answer"}):
            self.wrong(key, "2回書かれています。1つにしてください", number)

    def learnt(self) -> tuple[str, ...]:
        return self._texts(LEARNT)

    def entry(self) -> Entry:
        """The entry, or BadFiles with everything that is wrong."""
        entry = Entry(
            id=self._id(),
            title=self._needed("title"),
            questions=self._texts("questions", needed=True),
            answer=self._needed("answer"),
            kind=self._one_of("kind", KINDS) or KINDS[0],
            field=self._one_of("field", FIELDS),
            fiscal_year=self._fiscal_year(),
            valid_from=self._date("valid_from"),
            valid_until=self._date("valid_until"),
            opens=self._date("opens"),
            closes=self._date("closes"),
            past=self._truth("past"),
            replaced_by=self._text("replaced_by") or None,
            sources=self._sources() or (UNREGISTERED,),
            facts=self._texts("facts"),
            aliases=self._texts("aliases"),
            related=self._texts("related"),
            holds=self._texts("holds"),
            basis=self._texts("basis"),
            owner=self._text("owner"),
        )
        for early, late in (("valid_from", "valid_until"), ("opens", "closes")):
            first, last = getattr(entry, early), getattr(entry, late)
            if first and last and first > last:
                self.wrong(late, f"{early} より前の日付です")
        if self.problems:
            raise BadFiles(self.problems)
        return entry

    def _text(self, field: str) -> str:
        value = self.values.get(field, "")
        if not isinstance(value, str):
            self.wrong(field, "文字で書いてください")
            return ""
        return self._readable(field, value.strip(), self.lines.get(field, 1))

    def _readable(self, field: str, text: str, line: int) -> str:
        """What no database and no chat can show is no text."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if bad := NO_TEXT.search(text):
            what = f"文字ではないもの（U+{ord(bad[0]):04X}）があります。消してください"
            below = 0 if self.is_json else text.count("\n", 0, bad.start())
            self.wrong(field, what, line + below)
        return text

    def _needed(self, field: str) -> str:
        text = self._text(field)
        if not text:
            self.wrong(field, "空です。書いてください")
        return text

    def _id(self) -> str:
        text = self._needed("id")
        if text and not ID.fullmatch(text):
            self.wrong("id", "空白と / を使わず、100字までで書いてください")
        return text

    def _texts(self, field: str, *, needed: bool = False) -> tuple[str, ...]:
        texts: list[str] = []
        for line, value in self.values.get(field, []):
            if not isinstance(value, str) or not value.strip():
                self.wrong(field, "空の行か、文字でないものがあります", line)
            else:
                texts.append(self._readable(field, value.strip(), line))
        if needed and not texts:
            self.wrong(field, "1つ以上書いてください")
        return tuple(texts)

    def _one_of(self, field: str, allowed: Sequence[str]) -> str | None:
        text = self._text(field)
        if text and text not in allowed:
            self.wrong(
                field, f"「{text}」は使えません。{'、'.join(allowed)} のどれかにしてください"
            )
            return None
        return text or None

    def _date(self, field: str) -> date | None:
        text = self._text(field)
        if not text or text == "null":
            return None
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            with suppress(ValueError):  # such as 2026-02-30: said below with the rest
                return date.fromisoformat(text)
        self.wrong(field, f"「{text}」は日付ではありません。2026-04-01 の形で書いてください")
        return None

    def _truth(self, field: str) -> bool:
        text = self._text(field).lower()
        if text not in ("", "true", "false"):
            self.wrong(field, "true か false を書いてください")
        return text == "true"

    def _fiscal_year(self) -> int | None:
        text = self._text("fiscal_year")
        if not text:
            return None
        if found := re.fullmatch(r"(?:R|令和)?(\d{1,2})(?:年度)?", text):
            return int(found[1])
        self.wrong("fiscal_year", f"「{text}」は年度ではありません。R8 の形で書いてください")
        return None

    def _sources(self) -> tuple[Source, ...]:
        sources: list[Source] = []
        for line, value in self.values.get("sources", []):
            if isinstance(value, str):
                value = {"document": value}  # noqa: PLW2901  a bare title is a source too
            if not isinstance(value, dict) or not value.get("document"):
                self.wrong("sources", "document（資料の題名）を書いてください", line)
                continue
            parts = [_plain(value.get(key)) for key in SOURCE_KEYS]
            if not all(isinstance(part, str) for part in parts):
                self.wrong("sources", "document、section、date を文字で書いてください", line)
                continue
            sources.append(
                Source(*(self._readable("sources", part.strip(), line) for part in parts))
            )
        return tuple(sources)


def _plain(value: Any) -> Any:
    """A number, true, false or null of JSON as the text the front matter would hold."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    return str(value) if isinstance(value, int | float) else value


def _bare(value: str) -> str:
    """The text itself, without quotation marks around the whole of it."""
    value = value.strip()
    if said := unquoted(value):
        return said if isinstance(said, str) else value
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        inside = value[1:-1]
        return value if value[0] in inside else inside  # "甲" と "乙" are two quotations
    return value


def unquoted(value: str) -> str | list[str] | None:
    """What `!json …` says; None for a text that is itself."""
    found = QUOTED.fullmatch(value)
    if found is None:
        return None
    try:
        said = json.loads(found[1])
    except (ValueError, RecursionError):
        return None
    if isinstance(said, list) and not all(isinstance(part, str) for part in said):
        return None
    return said if isinstance(said, str | list) else None
