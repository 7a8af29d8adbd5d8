"""What the desk says about writing knowledge: the form, the draft's card, versions, lists, conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from bot.chat import Button, Card, Chip, Field, Form, FormValue, Link, Option, Row, Tone
from bot.days import clock, in_full, in_words

TITLE_LIMIT, ANSWER_LIMIT, QUESTIONS_LIMIT, SOURCES_LIMIT, ID_LIMIT = 80, 1500, 2000, 2000, 100
TEXT_LIMIT, WORDS_LIMIT = 10_000, 100
REIWA_LIMIT = 99
OFFICE = "事務局"
NEW = "新しい項目"


@dataclass(frozen=True)
class Told:
    """An entry as these cards tell of it: title, answer, and the rest as labels and texts."""

    entry_id: str
    title: str
    answer: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Drafted:
    """A draft as its card shows it. `changes`: what differs from what is published. `text` names what the
    reader has read, so that nobody publishes what was written again meanwhile."""

    id: int
    text: str
    told: Told
    state: str
    tone: Tone
    author: str
    reviewer: str
    changes: tuple[str, ...]
    missing: str
    is_new: bool
    may_change: bool
    may_ask: bool
    may_decide: bool


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


def entry_form(
    action: str, value: str, title: str, fields: Sequence[str], *, with_id: bool, intro: str = ""
) -> Form:
    """The form of an entry. `with_id`: it is a new one, whose id may be chosen."""
    named = tuple(Option(name, name) for name in fields)
    key = (
        Field(
            "id", "ID", required=False, limit=ID_LIMIT,
            hint="空なら題名から作ります。空白と / は使えません",
        ),
    )  # fmt: skip
    return Form(
        action,
        value,
        title,
        (
            Field("title", "題名", limit=TITLE_LIMIT),
            Field(
                "answer", "答え", "long", limit=ANSWER_LIMIT,
                hint="金額や期日を先に、条件をそばに、最後に問い合わせる課を。8行・300字までが読みやすい長さです",
            ),
            Field(
                "questions", "質問の言い方", "long", limit=QUESTIONS_LIMIT,
                hint="1行に1つ、5つ以上。職員がふだん書く言葉で",
            ),
            Field("field", "分野", "single", options=named),
            Field(
                "year", "年度（令和）", "number", required=False, limit=REIWA_LIMIT,
                hint="例：8。年度によらないものは空に",
            ),
            Field("until", "有効期限", "date", required=False, hint="この日までの情報です"),
            Field("opens", "受付の始まり", "date", required=False),
            Field("closes", "受付の終わり", "date", required=False),
            Field(
                "sources", "出典", "long", required=False, limit=SOURCES_LIMIT,
                hint="1行に1つ、「文書|箇所|日付」の形で",
            ),
            Field(
                "owner", "担当", "single", required=False,
                options=(*named, Option(OFFICE, OFFICE)), hint="空なら分野のリエゾンです",
            ),
            *(key if with_id else ()),
        ),
        "下書きにする",
        intro=intro or "下書きは、別の人が確かめてから公開されます。個人の情報は書かないでください。",
    )  # fmt: skip


def with_entry(form: Form, values: Mapping[str, FormValue]) -> Form:
    return form.with_values(values)


NO_CHANGE = {"title": "何も変わっていません。変えるところを書いてください"}
WRONG_ID = {"id": "空白と / を使わず、100字までで書いてください"}
TAKEN_ID = {"id": "このIDの項目は、もうあります。ほかのIDにするか「知識を直す」を使ってください"}
FEW_QUESTIONS = {"questions": "質問の言い方を、1行に1つ、5つ以上書いてください"}
WRONG_DAYS = {"closes": "受付の始まりより前の日付です"}
WRONG_SOURCE = {
    "sources": "1行に1つ、「文書|箇所|日付」の形で書いてください（文書は空にできません）"
}
PAST_DAY = {"until": "いまの期限よりあとの日付を選んでください"}


def draft(shown: Drafted) -> Card:
    """In the office's room and the field's: waits for its author, then for a second person."""
    key = str(shown.id)
    buttons: tuple[Button, ...] = ()
    if shown.may_decide:
        buttons += (
            Button(
                "publish",
                "公開する",
                f"{key}:{shown.text}",
                style="main",
                sure="この内容を公開しますか",
            ),
            Button("send_back", "差し戻す", key),
        )
    if shown.may_ask:
        buttons += (Button("review", "確認を頼む", key, style="main"),)
    if shown.may_change:
        buttons += (
            Button("rewrite", "書き直す", key),
            Button("drop", "取り下げる", key, style="danger", sure="この下書きを取り下げますか"),
        )
    rows = (
        *shown.told.facts,
        ("変わるところ", "\n".join(shown.changes)),
        ("書いた人", shown.author),
        ("確かめた人", shown.reviewer),
        ("足りないもの", shown.missing),
    )
    return Card(
        shown.told.title,
        (shown.told.answer,),
        topic=f"知識の下書き　{NEW if shown.is_new else shown.told.entry_id}",
        chips=(Chip(shown.state, shown.tone),),
        rows=tuple(Row(label, text) for label, text in rows if text),
        buttons=buttons,
        frame="notice",
        rewritten=True,
    )


def drafted(title: str, draft_id: int, missing: str) -> Card:
    """To the author: what comes next."""
    return Card(
        f"「{title}」を下書きにしました",
        (
            f"{missing}。"
            if missing
            else "「確認を頼む」を押すと、ほかの人が確かめて公開できます。",
        ),
        links=(Link("下書きを見る", f"/view/draft/{draft_id}"),),
        buttons=() if missing else (Button("review", "確認を頼む", str(draft_id), style="main"),),
    )


def decided(title: str, draft_id: int, entry_id: str, by: str, *, is_published: bool) -> Card:
    """To the author: what the second person did."""
    if is_published:
        return Card(
            f"「{title}」を公開しました",
            (f"{by}さんが確かめました。いまから質問の答えになります。",),
            links=(Link("項目を見る", entry_path("knowledge", entry_id)),),
        )
    return Card(
        f"「{title}」が差し戻されました",
        (f"{by}さんからです。「書き直す」で直して、もう一度確認を頼んでください。",),
        links=(Link("下書きを見る", f"/view/draft/{draft_id}"),),
        buttons=(Button("rewrite", "書き直す", str(draft_id)),),
    )


def drafts(listed: Sequence[Listed]) -> Card:
    return _list("知識の下書き", listed, "いま下書きはありません。")


def from_document_form() -> Form:
    return Form(
        "from_document",
        "",
        "文書から下書き",
        (
            Field(
                "text", "メールや文書の文", "long", limit=TEXT_LIMIT,
                hint="見出しか空の行で、10件までの下書きに分けます",
            ),
        ),
        "下書きに分ける",
        intro="金額・日付・連絡先に「【要確認】」の印を付けます。個人の名前は消してから貼り付けてください。",
    )  # fmt: skip


NO_TEXT = {"text": "下書きにできる文がありません。本文を貼り付けてください"}


def split(listed: Sequence[tuple[Listed, str]], more: int) -> Card:
    """To who pasted the text: the drafts, and what is marked in each."""
    return Card(
        f"{len(listed)}件の下書きにしました",
        (
            "「書き直す」で、印のところを資料と見比べ、質問の言い方を5つ以上にしてから確認を頼んでください。",
            *(
                (f"あと{more}件は、下書きにしていません。分けて貼り付けてください。",)
                if more
                else ()
            ),
        ),
        rows=tuple(Row(one.label, f"要確認：{marks}") for one, marks in listed if marks),
        links=tuple(Link(one.label, one.path) for one, _ in listed),
    )


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


def found(entries: Sequence[tuple[str, str]]) -> Card:
    if not entries:
        return Card(
            "当てはまる項目がありません",
            ("言葉を変えて、もう一度「知識を直す」を押してください。",),
        )
    return Card(
        "どの項目を直しますか",
        buttons=tuple(Button("edit", f"「{title}」を直す", key) for key, title in entries),
        links=tuple(
            Link(f"{title}のいまと履歴", entry_path("knowledge", key)) for key, title in entries
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
        note=f"前の版に戻すとき：python -m bot knowledge restore {entry_id} 版の番号",
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
    return _list("期限の近い知識", listed, "30日以内に期限が来る項目はありません。")


def still_true(title: str, entry_id: str, last: date, said: str = "") -> Card:
    """To whoever looks after an entry, 30 days before its last day. `said`: what was decided."""
    return Card(
        f"「{title}」は{in_full(last)}までの情報です。このあとも正しいですか",
        () if said else ("期限が過ぎると「過去の情報」として答えます。",),
        topic="期限の近い知識",
        links=(Link("項目を見る", entry_path("knowledge", entry_id)),),
        buttons=()
        if said
        else (
            Button("extend", "期限をのばす", entry_id, style="main"),
            Button("edit", "書き直す", entry_id),
            Button("let_end", "期限どおり終える", entry_id),
        ),
        note=said,
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
    for one in clashes:
        key = str(one.id)
        lose = (
            "ファイルがないので、公開をやめますか"
            if one.file_gone
            else "ここでの編集を、ファイルの内容に置きかえますか"
        )
        buttons += [
            Button("use_file", f"「{one.title}」はファイルの方を使う", key, sure=lose),
            Button("keep_ours", f"「{one.title}」はデータベースの方を残す", key),
        ]
    return Card(
        "食い違い",
        (
            "ファイルとデータベースの両方で直された項目です。決めるまでは、データベースの方で答えます。",
        )
        if clashes
        else ("いま食い違いはありません。",),
        rows=tuple(
            Row(
                f"{one.title}（{one.origin}）",
                "ファイルがなくなりました" if one.file_gone else "\n".join(one.changes),
            )
            for one in clashes
        ),
        buttons=tuple(buttons),
    )


def settled(title: str, *, from_file: bool) -> Card:
    side = "ファイルの方を使います" if from_file else "データベースの方を残します"
    return Card(f"「{title}」は{side}")


def _list(title: str, listed: Sequence[Listed], empty: str) -> Card:
    return Card(
        title,
        () if listed else (empty,),
        links=tuple(Link(one.label, one.path) for one in listed),
    )
