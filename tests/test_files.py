"""Entries as files: what staff wrote stays what they wrote, and every mistake says where it is."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db import Database
from bot.history import of
from knowledge import store
from knowledge.entries import Source
from knowledge.files import LONGEST_FILE, BadFiles, read_files, read_json_lines, read_markdown
from tests.commands import command
from tests.store import HYOGO, NOON

HEAD = """---
id: kaigi
title: 会議の日程
questions:
  - 会議はいつ
---
毎月10日です。
"""


def problems_of(read: Callable[[], object]) -> list[tuple[int, str, str]]:
    with pytest.raises(BadFiles) as bad:
        read()
    return [(one.line, one.field, one.what) for one in bad.value.problems]


def test_an_entry_of_four_fields_is_enough_and_its_source_is_not_registered() -> None:
    entry = read_markdown(HEAD, "kaigi.md").entry

    assert (entry.id, entry.title, entry.questions) == ("kaigi", "会議の日程", ("会議はいつ",))
    assert (entry.answer, entry.kind, entry.field) == ("毎月10日です。", "faq", None)
    assert entry.sources == (Source("未登録"),)


def test_every_field_of_the_front_matter_is_read() -> None:
    entry = read_markdown(
        """---
# a note among ourselves
id: koubo-r7
title: "公募の期間"
questions:
  - 公募はいつまで
  - 'いつ締切'
kind: case
field: 財源制度
fiscal_year: R7
valid_from: 2025-04-01
valid_until: 2026-03-31
opens: 2025-05-01
closes: 2025-05-30
past: true
replaced_by: koubo-r8
sources:
  - document: 手引き: 第2版
    section: 3 (1)
    date: 令和7年4月
  - 要綱
facts:
  - f001
aliases: []
related:
  - kaigi
owner: 財源制度
---

5月30日までです。

