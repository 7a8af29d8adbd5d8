"""What a person says, presses or sends off, and what the desk answers to the chat itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.chat.cards import Card, File
from bot.chat.forms import CONFIRMED, LONGEST_NUMBER, Form, FormValue
from bot.chat.places import Account, Place


@dataclass(frozen=True)
class Message:
    """Something a person said, a button a person pressed, or a form a person sent off.

    `event_id` names the event on its platform: the same event told twice is one event.
    Said: `text`. Pressed: `action` and `value` (with `text` where words were picked out to act upon).
    Sent off: `action`, `value` and `values`. `addressed`: the desk was called by name, so that in a room
    it answers and does not take the words as talk among its people. `speaker`: what the chat calls who acts,
    where the account is one that several people share and the chat knows which of them it was. `carried_by`:
    the person of the desk who pasted these words here, from a chat that is reached by hand.
    """

    event_id: str
    account: Account
    place: Place
    said_at: datetime
    text: str = ""
    action: str | None = None
    value: str = ""
    values: Mapping[str, FormValue] | None = None
    files: tuple[File, ...] = ()
    addressed: bool = False
    speaker: str = ""
    carried_by: str = ""

    @property
    def confirmed(self) -> bool:
        return bool(self.values and self.values.get(CONFIRMED))

    def filled(self, name: str) -> str:
        """One filled-in text without white space around it; empty where nothing was filled in."""
        value = (self.values or {}).get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def chosen(self, name: str) -> tuple[str, ...]:
        """Several choices, as a flat tuple of texts."""
        value = (self.values or {}).get(name, ())
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(item for item in value if isinstance(item, str))


@dataclass(frozen=True)
class Reply:
    """What `hear` answers to the platform itself; what the desk says goes through the ledger.

    `alone`: shown to the sender only and kept nowhere (a stopped number comes back in it).
    `form_id`, `form`: a form was opened for the sender. `goes_to`: a good place to look next.
    """

    alone: Card | None = None
    form_id: int | None = None
    form: Form | None = None
    goes_to: Place | None = None


@dataclass(frozen=True)
class Taken:
    """An event as it was taken in: cleaned, guarded, written down.

    `number`: its row in the inbox; None where the event is known already. `alone`: it was stopped, and
    nothing of it is stored.
    """

    message: Message
    number: int | None = None
    alone: Card | None = None


LARGEST_ID = 2**31 - 1


def id_of(text: str) -> int | None:
    """The number a button's value names; None for anything that cannot be a row's number."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        return None
    return int(text) if int(text) <= LARGEST_ID else None
