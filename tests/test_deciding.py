"""When the desk answers, asks back or hands over, and what it knows of how sure it is."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge.calibration import CALIBRATION, Calibration, Curve, read
from knowledge.decision import CHOICES_RIGHT, CHOICES_WRONG, HAND_OVER, WRONG, cost, decide
from knowledge.entries import Entry
from knowledge.evidence import NAMES, Evidence
from knowledge.explain import explain, why
from knowledge.saved import open_saved, save
from knowledge.search import Index
from knowledge.text import Synonyms, Words
from tests.test_search import DESCRIBED, ENTRIES, TODAY, TYPED, built


@pytest.fixture(scope="module")
def index() -> Index:
    return built()


def test_the_cheapest_thing_is_said() -> None:
    assert decide(0.95, 0.97) == "answer"
    assert decide(0.4, 0.9) == "choices"
    assert decide(0.02, 0.1) == "no_answer"


def test_more_caution_answers_less_and_never_hands_over_less() -> None:
    said = [decide(0.8, 0.9, careful, 0.7) for careful in (0.5, 1.0, 2.0, 8.0)]
    assert said == ["answer", "answer", "choices", "choices"]


def test_the_costs_are_the_office_s() -> None:
    assert cost("answer", right=True, offered=True) == 0
    assert cost("answer", right=False, offered=True) == WRONG
    assert cost("choices", right=False, offered=True) == CHOICES_RIGHT
    assert cost("choices", right=False, offered=False) == CHOICES_WRONG
    assert cost("no_answer", right=True, offered=True) == HAND_OVER


def test_the_calibration_file_names_evidence_alone(tmp_path: Path) -> None:
    fitted = read(CALIBRATION)
    assert set(fitted.first.weights) <= set(NAMES) and 0.3 < fitted.threshold < 0.95
    copied = tmp_path / "calibration.json"
    fitted.write(copied)
    assert read(copied) == fitted
    replace(fitted, first=Curve(0.0, {"luck": 1.0})).write(copied)
    with pytest.raises(ValueError, match="luck"):
        read(copied)


def test_what_speaks_against_an_entry_makes_it_less_likely() -> None:
    calibration = read(CALIBRATION)
    good = Evidence(fit=15, share=0.9, worded=0.9, named=0.9, heard=0.8, words=0.5, asks=1, met=1)
    for name in ("unmet_value", "said_unknown", "task", "own", "other_year"):
        assert calibration.chance(replace(good, **{name: 1.0})) < calibration.chance(good)


def test_one_of_three_is_never_less_likely_than_the_first() -> None:
    calibration = Calibration(Curve(2.0, {}), Curve(-2.0, {}))
    assert calibration.among(Evidence()) == calibration.chance(Evidence())


def test_the_postings_a_question_touches_are_bounded(index: Index) -> None:
    """The measure of work that is the same on every machine: letters of a question times entries, at most."""
    for text in (*TYPED, *(q for item in ENTRIES for q in item.questions)):
        touched = index.touched(index.look(text, at=TODAY))
        assert touched <= 3 * (len(text) + 5) * len(ENTRIES) // 2


def test_what_is_asked_decides_between_holding_and_not_holding(index: Index) -> None:
    """A near miss scores lower than the question its entry answers."""
    asked = index.search("e-ひょうごの月額はいくらですか", at=TODAY)
    missed = index.search("e-ひょうごの担当者の電話番号を教えて", at=TODAY)
    assert asked.outcome == "answer" and missed.outcome != "answer"
    assert missed.score < asked.score


def test_a_task_is_not_answered(index: Index) -> None:
    assert (
        index.search("出前講座の申込書を代わりに書いておいてください", at=TODAY).outcome != "answer"
    )


def test_a_changed_entry_answers_and_the_old_text_is_gone(index: Index) -> None:
    changed = replace(ENTRIES[4], answer="1人あたり年額2万円です。")
    new = Entry(
        "drone",
        "ドローンの共同購入",
        ("ドローンを一緒に買いたい",),
        "県が仲介します。",
        field="共同利用",
    )
    newer = index.changed([changed, new], ["lecture"], 2)

    assert newer.version == 2 and len(newer) == len(ENTRIES)
    assert newer.get("udemy") == changed and newer.get("lecture") is None
    assert newer.search("動画研修の値段", at=TODAY).candidates[0].entry == changed
    assert newer.search("ドローンを一緒に買いたい", at=TODAY).candidates[0].entry == new
    found = newer.search("出前講座を頼みたい", at=TODAY, top=50)
    assert {c.entry.id for c in found.candidates} == {
        e.id for e in ENTRIES if e.id != "lecture"
    } | {"drone"}
    assert index.get("udemy") == ENTRIES[4]


def test_what_did_not_change_is_found_as_before(index: Index) -> None:
    newer = index.changed([replace(ENTRIES[4], answer="別の答え。")], [], 2)
    for text in ("標準化の期限", "e-ひょうごの月額", "でまえこうざ"):
        assert (
            newer.search(text, at=TODAY).candidates[0] == index.search(text, at=TODAY).candidates[0]
        )


def test_a_saved_index_finds_the_same(
    index: Index, tmp_path: Path, words: Words, synonyms: Synonyms
) -> None:
    save(index, tmp_path)
    opened = open_saved(tmp_path, words, synonyms)
    assert [opened.search(t, at=TODAY) for t in TYPED] == [index.search(t, at=TODAY) for t in TYPED]
    assert opened.get("udemy") == ENTRIES[4] and len(opened) == len(ENTRIES)


def test_the_asker_s_size_goes_first(words: Words, synonyms: Synonyms) -> None:
    fees = tuple(
        Entry(f"fee-{name}", f"e-ひょうごの利用料（{whom}）", ("e-ひょうごは月いくら",), f"月額{fee}円です。{whom}の額です。", field="電子申請")
        for name, whom, fee in (("a", "人口5万人未満", 1), ("b", "人口5万人から10万人", 2))
    )  # fmt: skip
    index = Index(fees, DESCRIBED, words, synonyms)
    first = {
        size: index.search("e-ひょうごの利用料は", at=TODAY, population=size).candidates[0].entry.id
        for size in (30_000, 70_000)
    }
    assert first == {30_000: "fee-a", 70_000: "fee-b"}


def test_three_fields_are_named_with_their_chances(index: Index) -> None:
    fields = index.fields_of("ガバメントクラウドの経費を下げたい")
    assert fields[0][0] == "標準化" and len(fields) == 3
    assert fields[0][1] >= fields[1][1] >= fields[2][1] >= 0


def test_an_explanation_says_what_matched_and_what_is_missing(index: Index) -> None:
    told = "\n".join(explain(index, "R7のe-ひょうごの月額はいくら", TODAY))
    assert "聞かれている値：金額" in told and "令和7年度" in told
    assert "1位：ehyogo-fee" in told and "2位：" in told and "見込みの内訳" in told

    of_a_small_town = "\n".join(explain(index, "e-ひょうごの月額はいくら", TODAY, 19_000))
    of_a_city = "\n".join(explain(index, "e-ひょうごの月額はいくら", TODAY, 70_000))
    assert of_a_small_town != of_a_city

    told = "\n".join(why(index, "ドローン研修を県に頼みたい", "lecture", date(2026, 11, 20)))
    assert "12件中" in told and "ドローン" in told and "足してください" in told
    assert "ありません" in next(why(index, "何か", "nobody", TODAY))
