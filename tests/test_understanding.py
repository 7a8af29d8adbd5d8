"""What is understood of a question: each rule of the normalisation, the values asked, the question in a letter."""

from datetime import date

import pytest

from bot.cards.why import VALUES
from knowledge.evidence import bounds, outside
from knowledge.normal import RULES, Rule, clean, without_courtesy
from knowledge.question import follows, understand
from knowledge.romaji import kana_of_romaji
from knowledge.text import Synonyms, Words
from knowledge.values import (
    ASKED,
    NAMES,
    asked,
    counted,
    kinds,
    places,
    sizes,
    stated,
    units,
    unknown_kinds,
    unstated,
    values_of,
)

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_does_what_its_example_says(rule: Rule) -> None:
    assert rule.apply(rule.before) == rule.after
    assert rule.apply(rule.after) == rule.after


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("５万人", "50000人"),
        ("五万人", "50000人"),
        ("50,000人", "50000人"),
        ("1.5億円", "150000000円"),
        ("二千五百円", "2500円"),
        ("四日市市と三田市と八千代町", "四日市市と三田市と八千代町"),
        ("ガバメント‐クラウド", "ガバメントークラウド"),
        ("なんでもできますか", "なんでもできますか"),
        ("なんで見送りなん", "なぜ見送りなん"),
        ("標準化まにあわへん、書かへん", "標準化まにあわない、書かない"),
        ("このへんの町はたいへん", "このへんの町はたいへん"),
    ],
)
def test_one_way_to_write_it_is_left(typed: str, expected: str) -> None:
    assert clean(typed) == expected


def test_courtesies_are_no_part_of_a_question() -> None:
    said = clean("お世話になっております。標準化の期限をご教示いただけますでしょうか")
    assert without_courtesy(said).strip("。 ") == "標準化の期限"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("gabakura", "がばくら"),
        ("udemy no ryoukin", "udemy のりょうきん"),
        ("西宮市 madoguchi dx no bansou wa doko", "西宮市 まどぐち dx のばんそうわどこ"),
        ("hello, how are you", "hello, how are you"),
        ("udemyの料金", "udemyの料金"),
    ],
)
def test_japanese_in_latin_letters_is_read_back(typed: str, expected: str) -> None:
    assert kana_of_romaji(typed, {"udemy", "dx"}) == expected


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("e-ひょうごは月いくらですか", "amount"),
        ("補助率は何割ですか", "rate"),
        ("応募の締切はいつ", "date"),
        ("何市町が参加していますか", "count"),
        ("担当の電話番号を教えて", "contact"),
        ("どの業者が入りましたか", "who"),
        ("それはどこの県ですか", "where"),
        ("製品の名前を知りたい", "name"),
        ("申請書の様式がほしい", "document"),
        ("計画を代わりに書いておいてもらえますか", "task"),
        ("うちの申請の状況は", "own"),
    ],
)
def test_the_kind_of_value_asked_is_known(question: str, kind: str) -> None:
    assert kind in asked(clean(question))


def test_an_answer_holds_what_it_states_and_not_what_it_says_is_unknown() -> None:
    answer = "月額12,500円です。人口5万人未満の市町の額です。\n開催日は手元の資料に書かれていません。\n分野リエゾンに聞いてください。"
    held = values_of("利用料", answer, 8)
    assert {"amount:12500円", "size:50000人", "year:R8", "unknown:date"} <= set(held)
    assert kinds(held) >= {"amount", "size", "year"} and "date" not in kinds(held)
    assert unknown_kinds("利用料", answer) == {"date"}
    assert "開催日" not in stated(answer) and "開催日" in unstated(answer)


def test_places_and_sizes_are_read() -> None:
    assert places(clean("加西市と岩手県の例。各市町の分は")) == {"加西市", "岩手県"}
    assert sizes(clean("人口3万ちょいの町です")) == (30000,)
    assert sizes(clean("5万人未満の町")) == (49999,)
    assert sizes(clean("10万人以上なら")) == (100001,)
    for less in (
        "5万人おらへんのやけど",
        "5万人もいない町",
        "人口5万に満たない町",
        "5万人に届かない",
        "5万人を切った",
        "5万人弱の町",
    ):
        assert sizes(clean(less)) == (49999,), less
    assert sizes(clean("2026に始めた5000円の研修")) == ()


def test_a_population_is_inside_or_outside_what_an_entry_is_for() -> None:
    small, middle = bounds(clean("5万人未満の市町")), bounds(clean("5万人から10万人の市"))
    assert not outside((30_000,), small) and outside((70_000,), small)
    assert outside((30_000,), middle) and not outside((70_000,), middle)
    assert not outside((70_000,), bounds(clean("5万人未満は1円、5万人から10万人は2円")))
    assert not outside((), small) and not outside((30_000,), ())


def test_the_question_is_found_in_a_letter(words: Words, synonyms: Synonyms) -> None:
    letter = (
        "お世話になっております。企画課の田中と申します。着任したばかりで引継ぎも十分ではありませんでした。"
        "庁内では窓口の混雑も話題です。さて、出前講座の費用はいくらでしょうか。"
    )
    question = understand(letter, TODAY, words, synonyms)
    share = dict(zip((w.surface for w in question.tokens.words), question.weights, strict=True))
    assert share["講座"] == 1.0 and share["窓口"] < 1.0
    assert question.asked == {"amount"}


