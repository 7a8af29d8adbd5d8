"""What the office sees of 慎重さ: how sure the desk has to be, and what each step would have meant."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat import Button, Card, Cell, Row, Table
from bot.settings import Caution

NAMES = {
    Caution.MOST: "とても慎重",
    Caution.MORE: "慎重",
    Caution.USUAL: "ふつう",
    Caution.LESS: "積極的",
    Caution.LEAST: "とても積極的",
}
HEAD = ("慎重さ", "答える", "聞き返す", "相談をすすめる")


@dataclass(frozen=True)
class Ends:
    """How the recent questions would have ended at one step."""

    answered: int
    asked_back: int
    handed_over: int

    @property
    def all(self) -> int:
        return self.answered + self.asked_back + self.handed_over


def seen(now: Caution, ends: Mapping[Caution, Ends], changed: str) -> Card:
    """慎重さ. `changed`: who changed it last, and when; empty where nobody ever did."""
    asked = ends[now].all
    told = (
        "慎重にするほど、確かなときだけ答えます。積極的にするほど、多く答えますが、まちがいも増えます。",
        f"この30日の質問{asked:,}件は、それぞれの慎重さなら次のようになっていました。"
        if asked
        else "この30日は質問がないので、まだ比べられません。",
    )
    return Card(
        f"慎重さは「{NAMES[now]}」です",
        told,
        rows=(Row("最後に変えた人", changed),) if changed else (),
        table=_table(now, ends) if asked else None,
        buttons=tuple(
            Button("set_caution", f"「{NAMES[step]}」にする", step)
            for step in Caution
            if step is not now
        ),
        note="変えると、次の質問から変わります。",
    )


def _table(now: Caution, ends: Mapping[Caution, Ends]) -> Table:
    rows = (
        (
            Cell(
                f"{NAMES[step]}（いま）" if step is now else NAMES[step],
                "done" if step is now else "",
            ),
            Cell(f"{one.answered:,}件"),
            Cell(f"{one.asked_back:,}件"),
            Cell(f"{one.handed_over:,}件"),
        )
        for step, one in ends.items()
    )
    return Table("この30日の質問なら", HEAD, tuple(rows))


def changed(before: Caution, now: Caution, ends: Mapping[Caution, Ends], change: int) -> Card:
    """After it was set: what would have changed, and the way back."""
    was, is_now = ends[before], ends[now]
    told = (
        f"この30日の質問{was.all:,}件なら、答えるのは{was.answered:,}件から{is_now.answered:,}件になっていました。"
        if was.all
        else ""
    )
    return Card(
        f"慎重さを「{NAMES[now]}」にしました",
        tuple(filter(None, (f"「{NAMES[before]}」から変えました。次の質問から変わります。", told))),
        buttons=(Button("undo_caution", "取り消す", str(change)),),
    )


def at_work(now: Caution, changed: str) -> str:
    """One line for the operator."""
    return f"「{NAMES[now]}」です（{changed}が変えました）" if changed else f"「{NAMES[now]}」です"
