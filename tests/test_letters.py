"""The question in a letter: sentences that ask, what they lean on, and courtesies."""

from datetime import date

import pytest

from knowledge import letters
from knowledge.letters import ASKED, BESIDE, LEANT_ON, NEAR
from knowledge.normal import clean
from knowledge.question import understand
from knowledge.text import Synonyms, Words

TODAY = date(2026, 11, 20)
GREETING = "お世話になっております。企画課の田中と申します。"
AROUND = "庁内では窓口の混雑も話題で、係の者はみな走り回っております。財政も厳しい状況です。"
CLOSING = "お忙しいところ恐れ入りますが、どうぞよろしくお願いいたします。"


def shares(letter: str) -> dict[str, float]:
    return {one.text: one.share for one in letters.read(clean(letters.unfolded(letter)))}


def asked_in(letter: str) -> str:
    return "".join(text for text, share in shares(letter).items() if share == ASKED)


@pytest.mark.parametrize(
    "question",
    [
        "出前講座の費用はいくらでしょうか。",
        "出前講座の費用を教えてください。",
        "出前講座の費用がいくらになるのかを知りたく存じます。",
        "出前講座の費用について、ご教示願います。",
        "教えていただきたいのは、出前講座の費用はいくらかという点です。",
        "出前講座って費用かかるんやろか。",
        "出前講座の費用はいくら?",
    ],
)
def test_a_sentence_that_asks_outright_is_the_question(question: str) -> None:
    assert asked_in(GREETING + AROUND + question + "\n" + CLOSING) == question


@pytest.mark.parametrize(
    "told",
    [
        "どこに何がいくつあるのか、倉庫まで見に行かないと分かりません。",
        "上司からは国が決めたことだから仕方ないだろうと言われております。",
        "数字をお示しする必要があります。",
        "議員から一つにまとめられないのかと指摘を受けました。",
        "すぐでなくても構いませんので、よろしくお願いいたします。",
        "推薦の締切までに決めたいので、分かる範囲で構いませんから教えてください。",
        "ご連絡をお待ちしております。",
    ],
)
def test_what_only_tells_of_a_question_is_none_where_another_asks(told: str) -> None:
    question = "出前講座の費用はいくらでしょうか。"
    assert asked_in(GREETING + AROUND + question + told) == question


def test_lines_are_sentences_but_where_a_mail_program_broke_them() -> None:
    broken = (
        "リエゾンデスク 御中\n\nお世話になっております\n庁内では窓口の混雑も話題で、係の者はみな朝から晩まで走\n"
        "り回っております。そこで、出前講座の費用はいくらになるのか\n教えてください\nよろしくお願いします"
    )
    assert asked_in(broken) == "そこで、出前講座の費用はいくらになるのか。"
    assert any("走り回って" in text for text in shares(broken))


def test_courtesies_and_what_stands_below_the_rule_weigh_nothing() -> None:
    letter = f"{GREETING}{AROUND}出前講座の費用はいくらでしょうか。{CLOSING}\n――――――\n三木谷町 標準化係\n"
    read = shares(letter)
    assert not any("お世話" in text or "よろしく" in text or "三木谷" in text for text in read)
    assert max(read.values()) == ASKED


def test_the_sentence_before_counts_and_all_of_it_where_the_question_leans_on_it() -> None:
    before = "県が市町に出向いて話す出前講座があると伺いました。"
    straight = shares(f"{GREETING}{AROUND}{before}講座の費用はいくらでしょうか。")
    leaning = shares(f"{GREETING}{AROUND}{before}それはいくらかかるのでしょうか。")
    assert straight[before] == NEAR and leaning[before] == LEANT_ON
    assert min(straight.values()) == BESIDE


def test_however_long_a_letter_is_what_stands_beside_stays_less_than_what_asks() -> None:
    question = "出前講座の費用はいくらでしょうか。"
    read = shares(AROUND * 20 + question)
    beside = sum(len(text) * share for text, share in read.items() if text != question)
    assert 0 < beside <= len(question)
    assert letters.read(clean((AROUND + question) * 60))  # longer than any message


def test_year_place_and_kind_of_value_count_where_it_asks_and_a_size_anywhere(
    words: Words, synonyms: Synonyms
) -> None:
    letter = (
        "人口8,000人の町で総務をしております。豊岡市の隣にあります。来年度の計画を作っております。"
        "予算の締切が近く、いくらか焦っております。令和7年度の研修には何人が参加しましたか。"
    )
    question = understand(letter, TODAY, words, synonyms)
    assert (question.years, question.asked) == (frozenset({7}), frozenset({"count"}))
    assert question.places == frozenset()
    assert question.sizes == (8000,)


@pytest.mark.parametrize("letter", ["あ。" * 3000, "。" * 300, "?" * 100, "a" * 9000, "。\n" * 500])
def test_nothing_that_is_no_letter_breaks_it(words: Words, synonyms: Synonyms, letter: str) -> None:
    question = understand(letter, TODAY, words, synonyms)
    assert len(question.weights) == len(question.tokens.words)
