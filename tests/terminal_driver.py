"""Drives the desk as people at terminals do, by the methods that the page's driver has as well."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.chat import Account, Button, Card, Desk, Home, Message, Place, Reply
from bot.platforms.terminal import PLATFORM, Terminal, render

MENDING = "どこを直しますか"
MISTAKE = "確かめてください"
MOST_STEPS = 300

Filled = str | Sequence[str] | Sequence[Sequence[str]]


class TerminalDriver:
    """`where`: None is somebody's own talk, "R8-0001" a consultation of his, "電子申請" a room of the
    desk, "電子申請/R8-0001" a thread there. What is missing fails with the names that there are."""

    def __init__(
        self, desk: Desk, terminals: Mapping[Home, Terminal], clock: Callable[[], datetime]
    ) -> None:
        self.desk, self.terminals, self.clock = desk, terminals, clock
        self._last: dict[str, Place] = {}
        self._looks: dict[str, Place] = {}
        self._form: dict[str, str] = {}
        self._alone: dict[tuple[str, Place], tuple[int, Card]] = {}

    def say(self, who: str, text: str, where: str | None = None) -> str:
        """Returns what is then to be read, as most of these do."""
        self._hear(who, self._place(who, where), text=text)
        return self.seen(who)

    def press(self, who: str, label: str, where: str | None = None) -> str:
        """Press the button of the newest card there that has one, or start it from the menu."""
        place = self._place(who, where)
        shown = [button for card in reversed(self._shown(who, place)) for button in card.buttons]
        offered = (*shown, *self.desk.menu(_account(who)))
        button = next((button for button in offered if label in button.label), None)
        beside = next(
            (c.buttons for c in reversed(self._shown(who, place)) if button in c.buttons), ()
        )
        button = next((one for one in beside if one.label == label), button)
        assert button, f"no button {label!r} for {who} in {place}: {[b.label for b in offered]}"
        self._press(who, place, button)
        return self.seen(who)

    def view(self, who: str, label: str) -> str:
        """See a list or a board of the menu."""
        return self.press(who, label)

    def fill(self, who: str, values: Mapping[str, Filled], *, send: bool = True) -> str:
        """Answer the open form by the labels of its fields; it stops where an answer is refused.

        Without `send` the last field stays open. At a preview the fields named are mended.
        """
        left = dict(values)
        for _ in range(MOST_STEPS):
            before = self._turn(who)
            card = self._step(who)
            if card is None or not self._go_on(who, card, left, send=send):
                break
            after = self._step(who)
            if self._turn(who) == before:
                break
            if after and _refused(after) and _question(after) == _question(card):
                return self.seen(who)
        else:
            raise AssertionError(f"the form of {who} has no end: {left}")
        assert not left, f"not asked of {who}: {list(left)}; the form stands at {card}"
        return self.seen(who)

    def confirm(self, who: str) -> str:
        """Send what the preview shows."""
        card = self._step(who)
        button = _ends(card) if card else None
        assert button, f"{who} has no preview: {card}"
        self._press(who, self._last[who], button)
        return self.seen(who)

    def fix(self, who: str) -> str:
        """Go back from the preview to the question which field to mend."""
        self._tell(who, "直す")
        return self.seen(who)

    def seen(self, who: str) -> str:
        """What stands where this person looks."""
        shown = self._shown(who, self._looks.get(who, _own(who)))
        return "\n\n".join(render(card) for card in shown)

    def errors(self, who: str) -> list[str]:
        """The sentence at the field that is asked, if its answer was refused."""
        card = self._step(who)
        return [card.paragraphs[0]] if card and _refused(card) else []

    def read(self, who: str, where: str | None = None) -> str:
        return "\n\n".join(self.cards(who, where))

    def cards(self, who: str, where: str | None = None) -> list[str]:
        return [render(card) for card in self._shown(who, self._place(who, where))]

    def buttons(self, who: str, where: str | None = None) -> list[str]:
        shown = self._shown(who, self._place(who, where))
        return [button.label for card in shown for button in card.buttons]

    def _go_on(self, who: str, card: Card, left: dict[str, Filled], *, send: bool) -> bool:
        """One step of a form; False where it is filled in."""
        labels = {button.label for button in card.buttons}
        if button := _ends(card):
            if left:
                self._tell(who, "直す")
            elif send and _verb(button) == "send":
                self._press(who, self._last[who], button)
                return False
            else:
                return False
        elif card.title == MENDING:
            assert not card.paragraphs, f"{list(left)} cannot be mended: {card}"
            self._tell(who, next(iter(left), "戻る"))
        elif not send and _is_last(card):
            left.pop(_named(card, left) or "", None)
            return False
        elif (name := _named(card, left)) is not None:
            self._answer(who, card, left.pop(name))
        elif _refused(card):
            return False
        elif "これで次へ" in labels or "とばす" in labels:
            self._tell(who, "これで次へ" if "これで次へ" in labels else "とばす")
        else:
            raise AssertionError(f"{card.title} must be filled in; named were {list(left)}")
        return True

    def _answer(self, who: str, card: Card, value: Filled) -> None:
        labels = {button.label for button in card.buttons}
        if "消す" in labels and not (isinstance(value, str) and value):
            self._tell(who, "消す")
        for item in [value] if isinstance(value, str) or not value else value:
            line = item if isinstance(item, str) else "\t".join(str(cell) for cell in item)
            self._tell(who, line or "とばす")
            now = self._step(who)
            if now and _refused(now) and _question(now) == _question(card):
                return
        now = self._step(who)
        more = now and _question(now) == _question(card)
        if more and now and any(button.label == "これで次へ" for button in now.buttons):
            self._tell(who, "これで次へ")

    def _tell(self, who: str, text: str) -> None:
        self._hear(who, self._last[who], text=text)

    def _press(self, who: str, place: Place, button: Button) -> None:
        if button.style != "link":
            self._hear(who, place, action=button.action, value=button.value)
        elif card := self.desk.look(_account(who), button.action, button.value):
            self._alone[who, place] = (self._host(place).turns, card)
            self._looks[who] = place

    def _hear(
        self, who: str, place: Place, text: str = "", action: str | None = None, value: str = ""
    ) -> Reply:
        message = Message(
            event_id=f"{PLATFORM}:{uuid.uuid4()}",
            account=_account(who),
            place=place,
            said_at=self.clock(),
            text=text,
            action=action,
            value=value,
        )
        host = self._host(place)
        before = host.turns
        self._last[who] = place
        self._alone.pop((who, place), None)
        reply = self.desk.hear(message)
        self._looks[who] = reply.goes_to or place
        if reply.alone:
            self._alone[who, place] = (host.turns, reply.alone)
        posts = sorted(host.at(place), key=lambda post: post.turn)
        for post in posts:
            if post.turn > before and post.card.frame == "step" and post.card.buttons:
                self._form[who] = post.card.buttons[0].value.split(":")[0]
        return reply

    def _step(self, who: str) -> Card | None:
        """The newest card of this person's form, where it is the newest of all that forms said."""
        place = self._last.get(who, _own(who))
        posts = sorted(self._host(place).at(place), key=lambda post: post.turn, reverse=True)
        form = self._form.get(who, "")
        steps = (p.card for p in posts if p.card.frame == "step" and p.card.buttons)
        return next(
            (c for c in steps if c.buttons[0].value.startswith(f"{form}:" if form else "")), None
        )

    def _turn(self, who: str) -> int:
        """Counts the cards of this person's form."""
        place = self._last.get(who, _own(who))
        posts = self._host(place).at(place)
        return max((post.turn for post in posts if post.card.frame == "step"), default=0)

    def _shown(self, who: str, place: Place) -> list[Card]:
        """What stands there, oldest first, and last what only this person was shown."""
        cards = [post.card for post in self._host(place).at(place)]
        alone = self._alone.get((who, place))
        return [*cards, alone[1]] if alone else cards

    def _host(self, place: Place) -> Terminal:
        return self.terminals[place.home]

    def _place(self, who: str, where: str | None) -> Place:
        if where is None:
            return _own(who)
        room, _, thread = where.partition("/")
        if thread:
            return self._thread(self._door(who, room), thread)
        own = self._host(_own(who)).threads(_own(who))
        found = (post.stands_at for post in own if where in post.card.opens)
        return next(found, None) or self._door(who, where)

    def _door(self, who: str, name: str) -> Place:
        doors = [d for d in self.desk.doors(_account(who)) if d.place.platform == PLATFORM]
        found = next((door.place for door in doors if name in door.name), None)
        assert found, f"{who} knows no {name!r}: {[door.name for door in doors]}"
        return found

    def _thread(self, room: Place, name: str) -> Place:
        posts = self._host(room).threads(room)
        found = next((post.stands_at for post in posts if name in post.card.opens), None)
        assert found, f"no {name!r} in {room}: {[post.card.opens for post in posts]}"
        return found


def _account(who: str) -> Account:
    return Account(PLATFORM, who, who)


def _own(who: str) -> Place:
    return Place(PLATFORM, who, who)


def _verb(button: Button) -> str:
    return (*button.value.split(":"), "", "", "")[2]


def _ends(card: Card) -> Button | None:
    """The button that sends the form off, at its end only."""
    return next((b for b in card.buttons if _verb(b) in ("send", "confirm")), None)


def _question(card: Card) -> tuple[str, str]:
    return card.title, card.topic


def _refused(card: Card) -> bool:
    return any(chip.label == MISTAKE for chip in card.chips)


def _is_last(card: Card) -> bool:
    step, _, count = card.topic.rpartition(" ")[2].partition("／")
    return step == count


def _named(card: Card, left: Mapping[str, object]) -> str | None:
    """Which of the names is this field's label, or a part of it."""
    whole = (name for name in left if name == card.title)
    return next(whole, next((name for name in left if name in card.title), None))
