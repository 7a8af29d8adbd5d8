"""What the office sees of words that mean one thing (言い換え)."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat import Button, Card, Field, Form, Row

LIMIT = 400  # characters of a group
LISTED = 20  # with a button each
TOO_FEW = "言い換えは2つ以上の言葉です。「・」で区切って書いてください（例：補助金・交付金・お金）"


def too_many(count: int, most: int) -> str:
    return f"1組は{most}語までにしてください（いまは{count}語）"


def too_long(word: str, most: int) -> str:
    return f"「{word[:most]}…」が長すぎます。1語は{most}字までにしてください"


def too_short(word: str) -> str:
    return f"「{word}」は短すぎて、ほかの言葉の中でも見つかってしまいます。2字以上にしてください"


def says_nothing(word: str) -> str:
    return f"「{word}」は、どの質問にも出てくる言葉です。意味のある言葉にしてください"


def taken(word: str, group: Sequence[str]) -> str:
    return f"「{word}」は、もう「{in_one(group)}」にあります。先にそちらを取り消してください"


def in_one(words: Sequence[str]) -> str:
    """補助金・交付金・お金"""
    return "・".join(words)


@dataclass(frozen=True)
class Shown:
    """A group as the office reads it. `by`: who added it, and when."""

    id: int
    words: tuple[str, ...]
    by: str


def form() -> Form:
    return Form(
        "synonyms_add",
        "",
        "言い換えを足す",
        (
            Field(
                "words", "同じ意味の言葉", limit=LIMIT,
                hint="「・」で区切って書きます（例：補助金・交付金・お金）。先頭が代表の言葉です",
            ),
        ),
        "足す",
        intro="どの言葉で聞かれても、同じ項目が見つかるようになります。",
    )  # fmt: skip


def added(shown: Shown, moved: Sequence[tuple[str, str]]) -> Card:
    """`moved`: words that belonged to another group before, with its name."""
    told = (f"「{word}」は「{name}」の仲間から移りました。" for word, name in moved)
    return Card(
        "言い換えを足しました",
        (f"{in_one(shown.words)}", "次の質問から、同じ意味として探します。", *told),
        buttons=(Button("synonyms_remove", "取り消す", str(shown.id)),),
    )


def removed(shown: Shown) -> Card:
    return Card(
        "言い換えを取り消しました",
        (in_one(shown.words), "次の質問から、別の言葉として探します。"),
        buttons=(Button("synonyms_restore", "元に戻す", str(shown.id)),),
    )


def listed(groups: Sequence[Shown], ours: int) -> Card:
    """言い換え: the newest first. `ours`: how many groups the program brings along."""
    told = (
        f"事務局が足した言い換えは{len(groups)}組、はじめからあるものは{ours}組です。",
        *(() if groups else ("「言い換えを足す」で足せます。",)),
    )
    return Card(
        "言い換え",
        told,
        rows=tuple(Row(in_one(one.words), one.by) for one in groups),
        buttons=tuple(
            Button("synonyms_remove", f"「{one.words[0]}…」を取り消す", str(one.id))
            for one in groups[:LISTED]
        ),
    )
