"""What the desk says where a chat has no threads: which consultation words belong to, and that they went there."""

from dataclasses import replace

from bot.cards.tickets import liaison_of
from bot.chat import Button, Card, Chip, File
from bot.tickets import Ticket

SHORT = 24
"""Characters of a subject on a button, beside the number."""
UNKNOWN = "{number} は見つかりません"


def delivered(ticket: Ticket, passed_id: int) -> Card:
    """To the asker: the words have gone on, and how to take them back."""
    return Card(
        f"{ticket.number}：{liaison_of(ticket)}へ届けました",
        buttons=(
            Button("write_on", "続けて書く", str(ticket.id)),
            Button("new_question", "新しい質問でした", str(passed_id)),
        ),
    )


def noted(ticket: Ticket, file_id: int | None = None) -> Card:
    """To a liaison who wrote below a number in the room. `file_id`: what came with it can be given on."""
    if file_id is None:
        return Card(f"{ticket.number} のメモに残しました")
    town = "市町" if ticket.confidential else ticket.municipality.name
    sure = f"{ticket.number} の返信として、ファイルを{town}へ渡しますか"
    return Card(
        f"{ticket.number} のメモに残しました",
        (f"ファイルは県の中だけにあります。{town}へ渡すこともできます。",),
        buttons=(Button("pass_file", f"ファイルを{town}へ渡す", str(file_id), sure=sure),),
    )


def named_files(text: str, files: tuple[File, ...]) -> str:
    """What was said, with the names of what came along."""
    lines = [f"ファイル：{file.name}（{_size(file.size)}）" for file in files]
    return "\n".join(filter(None, (text.strip(), *lines)))


def with_files(card: Card, files: tuple[File, ...]) -> Card:
    """The card with what came along, and where that does not get to."""
    if not files:
        return card
    note = "ファイルそのものは、同じ組織のLoGoチャットの間でだけ届きます。"
    return replace(card, files=files, note=card.note or note)


def lone_file() -> Card:
    return Card(
        "ファイルは、相談への返信としてお預かりします",
        ("「返信する」を選んでから送るか、相談の番号（例：#12）を添えて送ってください。",),
    )


def _size(size: int) -> str:
    kilo = 1024
    if size < kilo * kilo:
        return f"{max(1, round(size / kilo)):,}KB"
    return f"{size / kilo / kilo:,.1f}MB"


def write_now(ticket: Ticket) -> Card:
    return Card(
        f"{ticket.number} への返信を書いてください",
        ("次に書いたものが、県のリエゾンに届きます。",),
        awaits=True,
    )


def which(tickets: list[Ticket], held_id: int, *, words: bool, may_be_new: bool) -> Card:
    """Several consultations could be meant. `words`: something was written and is kept meanwhile."""
    choices = tuple(
        Button("words_for", named(ticket), f"{held_id}:{ticket.id}", style="pick")
        for ticket in tickets
    )
    new = (Button("words_new", "新しい質問です", str(held_id)),) if may_be_new else ()
    return Card(
        "どの相談への返信ですか" if words else "どの相談ですか",
        ("書いたものは、選ぶまで届けません。",) if words else (),
        buttons=(*choices, *new),
    )


def named(ticket: Ticket) -> str:
    """R8-0012 年度途中の参加; without its subject where that is kept from rooms."""
    subject = "" if ticket.confidential else ticket.subject
    short = subject if len(subject) <= SHORT else subject[: SHORT - 1] + "…"
    return f"{ticket.number} {short}".strip()


def unknown(number: str) -> Card:
    """The same for a number that was never given and for somebody else's."""
    return Card(UNKNOWN.format(number=number), ("番号をお確かめのうえ、もう一度書いてください。",))


def taken_back(ticket: Ticket) -> Card:
    """In the working thread, in place of the words."""
    town = "市町" if ticket.confidential else ticket.municipality.name
    return Card(
        f"{town}から届いた言葉は、取り下げられました",
        ("この相談への返信ではなく、デスクへの新しい質問でした。",),
        chips=(Chip("取り下げ", "off"),),
        frame="came",
    )
