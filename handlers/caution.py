"""The office sets how sure the desk has to be before it answers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot import settings
from bot.cards import caution as cards
from bot.chat import Card, Message, Refused, id_of
from bot.directory import person_of
from bot.settings import Caution, Setting
from knowledge.caution import replayed
from knowledge.store import bump

NO_STEP = "その慎重さはありません。「慎重さ」から選び直してください。"
SAME = "慎重さは、もう「{}」です。"
MOVED_ON = "慎重さは、そのあとで変わっています。「慎重さ」で確かめてください。"


def see(session: Session, now: datetime) -> Card:
    """慎重さ"""
    return cards.seen(
        settings.caution(session), _ends(session, now), settings.last_changed(session)
    )


def set_caution(session: Session, message: Message) -> Card:
    """「…」にする"""
    to = settings.step_of(message.value)
    if to is None:
        raise Refused(NO_STEP)
    row = settings.be(session, to, _who(session, message), message.said_at)
    if row is None:
        raise Refused(SAME.format(cards.NAMES[to]))
    return _changed(session, row, message)


def undo(session: Session, message: Message) -> Card:
    """取り消す on what was set"""
    change, who = id_of(message.value), _who(session, message)
    row = settings.undo(session, change, who, message.said_at) if change is not None else None
    if row is None:
        raise Refused(MOVED_ON)
    return _changed(session, row, message)


def _changed(session: Session, row: Setting, message: Message) -> Card:
    bump(session)
    ends = _ends(session, message.said_at)
    return cards.changed(Caution(row.before), Caution(row.value), ends, row.changes)


def _ends(session: Session, now: datetime) -> Mapping[Caution, cards.Ends]:
    return {
        step: cards.Ends(one.answered, one.asked_back, one.handed_over)
        for step, one in replayed(session, now).items()
    }


def _who(session: Session, message: Message) -> str:
    person = person_of(session, message.account)
    return person.id if person else ""
