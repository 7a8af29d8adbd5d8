"""The search, with the real dictionary, on twelve entries as staff would write them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from knowledge.entries import FIELDS, Entry
from knowledge.library import SYNONYMS
from knowledge.normal import clean
from knowledge.search import Found, Index
from knowledge.text import Synonyms, Words
from knowledge.years import years

TODAY = date(2026, 11, 20)
Search = Callable[[str], Found]

DESCRIBED = dict.fromkeys(FIELDS, "") | {
    "標準化": "基幹系20業務の標準準拠システムへの移行、ガバメントクラウド、運用経費、ベンダー",
    "電子申請": "e-ひょうご、オンライン申請、申込フォーム、利用料",
    "人材育成": "職員研修、動画研修（Udemy）、出前講座、研修生、外部人材",
    "財源制度": "補助金、交付金、特別交付税、国の事業の公募、上限額",
    "防災DX": "災害対応、避難所の入所管理、被災者支援",
}


def entry(name: str, field: str, title: str, answer: str, *questions: str) -> Entry:
    return Entry(name, title, questions, answer, field=field, fiscal_year=8)


ENTRIES = (
    entry("deadline", "標準化", "システム標準化の期限", "原則として令和7年度末まで。特定移行支援システムはおおむね5年以内です。",
          "標準化はいつまでに終えればよいですか", "標準化の期限を過ぎたらどうなる"),
    entry("running-cost", "標準化", "標準化後の運用経費への支援", "ガバメントクラウドの利用料を見直す支援を行います。見積書の精査も手伝います。",
          "ガバメントクラウドの利用料が高い", "クラウドの経費を下げたい"),
    entry("ehyogo-fee", "電子申請", "e-ひょうごの利用料", "人口5万人未満の市町は月額2万円です。",
          "電子申請システムの料金はいくら", "e-ひょうごの月額"),
    entry("ehyogo-join", "電子申請", "e-ひょうごへの新規参加", "参加を希望する市町は、協議会の事務局へ申し出てください。",
          "電子申請に新しく参加したい", "e-ひょうごを使い始めるには"),
    entry("udemy", "人材育成", "Udemyの共同調達", "動画研修のライセンスを県がまとめて調達します。1人あたり年額1万円です。",
          "動画研修の値段", "Udemyのライセンスを申し込みたい"),
    entry("lecture", "人材育成", "地域DX出前講座", "県の職員が市町に出向いて講師を務めます。費用はかかりません。",
          "出前講座を頼みたい", "講師に来てもらえますか"),
    entry("trainee", "人材育成", "市町研修生の受入れ", "市町の職員を1年間受け入れ、県で働きながら学んでもらいます。",
          "研修生はどんな仕事をしますか", "県に職員を派遣したい"),
    replace(
        entry("package-r7", "財源制度", "地域社会DX推進パッケージ事業の公募期間（令和7年度）", "令和7年5月1日から6月10日まで公募されました。",
              "パッケージ事業の公募期間はいつですか"),
        fiscal_year=7, past=True, replaced_by="package-r8",
    ),
    entry("package-r8", "財源制度", "地域社会DX推進パッケージ事業の公募（令和8年度）", "令和8年4月20日から5月29日まで公募されました。",
          "パッケージ事業の公募の予定"),
    entry("tablet", "財源制度", "住民向けデジタル機器の購入費", "高齢者に貸すタブレットの購入費は、特別交付税の対象になります。",
          "タブレットの購入に財政措置はありますか"),
    entry("shelter", "防災DX", "避難所の入所管理の広域連携", "市町をまたぐ避難者の受付を、12月に訓練で試します。",
          "避難所の受付をデジタル化したい", "避難者名簿の共有"),
    entry("liaison", "推進体制", "DX推進リエゾンの仕事", "市町を定期に訪ね、相談を受け、個別の支援につなぎます。",
          "リエゾンは何をしてくれますか", "相談先を知りたい"),
)  # fmt: skip


def built(entries: tuple[Entry, ...] = ENTRIES) -> Index:
    words = Words()
    return Index(entries, DESCRIBED, words, Synonyms.read(SYNONYMS, words))


@pytest.fixture(scope="module")
def index() -> Index:
    return built()


@pytest.fixture
def search(index: Index) -> Search:
    return lambda text: index.search(text, at=TODAY)


def first(found: Found) -> str:
    return found.candidates[0].entry.id


@pytest.mark.parametrize("item", ENTRIES, ids=lambda item: item.id)
def test_a_stored_wording_finds_its_entry_or_what_replaced_it(search: Search, item: Entry) -> None:
    for wording in item.questions:
        found = search(wording)
        assert first(found) == (item.replaced_by or item.id)
        assert found.outcome == "answer"


def test_the_order_of_keywords_does_not_matter(search: Search) -> None:
    orders = ("e-ひょうご 利用料", "利用料 e-ひょうご", "利用料　ｅ－ひょうご")
    assert {first(search(order)) for order in orders} == {"ehyogo-fee"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ﾃﾞﾏｴｺｳｻﾞｦﾀﾉﾐﾀｲ", "lecture"),
        ("ｼｽﾃﾑ標準化ﾉ期限", "deadline"),
        ("ＵＤＥＭＹのライセンス", "udemy"),
        ("でまえこうざをたのみたい", "lecture"),
        ("ひょうじゅんかのきげん", "deadline"),
        ("けんしゅうせいのうけいれ", "trainee"),
        ("出前講坐を頼みたい", "lecture"),
        ("システム標準かの期限", "deadline"),
        ("避難書の入所管理", "shelter"),
        ("demaekouza wo tanomitai", "lecture"),
        ("ガバクラなんぼかかるん、高いわ", "running-cost"),
        ("リエゾンて何してくれる人なん", "liaison"),
    ],
)
def test_it_is_found_however_it_is_typed(search: Search, typed: str, expected: str) -> None:
    found = search(typed)
    assert first(found) == expected
    assert found.outcome != "no_answer"


def test_a_long_polite_letter_is_understood(search: Search) -> None:
    found = search(
        "いつもお世話になっております。○○町総務課の田中と申します。お忙しいところ恐れ入りますが、"
        "当町の職員向けに、地域DX出前講座をお願いできるかどうか、ご教示いただけますでしょうか。"
        "何卒よろしくお願いいたします。"
    )
    assert first(found) == "lecture" and found.outcome != "no_answer"


def test_a_deadline_is_a_period_of_application(search: Search) -> None:
    assert first(search("パッケージ事業の締切")) == "package-r8"
    assert first(search("パッケージ事業の〆切はいつ")) == "package-r8"


@pytest.mark.parametrize(
    "text",
    ["明日の天気は？", "お昼ごはん何食べよう", "プロ野球の試合結果", "プリンターの紙が詰まった", "ありがとう", "hello, how are you"],
)  # fmt: skip
def test_what_is_no_business_of_the_desk_has_no_answer(search: Search, text: str) -> None:
    assert search(text).outcome == "no_answer"


@pytest.mark.parametrize(
    "text",
    ["", " 　\n\t", "？！。、…", "🎉🎉🎉", "\x00\x07\x1b[31m", "\u202e\u202d\u200f\u061c", "\ud800\udfff", "()*&^%$#@"],
)  # fmt: skip
def test_a_text_without_words_has_no_answer(search: Search, text: str) -> None:
    found = search(text)
    assert found.outcome == "no_answer"
    assert len(found.candidates) == 5


@pytest.mark.parametrize(
    "text", ["あ" * 5_000, "標準化" * 5_000, "ﷺ" * 5_000, "漢" * 60_000, "🏯" * 20_000]
)
def test_a_very_long_text_is_searched_like_any_other(search: Search, text: str) -> None:
    assert len(search(text).candidates) == 5


def test_what_replaced_an_entry_stands_above_it(search: Search) -> None:
    found = search("パッケージ事業の公募期間はいつですか")
    order = [candidate.entry.id for candidate in found.candidates]
    assert order.index("package-r8") < order.index("package-r7")


@pytest.mark.parametrize(
    "year", ["令和7年度", "R7", "2025年度", "昨年度", "去年", "前年度", "R７年度"]
)
def test_the_year_that_is_named_wins(search: Search, year: str) -> None:
    assert first(search(f"{year}のパッケージ事業の公募期間")) == "package-r7"


@pytest.mark.parametrize("year", ["令和8年度", "R8", "今年度", "今年"])
def test_the_present_year_can_be_named_too(search: Search, year: str) -> None:
    assert first(search(f"{year}のパッケージ事業の公募期間")) == "package-r8"


def test_a_past_entry_stands_behind_a_current_one_of_equal_match() -> None:
    old = replace(ENTRIES[5], id="a-old-lecture", past=True)
    found = built((*ENTRIES, old)).search("地域DX出前講座", at=TODAY)
    assert [candidate.entry.id for candidate in found.candidates][:2] == [
        "lecture",
        "a-old-lecture",
    ]


def test_the_fiscal_year_turns_on_the_first_of_april() -> None:
    assert years("今年度", date(2026, 3, 31)) == {7}
    assert years("今年度", date(2026, 4, 1)) == {8}
    assert years(clean("２０２６年３月"), TODAY) == {7}


@pytest.mark.parametrize("top", [1, 3, 5, 12, 50])
@pytest.mark.parametrize("text", ["標準化の期限", "明日の天気", ""])
def test_there_are_as_many_candidates_as_asked_for(index: Index, text: str, top: int) -> None:
    candidates = index.search(text, at=TODAY, top=top).candidates
    assert len({candidate.entry.id for candidate in candidates}) == min(top, len(ENTRIES))


TYPED = (
    "標準化の期限",
    "e-ひょうご",
    "締切",
    "補助金",
    "天気",
    "",
    "でまえこうざ",
    "R7の公募",
    "相談先",
    "動画研修の値段",
)


def test_scores_lie_between_nothing_and_one_and_fall(search: Search) -> None:
    for text in (*TYPED, *(q for item in ENTRIES for q in item.questions)):
        found = search(text)
        scores = [candidate.score for candidate in found.candidates]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in (*scores, found.score))


def test_the_same_entries_give_the_same_result_in_any_order(index: Index) -> None:
    other = built(ENTRIES[::-1])
    assert [index.search(t, at=TODAY) for t in TYPED] == [other.search(t, at=TODAY) for t in TYPED]


def test_eight_threads_search_at_once(index: Index) -> None:
    alone = [index.search(text, at=TODAY) for text in TYPED]
    with ThreadPoolExecutor(8) as pool:
        rounds = list(pool.map(lambda _: [index.search(t, at=TODAY) for t in TYPED], range(40)))
    assert all(result == alone for result in rounds)


def test_a_vague_word_is_no_answer_by_itself(search: Search) -> None:
    assert search("e-ひょうご").outcome == "choices"


def test_an_index_without_entries_has_no_answer() -> None:
    found = built(()).search("標準化の期限", at=TODAY)
    assert (found.outcome, found.candidates) == ("no_answer", ())


def test_the_field_is_guessed_where_no_entry_answers(search: Search) -> None:
    assert search("ガバメントクラウドのベンダーのこと").field == "標準化"
    assert search("明日の天気は？").field is None


def test_an_entry_is_found_by_its_id(index: Index) -> None:
    assert index.get("udemy") == ENTRIES[4]
    assert index.get("nobody") is None