@pytest.mark.parametrize("text", ["じゃあ5万人以上なら？", "それはいつですか", "10万人だと？"])
def test_a_question_that_leans_on_the_last_one_takes_its_subject(
    words: Words, synonyms: Synonyms, text: str
) -> None:
    assert follows(clean(text))
    question = understand(text, TODAY, words, synonyms, last="e-ひょうごの利用料")
    assert "利用" in {word.surface for word in question.tokens.words}
    assert not follows(
        clean(
            "標準化の意見交換会に来年度も申し込みたいのですが、どうすれば参加できるか教えてください"
        )
    )


@pytest.mark.parametrize(
    ("question", "wants", "held", "fits"),
    [
        ("検討会には何人参加しましたか", "人", "count:4回", False),
        ("検討会は何回開きますか", "回", "count:4回", True),
        ("参加しているのは何市町ですか", "市", "count:27団", True),
        ("ドローンは何キロ飛びましたか", "キロ", "count:2台", False),
    ],
)
def test_a_count_of_something_else_is_no_answer(
    question: str, wants: str, held: str, *, fits: bool
) -> None:
    assert counted(clean(question)) == {wants}
    assert bool(counted(clean(question)) & units([held])) is fits


def test_what_is_paid_at_the_beginning_is_another_value_than_what_is_paid_each_month() -> None:
    answer = "月額12,500円です。初期費用は手元の資料に書かれていません。"

    assert unknown_kinds("利用料", answer) == {"initial"}
    assert "initial" not in kinds(values_of("利用料", answer))
    assert asked(clean("初期費用はいくら")) == {"amount", "initial"}


@pytest.mark.parametrize(
    "question", ["参加していない県内の町はどこ", "やった団体ってどこ？", "参加する市町の一覧"]
)
def test_which_towns_is_asked_in_many_ways(question: str) -> None:
    assert "where" in asked(clean(question))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("その1団体てどこですか", "where"),
        ("どこが選ばれたんや", "which"),
        ("2つの施設はどこでしょうか", "which"),
        ("3本部はどこの消防ですか", "which"),
        ("対話の場の日取りは決まった？", "date"),
        ("参加する消防本部の数を教えて", "count"),
        ("参加団体数", "count"),
        ("動画のコースは何本ある", "count"),
        ("ﾘﾖｳﾘｮｳ ｲｸﾗ ﾃﾞｽｶ", "amount"),
        ("ｻﾝｶ ｼﾃｲﾙﾉﾊ ﾄﾞｺﾃﾞｽｶ", "which"),
        ("DX スケジュール", "date"),
        ("ｺｽﾄ ﾊ ﾄﾞﾚｸﾗｲ", "amount"),
        ("会議の村の名前は？", "where"),
        ("県名を教えて", "where"),
    ],
)
def test_a_value_is_asked_for_in_many_words(question: str, kind: str) -> None:
    assert kind in asked(clean(question))


@pytest.mark.parametrize(
    "question", ["どこに相談すればいい", "どこで見られますか", "参加は何市でしたか"]
)
def test_where_something_is_done_is_no_question_for_a_town(question: str) -> None:
    assert not asked(clean(question)) & {"where", "which"}


def test_an_answer_that_does_not_name_the_towns_may_still_name_everything_else() -> None:
    towns = "8市町です。8市町の名前は手元の資料に書かれていません。"
    product = "導入済みです。製品の名前は手元の資料に書かれていません。"

    assert unknown_kinds("見込み", towns) == {"where", "which"}
    assert unknown_kinds("基盤", product) == {"name"}


def test_an_organisation_answers_which_one_and_a_bare_count_does_not() -> None:
    assert "which" in kinds(values_of("受付", "事務局はデジタル改革課です。"))
    assert "which" not in kinds(values_of("見込み", "8市町にとどまります。"))


def test_until_which_year_is_a_date() -> None:
    assert "date" in kinds(values_of("契約", "R8から個別の契約です。"))
    assert "rate" in kinds(values_of("措置", "半分です。"))


@pytest.mark.parametrize(
    "text",
    [
        "お手数をおかけします",
        "多数の市町",
        "職員の数が足りない",
        "会議の数を減らしたい",
        "Excelの関数を",
    ],
)
def test_not_every_number_is_asked_for(text: str) -> None:
    assert "count" not in asked(clean(text))


@pytest.mark.parametrize(
    "trouble",
    [
        "お手数をおかけしますが、",
        "お手数をおかけいたしますが、",
        "お手数ですが、",
        "お手数おかけして申し訳ありませんが、",
    ],
)
def test_trouble_one_apologises_for_is_no_part_of_a_question(trouble: str) -> None:
    said = without_courtesy(clean(f"{trouble}e-ひょうごの利用料を教えてください"))
    assert said == "e-ひょうごの利用料"


@pytest.mark.parametrize("text", ["住民票の手数料", "お手数料", "手数のかかる作業"])
def test_a_fee_is_no_courtesy(text: str) -> None:
    assert without_courtesy(clean(text)) == text


def test_every_value_has_a_name_for_people() -> None:
    assert set(ASKED) <= set(NAMES) and set(ASKED) <= set(VALUES)
