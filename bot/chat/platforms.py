"""The two sides of a chat: the platform that hears and says, and the desk it speaks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.chat.cards import Button, Card
from bot.chat.forms import Form
from bot.chat.messages import Message, Reply, Taken
from bot.chat.places import Account, Home, Place


@dataclass(frozen=True)
class Visitor:
    """Who somebody is, as far as a page shows it. `inside`: belongs to the prefecture.

    `shut_at`: whoever entered the page as this person before this moment has to enter anew.
    `confirmed`: the directory says so, and not only he himself.
    """

    account: Account
    name: str
    belongs_to: str
    mark: str
    inside: bool = False
    shut_at: datetime | None = None
    confirmed: bool = True


@dataclass(frozen=True)
class Door:
    """A place a person may enter. `inside`: what is said there stays in the prefecture."""

    name: str
    place: Place
    group: str
    inside: bool = False


class Refused(Exception):  # noqa: N818
    """A rule said no. Its sentence is shown to the person as it is."""


class SendError(Exception):
    """A chat refused a message.

    `permanent`: do not try again. `away`: the platform answers nothing at all, so its whole queue
    pauses. `retry_after`: seconds the platform asked us to wait. `unclear`: the message may stand there
    although nobody said so (an answer that got lost).
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        away: bool = False,
        retry_after: int = 0,
        unclear: bool = False,
    ) -> None:
        super().__init__(reason)
        self.permanent, self.away = permanent, away
        self.retry_after, self.unclear = retry_after, unclear


Beside = Callable[[Any, Message], None]
"""Runs in the transaction that stores the event, with the message as it was taken in (cleaned)."""


class Platform(Protocol):
    """A chat hears (on its own thread, calling the desk's `hear`) and says."""

    home: Home
    shows_forms: bool
    """True: shows a whole form itself. False: forms come step by step as cards (dialogue)."""
    keeps_forms: bool
    """True: an open form can be come back to. False: it can be shown right after a press only, so one
    that nobody could be shown is offered by a card."""
    has_threads: bool
    """False: everything said in a channel stands in one row. The thread a card `opens` is then a name only:
    what is said below it is shown with the first word of `opens` at its head, and to which of them a person's
    words belong is decided by `handlers/threadless.py`."""

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        """Post `card` and return where it stands: for a card that `opens` a thread, that thread.

        `key` names the ledger's row: a platform that can keep it posts one row once. `tried`: an earlier
        try, not before this moment, may have posted it. Raise SendError.
        """

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:
        """Replace the card that `send` put at `posted`, or post anew where a chat cannot. `tried`: as for `send`;
        what that try may have said is not said again. Raise SendError."""


class Desk(Protocol):
    """What a platform asks of the desk. One implementation, in handlers; here so that arrows point one way."""

    def hear(self, message: Message, beside: Beside | None = None) -> Reply:
        """Take in one event, once, and answer it. `beside` runs in the transaction that stores it."""

    def look(self, account: Account, action: str, value: str) -> Card | None:
        """A list or board as a card, without an event. None where there is nothing to see."""

    def form(self, account: Account, form_id: int) -> Form | None:
        """The open form of this account, with what was filled in so far."""

    def visitor(self, account: Account) -> Visitor | None: ...

    def doors(self, account: Account) -> tuple[Door, ...]:
        """The places this account may enter, own talk first."""

    def menu(self, account: Account) -> tuple[Button, ...]:
        """What this account can start or look at. Style "link" is a look, anything else an act."""

    def may_enter(self, account: Account, place: Place) -> bool: ...

    def enter(self, token: str, *, look_only: bool = False) -> Visitor | None:
        """Who may enter the page with this link, once (to look does not use it up). None for one that is
        used, too old or unknown."""


class ChatDesk(Desk, Protocol):
    """What a chat asks besides that acknowledges events before it answers them, and knows its people itself."""

    def take_in(self, message: Message, beside: Beside | None = None) -> Taken:
        """Guard an event and write it down, once, before anything else is done with it."""

    def answer(self, taken: Taken, at_once: Callable[[Reply], None] | None = None) -> Reply:
        """Do what it asks for and send what is said right back. `at_once` gets the reply as soon as the
        effect is committed, before anything is sent to a chat."""

    def offer_form(self, account: Account, place: Place, form_id: int) -> None:
        """A form could not be shown: say so there, with a button that opens it."""

    def recognise(self, account: Account, mail: str) -> bool:
        """Tie an account to the person in the directory who has this address; False where there is none."""

    def is_room(self, place: Place) -> bool:
        """Is this in one of the desk's own rooms?"""

    def seen(self, posted: Place, at: datetime) -> None:
        """Somebody there has read what stands at `posted` (既読), where a chat tells. Twice is harmless."""
