"""Towns that did something are found by theme, size and place; what asks something else is answered as ever."""

from datetime import date

import pytest

from knowledge.cases import Town, Wish, find, is_list, wish
from knowledge.search import Index
from knowledge.text import Words
from tests.conftest import Whole

TOWNS = [
    Town("多可町", 17346, "北播磨"), Town("姫路市", 518311, "中播磨"), Town("豊岡市", 71833, "但馬"),
    Town("西宮市", 482834, "阪神南"), Town("上郡町", 12820, "西播磨"), Town("加西市", 40274, "北播磨"),
]  # fmt: skip
REGIONS = [
    "神戸",
    "阪神南",
    "阪神北",
    "東播磨",
    "北播磨",
    "中播磨",
    "西播磨",
    "但馬",
    "丹波",
    "淡路",
]
TAKA = TOWNS[0]
ASKS = [
    "人口3万くらいで窓口をやった市",
    "似た規模の市町の生成AIの事例",
    "多可町みたいな町で防災の事例",
    "人口1万人の町で推進リーダーを置いた所",
    "小さい町の窓口DXの事例",
    "うちみたいな町でデータ利活用に取り組んだところある？",
    "但馬の事例を教えて",
    "播磨で窓口DXをやっている市町",
    "防災の先進事例を知りたい",
    "人口5万人程度の市の人材育成の事例",
    "姫路市と同じくらいの市で教育DXを進めた自治体",
    "同規模の団体で外部人材を入れた例",
    "豊岡くらいの規模の市で農業の例ある？",
    "人口10万人規模で観光DXに取り組んだ市町",
    "沖縄県の事例",
]
ASKS_NOT = [
    "e-ひょうごの利用料は月いくら。人口5万人未満の町です",
    "人口3万の市は補助金の対象になりますか",
    "西宮市の窓口DXの事例",
    "上郡町 農業DX 事例",
    "標準化の期限はいつまで",
    "例えば窓口DXは何から始めればいい？",
    "条例を改正した市町はいくつありますか",
    "うちみたいな小さい町でも県の支援は使えますか",
    "地域社会DX事例集はどこで見られますか",
    "人口3万人の町です。担当リエゾンは誰ですか",
    "e-ひょうごに参加した市町は何団体ですか",
    "予防接種の予約アプリを入れた町の事例",
    "管理職が全然その気になってくれへん。管理職の意識変えたとこの事例ない？",
    "特例の申請をした市はどうなりますか",
    "生成AIのガイドラインの作り方",
]


def wanted(text: str, words: Words, own: Town | None = TAKA) -> Wish | None:
    found = wish(text, TOWNS, REGIONS, own)
    return found if found and is_list(found, words) else None


@pytest.mark.parametrize("text", ASKS)
def test_it_asks_for_towns_that_did_something(text: str, words: Words) -> None:
    assert wanted(text, words) is not None


@pytest.mark.parametrize("text", ASKS_NOT)
def test_it_asks_for_something_else(text: str, words: Words) -> None:
    assert wanted(text, words) is None


def test_size_comes_from_the_question_the_town_named_or_the_asker(words: Words) -> None:
    sizes = [
        found.near
        for text in ("人口3万くらいで窓口をやった市", "姫路市みたいな市で防災の事例", "似た規模の市町の事例")
        if (found := wanted(text, words))
    ]  # fmt: skip
    assert sizes == [30_000, 518_311, 17_346]
    stranger = wanted("似た規模の市町の窓口の事例", words, own=None)
    assert stranger is not None and stranger.own and stranger.near is None


def test_the_nearest_in_size_comes_first_on_a_log_scale(page: Whole, words: Words) -> None:
    index: Index = page.desk.library.index()
    found = wanted("人口3万くらいで窓口をやった市", words)
    assert found is not None
    cases = find(index, found, TOWNS, date(2026, 11, 20))
    assert 0 < len(cases) <= 5
    known = [case.population for case in cases if case.population]
    assert known == sorted(known, key=lambda size: max(size / 30_000, 30_000 / size))
    assert "西宮市" in {town for case in cases for town in case.towns}
    assert len({case.towns or (case.entry.id,) for case in cases}) == len(cases)


def test_cases_stand_side_by_side_and_each_opens(whole: Whole) -> None:
    seen = whole.say("yamada", "人口3万くらいで窓口をやった市").replace("\n", "")
    assert "西宮市" in seen
    assert "482,834人" in seen
    assert "成果" in seen
    assert "規模は離れています" in seen.replace(" ", "")
    whole.press("yamada", "西宮市の窓口DX")
    assert "窓口体験調査も行い" in whole.read("yamada")


def test_where_no_case_fits_it_says_so_and_offers_a_consultation(whole: Whole) -> None:
    seen = whole.say("yamada", "似た規模の市町の生成AIの事例")
    assert "合う事例は、手元の資料にありません" in seen
    assert "17,346人" in seen
    assert "相談する" in whole.buttons("yamada")
