"""What the desk says about entries: found, looked at, kept past their day, versions, lists, conflicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from bot.chat import Button, Card, Chip, Field, Form, Link, Row
from bot.days import clock, in_full, in_words

WORDS_LIMIT = 100
OFFICE = "事務局"


@dataclass(frozen=True)
class Told:
    """An entry as these cards tell of it: title, answer, and the rest as labels and texts."""

    entry_id: str
    title: str
    answer: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """An entry in a list to choose from. `line`: the first line of its answer."""

    entry_id: str
    title: str
    line: str


@dataclass(frozen=True)
class Listed:
    """One line of a list: `path` is where it opens."""

    label: str
    path: str


@dataclass(frozen=True)
class Version:
    number: int
    at: datetime
    author: str
    what: str


@dataclass(frozen=True)
class Clash:
    """An entry that was edited here and in its file. `file_gone`: there is no such file any more."""

    id: int
    title: str
    origin: str
    changes: tuple[str, ...]
    file_gone: bool


def entry_path(look: str, value: str) -> str:
    return f"/view/{look}/{quote(value, safe='')}"


PAST_DAY = {"until": "いまの期限よりあとの日付を選んでください"}


def find_form() -> Form:
    return Form(
        "find",
        "",
        "知識を直す",
        (
            Field(
                "words", "どの項目", limit=WORDS_LIMIT,
                hint="題名か質問の言葉、またはID",
            ),
        ),
        "探す",
    )  # fmt: skip


def found(entries: Sequence[Found]) -> Card:
    """What is to be edited: one is offered at once, of several one is picked."""
    if not entries:
        return Card(
            "当てはまる項目がありません",
            ("言葉を変えて、もう一度「知識を直す」を押してください。",),
        )
    if len(entries) == 1:
        [only] = entries
        return Card(
            only.title,
            (only.line,),
            topic="見つかった項目",
            buttons=(Button("edit", "この項目を直す", only.entry_id, style="main"),),
            links=(Link("いまと履歴を見る", entry_path("knowledge", only.entry_id)),),
        )
    return Card(
        "どの項目を直しますか",
        buttons=tuple(
            Button("edit", one.title, one.entry_id, style="pick", hint=one.line) for one in entries
        ),
        links=tuple(
            Link(f"{one.title}のいまと履歴", entry_path("knowledge", one.entry_id))
            for one in entries
        ),
    )


def entry(told: Told, state: str, *, is_published: bool, may_archive: bool) -> Card:
    """One entry as its office sees it."""
    buttons: tuple[Button, ...] = ()
    if is_published:
        buttons = (Button("edit", "直す", told.entry_id, style="main"),)
    if is_published and may_archive:
        sure = "この項目を答えに使うのをやめますか"
        buttons += (Button("archive", "公開をやめる", told.entry_id, style="danger", sure=sure),)
    if not is_published and may_archive:
        buttons = (Button("unarchive", "戻す", told.entry_id),)
    return Card(
        told.title,
        (told.answer,),
        topic=f"知識　{told.entry_id}",
        chips=(Chip(state, "done" if is_published else "off"),),
        rows=tuple(Row(label, text) for label, text in told.facts if text),
        links=(Link("版の履歴を見る", entry_path("versions", told.entry_id)),),
        buttons=buttons,
    )


def archived(title: str, entry_id: str) -> Card:
    return Card(
        f"「{title}」の公開をやめました",
        ("いまから質問の答えになりません。",),
        buttons=(Button("unarchive", "戻す", entry_id),),
    )


def unarchived(title: str, entry_id: str) -> Card:
    return Card(
        f"「{title}」を公開に戻しました",
        links=(Link("項目を見る", entry_path("knowledge", entry_id)),),
    )


def versions(title: str, entry_id: str, told: Sequence[Version]) -> Card:
    """Who wrote which version when, and a way to what changed in it."""
    return Card(
        title,
        topic=f"版の履歴　{entry_id}",
        rows=tuple(
            Row(f"第{one.number}版　{clock(one.at)}", f"{one.author}　{one.what}") for one in told
        ),
        links=tuple(
            Link(
                f"第{one.number}版で変わったところ",
                entry_path("versions", f"{entry_id}:{one.number - 1}:{one.number}"),
            )
            for one in told
            if one.number > 1
        ),
        note=f"前の版に戻すときは、デスクを動かしている人に「{entry_id} を第○版に」と伝えてください。",
    )


def changed(title: str, old: int, new: int, who: str, changes: Sequence[str]) -> Card:
    """Two versions side by side, line by line."""
    return Card(
        f"「{title}」第{old}版から第{new}版へ",
        tuple(changes) or ("内容は同じです。",),
        topic=f"版の違い　{who}",
        note="－ はなくなった行、＋ は新しい行です。",
    )


def expiring(listed: Sequence[Listed]) -> Card:
    return listed_card("期限の近い知識", listed, "30日以内に期限が来る項目はありません。")


def still_true(title: str, entry_id: str, last: date, said: str = "") -> Card:
    """To whoever looks after an entry, 30 days before its last day. `said`: what was decided. The title stays the
    same through that: some chats find a card by it."""
    asks = "このあとも正しいですか。期限が過ぎると「過去の情報」として答えます。"
    return Card(
        f"「{title}」は{in_full(last)}までの情報です",
        (said or asks,),
        topic="期限の近い知識",
        chips=(Chip("決定済", "done") if said else Chip("確認が必要", "warn"),),
        links=(Link("項目を見る", entry_path("knowledge", entry_id)),),
        buttons=()
        if said
        else (
            Button("extend", "期限をのばす", entry_id, style="main"),
            Button("edit", "書き直す", entry_id),
            Button("let_end", "期限どおり終える", entry_id),
        ),
    )


def extend_form(entry_id: str, title: str, last: str) -> Form:
    return Form(
        "extend",
        entry_id,
        "期限をのばす",
        (Field("until", "新しい有効期限", "date", value=last),),
        "のばす",
        intro=f"「{title}」の内容がこのあとも正しいときに、新しい期限を選んでください。",
    )


def extended(title: str, last: date, by: str) -> str:
    return f"{by}さんが「{title}」の期限を{in_full(last)}までのばしました。"


def ends(last: date, by: str) -> str:
    return f"{by}さんが、期限どおり{in_words(last)}で終えると決めました。"


def done(sentence: str) -> Card:
    return Card(sentence)


def conflicts(clashes: Sequence[Clash]) -> Card:
    """Entries edited here and in their files: nothing is overwritten until somebody decides."""
    buttons: list[Button] = []
    rows: list[Row] = []
    for number, one in enumerate(clashes, 1):
        mark = f"（{number}）" if len(clashes) > 1 else ""
        buttons += _ways(one, mark)
        file = one.origin.rpartition("/")[
            2
        ]  # where it lies on the desk's machine is nobody's business
        told = "ファイルがなくなりました" if one.file_gone else "\n".join(one.changes)
        rows.append(Row(f"{mark}{one.title}（{file}）", told))
    says = (
        "ファイルとデータベースの両方で直された項目です。決めるまでは、データベースの方で答えます。"
    )
    return Card(
        "食い違い",
        (says if clashes else "いま食い違いはありません。",),
        rows=tuple(rows),
        buttons=tuple(buttons),
    )


def _ways(one: Clash, mark: str) -> tuple[Button, Button]:
    key = str(one.id)
    lose = (
        f"「{one.title}」の公開をやめますか"
        if one.file_gone
        else f"「{one.title}」のここでの編集を、ファイルの内容に置きかえますか"
    )
    label = "公開をやめる" if one.file_gone else "ファイルの方を使う"
    return (
        Button("use_file", f"{mark}{label}", key, sure=lose),
        Button("keep_ours", f"{mark}データベースの方を残す", key),
    )


def settled(title: str, *, from_file: bool) -> Card:
    side = "ファイルの方を使います" if from_file else "データベースの方を残します"
    return Card(f"「{title}」は{side}")


def listed_card(title: str, listed: Sequence[Listed], empty: str) -> Card:
    """A list, each line a link to what it names; `empty` is said where there is nothing."""
    return Card(
        title,
        () if listed else (empty,),
        links=tuple(Link(one.label, one.path) for one in listed),
    )
