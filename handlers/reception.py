"""What people see of the desk without saying anything: lists, open forms, rooms, who they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot import dialogues, entrances
from bot.chat import (
    Account,
    Button,
    Card,
    Door,
    Form,
    Home,
    Place,
    Platform,
    Refused,
    Visitor,
)
from bot.db import Database
from bot.deliveries import is_unread, see
from bot.directory import is_anybody_by_hand, person_of, recognise, room_at, rooms_for
from bot.tickets import hand_over
from handlers.small_talk import visitor_of
from handlers.standing import standings
from handlers.table import Button as Rule
from handlers.table import Look

GROUPS = {"field": "分野の部屋", "regional": "みんなの部屋", "office": "みんなの部屋"}


@dataclass(frozen=True)
class Reception:
    """`platforms`: the chats this process hosts; `clock` tells the time. `page_by_link`: the page is
    entered by a link that the desk sends in a chat."""

    db: Database
    buttons: Mapping[str, Rule]
    looks: Mapping[str, Look]
    platforms: Mapping[Home, Platform]
    clock: Callable[[], datetime]
    page_by_link: bool

    def look(self, account: Account, action: str, value: str) -> Card | None:
        """A list or board for this account; None where there is nothing for it to see."""
        look = self.looks.get(action)
        if look is None:
            return None
        with self.db.read() as session:
            person = person_of(session, account)
            try:
                subject = look.about(session, value) if look.about else None
                if not look.who & standings(account, person, subject):
                    return None
                return look.see(session, person, subject, value)
            except Refused:
                return None

    def form(self, account: Account, form_id: int) -> Form | None:
        with self.db.read() as session:
            dialogue = dialogues.get_open(session, account, form_id)
            return dialogue.form if dialogue else None

    def visitor(self, account: Account) -> Visitor | None:
        with self.db.read() as session:
            person = person_of(session, account)
            return visitor_of(account, person) if person else None

    def recognise(self, account: Account, mail: str) -> bool:
        """Tie an account to the person in the directory who has this address. What he had opened while he had
        only told us who he is, stays his."""
        with self.db.write() as session:
            before = person_of(session, account)
            person = recognise(session, account, mail)
            if before is not None and person is not None and before.id != person.id:
                hand_over(session, before, person)
            return person is not None

    def is_room(self, place: Place) -> bool:
        """Is this in one of the desk's own rooms?"""
        with self.db.read() as session:
            return room_at(session, place) is not None

    def seen(self, posted: Place, at: datetime) -> None:
        """既読 of a notice: the first who read it. Never a 確認."""
        with self.db.read() as session:
            unread = is_unread(session, posted)
        if unread:
            with self.db.write() as session:
                see(session, posted, at)

    def enter(self, token: str, *, look_only: bool = False) -> Visitor | None:
        """Who may enter the page with this link. To look at it does not use it up."""
        take = entrances.whose if look_only else entrances.use
        with self.db.read() if look_only else self.db.write() as session:
            person = take(session, token, self.clock())
            return visitor_of(entrances.account_of(person), person) if person else None

    def doors(self, account: Account) -> tuple[Door, ...]:
        """The own talk, and for the prefecture's people their rooms on this platform."""
        own = Door("質問する", Place(account.platform, account.workspace, account.user), "部屋")
        with self.db.read() as session:
            person = person_of(session, account)
            rooms = rooms_for(session, person) if person else []
            return (
                own,
                *(
                    Door(room.name, room.place, GROUPS[room.kind], inside=True)
                    for room in rooms
                    if room.place.platform == account.platform
                ),
            )

    def menu(self, account: Account) -> tuple[Button, ...]:
        """What this account can start, then what it can look at."""
        with self.db.read() as session:
            person = person_of(session, account)
            stands = standings(account, person, None)
            by_hand = bool(person and person.inside) and is_anybody_by_hand(session)
        hidden = {"consult"} if person and person.inside else set()
        if not self.page_by_link or (account.platform, account.workspace) == entrances.PAGE:
            hidden.add("page")
        if not by_hand:
            hidden |= {"relay", "relay_paste"}
        acts = tuple(
            Button(action, rule.menu, style="call")
            for action, rule in self.buttons.items()
            if rule.menu and rule.who & stands and action not in hidden
        )
        lists = tuple(
            Button(action, look.menu, style="link")
            for action, look in self.looks.items()
            if look.menu and look.who & stands and action not in hidden
        )
        return (*acts, *lists, Button("help", "使い方"))

    def may_enter(self, account: Account, place: Place) -> bool:
        return any(place.root == door.place for door in self.doors(account))
