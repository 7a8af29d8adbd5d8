"""なぜこの回答？ tells, in plain words, what the desk looked at."""

from tests.conftest import Whole


def test_an_answer_says_what_matched_what_is_held_the_year_and_the_runner_up(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    whole.press("yamada", "なぜこの回答？")

    seen = whole.read("yamada")
    assert "この回答を選んだわけ" in seen
    assert "利用料" in seen
    assert "「いくら」は、この項目に書いてあります" in seen
    assert "令和8年度の情報です" in seen
    assert "次に近い項目" in seen
    assert "正しい見込みは、およそ" in seen


def test_choices_say_what_speaks_for_each_and_a_picked_one_says_so(whole: Whole) -> None:
    whole.say("yamada", "生成AI")
    assert "なぜこの回答？" in whole.buttons("yamada")
    whole.press("yamada", "なぜこの回答？")
    assert "候補を並べたわけ" in whole.read("yamada")

    whole.say("yamada", "1")
    whole.press("yamada", "なぜこの回答？")
    assert "あなたが選んだ項目です" in whole.read("yamada")


def test_what_is_unknown_has_nothing_to_explain(whole: Whole) -> None:
    whole.say("yamada", "今日の昼ごはんのおすすめを教えて")
    assert "なぜこの回答？" not in whole.buttons("yamada")


def test_an_entry_opened_by_its_button_says_that(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    related = next(b for b in whole.buttons("yamada") if b.startswith("e-ひょうご"))
    whole.press("yamada", related)
    whole.press("yamada", "なぜこの回答？")
    assert "題名のボタンを押して開いた項目です" in whole.read("yamada")


def test_the_asker_s_own_size_counts_here_as_it_did_in_the_answer(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの月額の利用料はいくらですか")
    assert "5万人未満" in whole.read("yamada")
    whole.press("yamada", "なぜこの回答？")

    unwrapped = "".join(whole.read("yamada").split())
    assert "ほかの人口規模の団体のものです" in unwrapped
