"""What the guard stops, what it only asks about, and what it leaves alone."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat import Account, FormValue, Message, Place
from bot.guard import Finding, find, marked, masked, stops, texts_of

PACK = Path(__file__).parent.parent / "knowledge" / "hyogo"
WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")


def my_number(body: int) -> str:
    """Eleven digits and the check digit, said another way than in the guard.

    The weights from the left are 6 5 4 3 2 7 6 5 4 3 2, and the check digit brings the weighted sum to
    a multiple of 11; where ten would be needed, or eleven, it is 0.
    """
    text = f"{body:011d}"
    total = sum(int(digit) * int(weight) for digit, weight in zip(text, "65432765432", strict=True))
    needed = next(n for n in range(1, 12) if (total + n) % 11 == 0)
    return text + str(needed if needed < 10 else 0)


def kinds(text: str) -> list[str]:
    return [finding.kind for finding in find(text)]


def numbers(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in find(text)]


VALID = my_number(12345678901)
GROUPS = (VALID[:4], VALID[4:8], VALID[8:])


def test_the_check_digit_is_the_one_known_from_elsewhere() -> None:
    # Both are sample numbers in public documentation of other checkers.
    assert VALID == "123456789018"
    assert my_number(2345678901) == "023456789013"


def test_every_my_number_is_stopped_and_no_other_last_digit() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        number = my_number(chance.randrange(10**11))
        assert kinds(number) == ["my_number"], number
        wrong = number[:-1] + str((int(number[-1]) + chance.randrange(1, 10)) % 10)
        assert not stops(wrong), wrong


@pytest.mark.parametrize(
    "number",
    [
        VALID,
        VALID.translate(WIDE),
        *(gap.join(GROUPS) for gap in ("-", " ", "\u3000", "\u00a0", " - ", "  ")),
        *(gap.join(GROUPS) for gap in "‐‑‒–—―−─ー－ｰ"),
        *(gap.join(GROUPS).translate(WIDE) for gap in ("ー", "－", "\u3000", " ")),
        "\u200b".join(GROUPS),
        GROUPS[0] + "-" + GROUPS[1] + " " + GROUPS[2],
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "住民の番号は{}です",
        "マイナンバー{}の方",
        "個人番号：{}。",
        "（{}）",
        "①{}",
        "1️⃣{}",
        "1. {}",
        "No.{}",
        "2026-11-21 {}",
        "078-341-7711 {}",
        "281000,{},282014",
        "| 1 | {} | 姫路市 |",
        "282014\n{}\n282022",
        "{}円滑に進めたい",
        "https://example.lg.jp/ {}",
        "https://example.lg.jp/、{}",
    ],
)
def test_a_my_number_is_stopped_however_it_is_written(number: str, around: str) -> None:
    text = around.format(number)

    [stop] = stops(text)

    assert stop.kind == "my_number" and text[stop.start : stop.end] == number


@pytest.mark.parametrize(
    "text",
    [
        "9" + VALID,
        VALID + "9",
        "９" + VALID.translate(WIDE),
        f"2026-{VALID}",
        f"{VALID}-01",
        "-".join((*GROUPS, "1234")),
        "-".join(("1234", *GROUPS)),
    ],
)
def test_inside_a_longer_number_it_is_not_one(text: str) -> None:
    assert not stops(text)


def test_several_numbers_are_found_in_order() -> None:
    text = f"夫{VALID} 妻{my_number(98765432109)}、電話090-1234-5678、カード4111 1111 1111 1111"

    assert kinds(text) == ["my_number", "my_number", "phone", "card"]
    assert numbers(f"{' '.join(GROUPS)} {' '.join(GROUPS)}") == [" ".join(GROUPS)] * 2


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4012888888881881",
        "4222222222222",
        "5555555555554444",
        "5105105105105100",
        "2223003122003222",
        "3530111333300000",
        "3566002020360505",
        "378282246310005",
        "371449635398431",
        "30569309025904",
        "38520000023237",
        "6011111111111117",
        "6011000990139424",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111",
        "４１１１－１１１１－１１１１－１１１１",
        "4111ー1111ー1111ー1111",
        "3782 822463 10005",
        "3056-930902-5904",
    ],
)
@pytest.mark.parametrize("around", ["{}", "カード番号{}です", "{} 123", "2026 {}", "{} 12/28"])
def test_a_card_number_is_stopped(number: str, around: str) -> None:
    text = around.format(number)

    [stop] = stops(text)

    assert stop.kind == "card" and text[stop.start : stop.end] == number


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # the sum is wrong
        "1234567812345670",  # the sum is right, but nobody issues it
        "94111111111111111",
        "4111111111111111円",
        "4111-1111-1111-1111-9",
    ],
)
def test_what_only_looks_like_a_card_is_not_stopped(text: str) -> None:
    assert not stops(text)


def test_no_corporate_number_of_a_municipality_is_taken_for_a_card() -> None:
    for code in codes():
        body = f"000020{code}"
        odd, even = (sum(map(int, body[-1 - n :: -2])) for n in (0, 1))
        assert not stops(f"{9 - (odd + 2 * even) % 9}{body}")


@pytest.mark.parametrize(
    "number",
    [
        "078-341-7711",
        "06-6941-0351",
        "0795-12-3456",
        "0120-123-456",
        "090-1234-5678",
        "09012345678",
        "０７８－３４１－７７１１",
        "０９０１２３４５６７８",
        "078−341−7711",
        "078ー341ー7711",
    ],
)
@pytest.mark.parametrize("around", ["{}", "電話は{}です", "サポートセンター{}まで", "TEL-{}"])
def test_a_phone_number_is_found_but_stops_nothing(number: str, around: str) -> None:
    text = around.format(number)

    assert numbers(text) == [number] and kinds(text) == ["phone"]
    assert not stops(text)


@pytest.mark.parametrize(
    "text",
    [
        "団体コードは282014です",
        "281000 282014 282022 282031 282049 282057",
        "281000,282014,282022,282031",
        "281000\n282014\n282022\n",
        "| 282014 | 姫路市 | 518311 |",
        "2026-11-21",
        "20261121",
        "20261121 1030",
        "2026/11/21 10:30",
        "2026-11-21T10:30:00+09:00",
        "年度 2024 2025 2026 2027",
        "2015 2020 2025 年",
        "電話 078-474-4916 内線 4916 2026 2027 2028 2029 の推移",
        "2024-2025-2026",
        "12,500円",
        "1,234,567,890円",
        "123456789012円",
        f"{VALID}円",
        f"{VALID}千円",
        f"{VALID.translate(WIDE)} 万円",
        f"￥{VALID}",
        "相談 R8-0012",
        "R8-0012-1234-5678",
        "f001 f339",
        f"https://example.lg.jp/main_content/{VALID}.pdf",
        f"https://example.slack.com/archives/C01/p4111111111111111?n={VALID}",
        "2026-1102-1234-01",
    ],
)
def test_what_the_desk_is_full_of_is_left_alone(text: str) -> None:
    assert not stops(text)


def test_the_number_is_given_back_marked() -> None:
    text = "山田さん １２３４－５６７８－９０１８ の転入、㍿へ 078-341-7711"

    assert marked(text, stops(text)) == (
        "山田さん 【１２３４－５６７８－９０１８】 の転入、㍿へ 078-341-7711"
    )
    assert masked(text) == "山田さん ＊ の転入、㍿へ ＊"


def test_positions_are_those_of_the_text_as_written() -> None:
    # ㍿ and ㌔ grow to several characters in one width, the zero-width space goes away.
    text = "㍿㌔\u200b① １２３４５６７８９０１８"

    assert find(text) == (Finding("my_number", 5, 17),)


def message(text: str = "", value: str = "", values: dict[str, FormValue] | None = None) -> Message:
    return Message(
        event_id="e1",
        account=Account("web", "hyogo", "sato"),
        place=Place("web", "hyogo", "himeji"),
        said_at=datetime(2026, 11, 21, tzinfo=UTC),
        text=text,
        value=value,
        values=values,
    )


def test_everything_written_in_a_message_is_looked_at() -> None:
    assert texts_of(message("転入", "12")) == {"text": "転入", "value": "12"}

    values: dict[str, FormValue] = {
        "body": "本文",
        "fields": ("窓口", "税"),
        "rows": (("姫路市", VALID), ("", "尼崎市")),
    }
    texts = texts_of(message(value="7", values=values))

    assert texts["body"] == "本文" and texts["fields"] == "窓口\n税"
    assert [name for name, text in texts.items() if stops(text)] == ["rows"]


def test_a_field_that_is_called_text_hides_nothing() -> None:
    for said, filled in ((VALID, "はい"), ("はい", VALID)):
        assert stops(texts_of(message(said, values={"text": filled}))["text"])


def test_cells_side_by_side_are_not_one_number() -> None:
    assert not stops(texts_of(message(values={"rows": (GROUPS,)}))["rows"])


written = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.text(alphabet="0123456789０１２-－ー  \u200b①", max_size=20),
        st.integers(0, 10**11 - 1).map(my_number),
        st.integers(0, 10**11 - 1).map(lambda n: my_number(n).translate(WIDE)),
        st.sampled_from(["4111 1111 1111 1111", "090-1234-5678", "㍿", "https://a.jp/1"]),
    ),
    max_size=8,
).map("".join)


@given(written)
@example(f"2026 4111 1111 1111 1111 {VALID}")
def test_findings_are_in_order_and_begin_and_end_with_a_digit(text: str) -> None:
    at = 0
    for finding in find(text):
        number = text[finding.start : finding.end]
        assert at <= finding.start < finding.end
        assert number[0].isdecimal() and number[-1].isdecimal()
        assert 9 <= sum(map(str.isdecimal, number)) <= 19 or finding.kind == "phone"
        at = finding.end


@given(written)
def test_marking_and_masking_lose_nothing_else(text: str) -> None:
    found = find(text)
    pieces, at = [], 0
    for finding in found:
        pieces.append(text[at : finding.start])
        at = finding.end
    pieces.append(text[at:])

    assert masked(text) == "＊".join(pieces)
    shown = marked(text, found)
    assert len(shown) == len(text) + 2 * len(found)
    if not set("【】") & set(text):
        assert shown.translate({ord("【"): None, ord("】"): None}) == text
        assert re.findall("【(.*?)】", shown, re.DOTALL) == numbers(text)


def codes() -> list[str]:
    """The six-digit codes of the municipalities; a few of them where the pack is not there."""
    directory = PACK / "directory" / "municipalities.csv"
    if directory.exists():
        return re.findall(r"(?<![\d.])28\d{4}(?![\d.])", directory.read_text("utf-8-sig"))
    return ["281000", "282014", "282022", "282031", "282049", "282057", "282065", "283011"]


def ordinary(chance: random.Random) -> str:
    """A sentence with a number as the desk sees them all day, none of them twelve bare digits."""
    some = chance.choices(codes(), k=chance.randint(1, 9))
    year, month, day = chance.randint(2019, 2031), chance.randint(1, 12), chance.randint(1, 28)
    hour, minute = chance.randint(0, 23), chance.randint(0, 59)
    amount = chance.randrange(10 ** chance.randint(3, 11))
    tail = f"{chance.randrange(10**4):04d}"
    makers: tuple[Callable[[], str], ...] = (
        lambda: f"団体コードは{some[0]}です",
        lambda: chance.choice((" ", ",", "、", "\n", "\t", ", ")).join(some),
        lambda: "\n".join(f"| {code} | {chance.randrange(10**6)} |" for code in some),
        lambda: f"締切は{year}-{month:02}-{day:02}、公開は{year + 1}/{month:02}/{day:02}",
        lambda: f"{year}{month:02}{day:02} {hour:02}{minute:02} に受信",
        lambda: f"{year}/{month:02}/{day:02} {hour:02}:{minute:02}",
        lambda: f"{year} {year + 1} {year + 2} {year + 3} の推移",
        lambda: f"見積は{amount:,}円、上限は{amount}千円",
        lambda: f"補助額 {amount:,} 円（{some[0]}）",
        lambda: f"電話 078-{chance.randrange(100, 1000)}-{tail} 内線 {tail}",
        lambda: f"090-{chance.randrange(10**4):04d}-{tail} か 0{chance.randint(5, 9)}0{tail}{tail}",
        lambda: f"相談 R{chance.randint(6, 9)}-{tail} と R8-{chance.randrange(10**4):04d} の件",
        lambda: f"https://example.lg.jp/{some[0]}/{year}{month:02}{day:02}{tail}.pdf",
    )
    text = " ".join(make() for make in chance.sample(makers, k=chance.randint(1, 3)))
    return text.translate(WIDE) if chance.random() < 0.2 and "http" not in text else text


def test_ordinary_texts_are_not_stopped() -> None:
    chance = random.Random(20261121)
    texts = [ordinary(chance) for _ in range(1000)]
    texts += [path.read_text("utf-8") for path in sorted(PACK.glob("entries/*.md"))]
    facts = PACK / "facts.jsonl"
    texts += facts.read_text("utf-8").splitlines() if facts.exists() else []

    stopped = [numbers(text) for text in texts if stops(text)]

    assert not stopped
