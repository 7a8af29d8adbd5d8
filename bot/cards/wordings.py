"""What the office sees of wordings learnt from use: the week's card, one at a time, the list of what was learnt."""

from dataclasses import dataclass
from datetime import date

from bot.chat import Button, Card, Chip, Row
from bot.wordings import State

MARKS = {State.ACCEPTED: "採用", State.DECLINED: "採用しない"}
LISTED = 20  # with a button each


@dataclass(frozen=True)
class Proposed:
    """A wording as the office reads it. `line`: the first line of the entry's answer."""

    id: int
    wording: str
    title: str
    line: str
    entry_id: str
    times: int
    against: int
    state: str


def batch(batch_id: int, week: date, proposed: tuple[Proposed, ...], *, postponed: bool) -> Card:
    """The week's card: at most ten wordings, decided at once, one by one, or not this week."""
    key = str(batch_id)
    waits = [one for one in proposed if one.state == State.PROPOSED]
    decided = len(proposed) - len(waits)
    buttons: tuple[Button, ...] = ()
    if waits and not postponed:
        buttons = (
            Button("wordings_accept", "すべて採用", key, style="main"),
            Button("wordings_each", "1つずつ見る", key),
            Button("wordings_later", "今週は見送る", key),
        )
    if decided or postponed:
        buttons = (*buttons, Button("wordings_undo", "取り消す", key))
    return Card(
        f"使われた言い方（{_week(week)}）",
        _says(len(proposed), ask=bool(waits) and not postponed),
        rows=tuple(Row(one.title, _told(one)) for one in proposed),
        topic="学んだ言い方",
        chips=(_chip(len(waits), decided, postponed=postponed),) if proposed else (),
        buttons=buttons,
        note="見送った言い方は、次の月曜日にまたまとめます。" if postponed else "",
    )


def _week(week: date) -> str:
    """The title stays the same through all that changes: some chats find a card by it."""
    return f"{week.month}月{week.day}日の週"


def _says(count: int, *, ask: bool) -> tuple[str, ...]:
    if not count:
        return ("次の週のカードへ移りました。",)
    told = f"{count}件あります。" + (
        "「解決した」か、候補から選ばれて終わった質問です。採用すると、次の質問からその項目が見つかりやすくなります。"
        if ask
        else ""
    )
    return (told,)


def _chip(waits: int, decided: int, *, postponed: bool) -> Chip:
    if postponed:
        return Chip("見送り", "off")
    if not waits:
        return Chip("決定済", "done")
    return Chip(f"残り{waits}件" if decided else "確認が必要", "warn")


def _told(one: Proposed) -> str:
    mark = MARKS.get(State(one.state), "")
    parts = (
        f"「{one.wording}」",
        f"{one.times}回" if one.times else "",
        f"採用のあと「聞きたいことと違う」が{one.against}回" if one.against else "",
        f"→{mark}" if mark else "",
    )
    return "　".join(part for part in parts if part)


def one(week: date, proposed: Proposed, left: int, last: Proposed | None) -> Card:
    """One wording beside the answer it would lead to. `last`: what was decided just before."""
    key = str(proposed.id)
    return Card(
        f"言い方を1つずつ見る（{_week(week)}）",
        (f"「{proposed.wording}」に、次の項目で答えてよいですか。",),
        rows=(
            *_decided(last),
            Row("項目", proposed.title),
            Row("答え", proposed.line),
            Row("使われた回数", f"{proposed.times}回"),
            *((Row("違うと言われた回数", f"{proposed.against}回"),) if proposed.against else ()),
            Row("残り", f"{left}件"),
        ),
        topic="学んだ言い方",
        buttons=(
            Button("wording_accept", "採用", key, style="main"),
            Button("wording_decline", "採用しない", key),
            *_undo(last),
        ),
    )


def all_seen(week: date, last: Proposed | None) -> Card:
    return Card(
        f"言い方を1つずつ見る（{_week(week)}）",
        ("すべて決まりました。",),
        rows=_decided(last),
        topic="学んだ言い方",
        buttons=_undo(last),
    )


def _decided(last: Proposed | None) -> tuple[Row, ...]:
    if last is None:
        return ()
    return (Row("いま決めたもの", f"「{last.wording}」→{MARKS.get(State(last.state), '')}"),)


def _undo(last: Proposed | None) -> tuple[Button, ...]:
    return (Button("wording_undo", "取り消す", str(last.id)),) if last else ()


def learnt(accepted: tuple[Proposed, ...], waiting: int) -> Card:
    """学んだ言い方: the newest first."""
    told = (
        f"採用した言い方は{len(accepted)}件、確認を待つ言い方は{waiting}件です。",
        "待っているものは、月曜日の9時に事務局の部屋へ10件までまとめて届きます。",
    )
    newest = accepted[:LISTED]
    return Card(
        "学んだ言い方",
        told,
        rows=tuple(Row(one.title, f"「{one.wording}」") for one in accepted),
        buttons=tuple(
            Button("wording_undo", f"「{one.wording}」を取り消す", str(one.id)) for one in newest
        ),
    )


def undone(proposed: Proposed) -> Card:
    return Card(
        f"「{proposed.wording}」の決定を取り消しました",
        ("もう一度、確認を待つ言い方に戻りました。",),
    )
