"""What is asked about a consultation: of who consults, and of who answers."""

from datetime import datetime

from bot.cards.tickets import reply_label
from bot.chat import Field, Form, Option
from bot.directory import Field as DeskField
from bot.directory import Municipality
from bot.tickets import BODY_LIMIT, FIRST_REPLY, SUBJECT_LIMIT, Ticket, Urgency, Visibility

TOLD_BY = ("電話", "対面", "メール")
NO_FIELD = "わからない"


def request_form(
    value: str,
    fields: list[DeskField],
    guess: str | None,
    likely: tuple[str, ...],
    text: str,
    towns: list[Municipality] | None,
) -> Form:
    """The form of a consultation. `guess`: the field it is surely about; `likely`: those it may be about,
    where nobody can be sure. `towns`: asked of a stranger, who he is comes first."""
    return Form(
        "consult_send",
        value,
        "相談する",
        (
            *(_introduction(towns) if towns else ()),
            Field("subject", "件名", limit=SUBJECT_LIMIT, value=text[:SUBJECT_LIMIT]),
            Field(
                "body", "内容", "long", limit=BODY_LIMIT, value=text,
                hint="困っていることと、知りたいことを書いてください",
            ),
            Field(
                "field", "分野", "single", value=guess or NO_FIELD,
                options=(*(Option(f.name, f.name) for f in fields), Option(NO_FIELD, NO_FIELD)),
                hint=_about_field(guess, likely),
                likely=() if guess or not likely else (*likely, NO_FIELD),
            ),
            Field(
                "urgency", "急ぎ度", "single", value=Urgency.NORMAL,
                options=tuple(
                    Option(u, u, f"{FIRST_REPLY[u]}営業日までに最初の返事") for u in Urgency
                ),
            ),
            Field("wished_by", "希望期限", "date", required=False, hint="いつまでに答えがほしいか"),
            Field(
                "visibility", "見える範囲", "single", value=Visibility.SECTION,
                options=tuple(Option(v, v) for v in Visibility),
            ),
            Field(
                "confidential", "扱い", "multiple", required=False,
                options=(
                    Option("yes", "担当だけで扱う", "県の部屋には番号と分野だけが出ます"),
                ),
            ),
        ),
        "相談を送る",
        intro="送った内容は県のリエゾンが読みます。個人の情報は書かないでください。",
    )  # fmt: skip


def _about_field(guess: str | None, likely: tuple[str, ...]) -> str:
    if guess:
        return f"質問から見立てました：{guess}。違うときは選び直してください"
    if likely:
        return "近そうな分野から並べました。迷うときは、このまま送れます。地域リエゾンが受けます"
    return "迷うときは「わからない」で送れます。地域リエゾンが受けます"


def _introduction(towns: list[Municipality]) -> tuple[Field, ...]:
    return (
        Field("town", "市町", "single", options=tuple(Option(t.code, t.name) for t in towns)),
        Field("section", "課の名前", limit=40, hint="例：企画課"),
        Field("name", "お名前", limit=40),
    )


def reply_form(ticket: Ticket) -> Form:
    return Form(
        "reply",
        str(ticket.id),
        reply_label(ticket),
        (Field("text", "返信", "long", limit=BODY_LIMIT, hint="市町の方がそのまま読みます"),),
        "送る" if ticket.confidential else f"{ticket.municipality.name}へ送る",
        intro=f"{ticket.number}　次の画面で、届くとおりの形を確かめてから送ります。",
        previews=True,
    )


def told_form(ticket: Ticket, now: datetime) -> Form:
    return Form(
        "told",
        str(ticket.id),
        "電話・対面・メールで答えた",
        (
            Field("by", "どうやって", "single", options=tuple(Option(b, b) for b in TOLD_BY)),
            Field("when", "いつ", "date", value=f"{now:%Y-%m-%d}"),
            Field("text", "答えた内容（1行）", limit=200),
        ),
        "記録して、控えを送る",
        intro=f"{ticket.number}　記録は返信と同じ扱いになり、相談した人に控えが届きます。",
    )


def field_form(ticket: Ticket, fields: list[DeskField]) -> Form:
    return Form(
        "move",
        str(ticket.id),
        "分野を変える",
        (
            Field(
                "field",
                "新しい分野",
                "single",
                options=tuple(
                    Option(f.name, f.name) for f in fields if f.name != ticket.field_name
                ),
            ),
        ),
        "分野を変える",
        intro=f"{ticket.number}　新しい分野の部屋に移ります。担当は、その部屋で改めて決まります。",
    )