---
区切りのあとも本文です。
""",
        "koubo.md",
    ).entry

    assert (entry.title, entry.questions) == ("公募の期間", ("公募はいつまで", "いつ締切"))
    assert (entry.kind, entry.field, entry.fiscal_year) == ("case", "財源制度", 7)
    assert (entry.valid_from, entry.valid_until) == (date(2025, 4, 1), date(2026, 3, 31))
    assert (entry.opens, entry.closes) == (date(2025, 5, 1), date(2025, 5, 30))
    assert (entry.past, entry.replaced_by) == (True, "koubo-r8")
    assert entry.sources == (Source("手引き: 第2版", "3 (1)", "令和7年4月"), Source("要綱"))
    assert (entry.facts, entry.aliases, entry.related) == (("f001",), (), ("kaigi",))
    assert entry.answer == "5月30日までです。\n\n---\n区切りのあとも本文です。"


@pytest.mark.parametrize(
    "question",
    [
        "No", "no", "yes", "010", "1:30", "補助金: いつまで", "# から始まる", "null", "~", "2026-02-30",
        "- 項目", "[一覧]", "{対応}", "&anchor", "*alias", "!!python/object", "%YAML", "@誰", "`印`",
        "値 # のあと", "a: b: c", "|", ">", "?", '"甲" と "乙"', "'一つ' と '二つ'", '"', "3.0", "1e3",
    ],
)  # fmt: skip
def test_a_question_stays_the_text_that_was_written(question: str) -> None:
    text = HEAD.replace("会議はいつ", question).replace("会議の日程", question)

    entry = read_markdown(text, "kaigi.md").entry

    assert entry.questions == (question,)
    assert entry.title == question


@pytest.mark.parametrize("quoted", ['"引用"', "'引用'", '  "引用"  '])
def test_quotation_marks_around_the_whole_of_a_value_are_not_part_of_it(quoted: str) -> None:
    assert read_markdown(HEAD.replace("会議はいつ", quoted), "k.md").entry.questions == ("引用",)


@given(question=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_printable_question_survives(question: str) -> None:
    entry = read_markdown(HEAD.replace("会議はいつ", question), "kaigi.md").entry

    quoted = len(question) > 1 and question[0] == question[-1] and question[0] in "\"'"
    assert entry.questions in ((question,), (question[1:-1],) if quoted else (question,))


@pytest.mark.parametrize(
    ("was", "now", "line", "field", "words"),
    [
        ("title: 会議の日程", "titel: 会議の日程", 3, "titel", "知らない名前です"),
        ("title: 会議の日程", "answer: x", 3, "answer", "知らない名前です"),
        ("title: 会議の日程", "title: a\ntitle: b", 4, "title", "2回書かれています"),
        ("title: 会議の日程\n", "", 1, "title", "空です"),
        ("title: 会議の日程", "title: ", 3, "title", "空です"),
        ("id: kaigi", "id: 会 議", 2, "id", "空白と / を使わず"),
        ("id: kaigi", "id: a/b", 2, "id", "空白と / を使わず"),
        ("id: kaigi", "id: " + "x" * 101, 2, "id", "100字まで"),
        ("questions:\n  - 会議はいつ\n", "", 1, "questions", "1つ以上"),
        ("questions:\n  - 会議はいつ", "questions:", 4, "questions", "1つ以上"),
        ("questions:\n  - 会議はいつ", "questions: 会議はいつ", 4, "questions", "「  - 」で1つずつ"),
        ("  - 会議はいつ", "  - 会議はいつ\n  - ", 6, "questions", "空の行"),
        ("  - 会議はいつ", "  - 会議はいつ\n  続き", 6, "questions", "「名前: 値」"),
        ("id: kaigi", "  - はぐれた\nid: kaigi", 2, "", "何の一覧か"),
        ("id: kaigi", "id: kaigi\nopens: 2026-02-30", 3, "opens", "日付ではありません"),
        ("id: kaigi", "id: kaigi\ncloses: 2026/4/1", 3, "closes", "日付ではありません"),
        ("id: kaigi", "id: kaigi\nvalid_from: 令和8年4月1日", 3, "valid_from", "日付ではありません"),
        ("id: kaigi", "id: kaigi\nvalid_until: 0000-01-01", 3, "valid_until", "日付ではありません"),
        ("id: kaigi", "id: kaigi\nfield: DX", 3, "field", "「DX」は使えません"),
        ("id: kaigi", "id: kaigi\nkind: news", 3, "kind", "「news」は使えません"),
        ("id: kaigi", "id: kaigi\npast: はい", 3, "past", "true か false"),
        ("id: kaigi", "id: kaigi\nfiscal_year: 2026", 3, "fiscal_year", "年度ではありません"),
        ("id: kaigi", "id: kaigi\nopens: 2026-05-02\ncloses: 2026-05-01", 4, "closes", "opens より前"),
        ("id: kaigi", "id: kaigi\nsources:\n  - section: 3", 4, "sources", "document（資料の題名）"),
        ("id: kaigi", "id: kaigi\nsources:\n    section: 3", 4, "sources", "document"),
        ("id: kaigi", "id: kaigi\nsources:\n  - document: a\n    page: 3", 5, "sources", "document"),
        ("id: kaigi", "id: kaigi\nsources:\n  - document: a\n    document: b", 5, "sources", "2回"),
        ("毎月10日です。", "", 7, "answer", "空です"),
        ("毎月10日です。", "毎月\n10\x07日", 8, "answer", "U+0007"),
        ("会議はいつ", "会議\x00はいつ", 5, "questions", "U+0000"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_field(
    was: str, now: str, line: int, field: str, words: str
) -> None:
    assert was in HEAD
    found = problems_of(lambda: read_markdown(HEAD.replace(was, now, 1), "kaigi.md"))

    assert [(line, field)] == [(at, of_field) for at, of_field, what in found if words in what]


@pytest.mark.parametrize(
    "text", ["", "毎月10日です。", "---\nid: kaigi\n", "id: kaigi\n---\n---\n"]
)
def test_a_file_without_front_matter_is_told_so(text: str) -> None:
    [(line, _, what)] = problems_of(lambda: read_markdown(text, "kaigi.md"))

    assert line == 1 and "「---」" in what


def test_everything_wrong_in_a_file_is_told_at_once() -> None:
    text = HEAD.replace("id: kaigi", "id: a b\npast: maybe\nopens: soon").replace("毎月", "")

    assert [field for _, field, _ in problems_of(lambda: read_markdown(text, "k.md"))] == [
        "id",
        "opens",
        "past",
    ]


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    [(_, _, what)] = problems_of(lambda: read_markdown(HEAD + "あ" * LONGEST_FILE, "kaigi.md"))

    assert "大きすぎます" in what


def test_a_file_of_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "sjis.md"
    path.write_bytes(b"---\nid: kaigi\n" + "title: 会議".encode("cp932"))

    [(line, _, what)] = problems_of(lambda: read_files([path]))

    assert line == 3 and "UTF-8" in what


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "windows.md"
    path.write_bytes(HEAD.replace("\n", "\r\n").encode("utf-8-sig"))
    lines = tmp_path / "windows.jsonl"
    lines.write_bytes(json.dumps(FOUR | {"id": "b"}).encode("utf-8-sig") + b"\r\n\r\n")

    assert [one.entry.id for one in read_files([path, lines])] == ["kaigi", "b"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("none.md", "開けません"), ("list.txt", ".md、.jsonl、.csv、.xlsx"), ("dir.md", "開けません")],
)
def test_what_is_no_entry_file_is_told_so(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "list.txt").write_text("id\n")
    (tmp_path / "dir.md").mkdir()

    [(_, _, what)] = problems_of(lambda: read_files([tmp_path / name]))

    assert words in what


def test_an_id_twice_is_told_with_both_places_also_across_files(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(HEAD)
    (tmp_path / "two.jsonl").write_text("\n" + json.dumps(FOUR | {"id": "kaigi"}))

    with pytest.raises(BadFiles) as bad:
        read_files([tmp_path / "one.md", tmp_path / "two.jsonl"])

    [problem] = bad.value.problems
    assert str(problem) == (
        f"{tmp_path}/two.jsonlの2行目 id：kaigi は {tmp_path}/one.md の1行目にもあります"
    )


FOUR = {"id": "a", "title": "会議", "questions": ["いつ"], "answer": "10日です。"}


def lines_of(*objects: object) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in objects)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"score": 3, "tags": {"x": [1]}, "tags2": None},
        {"related": None, "sources": None, "owner": None, "closes": None, "past": False},
        {"sources": []},
        {"aliases": [], "facts": []},
    ],
)
def test_json_of_four_fields_is_enough_and_what_else_is_there_does_no_harm(
    more: dict[str, object],
) -> None:
    [one] = read_json_lines(lines_of(FOUR | more), "a.jsonl")

    assert one.entry.sources == (Source("未登録"),)
    assert (one.entry.id, one.entry.questions, one.entry.past) == ("a", ("いつ",), False)


def test_json_numbers_truth_and_a_single_text_are_taken_as_meant() -> None:
    values = FOUR | {
        "id": 12, "questions": "いつ", "fiscal_year": 8, "past": True, "sources": "手引き",
        "closes": "2026-05-30",
    }  # fmt: skip

    [one] = read_json_lines(lines_of(values), "a.jsonl")

    assert (one.entry.id, one.entry.questions) == ("12", ("いつ",))
    assert (one.entry.fiscal_year, one.entry.past) == (8, True)
    assert one.entry.sources == (Source("手引き"),)


def test_a_line_separator_inside_a_json_text_does_not_cut_the_line() -> None:
    values = FOUR | {"answer": "一\u2028二\u0085三"}

    [one] = read_json_lines(lines_of(values), "a.jsonl")

    assert one.entry.answer == "一\u2028二\u0085三"


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("{", "", "JSONとして読めません（2文字目）"),
        ('{"id": "a"', "", "JSONとして読めません"),
        ("[" * 100_000, "", "JSONとして読めません"),
        ('{"id": ' + "1" * 5000 + "}", "", "JSONとして読めません"),
        ("[1]", "", "{ } で囲んだ"),
        ('"text"', "", "{ } で囲んだ"),
        ("null", "", "{ } で囲んだ"),
        (lines_of(FOUR | {"questions": []}), "questions", "1つ以上"),
        (lines_of(FOUR | {"questions": None}), "questions", "1つ以上"),
        (lines_of(FOUR | {"questions": [1]}), "questions", "文字でないもの"),
        (lines_of(FOUR | {"questions": {"a": 1}}), "questions", "文字でないもの"),
        (lines_of(FOUR | {"title": ["a"]}), "title", "文字で"),
        (lines_of(FOUR | {"answer": None}), "answer", "空です"),
        (lines_of({k: v for k, v in FOUR.items() if k != "id"}), "id", "空です"),
        (lines_of(FOUR | {"sources": [3]}), "sources", "document"),
        (lines_of(FOUR | {"sources": [{"document": ["a"]}]}), "sources", "文字で"),
        (lines_of(FOUR | {"closes": "2026-02-30"}), "closes", "日付ではありません"),
        (json.dumps(FOUR | {"answer": "a\ud800"}), "answer", "U+D800"),
        (json.dumps(FOUR | {"questions": ["a\x00"]}), "questions", "U+0000"),
        (lines_of(FOUR)[:-1] + ', "title": "二つめ"}', "title", "2回書かれています"),
    ],
    ids=range(20),
)
def test_a_wrong_json_line_is_told_with_its_number(row: str, field: str, words: str) -> None:
    text = "\n".join((lines_of(FOUR | {"id": "good"}), "", row))

    found = problems_of(lambda: list(read_json_lines(text, "a.jsonl")))

    assert [(3, field)] == [(at, of_field) for at, of_field, what in found if words in what]


@given(
    values=st.dictionaries(
        st.sampled_from(
            ["id", "title", "questions", "answer", "sources", "past", "closes", "related"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["document", "date", "x"]), inner, max_size=3)
            ),
            max_leaves=5,
        ),
    )
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_is_an_entry_or_a_sentence(values: dict[str, object]) -> None:
    try:
        [one] = read_json_lines(json.dumps(values), "a.jsonl")
    except BadFiles as bad:
        told = {str(problem).partition(" ")[0].partition("：")[0] for problem in bad.problems}
    else:
        told = {"a.jsonlの1行目"}
        assert one.entry.id and one.entry.title and one.entry.questions and one.entry.answer
        repr(one.entry).encode()
    assert told == {"a.jsonlの1行目"}


def test_a_line_break_inside_a_json_text_is_no_line_of_the_file() -> None:
    with pytest.raises(BadFiles) as bad:
        list(read_json_lines(json.dumps({"id": "0\n\x1b"}), "a.jsonl"))
    assert {problem.line for problem in bad.value.problems} == {1}


def test_an_imported_entry_is_published_as_version_1_with_one_line_of_history(
    empty_db: Database,
) -> None:
    written = list(read_json_lines(lines_of(FOUR), "a.jsonl"))

    for _ in range(2):  # the second time nothing is new
        with empty_db.write() as session:
            changes = store.put(session, written, NOON, from_pack=False)

    assert (changes.added, changes.changed, changes.same) == (0, 0, 1)
    with empty_db.read() as session:
        [row] = store.published(session)
        assert (row.id, row.version, row.entry) == ("a", 1, written[0].entry)
        assert [line.what for line in of(session, "entry", "a")] == ["published"]


def test_an_entry_of_our_own_may_be_longer_than_the_pack_allows(empty_db: Database) -> None:
    values = FOUR | {"answer": "長い答えです。\n" * 500}

    with empty_db.write() as session:
        store.put(session, read_json_lines(lines_of(values), "a.jsonl"), NOON, from_pack=False)

    with empty_db.read() as session:
        assert len(store.published(session)[0].entry.answer) > 3000


def test_the_command_imports_all_or_nothing_and_says_why(
    empty_db: Database, tmp_path: Path
) -> None:
    url = empty_db.engine.url.render_as_string(hide_password=False)
    own = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "KNOWLEDGE_PACK": "", "DIRECTORY": ""}
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.md").write_text(HEAD.replace("kaigi", name))
    (tmp_path / "two.md").write_text(HEAD.replace("kaigi", "two").replace("- 会議", "会議"))
    files = [str(tmp_path / f"{name}.md") for name in ("one", "two", "three")]

    refused = command("knowledge", "import", *files, **own)

    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr.splitlines() == [
        f"{tmp_path}/two.mdの5行目 questions：「名前: 値」か「  - 値」の形で書いてください",
        f"{tmp_path}/two.mdの4行目 questions：1つ以上書いてください",
        "何も取り込みませんでした。",
    ]
    with empty_db.read() as session:
        assert store.published(session) == []

    (tmp_path / "two.md").write_text(HEAD.replace("kaigi", "two"))
    done = command("knowledge", "import", *files, **own)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "新しい項目3件、変わった項目0件、同じ項目0件\n"
    with empty_db.read() as session:
        assert [row.id for row in store.published(session)] == ["one", "three", "two"]


def test_our_own_pack_is_read_without_a_word(tmp_path: Path) -> None:
    assert len(read_files(sorted((HYOGO / "entries").glob("*.md")))) >= 40


def test_what_the_pack_owns_is_not_overwritten_by_an_import(db: Database, tmp_path: Path) -> None:
    url = db.engine.url.render_as_string(hide_password=False)
    own = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "KNOWLEDGE_PACK": "", "DIRECTORY": ""}
    (tmp_path / "x.md").write_text(HEAD.replace("kaigi", "ehyogo-join"))

    refused = command("knowledge", "import", str(tmp_path / "x.md"), **own)

    assert refused.returncode == 1
    assert "ehyogo-join は知識パックの項目です" in refused.stderr
