"""What the desk says about consultations: to the asker, in the working thread, in the regional room."""

from bot.chat import Button, Card, Chip, Link, Row
from bot.days import clock, in_words
from bot.directory import Person
from bot.tickets import (
    Line,
    Status,
    Ticket,
    TicketLine,
    Urgency,
)

INSIDE = "県の中だけ"
MOVED = "移動"
PRESS_FIRST = "続きは「返信する」を選んでから書いてください。"
NEXT_WORDS = "次に書いたものは、この相談への返信になります。"
LEFT_OUT = "「担当だけで扱う」相談は、ここには出していません。"
TAKEN_BACK = "新しい質問だったため、取り下げられました"


def who(person: Person) -> str:
    """森 佳奈（デジタル改革課）"""
    return f"{person.name}（{person.section}）"


def liaison_of(ticket: Ticket) -> str:
    """Who answers, as far as it is known yet."""
    if ticket.owner:
        return who(ticket.owner)
    if ticket.field_name:
        return f"{ticket.field_name}の分野リエゾン"
    return "地域リエゾン" if ticket.regional else "事務局"


def for_asker(ticket: Ticket) -> Card:
    """Opens the asker's own place of this consultation, and is kept up to date there."""
    promise = f"{in_words(ticket.reply_by)}までに"
    closed = ticket.status == Status.CLOSED
    waits = ticket.status in (Status.OPEN, Status.TAKEN) and ticket.replied_at is None
    return Card(
        f"相談 {ticket.number} を受け付けました",
        (ticket.body,),
        topic=ticket.subject,
        rows=tuple(
            Row(label, text)
            for label, text in (
                ("答える人", liaison_of(ticket)),
                ("最初の返事", promise if waits else ""),
                ("希望期限", in_words(ticket.wished_by) if ticket.wished_by else ""),
                ("見える範囲", ticket.visibility),
                ("扱い", "担当だけで扱います" if ticket.confidential else ""),
            )
            if text
        ),
        buttons=() if closed else (write_on(ticket), _solve(ticket)),
        note=f"完了しました。{_way_back(ticket)}" if closed else "続きは、ここに書いてください。",
        frame="ticket",
        opens=f"{ticket.number} {ticket.subject}",
        state=ticket.status,
    )


def _solve(ticket: Ticket) -> Button:
    return Button("solve", "解決した", str(ticket.id), sure="この相談を完了にしますか")


def write_on(ticket: Ticket, hint: str = PRESS_FIRST) -> Button:
    """For chats without threads. `hint`: what a card says there instead of its note."""
    return Button("write_on", "返信する", str(ticket.id), style="write", hint=hint)


def _way_back(ticket: Ticket) -> str:
    return "30日以内に書くと、同じ相談の続きになります。" if ticket.closed_at else ""


def for_desk(ticket: Ticket) -> Card:
    """Opens the working thread in the field's room, and is kept up to date there."""
    secret = ticket.confidential
    town = ticket.municipality.name
    subject = f"{ticket.field_name or '分野未定'}の相談" if secret else ticket.subject
    label = f"{ticket.number}" if secret else f"{ticket.number} {town}"
    return Card(
        subject,
        ("担当だけで扱う相談です。内容は、担当と市町の地域リエゾンだけが見られます。",)
        if secret
        else (ticket.body,),
        topic=label,
        chips=(
            Chip(ticket.field_name or "分野未定"),
            *(
                ()
                if secret
                else (Chip(ticket.urgency, "" if ticket.urgency == Urgency.NORMAL else "warn"),)
            ),
            Chip(INSIDE, "warn"),
        ),
        rows=() if secret else _desk_rows(ticket),
        buttons=_desk_buttons(ticket),
        links=(Link("内容とやりとりを見る", f"/view/ticket/{ticket.id}"),),
        frame="ticket",
        opens=f"{label} {subject}",
        state=ticket.status,
    )


