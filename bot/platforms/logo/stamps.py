"""What stands there that somebody may press, and cards that may change: rows, so that a restart forgets nothing."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from bot.chat import Button, Card, Place
from bot.db import Base, Database, insert_into
from bot.platforms.logo.store import LogoStamp

SELECT, YES_NO, TASK = "select", "yes_no", "task"
KEPT = ("action", "label", "value", "style", "sure")
"""Of a button: enough to press it. Hints and drafts to copy are not kept."""


class LogoCard(Base):
    """A card that may change or be read: `post` is where the ledger knows it to stand."""

    __tablename__ = "logo_cards"

    message_id: Mapped[str] = mapped_column(primary_key=True)
    post: Mapped[Place] = mapped_column(index=True)
    card: Mapped[Card]
    sent_at: Mapped[datetime]


@dataclass(frozen=True)
class Standing:
    """A stamp as it was posted. `place`: where its card was said. `post`: the card it belongs to, if any.
    `account`: who alone may answer it, empty for anybody."""

    message_id: int
    talk_id: int
    kind: str
    buttons: tuple[Button, ...]
    place: Place
    post: str
    account: str
    closed: bool

    @property
    def dialogue(self) -> int | None:
        """The number of the form that this stamp is a question of."""
        first = next((b.value for b in self.buttons if b.action == "step"), "")
        number = first.partition(":")[0]
        return int(number) if number.isdecimal() else None


@dataclass(frozen=True)
class Stamps:
    """The rows, one short transaction a call; never open while the service is asked."""

    db: Database

    def keep(self, standing: Standing, now: datetime) -> None:
        """A stamp was posted. Told again it is one."""
        options = [
            {
                **{key: value for key, value in asdict(button).items() if key in KEPT and value},
                "place": str(standing.place),
            }
            for button in standing.buttons
        ]
        row = {
            "message_id": str(standing.message_id),
            "talk_id": str(standing.talk_id),
            "post": standing.post,
            "dialogue": standing.dialogue,
            "kind": standing.kind,
            "options": options,
            "closed": False,
            "account": standing.account,
            "sent_at": now,
        }
        with self.db.write() as session:
            session.execute(insert_into(session, LogoStamp).values(row).on_conflict_do_nothing())

    def get(self, message_id: int) -> Standing | None:
        with self.db.read() as session:
            row = session.get(LogoStamp, str(message_id))
            return _read(row) if row is not None else None

    def of_card(self, post: Place) -> list[Standing]:
        """The stamps of a card that can still be answered, the oldest first."""
        return self._open(LogoStamp.post == str(post))

    def of_forms(self, talk_id: int, dialogue: int | None = None) -> list[Standing]:
        """The stamps in a talk that are questions of a form, of this one or of any, and can still be answered."""
        of_one = (
            LogoStamp.dialogue.is_not(None) if dialogue is None else LogoStamp.dialogue == dialogue
        )
        return self._open(LogoStamp.talk_id == str(talk_id), of_one)

    def _open(self, *conditions: ColumnElement[bool]) -> list[Standing]:
        query = (
            select(LogoStamp)
            .where(*conditions, LogoStamp.closed.is_(False))
            .order_by(LogoStamp.sent_at, LogoStamp.message_id)
        )
        with self.db.read() as session:
            return [_read(row) for row in session.scalars(query)]

    def close(self, message_id: int) -> bool:
        """It is answered no more; False where it was closed before, so that it is closed there once."""
        with self.db.write() as session:
            closed = session.execute(
                update(LogoStamp)
                .where(LogoStamp.message_id == str(message_id), LogoStamp.closed.is_(False))
                .values(closed=True)
            )
            return isinstance(closed, CursorResult) and closed.rowcount == 1

    def remember(self, message_id: int, post: Place, card: Card, now: datetime) -> None:
        """What is shown of a card now."""
        row = {"post": post, "card": card, "sent_at": now}
        with self.db.write() as session:
            session.execute(
                insert_into(session, LogoCard)
                .values(message_id=str(message_id), **row)
                .on_conflict_do_update(index_elements=["message_id"], set_=row)
            )

    def shown(self, post: Place) -> tuple[int, Card] | None:
        """The card that stands there as it was last shown, and its message."""
        query = select(LogoCard).where(LogoCard.post == post).order_by(LogoCard.sent_at.desc())
        with self.db.read() as session:
            row = session.scalars(query).first()
            return (int(row.message_id), row.card) if row is not None else None

    def posts_of(self, message_ids: tuple[int, ...]) -> list[Place]:
        """Where the ledger knows the cards of these messages to stand."""
        names = [str(one) for one in message_ids]
        query = select(LogoCard.post).where(LogoCard.message_id.in_(names))
        with self.db.read() as session:
            return list(session.scalars(query))

    def kept_before(self, message_ids: Collection[int], moment: datetime) -> set[int]:
        """Which of these messages were kept before then: they belong to an earlier card."""
        names = [str(one) for one in message_ids]
        found: set[int] = set()
        with self.db.read() as session:
            for table in (LogoCard, LogoStamp):
                query = select(table.message_id).where(
                    table.message_id.in_(names), table.sent_at < moment
                )
                found.update(int(name) for name in session.scalars(query))
        return found

    def tidy(self, before: datetime) -> None:
        """Cards that nobody reads or changes any more are not kept for ever."""
        with self.db.write() as session:
            session.execute(delete(LogoCard).where(LogoCard.sent_at < before))
            session.execute(delete(LogoStamp).where(LogoStamp.sent_at < before))


def _read(row: LogoStamp) -> Standing:
    options: list[dict[str, Any]] = row.options
    buttons = tuple(Button(**{k: v for k, v in one.items() if k in KEPT}) for one in options)
    return Standing(
        int(row.message_id),
        int(row.talk_id),
        row.kind,
        buttons,
        Place.parse(options[0]["place"]),
        row.post,
        row.account,
        row.closed,
    )
