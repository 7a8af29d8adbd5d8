"""What is copied out of a talk: who confirms, and what nobody can be sure of."""

import pytest

from bot.replies import read

TOWNS = {"1": "明石市", "2": "多可町", "3": "姫路市", "4": "三木市", "5": "神河町"}
PEOPLE = {
    "2": ["山田 葵", "上田 蓮"],
    "3": ["中村 拓", "三木 翔"],
    "5": ["河野 明"],
    "1": ["河野 明"],
}
OURS = ["林 直子"]


def towns(text: str) -> dict[str, str]:
    return dict(read(text, TOWNS, PEOPLE, OURS).towns)


def unread(text: str) -> tuple[str, ...]:
    return read(text, TOWNS, PEOPLE, OURS).unread


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("多可町　確認しました", {"2": ""}),
        ("多可町です。確認いたしました。", {"2": ""}),
        ("【姫路市】了解です", {"3": ""}),
        ("明石　確認しました", {"1": ""}),
        ("ﾀｶ 多可町：承知しました", {"2": ""}),
        ("山田葵\n確認しました", {"2": "山田 葵"}),
        ("山田　葵（多可町 企画課）\n2026/11/20 10:32\n確認しました\n既読 3", {"2": "山田 葵"}),
        ("山田 葵 10:32\n確認しました。よろしくお願いします。", {"2": "山田 葵"}),
        ("多可町\n姫路市", {"2": "", "3": ""}),
        ("多可町、姫路市、明石市", {"1": "", "2": "", "3": ""}),
        ("多可町 確認\n多可町 山田 葵 確認", {"2": "山田 葵"}),
        ("", {}),
    ],
)
def test_who_confirms(text: str, expected: dict[str, str]) -> None:
    assert towns(text) == expected
    assert unread(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "多可町　未確認です",
        "多可町　まだ確認できていません",
        "多可町　確認中です",
        "多可町　のちほど確認します",
        "多可町　いつまでに確認すればよいですか？",
        "姫路市 山本です",
        "確認しました",
        "三木　確認しました",  # a town's name without 市, and somebody's family name
        "河野 明 確認しました",  # of two municipalities
        "どこかの町　確認しました",
        "多可町、姫路市はまだです",
    ],
)
def test_what_is_left_for_a_person_to_look_at(text: str) -> None:
    assert towns(text) == {}
    assert unread(text) == (text,)


def test_a_doubt_in_the_lines_below_counts_for_who_wrote_it() -> None:
    text = "山田 葵\n確認しました\nひとつ質問です。期限はいつですか\n中村 拓\n確認しました"
    found = read(text, TOWNS, PEOPLE, OURS)
    assert dict(found.towns) == {"3": "中村 拓"}
    assert found.unread == ("山田 葵", "確認しました", "ひとつ質問です。期限はいつですか")


def test_somebody_unknown_below_a_reply_is_not_lost_in_it() -> None:
    found = read("山田 葵\n確認しました\nどこかの課　確認\n確認しました", TOWNS, PEOPLE, OURS)
    assert dict(found.towns) == {"2": "山田 葵"}
    assert found.unread == ("どこかの課　確認", "確認しました")


def test_our_own_post_that_was_copied_along_says_nothing() -> None:
    text = (
        "林 直子\n【お知らせ】意見交換の結果\n多可町の事例もあります\n"
        "読まれましたら「確認」と返信してください。\n姫路市\n確認しました\n> 引用した文"
    )
    found = read(text, TOWNS, PEOPLE, OURS)
    assert dict(found.towns) == {"3": ""}
    assert "多可町の事例もあります" in found.unread
