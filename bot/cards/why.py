"""なぜこの回答？: what the desk looked at, in words of the person who asked."""

from dataclasses import dataclass

from bot.chat import Card, Row

VALUES = {
    "amount": "いくら", "rate": "どれだけの割合", "date": "いつ・いつまで", "count": "いくつ", "who": "だれが・どの組織が",
    "where": "どこ", "size": "人口規模", "year": "どの年度", "condition": "だれが対象か", "contact": "連絡先",
    "document": "様式・資料", "name": "名前", "which": "どこ・どの団体", "initial": "初期費用", "task": "代わりにする作業", "own": "自分の団体の記録",
}  # fmt: skip
"""What is asked for, as people say it."""
HELD = {
    "held": "書いてあります",
    "partly": "書いてあります（一部は「資料にない」とも書いてあります）",
    "absent": "書いてありません",
    "unstated": "「資料にない」と書いてあります",
}
HOLDS = ("held", "partly")
MOST = 8  # words in a row


@dataclass(frozen=True)
class Weighed:
    """An entry with what spoke for it. `only_first`: words that only the first entry has."""

    title: str
    same: tuple[str, ...]
    alike: tuple[str, ...]
    missing: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    other_year: bool
    other_size: bool
    only_first: tuple[str, ...]


def of_answer(chosen: Weighed, runner_up: Weighed | None, score: float, *, picked: bool) -> Card:
    """Why this answer. `score`: how likely it is right; `picked`: the asker chose it among several."""
    rows = [*_found(chosen), *_asked(chosen), ("年度", _year(chosen))]
    if runner_up is not None:
        rows.append(("次に近い項目", f"{runner_up.title}（{_behind(runner_up)}）"))
    sure = (
        "候補の中から、あなたが選んだ項目です。"
        if picked
        else f"正しい見込みは、およそ{_tenths(score)}と見ました。"
    )
    return Card(
        "この回答を選んだわけ",
        (sure,),
        rows=tuple(Row(label, text) for label, text in rows if text),
        topic=chosen.title,
    )


def of_choices(options: tuple[Weighed, ...]) -> Card:
    """Why several: what speaks for each."""
    return Card(
        "候補を並べたわけ",
        ("どれも近く、1つに決める手がかりが質問にありませんでした。くわしく書くと決められます。",),
        rows=tuple(Row(option.title, _in_short(option)) for option in options),
    )


def by_hand(title: str) -> Card:
    """The entry was opened by its own button."""
    return Card("この回答を選んだわけ", ("題名のボタンを押して開いた項目です。",), topic=title)


def forgotten() -> Card:
    """What was found then is not published any more."""
    return Card(
        "この回答を選んだわけ",
        ("そのときの項目は、いまは公開されていません。もう一度質問してください。",),
    )


def _found(one: Weighed) -> list[tuple[str, str]]:
    return [
        ("同じ語", "・".join(one.same[:MOST])),
        ("言い換えで合った語", "・".join(one.alike[:MOST])),
        ("この項目にない語", "・".join(one.missing[:MOST])),
    ]


def _asked(one: Weighed) -> list[tuple[str, str]]:
    return [
        ("聞かれたこと", f"「{VALUES.get(kind, kind)}」は、この項目に{HELD[how]}")
        for kind, how in one.asked
    ]


def _year(one: Weighed) -> str:
    if not one.years:
        return ""
    told = "、".join(f"令和{year}年度" for year in one.years)
    return f"{told}の情報です" + ("（聞かれた年度とは違います）" if one.other_year else "")


def _behind(one: Weighed) -> str:
    """Why it came second."""
    if one.other_year:
        return f"聞かれた年度ではなく、{_year(one).partition('の')[0]}のものです"
    if one.other_size:
        return "ほかの人口規模の団体のものです"
    lacking = [VALUES.get(kind, kind) for kind, how in one.asked if how not in HOLDS]
    if one.only_first:
        return f"「{'・'.join(one.only_first[:MOST])}」がありません"
    if lacking:
        return f"「{lacking[0]}」が書いてありません"
    return "同じ語はありますが、この質問の中心ではありません"


def _in_short(one: Weighed) -> str:
    words = [*one.same, *one.alike][:MOST]
    told = f"合った語は{'・'.join(words)}" if words else "読みや文字の並びが近い"
    held = [VALUES.get(kind, kind) for kind, how in one.asked if how in HOLDS]
    return told + (f"。「{held[0]}」が書いてあります" if held else "")


def _tenths(score: float) -> str:
    """8割"""
    return f"{min(9, max(1, round(score * 10)))}割"