def _desk_rows(ticket: Ticket) -> tuple[Row, ...]:
    asker = f"{ticket.municipality.name} {ticket.section} {ticket.asker.name}"
    if not ticket.asker.confirmed:
        asker += "（本人の申告・名簿で未確認）"
    waits = ticket.replied_at is None and ticket.status != Status.CLOSED
    rows = (
        ("相談した人", asker),
        ("担当", who(ticket.owner) if ticket.owner else "まだいません"),
        ("地域リエゾン", ticket.regional.name if ticket.regional else ""),
        ("最初の返事", f"{in_words(ticket.reply_by)}まで" if waits else ""),
        ("希望期限", in_words(ticket.wished_by) if ticket.wished_by else ""),
    )
    return tuple(Row(label, text) for label, text in rows if text)


def _desk_buttons(ticket: Ticket) -> tuple[Button, ...]:
    key = str(ticket.id)
    answered = ticket.status in (Status.ANSWERED, Status.CLOSED) and not ticket.confidential
    faq = (Button("faq", "FAQにする", key),) if answered and ticket.replied_at else ()
    if ticket.status == Status.CLOSED:
        return faq
    take = () if ticket.owner_id else (Button("take", "担当になる", key, style="main"),)
    return (
        *take,
        Button("reply", reply_label(ticket), key, style="main" if ticket.owner_id else ""),
        Button("told", "電話・対面・メールで答えた", key),
        Button("move", "分野を変える", key),
        Button("close", "完了にする", key, sure=f"{ticket.number}を完了にしますか"),
        *faq,
    )


def reply_label(ticket: Ticket) -> str:
    """The button names the municipality, unless it is to be kept from the room."""
    return "市町へ返信" if ticket.confidential else f"{ticket.municipality.name}へ返信"


def for_region(ticket: Ticket) -> Card:
    """One card in the regional liaisons' room, kept up to date."""
    key = str(ticket.id)
    secret = ticket.confidential
    free = ticket.owner_id is None and ticket.status != Status.CLOSED
    told = (
        ("地域リエゾン", ticket.regional.name if ticket.regional else ""),
        ("担当", who(ticket.owner) if ticket.owner else "まだいません"),
        ("最初の返事", f"{in_words(ticket.reply_by)}まで" if ticket.replied_at is None else ""),
    )
    rows = (("分野", ticket.field_name or "未定"), *(() if secret else told))
    return Card(
        f"{ticket.field_name or '分野未定'}の相談" if secret else ticket.subject,
        topic=ticket.number if secret else f"{ticket.number} {ticket.municipality.name}",
        chips=(Chip(ticket.status, "done" if ticket.status == Status.CLOSED else ""),),
        rows=tuple(Row(label, text) for label, text in rows if text),
        buttons=(Button("take", "担当になる", key),) if free else (),
        links=(Link("内容とやりとりを見る", f"/view/ticket/{ticket.id}"),),
    )


def came(ticket: Ticket, name: str, text: str, *, reopened: bool) -> Card:
    """The asker's words, in the working thread."""
    town = "市町" if ticket.confidential else ticket.municipality.name
    return Card(
        f"{town}から届きました" + ("（完了した相談の続きです）" if reopened else ""),
        ("担当だけで扱う相談です。内容は下から見られます。",) if ticket.confidential else (text,),
        by="" if ticket.confidential else name,
        links=(Link("内容とやりとりを見る", f"/view/ticket/{ticket.id}"),)
        if ticket.confidential
        else (),
        frame="came",
    )


def passed_on(ticket: Ticket) -> Card:
    """To the asker: the words have gone on."""
    return Card(f"{liaison_of(ticket)}へ届けました")


def letter_to_asker(ticket: Ticket, person: Person, text: str) -> Card:
    """The reply exactly as it arrives."""
    return Card(
        f"{ticket.number} に返信がありました",
        (text,),
        topic=ticket.subject,
        by=who(person),
        buttons=(write_on(ticket, NEXT_WORDS), _solve(ticket)),
        note="続きは、ここに書いてください。",
        frame="came",
    )


def copy_to_asker(ticket: Ticket, person: Person, how: str, text: str) -> Card:
    """What was answered by phone, in person or by mail: the asker gets a copy."""
    return Card(
        f"{ticket.number} {how}でお答えしたことの控えです",
        (text,),
        topic=ticket.subject,
        by=who(person),
        buttons=(write_on(ticket, NEXT_WORDS), _solve(ticket)),
        frame="came",
    )


