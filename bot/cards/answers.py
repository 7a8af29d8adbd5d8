"""What the desk says to a question."""

from dataclasses import dataclass

from bot.cards.talk import consult_button
from bot.chat import Button, Card, Chip, Link, Row


@dataclass(frozen=True)
class Shown:
    """An entry as the cards show it. `lines`: the answer as a person reads it, first line first.

    `year`: 令和8年度の情報, or empty; `sources`: label and path; `related`, `current`: id and title.
    """

    entry_id: str
    title: str
    lines: tuple[str, ...]
    year: str
    past: bool
    field: str | None
    sources: tuple[tuple[str, str], ...]
    related: tuple[tuple[str, str], ...]
    current: tuple[str, str] | None
    draft: str


SAID = {
    "solved": "「解決した」を受け取りました",
    "different": "「聞きたいことと違う」を受け取りました。言い方を変えるか「相談する」を押してください",
    "outdated": "「内容が古い・誤り」を受け取り、この項目の担当へ伝えました",
}


def answer(shown: Shown, question_id: int, said: str = "", also: Shown | None = None) -> Card:
    """One answer: figure first, year, source, what next. `said`: what the asker said of it already;
    `also`: the answer to the second question of the message."""
    first, *rest = shown.lines
    current = (
        (Button("entry", f"いまの情報：{shown.current[1]}", shown.current[0], style="main"),)
        if shown.current
        else ()
    )
    related = tuple(Button("entry", title, key, style="near") for key, title in shown.related)
    parts = ["\n".join(rest)] if rest else []
    sources = shown.sources
    if also:
        parts.append("\n".join((f"もう一つの質問：{also.title}", *also.lines)))
        sources = tuple(dict.fromkeys((*sources, *also.sources)))
    return Card(
        first,
        tuple(parts),
        topic=shown.title,
        chips=_chips(shown),
        links=tuple(Link(label, path) for label, path in sources),
        buttons=current + related + (_acts(shown, question_id, said)),
        note=SAID.get(said, ""),
        frame="answer",
    )


def _chips(shown: Shown) -> tuple[Chip, ...]:
    year = (Chip(shown.year, "past" if shown.past else "year"),) if shown.year else ()
    return year + ((Chip(shown.field),) if shown.field else ())


def _acts(shown: Shown, question_id: int, said: str) -> tuple[Button, ...]:
    key = str(question_id)
    opinions = (
        Button("solved", "解決した", key),
        Button("different", "聞きたいことと違う", key),
        Button("outdated", "内容が古い・誤り", key),
    )
    return (
        *(b for b in opinions if not said),
        Button("why", "なぜこの回答？", key),
        Button("copy", "起案用にコピー", shown.entry_id, copies=shown.draft),
        *(() if said == "solved" else (consult_button(key),)),
    )


def choices(options: tuple[Shown, ...], question_id: int) -> Card:
    """Up to three that differ; the number may be typed."""
    picks = tuple(
        Button(
            "pick",
            option.title,
            f"{question_id}:{option.entry_id}",
            style="pick",
            hint=_hint(option),
        )
        for option in options
    )
    return Card(
        "どれについて知りたいですか",
        ("番号（1、2、3）を書いても選べます。",),
        buttons=(
            *picks,
            Button("none", "どれでもない", str(question_id)),
            Button("why", "なぜこの回答？", str(question_id)),
        ),
        frame="choices",
    )


def _hint(option: Shown) -> str:
    """The first line of the answer; of a past one the year, then the line after the one that says so."""
    if not option.past:
        return option.lines[0]
    return f"{option.year}　{option.lines[min(1, len(option.lines) - 1)]}"


def unknown(
    question_id: int, near: tuple[Shown, ...], field: str | None, first_reply: str, *, inside: bool
) -> Card:
    """Not in the documents: said plainly, with what is known and the way on."""
    known = tuple(
        Button("entry", shown.title, shown.entry_id, style="pick", hint=shown.lines[0])
        for shown in near
    )
    who = f"{field}の分野リエゾン" if field else "地域リエゾン"
    way_on = f"相談すると、{who}が{first_reply}までに最初の返事をします。"
    return Card(
        "手元の資料に書かれていません",
        (
            *(() if inside else (way_on,)),
            *(("近い内容で分かっていることは、次のとおりです。",) if known else ()),
        ),
        buttons=known if inside else (*known, consult_button(str(question_id))),
        frame="unknown",
    )


def outdated(title: str, entry_id: str, by: str) -> Card:
    """To the owner of an entry: somebody says it is out of date or wrong."""
    return Card(
        f"「{title}」が古い・誤りではないかと知らせがありました",
        (f"{by}からです。資料と見比べて、項目を直してください。",),
        buttons=(
            Button("edit", "この項目を直す", entry_id, style="main"),
            Button("entry", "いまの答えを見る", entry_id),
        ),
    )


def draft(text: str) -> Card:
    """The answer as plain text for an official draft (起案)."""
    return Card("起案用の文です", (text,), frame="plain")


def source(document: str, sections: list[str], issuer: str, date: str, file: str) -> Card:
    """A source as a page of the desk."""
    places = [("箇所", section) for section in sections]
    rows = [("題名", document), ("発行者", issuer), *places, ("日付", date)]
    return Card(
        document,
        ()
        if file
        else ("資料そのものは、まだこのデスクに置かれていません。担当課へお尋ねください。",),
        rows=tuple(Row(label, text) for label, text in rows if text),
        links=(Link("資料を開く", f"/files/{file}"),) if file else (),
        topic="出典",
    )
