"""Who hears of what happens to a consultation, and where: the asker's own place, the working thread in
the field's room, one card in the regional room."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot import focus, tickets
from bot.cards import tickets as cards
from bot.chat import Card, Place, Refused
from bot.deliveries import Delivery, amend, post
from bot.directory import Person, room_of_kind
from bot.tickets import Ticket


def tell_everybody(session: Session, ticket: Ticket, asker_talk: Place, now: datetime) -> None:
    """The asker's own place, the working thread in the field's room, one card in the regional room."""
    reason = f"ticket:{ticket.id}"
    ticket.asker_post = post(
        session, asker_talk, cards.for_asker(ticket), now, reason=reason, recipient="asker"
    )
    open_thread(session, ticket, now, occurrence="")
    card_for_region(session, ticket, now)


def card_for_region(session: Session, ticket: Ticket, now: datetime) -> None:
    """One card in the regional room, unless the working thread itself is there."""
    reason = f"ticket:{ticket.id}"
    region = room_of_kind(session, "regional")
    if region is None or ticket.regional is None or ticket.regional_post is not None:
        return
    if region.id != ticket.room_id:
        ticket.regional_post = post(
            session,
            region.place,
            cards.for_region(ticket),
            now,
            reason=reason,
            recipient="regional",
        )


def open_thread(session: Session, ticket: Ticket, now: datetime, *, occurrence: str) -> None:
    ticket.desk_post = post(
        session,
        ticket.room.place,
        cards.for_desk(ticket),
        now,
        reason=f"ticket:{ticket.id}",
        recipient="desk",
        occurrence=occurrence,
    )


def show_anew(session: Session, ticket: Ticket, now: datetime) -> None:
    """Bring the three cards that are kept up to date into line with the ticket."""
    session.flush()
    for row, card in (
        (ticket.asker_post, cards.for_asker(ticket)),
        (ticket.desk_post, cards.for_desk(ticket)),
        (ticket.regional_post, cards.for_region(ticket)),
    ):
        if row is not None and row.card != card:
            amend(session, row, card, now)


def tell_thread(session: Session, ticket: Ticket, card: Card, now: datetime) -> Delivery | None:
    """Say something in the working thread."""
    return _below(session, ticket, ticket.desk_post, card, now, "desk")


def tell_asker(
    session: Session, ticket: Ticket, card: Card, now: datetime, echo: Delivery | None = None
) -> Delivery | None:
    """Say something in the asker's own place; `echo` is the card that tells how it fares."""
    return _below(session, ticket, ticket.asker_post, card, now, "asker", echo)


def _below(
    session: Session,
    ticket: Ticket,
    opener: Delivery | None,
    card: Card,
    now: datetime,
    side: str,
    echo: Delivery | None = None,
) -> Delivery | None:
    if opener is None:
        return None
    occurrence = (
        f"{now.timestamp()}:{len(tickets.lines(session, ticket, inside=True))}:{card.title}"
    )
    return post(
        session,
        opener.place,
        card,
        now,
        reason=f"ticket:{ticket.id}:said",
        recipient=side,
        occurrence=occurrence,
        below=opener,
        echo=echo,
    )


def send_letter(
    session: Session,
    ticket: Ticket,
    person: Person,
    letter: Card,
    text: str,
    now: datetime,
    how: str = "",
) -> None:
    """The letter in the working thread, the same to the asker, and the first tells how the other fares."""
    kept = cards.letter_sent(ticket, person, text, _at_first(ticket), f"{how}で" if how else "")
    echo = tell_thread(session, ticket, kept, now)
    if tell_asker(session, ticket, letter, now, echo) and ticket.asker_post is not None:
        talk = ticket.asker_post.place.root
        focus.await_words(session, ticket.asker_account, talk, ticket, now)
    show_anew(session, ticket, now)


def _at_first(ticket: Ticket) -> str:
    """How a letter fares before anybody has tried to send it."""
    by_hand = ticket.asker_post is not None and ticket.asker_post.place.by_hand
    return "中継待ち" if by_hand else "送信待ち"


def carry_over(session: Session, ticket: Ticket, now: datetime) -> None:
    """What was said so far, at the start of the new thread."""
    said = tickets.lines(session, ticket, inside=True)
    if said and not ticket.confidential:
        tell_thread(session, ticket, cards.so_far(said), now)


def finish(
    session: Session, ticket: Ticket, who: str, now: datetime, *, by_itself: bool = False
) -> None:
    """Close it, tell the asker and bring the cards into line. Raise Refused where it is closed."""
    if not tickets.close(session, ticket, who, now):
        raise Refused(f"{ticket.number}はもう完了しています。")
    focus.drop(session, ticket.id)
    tell_asker(session, ticket, cards.closed_for_asker(ticket, by_itself=by_itself), now)
    show_anew(session, ticket, now)