def letter_sent(ticket: Ticket, person: Person, text: str, state: str, how: str = "") -> Card:
    """The same reply in the working thread, with how it fares."""
    town = "市町" if ticket.confidential else ticket.municipality.name
    return Card(
        f"{town}へ{how}答えたことの控え" if how else f"{town}へ返信",
        ("担当だけで扱う相談です。内容は「内容とやりとりを見る」にあります。",)
        if ticket.confidential
        else (text,),
        by=person.name,
        frame="letter",
        state=state,
    )


def happened(sentence: str) -> Card:
    """A line in the working thread: who did what."""
    return Card(sentence)


def taken(ticket: Ticket, person: Person) -> Card:
    """Who answers; unnamed where that would tell more than number and field."""
    return Card(
        "担当が決まりました" if ticket.confidential else f"{person.name}さんが担当になりました"
    )


def moved_away(ticket: Ticket, person: Person) -> Card:
    """What is left in the old room when a consultation moves."""
    return Card(
        f"{ticket.number} は{ticket.field_name}の部屋へ移りました",
        (f"{person.name}さんが分野を変えました。",),
        topic=ticket.number,
        frame="ticket",
        opens=f"{ticket.number} （{ticket.field_name}へ移りました）",
        state=MOVED,
        rewritten=True,
    )


def closed_for_asker(ticket: Ticket, *, by_itself: bool) -> Card:
    why = (
        "最後の返信から5営業日たったので、完了にしました。"
        if by_itself
        else "相談を完了にしました。"
    )
    return Card(
        f"{ticket.number} は完了しました",
        (why, "30日以内に返信すると、同じ相談の続きになります。"),
        buttons=(write_on(ticket, ""),),
    )


def so_far(said: list[TicketLine]) -> Card:
    """Everything that was said before a consultation came into this room; its own words stand above."""
    return Card("これまでのやりとり", rows=_said_rows(said))


def whole(ticket: Ticket, said: list[TicketLine], *, inside: bool) -> Card:
    """Everything of a consultation on one page, for whoever may see it."""
    return Card(
        ticket.subject,
        (ticket.body,),
        topic=f"{ticket.number} {ticket.municipality.name} {ticket.section} {ticket.asker.name}",
        chips=(Chip(ticket.field_name or "分野未定"), Chip(ticket.urgency)),
        rows=(
            Row("担当", who(ticket.owner) if ticket.owner else "まだいません"),
            *(
                (Row("最初の返事", f"{in_words(ticket.reply_by)}まで"),)
                if not ticket.replied_at
                else ()
            ),
            *_said_rows(said),
        ),
        buttons=_desk_buttons(ticket) if inside else (),
        frame="ticket",
        state=ticket.status,
    )


def _said_rows(said: list[TicketLine]) -> tuple[Row, ...]:
    names = {
        Line.CAME: "届いた言葉",
        Line.REPLY: "返信",
        Line.TOLD: "電話・対面・メール",
        Line.MEMO: INSIDE,
        Line.TAKEN_BACK: "取り下げ",
    }
    return tuple(
        Row(f"{clock(line.at)} {names[Line(line.kind)]} {line.name}", line.text or TAKEN_BACK)
        for line in said
    )


def listed(title: str, tickets: list[Ticket], empty: str, *, inside: bool) -> Card:
    """A list of consultations, each a link to its page."""
    return Card(
        title,
        () if tickets else (empty,),
        links=tuple(
            Link(
                f"{t.number} {_in_list(t, inside=inside)}（{t.status}"
                f"{'・' + in_words(t.reply_by) + 'まで' if inside and not t.replied_at else ''}）",
                f"/view/ticket/{t.id}",
            )
            for t in tickets
        ),
    )


def _in_list(ticket: Ticket, *, inside: bool) -> str:
    if inside and ticket.confidential:
        return f"{ticket.field_name or '分野未定'}の相談"
    return f"{ticket.municipality.name} {ticket.subject}" if inside else ticket.subject
