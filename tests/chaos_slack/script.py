"""What people do in Slack beside what they do at every door."""

from typing import ClassVar

from tests.chaos.plan import Sent, Tally
from tests.chaos.script import ASKERS, QUESTIONS, WRITER, Script
from tests.chaos_slack.people import Button, People

ANOTHER_LIAISON = "sakamoto"
LONG = "\n".join(
    f"{number}つめの困りごとです。窓口の仕事の順番を決めかねています。" for number in range(140)
)
"""Fills more than one message, so that a card of it can be cut off between its parts."""


class SlackScript(Script[Button, str]):
    weights: ClassVar = {
        **Script.weights, "mention": 10, "command": 4, "from_message": 5, "write": 2, "open": 4,
        "press_wrongly": 3,
    }  # fmt: skip

    def __init__(self, people: People, tally: Tally, seed: int) -> None:
        super().__init__(people, tally, seed)
        self._people = people
        self.acts |= {
            "mention": self.mention, "command": self._command, "from_message": self.from_message,
            "write": self._write, "open": self._open, "press_wrongly": self._press_wrongly,
        }  # fmt: skip

    def pick(self, found: list[Button]) -> Button:
        """The home tab, an answer, or the card of help."""
        return self._rng.choice(found)

    def mention(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        self._people.mention(
            Sent("question", who, mark=mark), f"{self._rng.choice(QUESTIONS)}\n{mark}"
        )
        return True

    def _command(self) -> bool:
        """/soudan, with what one wants to consult about."""
        who, mark = self._rng.choice(ASKERS), self._mark()
        sent = Sent("form", who, "consult_send:")
        form = self._people.led_to_form(
            sent, lambda: self._people.command(sent, "/soudan", "窓口の順番について")
        )
        return self._send_consultation(form, who, "consult_send:", mark, self._consultation(mark))

    def from_message(self) -> bool:
        """A consultation made of a long message, whose words stand in the form already."""
        who, mark = self._rng.choice(ASKERS), self._mark()
        ts = self._people.talk(who, f"{mark}について相談です。\n{LONG}")
        sent = Sent("form", who, "consult_send:")
        form = self._people.led_to_form(sent, lambda: self._people.consult_about(sent, ts))
        return self._send_consultation(
            form, who, "consult_send:", mark, self._sort_of_consultation()
        )

    def _write(self) -> bool:
        """/oshirase, for who may write one."""
        mark, sent = self._mark(), Sent("form", WRITER, "announce:")
        form = self._people.led_to_form(sent, lambda: self._people.command(sent, "/oshirase"))
        return self._write_announcement(form, mark)

    def _open(self) -> bool:
        """A form that is still offered is opened, and left lying again."""
        who = self._rng.choice(ASKERS)
        found = self._people.buttons(who, "form")
        if not found:
            return False
        button = found[-1]
        self._people.open_form(button, Sent("form", who, f"#{button.value}"))
        return True

    def _press_wrongly(self) -> bool:
        """What stands there for colleagues: a refusal, for whoever pressed alone."""
        return self._press_one(ANOTHER_LIAISON, "close", self._desk_thread())
