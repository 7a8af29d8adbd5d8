"""The way from a chat to the page, and back out of it."""

from sqlalchemy.orm import Session

from bot import entrances
from bot.cards import talk
from bot.chat import Card, Message, Refused
from bot.deliveries import post
from bot.directory import Person, person_of
from bot.inbox import reason_of
from handlers.small_talk import visitor_talk

FOR_LISTED = "ページは、名簿にのっている方が使えます。使いたいときは、事務局へお知らせください。"

NOT_BY_HAND = "ページの入口は、人の手を通すトークにはお届けできません。"


def open_page(session: Session, message: Message, page: str) -> Card | None:
    """ページを開く: a link for this person alone, never said where others read."""
    if message.account.by_hand:
        raise Refused(NOT_BY_HAND)
    person = _person(session, message)
    token = entrances.open_for(session, person, message.said_at)
    card = talk.way_in(f"{page}/enter/{token}", int(entrances.GOOD_FOR.total_seconds() // 60))
    talk_alone = visitor_talk(message)
    if message.place.root == talk_alone:
        return card
    post(session, talk_alone, card, message.said_at, reason=f"{reason_of(message)}:page")
    return None


def shut_pages(session: Session, message: Message) -> Card:
    """すべての画面から出る."""
    entrances.shut_all(session, _person(session, message), message.said_at)
    return talk.pages_shut()


def _person(session: Session, message: Message) -> Person:
    person = person_of(session, message.account)
    if person is None or not person.confirmed:
        raise Refused(FOR_LISTED)
    return person
