"""What the desk says about writing knowledge: the form of an entry, a draft's card, what a second person did."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards.knowledge import OFFICE, Listed, Told, entry_path, listed_card
from bot.chat import Button, Card, Chip, Field, Form, Link, Option, Row, Tone

TITLE_LIMIT, ANSWER_LIMIT, QUESTIONS_LIMIT, SOURCES_LIMIT, ID_LIMIT = 80, 1500, 2000, 2000, 100
TEXT_LIMIT = 10_000
REIWA_LIMIT = 99
NEW = "新しい項目"


@dataclass(frozen=True)
class Drafted:
    """A draft as its card shows it. `changes`: what differs from what is published. `text` names what the
    reader has read, so that nobody publishes what was written again meanwhile. `reviewed`: what the reviewer did."""

    id: int
    text: str
    told: Told
    state: str
    tone: Tone
    author: str
    reviewer: str
    reviewed: str
    changes: tuple[str, ...]
    missing: str
    is_new: bool
    may_change: bool
    may_ask: bool
    may_decide: bool


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


NO_CHANGE = {"title": "何も変わっていません。変えるところを書いてください"}
WRONG_ID = {"id": "空白と / を使わず、100字までで書いてください"}
TAKEN_ID = {"id": "このIDの項目は、もうあります。ほかのIDにするか「知識を直す」を使ってください"}
FEW_QUESTIONS = {"questions": "質問の言い方を、1行に1つ、5つ以上書いてください"}
WRONG_DAYS = {"closes": "受付の始まりより前の日付です"}
WRONG_SOURCE = {
    "sources": "1行に1つ、「文書|箇所|日付」の形で書いてください（文書は空にできません）"
}


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
        (shown.reviewed, shown.reviewer),
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
    return listed_card("知識の下書き", listed, "いま下書きはありません。")


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
        rows=tuple(Row(one.label, f"【要確認】{marks}") for one, marks in listed if marks),
        links=tuple(Link(one.label, one.path) for one, _ in listed),
    )
