"""Entries as files of every kind: what goes out comes in equal, and every mistake says where it is."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import DEFUSEDXML, Workbook, load_workbook

from bot.db import Database
from knowledge import sheets, store
from knowledge.entries import Entry, Source
from knowledge.export import as_markdown, export
from knowledge.files import BadFiles, read_files, read_markdown
from tests.commands import command
from tests.store import HYOGO, NOON

PACK = [one.entry for one in read_files(sorted((HYOGO / "entries").glob("*.md")))]
FULL = Entry(
    id="koubo-r7",
    title="=1+1 の「公募」",
    questions=("-5でもよい", '"引用"', "改行\nあり", "@誰", '"it\'s"', "'=x", "a: b", '!json "x"'),
    answer='=HYPERLINK("x")\n+プラス\n\n---\n終わり\u2028続き',
    kind="case",
    field="財源制度",
    fiscal_year=7,
    valid_from=date(2025, 4, 1),
    valid_until=date(2026, 3, 31),
    opens=date(2025, 5, 1),
    closes=date(2025, 5, 30),
    past=True,
    replaced_by="koubo-r8",
    sources=(
        Source("手引き: 第2版", "3 (1)", "令和7年4月"),
        Source("縦|棒", "", "R7"),
        Source("要綱"),
    ),
    facts=("f001",),
    aliases=("-別名", "x005F_"),
    related=("kaigi",),
    owner="財源制度",
)
EDGES = [FULL, Entry("最小", "題", ("問",), "答", sources=(Source("未登録"),))]


def round_trip(entries: list[Entry], path: Path, form: str) -> list[Entry]:
    export(entries, path, form, {})
    return [
        one.entry for one in read_files([path] if path.is_file() else sorted(path.glob("*.md")))
    ]


@pytest.mark.parametrize("form", ["md", "jsonl", "csv", "xlsx"])
@pytest.mark.parametrize("entries", [PACK, EDGES], ids=["pack", "edges"])
def test_what_goes_out_comes_in_equal(form: str, entries: list[Entry], tmp_path: Path) -> None:
    path = tmp_path / ("folder" if form == "md" else f"all.{form}")
    found = {one.id: one for one in round_trip(entries, path, form)}
    assert found == {one.id: one for one in entries}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_table_is_read_in_the_encodings_of_excel(encoding: str, tmp_path: Path) -> None:
    def holds(entry: Entry) -> bool:
        try:
            text = "".join(sheets.row_of(entry))
            return text.encode(encoding).decode(encoding) == text
        except UnicodeEncodeError:
            return False

    entries = [entry for entry in PACK if holds(entry)]
    assert len(entries) > 100
    path = tmp_path / "all.csv"
    export(entries, path, "csv", {})
    path.write_bytes(path.read_bytes().decode("utf-8-sig").encode(encoding))
    assert [one.entry for one in read_files([path])] == entries


TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n='\"-@+|,")
).map(lambda text: text.strip())
SOME = TEXT.filter(bool)


@given(
    title=SOME,
    questions=st.lists(SOME, min_size=1, max_size=4),
    answer=SOME,
    sources=st.lists(st.builds(Source, SOME, TEXT, TEXT), min_size=1, max_size=3),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_survives_a_file_and_a_table(
    title: str, questions: list[str], answer: str, sources: list[Source]
) -> None:
    entry = Entry("id", title, tuple(questions), answer, sources=tuple(sources))
    assert read_markdown(as_markdown(entry), "x.md").entry == entry
    names = list(sheets.COLUMNS)
    rows: list[tuple[int, list[Any]]] = [(1, names), (2, sheets.row_of(entry))]
    assert [one.entry for one in sheets._entries(rows, "x", "列")] == [entry]


@pytest.mark.parametrize("text", ["=1", "'=1", "''+x", "-", "@a", "plain", "'quoted", "\t="])
def test_a_guarded_text_is_never_a_formula_and_comes_back(text: str) -> None:
    assert sheets.unguarded(sheets.guarded(text)) == text
    assert sheets.guarded(text)[:1] not in ("=", "+", "-", "@", "\t")


def test_excel_holds_texts_alone(tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    export(EDGES, path, "xlsx", {})
    sheet = load_workbook(path).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert DEFUSEDXML


def book(path: Path, *rows: list[Any]) -> Path:
    made = Workbook()
    made.active.title = "一覧"
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


HEAD = ["ID", "題名", "質問の言い方", "答え", "年度", "有効期限"]


def problems_of(path: Path) -> list[str]:
    with pytest.raises(BadFiles) as bad:
        read_files([path])
    return [str(problem) for problem in bad.value.problems]


def test_days_and_numbers_that_excel_made_are_what_was_meant(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", HEAD, ["k", "題", "問1\n問2", "答", 8, date(2026, 12, 1)], [None], []
    )
    [one] = read_files([path])
    assert (one.entry.fiscal_year, one.entry.valid_until) == (8, date(2026, 12, 1))
    assert one.entry.questions == ("問1", "問2")


def test_each_mistake_names_file_sheet_line_and_column(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        HEAD,
        ["k", "題", "問", "答", "去年", "2026-02-30"],
        ["m", "", "問", "=1+1", "", ""],
        ["n", "", "問", "答", "", ""],
    )
    at = f"{path}「一覧」シート"
    assert problems_of(path) == [
        f"{at}の2行目 年度（E列）：「去年」は年度ではありません。R8 の形で書いてください",
        f"{at}の2行目 有効期限（F列）：「2026-02-30」は日付ではありません。2026-04-01 の形で書いてください",
        f"{at}の3行目 答え（D列）：数式は読みません。値にして貼り付けてください",
        f"{at}の4行目 題名（B列）：空です。書いてください",
    ]


def test_a_mistake_in_a_table_of_text_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'ID,題名,質問の言い方,答え\nk,題,"問\n問2",答\n空 白,題,問,答\n', encoding="utf-8"
    )
    assert problems_of(path) == [
        f"{path}の4行目 ID（1列目）：空白と / を使わず、100字までで書いてください"
    ]
    path.write_text("ID,題名,質問,答え\n", encoding="utf-8")
    told = problems_of(path)
    assert "3列目" in told[0] and "という列はありません" in told[0]
    assert any("質問の言い方：この列が必要です" in line for line in told)
    path.write_text('ID,題名,質問の言い方,答え\nk,"題\n', encoding="utf-8")
    assert "引用符" in problems_of(path)[0]
    path.write_bytes("ID,題名\n".encode() + b"\xff\xfe\x81")
    assert "2行目" in problems_of(path)[0] and "CP932" in problems_of(path)[0]


def test_what_is_no_table_or_grows_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"no zip at all")
    assert "Excelのファイル" in problems_of(path)[0]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"0" * (sheets.LARGEST_INSIDE + 1))
    assert path.stat().st_size < 100_000
    assert "中身が大きすぎます" in problems_of(path)[0]
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a", b"x")
    assert "Excelのファイル" in problems_of(path)[0]
    path.write_bytes(b"0" * (sheets.LARGEST_FILE + 1))
    assert "大きすぎます" in problems_of(path)[0]


def test_entities_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", HEAD, ["k", "題", "問", "答"])
    raw = io.BytesIO(path.read_bytes())
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                text = bomb.encode() + text
            new.writestr(part.filename, text)
    assert "Excelのファイル" in problems_of(path)[0]


def test_a_value_in_the_last_cell_of_a_sheet_does_not_hold_anybody_up(tmp_path: Path) -> None:
    made = Workbook()
    made.active.cell(1_048_576, 16_384).value = "x"
    made.save(tmp_path / "a.xlsx")
    assert read_files([tmp_path / "a.xlsx"]) == []


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    rows = [[f"k{n}", "題", "問", "答"] for n in range(5)]
    assert "3行まで" in problems_of(book(tmp_path / "a.xlsx", HEAD, *rows))[0]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    assert "3行まで" in problems_of(tmp_path / "a.csv")[0]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(BadFiles, match="空のフォルダー"):
        export(PACK, tmp_path, "md", {})
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_out_and_in_by_command_changes_nothing_and_an_edit_here_is_kept(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data")}
    out = command("knowledge", "export", str(tmp_path / "all.xlsx"), **settings)
    assert out.returncode == 0, out.stderr
    back = command("knowledge", "import", str(tmp_path / "all.xlsx"), **settings)
    assert f"新しい項目0件、変わった項目0件、同じ項目{len(PACK)}件" in back.stdout, back.stderr

    made = load_workbook(tmp_path / "all.xlsx")
    column = HEAD_AT["題名"]
    row = next(r for r in made.active.iter_rows(min_row=2) if r[0].value == "ehyogo-join")
    row[column].value = "e-ひょうごへの参加"
    made.save(tmp_path / "all.xlsx")
    refused = command("knowledge", "import", str(tmp_path / "all.xlsx"), **settings)
    assert refused.returncode == 1 and "--over-pack" in refused.stderr
    taken = command("knowledge", "import", "--over-pack", str(tmp_path / "all.xlsx"), **settings)
    assert "変わった項目1件" in taken.stdout, taken.stderr
    restored = command("knowledge", "restore", "ehyogo-join", "1", **settings)
    assert "第1版の内容に戻しました（第3版）" in restored.stdout, restored.stderr
    missing = command("knowledge", "restore", "ehyogo-join", "9", **settings)
    assert missing.returncode == 1 and "あるのは 1、2、3 です" in missing.stderr


HEAD_AT = {label: n for n, label in enumerate(sheets.COLUMNS.values())}


def test_versions_say_who_wrote_them(empty_db: Database) -> None:
    one = read_markdown(as_markdown(PACK[0]), "a.md")
    with empty_db.write() as session:
        store.put(session, [one], NOON, from_pack=True)
    with empty_db.write() as session:
        later = replace(one.entry, title="直した題名")
        store.write(session, later, 1, "hayashi", NOON)
    with empty_db.write() as session:
        assert store.restore(session, one.entry.id, 1, store.COMMAND, NOON) == 3
    with empty_db.read() as session:
        told = [(v.version, v.author, v.entry.title) for v in store.versions(session, one.entry.id)]
    assert told == [
        (3, "command", one.entry.title), (2, "hayashi", "直した題名"), (1, "pack", one.entry.title),
    ]  # fmt: skip
