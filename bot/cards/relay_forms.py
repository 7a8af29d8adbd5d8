"""The forms of the manual relay: which talks, whose words, who confirms."""

from collections.abc import Sequence
from dataclasses import replace

from bot.announcements import Announcement
from bot.chat import Card, Field, Form, Option, Row
from bot.directory import Municipality, Person
from bot.relay import Bundle, Item
from bot.tickets import BODY_LIMIT, Status, Ticket

OTHER = "other:"
EVERY = "*"
NEW = "new"
WHY_NOT = (
    "電話やメールなど、ほかの方法で伝えた",
    "内容が変わったので、送らない",
    "相手がもう読む必要がない",
)


def all_form(bundle: Bundle, *, done: bool = False) -> Form:
    """Which of the talks have it now. `done`: those too that have had it before, as who chose among all that
    waited may have been slower than a colleague."""
    return Form(
        "relay_all",
        str(bundle.id),
        "投稿したトークを選ぶ",
        (_which(bundle.items if done else bundle.waiting, "投稿したトーク"),),
        "投稿済みにする",
        intro=f"「{bundle.card.title}」を貼り付けたトークだけを選んでください。",
    )


def drop_form(bundle: Bundle) -> Form:
    return Form(
        "relay_drop",
        str(bundle.id),
        "中継しない",
        (
            _which(bundle.waiting, "中継しないトーク"),
            Field("why", "わけ", "single", options=tuple(Option(w, w) for w in WHY_NOT)),
        ),
        "中継しないことにする",
        intro=f"「{bundle.card.title}」を投稿しないトークを選んでください。あとで「まだでした」で戻せます。",
    )


def _which(items: Sequence[Item], label: str) -> Field:
    every = (Option(EVERY, f"ここにある{len(items)}トークすべて"),) if len(items) > 1 else ()
    options = (*every, *(Option(str(item.id), item.name) for item in items))
    chosen = (str(items[0].id),) if len(items) == 1 else ()
    return Field("talks", label, "multiple", options=options, value=chosen)


def paste_form(value: str, whom: Sequence[Option], chosen: str) -> Form:
    """Words out of a talk, as those of the person who wrote them there."""
    return Form(
        "relay_paste",
        value,
        "届いた言葉を貼り付ける",
        (
            Field("who", "だれの言葉ですか", "single", options=tuple(whom), value=chosen),
            Field(
                "name", "お名前", required=False, limit=40,
                hint="「その他の方」のときに、わかれば課とお名前を書いてください",
            ),
            Field(
                "words", "届いた言葉", "long", limit=BODY_LIMIT,
                hint="相談の続きは、はじめに「#12」のように番号を書くと、その相談に届きます",
            ),
            Field(
                "how", "どう受け取りますか", "single", value="said",
                options=(
                    Option("said", "そのまま聞く", "質問には答えを用意し、番号の返事は選んだことにします"),
                    Option("consult", "相談として受ける", "つぎの画面で件名と分野を選びます"),
                ),
            ),
        ),
        "デスクに渡す",
        intro="ご本人が書いたものとして扱います。個人の情報が入っていないか、見てから貼り付けてください。",
    )  # fmt: skip


def which_one(open_ones: Sequence[Ticket]) -> Field:
    """Asked where the words may go on with something."""
    return Field(
        "about",
        "どの話の続きですか",
        "single",
        options=(
            *(Option(str(t.id), _named(t)) for t in open_ones),
            Option(NEW, "新しい話です"),
        ),
    )


def _named(ticket: Ticket) -> str:
    """Its number alone where its owner alone handles it: who pastes may be somebody else."""
    closed = "（完了した相談）" if ticket.status == Status.CLOSED else ""
    subject = "" if ticket.confidential else f" {ticket.subject}"
    return f"{ticket.number}{subject}{closed}"


def which_notice(waits: Sequence[Announcement]) -> Field:
    """Asked where several announcements wait for a confirmation."""
    options = tuple(Option(str(one.id), one.title) for one in waits)
    return Field("about", "どのお知らせの確認ですか", "single", options=options)


def consult_form(asked: Form, value: str) -> Form:
    """A consultation that somebody of the desk files for who wrote the words. He has read them, so nobody can
    say that its owner alone handles it."""
    return replace(
        asked,
        action="relay_consult",
        value=value,
        title="相談として受ける",
        fields=tuple(field for field in asked.fields if field.name != "confidential"),
        submit="相談を受け付ける",
        intro="受け付けの文は中継箱に入ります。トークに貼って知らせてください。",
    )


def confirm_form(value: str, title: str, towns: Sequence[Municipality]) -> Form:
    """All confirmations of an announcement that came by hand, on one screen."""
    return Form(
        "relay_confirm",
        value,
        "「確認」の返信を入れる",
        (
            Field(
                "pasted", "届いた返信", "long", required=False, limit=BODY_LIMIT,
                hint="トークの返信を、何行でもそのまま貼り付けてください。市町の名前か名簿のお名前を読み取ります",
            ),
            Field(
                "towns", "確認した市町", "multiple", required=False,
                options=tuple(Option(town.code, town.name) for town in towns),
                hint="読み取れなかったところは、ここで選んでください",
            ),
        ),
        "保存する",
        intro=f"お知らせ「{title}」。次の画面で見直してから保存します。",
        previews=True,
    )  # fmt: skip


def confirm_preview(
    title: str, towns: Sequence[str], unread: Sequence[str], left: Sequence[str]
) -> Card:
    rows = (
        ("確認済みにする", f"{len(towns)}市町：{'、'.join(towns)}"),
        ("読み取れない行", "\n".join(unread) if unread else ""),
        ("まだの市町", f"{len(left)}市町：{'、'.join(left)}" if left else "ありません"),
    )
    return Card(
        title,
        ("読み取れない行は保存しません。「直す」で市町を選べます。",) if unread else (),
        rows=tuple(Row(label, text) for label, text in rows if text),
        topic="確認の返信",
        frame="notice",
    )


def person_option(person: Person) -> Option:
    town = person.municipality.name if person.municipality else ""
    return Option(person.id, f"{town}　{person.name}（{person.section}）")


def other_option(town: Municipality) -> Option:
    return Option(f"{OTHER}{town.code}", f"{town.name}　その他の方")
