"""What holds the pack true: the figures' one normalisation, the checks with file and line, the measuring."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.check import check
from knowledge.entries import Entry
from knowledge.evaluate import evaluate, read_questions
from knowledge.figures import figures, held
from knowledge.search import Index
from knowledge.text import Synonyms, Words
from tests.commands import command

TODAY = date(2026, 11, 20)
HEAD = """---
id: kaigi
title: 会議の回数
questions:
  - 会議は何回
kind: faq
field: 推進体制
fiscal_year: R8
valid_from: 2026-04-01
valid_until: 2027-03-31
sources:
  - document: 資料
    section: 1
    date: 2026-04
facts:
  - f1
related:
owner: 推進体制
---
会議は年4回です。
"""
FACT = {
    "id": "f1", "topic": "会議", "statement": "会議は年4回、9月に開く。", "fiscal_year": "R8",
    "valid_from": "2026-04-01", "valid_until": "2027-03-31", "deadline": None, "superseded_by": None,
    "source": {"file": "d.txt", "section": "1"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12,500円", "1万2,500円"),
        ("12,500円", "１２５００円"),
        ("7割", "70%"),
        ("7割", "７０％"),
        ("令和7年度末", "2026-03-31"),
        ("令和8年12月", "R8.12"),
        ("2025年7月23日", "令和7年7月23日"),
        ("7/23", "7月23日"),
        ("令和8年度", "2026年度"),
        ("1億円", "100,000,000円"),
        ("人口 5 万人", "人口50,000人"),
        ("3ヶ月", "3か月"),
        ("13:30", "13：30"),
    ],
)
def test_two_ways_to_write_a_figure_are_one_figure(one: str, other: str) -> None:
    assert figures(one) == figures(other) != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8市", "8町"),
        ("12,500円", "1,250円"),
        ("令和7年度", "令和8年度"),
        ("7月", "8月"),
        ("70%", "7%"),
    ],
)
def test_different_figures_are_different(one: str, other: str) -> None:
    assert figures(one) != figures(other)


def test_a_month_is_held_by_a_date_in_it_and_a_year_is_not_made_up() -> None:
    assert held("2026-12", figures("令和8年12月4日"))
    assert held("-12-04", figures("令和8年12月4日"))
    assert not held("2026-12-05", figures("令和8年12月4日"))
    assert not held("2025-02-13", figures("2月13日"))
    assert held("2025-02-13", figures("2月13日"), yearless=True)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "kaigi.md").write_text(HEAD, encoding="utf-8")
    (tmp_path / "facts.jsonl").write_text(json.dumps(FACT) + "\n", encoding="utf-8")
    (tmp_path / "figures.json").write_text(json.dumps({"d.txt": ["4回", "-09"]}), encoding="utf-8")
    return tmp_path


def wrong(pack: Path, old: str, new: str) -> list[tuple[int, str, str]]:
    """Line, field and sentence of what is wrong after this change."""
    path = pack / "entries" / "kaigi.md"
    path.write_text(HEAD.replace(old, new), encoding="utf-8")
    return [(p.line, p.field, p.what) for p in check(pack, TODAY)]


def test_a_true_pack_has_nothing_wrong(pack: Path) -> None:
    assert check(pack, TODAY) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "words"),
    [
        ("年4回", "年5回", 20, "answer", "「5回」"),
        ("年4回です。", "年4回です。" + "あ" * 300, 20, "answer", "300字まで"),
        ("年4回です。", "年4回です。\n" * 9, 20, "answer", "8行まで"),
        ("valid_until: 2027-03-31", "valid_until: 2026-03-31", 10, "valid_until", "replaced_by"),
        ("field: 推進体制\n", "", 1, "field", "12の分野"),
        ("related:\n", "related:\n  - nowhere\n", 18, "related", "nowhere"),
        ("  - f1\n", "  - f9\n", 16, "facts", "f9"),
    ],
)
def test_each_mistake_is_named_with_its_line(  # one row a mistake
    pack: Path, old: str, new: str, line: int, field: str, words: str
) -> None:
    if field == "valid_until":
        new = f"{new}".replace("valid_until", "valid_until")
        old_from = HEAD.replace("2026-04-01", "2025-04-01")
        (pack / "entries" / "kaigi.md").write_text(old_from.replace(old, new), encoding="utf-8")
        found = [(p.line, p.field, p.what) for p in check(pack, TODAY)]
    else:
        found = wrong(pack, old, new)
    assert any(at == line and of == field and words in what for at, of, what in found), found


def test_two_entries_with_one_question_and_a_fact_nobody_tells_are_named(pack: Path) -> None:
    other = HEAD.replace("id: kaigi", "id: other").replace("会議は何回", "会議は、何回？")
    (pack / "entries" / "other.md").write_text(other, encoding="utf-8")
    lost = FACT | {"id": "f2", "statement": "9月に11回。"}
    (pack / "facts.jsonl").write_text(
        "\n".join(json.dumps(fact) for fact in (FACT, lost)), encoding="utf-8"
    )
    found = {(p.line, p.field): p.what for p in check(pack, TODAY)}
    assert "kaigi にもあります" in found[5, "questions"]
    assert "left_out.csv" in found[2, "f2"] or "「11回」" in found[2, "f2"]

    (pack / "left_out.csv").write_text("fact,reason\nf2,試し\n", encoding="utf-8")
    (pack / "noted.csv").write_text("fact,figure,reason\nf2,11回,試し\n", encoding="utf-8")
    assert [p.field for p in check(pack, TODAY)] == ["questions"]


def test_the_command_names_file_and_line_and_fails(pack: Path, tmp_path: Path) -> None:
    (pack / "entries" / "kaigi.md").write_text(HEAD.replace("年4回", "年5回"), encoding="utf-8")
    done = command("knowledge", "check", KNOWLEDGE_PACK=str(pack), DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 1
    assert "kaigi.mdの20行目 answer：「5回」" in done.stderr
    assert done.stdout == "誤り1件\n"


def test_our_pack_passes_the_command() -> None:
    done = command("knowledge", "check")
    assert (done.returncode, done.stdout) == (0, "パックに誤りはありません\n"), done.stderr


def test_the_measures_are_what_they_say(words: Words, synonyms: Synonyms) -> None:
    right = Entry(
        "fee", "利用料", ("利用料はいくら", "料金"), "月額1万2,500円です。", field="電子申請"
    )
    other = Entry("day", "期限", ("期限はいつ",), "期限は9月です。", field="標準化")
    index = Index([right, other], {"電子申請": "利用料", "標準化": "期限"}, words, synonyms)
    asked: list[dict[str, Any]] = [
        {"id": "1", "kind": "faq", "query": "利用料はいくら", "must": ["1万2500円"], "style": "x"},
        {"id": "2", "kind": "case", "query": "期限はいつ", "must": ["10月"]},
        {"id": "3", "kind": "out_of_scope", "query": "あしたの天気"},
        {"id": "4", "kind": "consult", "query": "利用料が払えない", "field": "標準化", "field_alt": ["電子申請"]},
    ]  # fmt: skip
    report = list(evaluate(index, asked, [right, other], TODAY).lines())
    text = "\n".join(report)
    assert "first right 0.500 (1/2)" in text and "confidently wrong 0.500 (1/2)" in text
    assert "in the pack word for word: 2" in text
    assert "out of scope answered: 0 of 1" in text
    assert "field right 1.000 (1/1), exact 0.000 (0/1)" in text
    assert "style x (1)" in text
    assert any(line.startswith("✗ 2 case") for line in report)


def test_a_file_of_questions_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "1"}\n')
    with pytest.raises(ValueError, match="1行目"):
        read_questions(path)


def test_a_copied_pack_stays_true(tmp_path: Path) -> None:
    """The check needs nothing outside the pack's folder."""
    shutil.copytree("knowledge/hyogo", tmp_path / "pack")
    assert check(tmp_path / "pack", TODAY) == []
