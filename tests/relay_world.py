"""The desk where municipalities are in talks that no process reaches: people carry what is said."""

from typing import Any

from sqlalchemy import select, text

from bot.chat import Account, Card, Form, Message, Place
from bot.db import Database
from bot.deliveries import Delivery
from bot.dialogues import Dialogue, State
from bot.directory import KnownAccount, Person
from tests.conftest import Whole

TENANT = "hyogo"
TAKA = "多可町連絡"
YAMADA = "多可町　山田 葵（企画課）"
QUESTION = "e-ひょうごの利用料は月いくらですか。人口5万人未満の町です"


def move_to_talks(db: Database, *, but: tuple[str, ...] = ()) -> None:
    """Everybody of a municipality, but for these, has one account: in the talk of the municipality's name."""
    with db.write() as session:
        for person in session.scalars(select(Person).where(Person.municipality_code.is_not(None))):
            if person.id in but or not person.accounts:
                continue
            assert person.municipality is not None
            person.accounts = [
                KnownAccount(
                    platform="relay",
                    workspace=TENANT,
                    user=f"{person.municipality.name}連絡:{person.id}",
                )
            ]


def account(whole: Whole, who: str) -> Account:
    """The first account of this person."""
    with whole.db.read() as session:
        return session.get_one(Person, who).accounts[0].account


def see(whole: Whole, who: str, look: str, value: str = "") -> Card:
    card = whole.desk.look(account(whole, who), look, value)
    assert card is not None, f"{who} may not see {look} {value}"
    return card


def rows(whole: Whole, talk: str, state: str = "waiting") -> list[Delivery]:
    """What is in the ledger for a talk, in this state."""
    with whole.db.read() as session:
        query = select(Delivery).where(
            Delivery.lane == f"relay/{TENANT}/{talk}", Delivery.state == state
        )
        return list(session.scalars(query.order_by(Delivery.id)))


def paste(whole: Whole, who: str, whose: str, words: str, **more: Any) -> None:
    """Somebody of the desk pastes what somebody wrote in a talk."""
    whole.press(who, "届いた言葉を貼り付ける")
    whole.fill(who, {"だれの言葉ですか": whose, "届いた言葉": words, **more})


def count(whole: Whole, statement: str) -> int:
    with whole.db.read() as session:
        return int(session.execute(text(statement)).scalar() or 0)


def first(whole: Whole, talk: str) -> str:
    return str(rows(whole, talk)[0].id)


def press(whole: Whole, who: str, action: str, value: str, event: str = "") -> str:
    """Press a button by its name in the own talk; what was said to it."""
    known = account(whole, who)
    place = Place(known.platform, known.workspace, known.user)
    event = event or f"{action}-{whole.clock():%H%M%S%f}"
    whole.desk.hear(Message(event, known, place, whole.clock(), action=action, value=value))
    with whole.db.read() as session:
        reason = f"event:{'/'.join(place.home)}/{event}"
        said = session.scalars(select(Delivery).where(Delivery.reason == reason)).first()
    return said.card.title if said else ""


def send_form(
    whole: Whole,
    who: str,
    action: str,
    value: str,
    values: dict[str, Any],
    again: Form | None = None,
) -> Form | None:
    """Open a form (or take the one that came back) and send it off filled in; the form, where it came back."""
    known = account(whole, who)
    place = Place(known.platform, known.workspace, known.user)
    event = f"form-{whole.clock():%H%M%S%f}"
    opens = Message(event, known, place, whole.clock(), action=action, value=value)
    if again is None:
        whole.desk.hear(opens)
    with whole.db.read() as session:
        form = again or session.scalars(select(Dialogue.form).order_by(Dialogue.id.desc())).first()
    assert form is not None and form.action == action
    whole.desk.hear(
        Message(
            f"{event}-sent", known, place, whole.clock(), action=action, value=form.value,
            values=values,
        )
    )  # fmt: skip
    with whole.db.read() as session:
        query = select(Dialogue).where(Dialogue.state == State.OPEN).order_by(Dialogue.id.desc())
        left = session.scalars(query).first()
    return left.form if left is not None and left.action == action else None


def consultation(whole: Whole, who: str = "hayashi") -> None:
    words = "令和9年1月から5件ほど受け付けたいです。年度の途中から参加できますか。"
    about = {"件名": "年度途中の参加", "分野": "電子申請"}
    kind = {"どう受け取りますか": "相談として受ける"}
    if whole.name in ("terminal", "logo"):  # one form's steps go on into the next one's
        paste(whole, who, YAMADA, words, **kind, **about)
    else:
        paste(whole, who, YAMADA, words, **kind)
        whole.fill(who, about)


def form_of(whole: Whole, who: str, action: str, value: str) -> Form:
    """What opens on this person's screen."""
    press(whole, who, action, value)
    with whole.db.read() as session:
        form = session.scalars(select(Dialogue.form).order_by(Dialogue.id.desc())).first()
    assert form is not None and form.action == action
    return form


def told(whole: Whole, who: str) -> list[str]:
    """What was said last to this person, from its title on."""
    lane = str(account(whole, who).talk)
    with whole.db.read() as session:
        query = select(Delivery).where(Delivery.lane == lane).order_by(Delivery.id.desc())
        card = session.scalars(query).first()
    return [card.card.title, *card.card.paragraphs] if card else []
