"""言い換え: the office says which words mean one thing; it counts from the next question on, and can be taken back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import synonyms
from bot.chat import Account
from bot.config import ConfigError
from bot.synonyms import Group
from jobs.synonyms import take_in, write_out
from knowledge import alike
from knowledge.text import Synonyms, Words
from tests.conftest import Whole

HAYASHI = Account("web", "page", "hayashi")
ODD = "ぴかぴか帳"  # no entry has it


def first(whole: Whole, words: str) -> str:
    found = whole.desk.library.index().search(words, at=whole.clock().date())
    return found.candidates[0].entry.id


def add(whole: Whole, words: str) -> None:
    whole.press("hayashi", "言い換えを足す")
    whole.fill("hayashi", {"同じ意味の言葉": words})


def groups(whole: Whole) -> list[tuple[list[str], str, str]]:
    with whole.db.read() as session:
        found = session.scalars(select(Group).order_by(Group.id))
        return [(one.words, one.state, one.changed_by) for one in found]


def test_a_word_of_ones_own_finds_what_is_known_under_another_until_it_is_taken_back(
    whole: Whole,
) -> None:
    asked = f"{ODD}はいつまでに何をすればよいですか"
    before = first(whole, asked)
    add(whole, f"罹災証明・{ODD}")

    assert "次の質問から、同じ意味として探します" in whole.read("hayashi")
    assert first(whole, ODD) == first(whole, "罹災証明")
    assert groups(whole) == [(["罹災証明", ODD], "added", "hayashi")]

    whole.press("hayashi", "取り消す")
    assert first(whole, asked) == before
    whole.press("hayashi", "元に戻す")
    assert first(whole, ODD) == first(whole, "罹災証明")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("補助金", "2つ以上の言葉です"),
        ("補助金・補助金、", "2つ以上の言葉です"),
        ("補助金・ください", "どの質問にも出てくる言葉です"),
        ("補助金・です", "どの質問にも出てくる言葉です"),
        ("補助金・金", "短すぎて"),
        ("補助金・" + "長" * 31, "長すぎます"),
        ("、".join(f"言葉{n}" for n in range(21)), "20語までにしてください（いまは21語）"),
    ],
)
def test_what_is_no_group_is_told_in_a_sentence_and_nothing_is_kept(
    page: Whole, typed: str, sentence: str
) -> None:
    add(page, typed)
    assert sentence in "".join(page.driver.errors("hayashi"))
    assert groups(page) == []


def test_a_word_is_in_one_group_of_the_office_alone(page: Whole) -> None:
    add(page, f"罹災証明・{ODD}")
    add(page, f"補助金・{ODD}")
    assert f"「{ODD}」は、もう「罹災証明・{ODD}」にあります" in "".join(
        page.driver.errors("hayashi")
    )
    page.fill("hayashi", {"同じ意味の言葉": f"{ODD}・罹災証明"})
    assert "もうあります" in "".join(page.driver.errors("hayashi"))
    assert len(groups(page)) == 1


def test_the_office_sees_who_added_what_and_takes_it_back_from_the_list(page: Whole) -> None:
    add(page, f"罹災証明・{ODD}")
    seen = page.desk.look(HAYASHI, "synonyms", "")
    assert seen is not None
    [row] = seen.rows
    assert row.label == f"罹災証明・{ODD}" and row.text.startswith("林") and "11月20日" in row.text

    page.driver.view("hayashi", "言い換え")
    page.press("hayashi", "「罹災証明…」を取り消す")
    assert groups(page)[0][1] == "removed"
    seen = page.desk.look(HAYASHI, "synonyms", "")
    assert seen is not None and seen.rows == ()


def test_a_word_that_leaves_another_group_is_told(page: Whole) -> None:
    add(page, "罹災証明・出前講座")
    assert "「出前講座」は「出前講座」の仲間から移りました" in page.read("hayashi")


def test_several_at_once_are_one_row(page: Whole) -> None:
    def put(_: int) -> bool:
        with page.db.write() as session:
            words = ("罹災証明", ODD)
            return bool(
                synonyms.add(session, words, alike.normal_of(words), "hayashi", page.clock())
            )

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(put, range(4))) == [False, False, False, True]
    assert len(groups(page)) == 1


def test_out_to_a_file_and_in_again(page: Whole, tmp_path: Path) -> None:
    add(page, f"罹災証明・{ODD}")
    add(page, "ガバメント・クラウド、雲")
    add(page, "補助金・ほじょの金")
    file = tmp_path / "alike.txt"
    assert "言い換え2組を" in write_out(page.db, file)

    with page.db.write() as session:
        for one in session.scalars(select(Group)):
            session.delete(one)
    assert "2組足しました（いま2組）" in take_in(page.db, file, page.clock())
    assert "0組足しました（いま2組）" in take_in(page.db, file, page.clock())
    assert [words for words, *_ in groups(page)] == [["罹災証明", ODD], ["補助金", "ほじょの金"]]


def test_a_file_with_a_mistake_names_its_lines_and_adds_nothing(
    page: Whole, tmp_path: Path
) -> None:
    file = tmp_path / "alike.txt"
    file.write_text(f"# 言い換え\n罹災証明,{ODD}\n\nひとつだけ\n補助金,{ODD}\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        take_in(page.db, file, page.clock())
    told = str(caught.value)
    assert "alike.txtの4行目：" in told and "alike.txtの5行目：" in told and "2行目" not in told
    assert "何も取り込みませんでした" in told
    assert groups(page) == []

    file.write_bytes("罹災証明,仮".encode("cp932"))
    with pytest.raises(ConfigError, match="UTF-8"):
        take_in(page.db, file, page.clock())
    with pytest.raises(ConfigError, match="開けません"):
        take_in(page.db, tmp_path / "none.txt", page.clock())


def test_groups_of_the_office_win_and_leave_ours_as_they_were(words: Words) -> None:
    ours = Synonyms([("補助金", "交付金"), ("費用", "お金", "料金")], words)
    both = ours.joined([("交付金", "お金"), ("甲乙丙", "丁戊己")], words)

    assert both.group_of("お金") == both.group_of("交付金") == both.group_of("補助金") == "補助金"
    assert both.group_of("料金") == "費用" and both.group_of("丁戊己") == "甲乙丙"
    assert ours.group_of("お金") == "費用" and ours.group_of("甲乙丙") is None
    assert {"お金", "甲乙丙", "丁戊己"} <= both.other_words(ours)
    assert "料金" not in both.other_words(ours)


def test_only_entries_that_hold_such_a_word_are_looked_at_anew(page: Whole) -> None:
    add(page, "仮の言葉・借りの言葉")
    base = page.desk.library.index()
    add(page, f"海士町・{ODD}")
    now = page.desk.library.index()
    assert now.shelves[0] is base.shelves[0]
    beside = {entry.id for entry in now.shelves[1].entries}
    assert beside and all("海士町" in str(now.get(name)) for name in beside)
    assert now.search(ODD, at=page.clock().date()).candidates[0].entry.id in beside
    assert len(now) == len(base)
