"""`ask --batch`, contract version 1: exactly these keys and types, in this order, one line a question."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.db import Database
from bot.questions import Question
from knowledge.answers import as_read
from knowledge.batch import answer_lines
from knowledge.entries import FIELDS
from knowledge.library import Library
from knowledge.store import published
from knowledge.text import Synonyms, Words
from tests.commands import command
from tests.conftest import library_of

AT = date(2026, 11, 20)
ANSWERED, UNKNOWN = "e-ひょうごの利用料は月いくら。人口5万人未満です", "ぬるぽ"
CHOICES = "標準化"
QUESTIONS = (
    ANSWERED,
    CHOICES,
    UNKNOWN,
    "",
    "🎉",
    "？",
    "あ" * 3000,
    "補助金",
    "No",
    "\u202e逆から",
    "\x00a",
)


@pytest.fixture
def library(db: Database, words: Words, synonyms: Synonyms) -> Library:
    return library_of(db, words, synonyms)


def asked(library: Library, *lines: str, top: int = 5, at: date = AT) -> list[dict[str, Any]]:
    written: list[str] = []
    answer_lines(library, lines, at, top, written.append)
    assert all("\n" not in line for line in written)
    return [json.loads(line) for line in written]


def line(query: object, name: object = "q") -> str:
    return json.dumps({"id": name, "query": query}, ensure_ascii=False)


def check(result: dict[str, Any], top: int, entries: dict[str, Any]) -> None:
    """One line as the contract says."""
    assert list(result) == ["id", "outcome", "answer", "candidates", "field", "score", "took_ms"]
    assert result["outcome"] in ("answer", "choices", "no_answer")
    assert len(result["candidates"]) == min(top, len(entries))
    scores = [one["score"] for one in result["candidates"]]
    assert all(isinstance(score, float) and 0 <= score <= 1 for score in (*scores, result["score"]))
    assert scores == sorted(scores, reverse=True)
    assert len({one["article_id"] for one in result["candidates"]}) == len(scores)
    for one in result["candidates"]:
        assert list(one) == ["article_id", "title", "text", "score"]
        entry = entries[one["article_id"]]
        assert (one["title"], one["text"]) == (entry.title, as_read(entry, AT))
    assert result["field"] is None or result["field"] in FIELDS
    assert isinstance(result["took_ms"], float) and result["took_ms"] >= 0
    if result["outcome"] != "answer":
        assert result["answer"] is None
        return
    answer = result["answer"]
    assert list(answer) == ["article_id", "title", "text", "score", "sources"]
    assert {key: answer[key] for key in list(answer)[:-1]} == result["candidates"][0]
    assert answer["sources"] and all(isinstance(source, str) for source in answer["sources"])


@pytest.mark.parametrize("query", QUESTIONS, ids=range(len(QUESTIONS)))
@pytest.mark.parametrize("top", [1, 5, 100])
def test_every_line_keeps_the_contract(
    db: Database, library: Library, query: str, top: int
) -> None:
    with db.read() as session:
        entries = {row.id: row.entry for row in published(session)}

    [result] = asked(library, line(query), top=top)

    check(result, top, entries)


def test_a_known_question_is_answered_with_its_sources(library: Library) -> None:
    [result] = asked(library, line(ANSWERED))

    assert result["outcome"] == "answer"
    assert result["answer"]["article_id"] == "ehyogo-fee-under-50k"
    assert "12,500円" in result["answer"]["text"]
    assert result["field"] == "電子申請"
    assert any("市町DX支援パッケージ" in source for source in result["answer"]["sources"])


def test_two_questions_in_one_message_are_answered_in_one_text(library: Library) -> None:
    [result] = asked(
        library,
        line(
            "e-ひょうごの利用料は人口3万人の町でいくらですか？市町研修生はどんな業務ができますか？"
        ),
    )

    assert result["outcome"] == "answer"
    assert result["answer"]["article_id"] == "ehyogo-fee-under-50k"
    assert "12,500円" in result["answer"]["text"] and "研修生" in result["answer"]["text"]


def test_candidates_are_given_also_where_nothing_is_known(library: Library) -> None:
    [result] = asked(library, line(UNKNOWN), top=3)

    assert (result["outcome"], result["answer"]) == ("no_answer", None)
    assert len(result["candidates"]) == 3


def test_lines_are_answered_in_their_order_and_any_id_comes_back(library: Library) -> None:
    names: list[Any] = ["b", "a", 3, 1.5, None, True, ["x"], {"y": 1}, "b", "\ud800"]

    results = asked(library, *(json.dumps({"id": name, "query": CHOICES}) for name in names))

    assert [result["id"] for result in results] == names
    assert (
        len({json.dumps(r | {"id": 0, "took_ms": 0}) for r in results}) == 1
    )  # nothing is remembered


def test_other_keys_are_passed_over_and_empty_lines_are_none(library: Library) -> None:
    results = asked(
        library,
        "",
        "  \n",
        json.dumps({"id": 1, "query": "x", "at": "1999-01-01", "top": 1}),
        "\r\n",
    )

    assert [(result["id"], len(result["candidates"])) for result in results] == [(1, 5)]


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ("{", None),
        ("question", None),
        ("[1]", None),
        ("null", None),
        ('"x"', None),
        ("{}", None),
        ('{"id": 7}', 7),
        ('{"id": 7, "query": null}', 7),
        ('{"id": 7, "query": 3}', 7),
        ('{"id": 7, "query": ["x"]}', 7),
        ('{"id": 7, "question": "x"}', 7),
        ('{"id": "\\ud800", "query": 1}', "\ud800"),
        ('{"id": 7, "query": "\\ud800"}', 7),
        ('{"query": ' + "[" * 100_000, None),
        ('{"id": ' + "1" * 5000 + ', "query": "x"}', None),
    ],
    ids=range(15),
)
def test_a_bad_line_is_told_and_the_others_are_answered(
    library: Library, bad: str, name: object
) -> None:
    written: list[str] = []

    fine = answer_lines(library, [line("x", 1), bad, line("x", 2)], AT, 5, written.append)

    first, told, last = map(json.loads, written)
    assert not fine
    assert list(told) == ["id", "error"]
    assert told["id"] == name and told["error"] and isinstance(told["error"], str)
    assert (first["id"], last["id"]) == (1, 2) and "candidates" in first and "candidates" in last
    assert all(text.encode() for text in written)


def test_the_day_it_is_asked_decides_what_is_over(library: Library, db: Database) -> None:
    with db.read() as session:
        entry = next(row.entry for row in published(session) if row.entry.closes)
    assert entry.closes is not None

    def text(at: date) -> str:
        [result] = asked(library, line(entry.title), top=100, at=at)
        return next(str(c["text"]) for c in result["candidates"] if c["article_id"] == entry.id)

    assert "は終わりました" not in text(entry.closes)
    assert (
        "は終わりました" in text(date.fromordinal(entry.closes.toordinal() + 1)).partition("\n")[0]
    )


@pytest.fixture(scope="module")
def unknowing(
    tmp_path_factory: pytest.TempPathFactory, words: Words, synonyms: Synonyms
) -> Iterator[Library]:
    """A desk that knows nothing at all."""
    from bot.db import connect
    from bot.migrate import upgrade

    made = connect(f"sqlite:///{tmp_path_factory.mktemp('batch') / 'empty.db'}")
    upgrade(made)
    yield Library(made, words, synonyms)
    made.close()


def test_a_desk_that_knows_nothing_says_so(unknowing: Library) -> None:
    [result] = asked(unknowing, line(ANSWERED))

    check(result, 5, {})
    assert result["outcome"] == "no_answer"


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_line_whatever_stops_the_others(unknowing: Library, text: str) -> None:
    written: list[str] = []

    answer_lines(unknowing, [text, json.dumps({"id": 1, "query": text})], AT, 5, written.append)

    assert all("\n" not in one and one.encode() for one in written)
    assert json.loads(written[-1])["id"] == 1


def test_the_command_reads_a_file_or_its_input_and_keeps_nothing(
    own_db: Database, tmp_path: Path
) -> None:
    own = {
        "DATABASE_URL": own_db.engine.url.render_as_string(hide_password=False),
        "DATA_DIR": str(tmp_path),
    }
    file = tmp_path / "questions.jsonl"
    file.write_text(
        "\ufeff" + line(ANSWERED + "\u2028", "a") + "\n\n" + line(UNKNOWN, "b"), "utf-8"
    )

    from_file = command("ask", "--batch", str(file), "--top", "2", "--at", "2025-04-01", **own)
    from_input = command("ask", "--batch", "-", told=f"{line(CHOICES, 1)}\n{{\n", **own)

    assert (from_file.returncode, from_file.stderr) == (0, "")
    results = [json.loads(one) for one in from_file.stdout.splitlines()]
    assert [(r["id"], len(r["candidates"])) for r in results] == [("a", 2), ("b", 2)]
    assert from_input.returncode == 1
    good, bad = map(json.loads, from_input.stdout.splitlines())
    assert (good["id"], len(good["candidates"]), list(bad)) == (1, 5, ["id", "error"])
    with own_db.read() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--batch", "no/such.jsonl"), "no/such.jsonl を開けません"),
        (("--batch", "-", "--at", "2026-02-30"), "--at 2026-02-30：2026-11-20 の形で"),
    ],
)
def test_the_command_tells_a_wrong_option_in_a_sentence(
    db: Database, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    url = db.engine.url.render_as_string(hide_password=False)

    ended = command("ask", *words, DATABASE_URL=url, DATA_DIR=str(tmp_path))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(said) and len(ended.stderr.splitlines()) == 1
