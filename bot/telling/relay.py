"""What is to be carried by hand, shown where somebody of the desk waits for it, and kept up to date there."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import relay, relayed
from bot.announcements import Announcement
from bot.cards import relay as cards
from bot.chat import Message
from bot.deliveries import Delivery, amend, post
from bot.inbox import reason_of
from bot.relay import Bundle
from bot.telling.announcements import show_anew as show_announcement

SHOWN = "relay:item:"


def bring_back(session: Session, message: Message) -> str | None:
    """What was answered to words that were carried here goes to where they were pasted, as text to carry back;
    returns that lane."""
    session.flush()
    came = relayed.came_by(session, reason_of(message))
    if came is None:
        return None
    for bundle in relay.answered(session, message.account.talk, message.said_at):
        ticket = bundle.items[0].ticket
        if ticket is not None and not relay.may_handle(came.by, ticket):
            continue  # it waits in the inbox of who may
        post(
            session,
            came.place,
            cards.carried(bundle),
            message.said_at,
            reason=f"{SHOWN}{bundle.id}",
        )
    return str(came.place.root)


def show_anew(session: Session, bundle: Bundle, now: datetime) -> None:
    """Bring the cards of these posts into line, wherever they are shown, and that of their announcement."""
    session.flush()
    if bundle.announcement_id is not None:
        announcement = session.get_one(Announcement, bundle.announcement_id)
        show_announcement(session, announcement, now)
    for item in bundle.items:
        shown = select(Delivery).where(
            Delivery.reason.in_([f"{SHOWN}{row.id}" for row in item.rows]),
        )
        for row in session.scalars(shown):
            card = cards.carried(relay.item_of(session, str(item.id)))
            if row.card != card:
                amend(session, row, card, now)
