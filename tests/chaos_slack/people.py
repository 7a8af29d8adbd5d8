"""The people in Slack, by what stands before them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.platforms.slack.ears import CONSULT_WORDS
from bot.platforms.slack.modals import FORM
from tests.chaos.plan import Sent, Tally
from tests.chaos.process import Killer
from tests.chaos_slack.held import HeldSlack
from tests.chaos_slack.line import Line
from tests.chaos_slack.process import TOWNS
from tests.page_driver import Filled
from tests.slack_driver import answer, block_of, elements, plain, text_of, that_offers, user_of
from tests.slack_fake import BOT, BOT_ID, Delivery, Inbound, Json, dm_of

NUMBER = re.compile(r"R\d+-\d{4}")
AT_HOME = ("consult", "announce", "acknowledge")
"""What can be pressed on the home tab too."""
ANSWERED = ("question", "words")
SHOWN_WITHIN = 4.0
OFFERED_WITHIN = 0.5  # what did not get through may be offered when the desk is back


@dataclass(frozen=True)
class Button:
    """`holder`: the message or view it stands on."""

    who: str
    holder: str
    action: str
    value: str
    action_id: str
    block_id: str | None


class People:
    """Everybody at their Slack. `where`: a channel, or channel/thread; forms go by the id of their view."""

    def __init__(self, fake: HeldSlack, line: Line, killer: Killer, tally: Tally) -> None:
        self._fake, self._line, self._killer, self._tally = fake, line, killer, tally

    # ---- words

    def say(self, sent: Sent, where: str | None, words: str) -> None:
        self._killer.wait_until_up()
        channel, _, thread = (where or dm_of(user_of(sent.who))).partition("/")
        kind = "message_im" if channel.startswith("D") else "message_channel"
        more = {"thread_ts": thread} if thread else {}
        told = self._fake.make(kind, user_of(sent.who), channel, words, **more)
        self._tell(sent, channel, thread, [told])

    def mention(self, sent: Sent, words: str) -> None:
        """In a channel; Slack tells of it twice."""
        self._killer.wait_until_up()
        user = user_of(sent.who)
        told = self._fake.make("message_channel", user, TOWNS, f"<@{BOT}> {words}")
        ts = str(told.payload["event"]["ts"])
        twin = self._fake.make("app_mention", user, TOWNS, words, ts=ts)
        self._tell(sent, TOWNS, ts, [told, twin])

    def talk(self, who: str, words: str) -> str:
        """Among people, not to the desk. Gives back the message."""
        told = self._fake.make("message_channel", user_of(who), TOWNS, words)
        self._fake.send(told)
        return str(told.payload["event"]["ts"])

    def _tell(self, sent: Sent, channel: str, thread: str, told: list[Inbound]) -> None:
        ts = str(told[0].payload["event"]["ts"])
        sent.event_id = f"{channel}:{ts}"

        def is_answered() -> bool:
            with self._fake.lock:
                return sent.kind not in ANSWERED or any(
                    (place, message.get("bot_id")) == (channel, BOT_ID)
                    and later > ts
                    and message.get("thread_ts", "") == thread
                    for (place, later), message in self._fake.messages.items()
                )

        self._line.tell(sent, told, is_answered)

    # ---- buttons

    def room(self, name: str) -> str:
        return f"C{name.replace('-', '').upper()}"

    def threads(self, who: str, room: str | None = None) -> list[str]:
        channel = room or dm_of(user_of(who))
        return [
            f"{channel}/{message['ts']}"
            for message in self._fake.said_in(channel)
            if message.get("bot_id") == BOT_ID and NUMBER.search(text_of(message))
        ]

    def buttons(self, who: str, action: str, where: str | None = None) -> list[Button]:
        """On the home tab, then on messages."""
        channel, _, thread = (where or dm_of(user_of(who))).partition("/")
        home = self._home(who) if where is None and action in AT_HOME else None
        return [
            Button(who, str(holder.get("ts") or holder["id"]), action, *_names(holder, element))
            for holder in (*([home] if home else []), *self._fake.said_in(channel, thread or None))
            for element in elements(holder)
            if re.fullmatch(rf"press:\d+:{action}", element["action_id"])
        ]

    def _home(self, who: str) -> Json | None:
        """Opened anew."""
        self._killer.wait_until_up()
        user = user_of(who)
        before = self._fake.home_of(user)
        self._fake.send("app_home_opened", user)
        self._line.wait(lambda: _hash(self._fake.home_of(user)) != _hash(before), SHOWN_WITHIN)
        return self._fake.home_of(user)

    def about(self, button: Button) -> str:
        return button.value

    def press(self, button: Button, sent: Sent) -> Delivery | None:
        sent.button = f"{button.action}:{button.value}"
        what = (user_of(button.who), button.holder, button.action_id, button.block_id)
        return self._line.act(sent, lambda: self._fake.pressing(*what))

    def command(self, sent: Sent, command: str, words: str = "") -> Delivery | None:
        user, o = user_of(sent.who), {"command": command}
        return self._line.act(sent, lambda: self._fake.make("slash", user, TOWNS, words, **o))

    def consult_about(self, sent: Sent, ts: str) -> Delivery | None:
        """相談にする, in the menu of a message."""
        user, o = user_of(sent.who), {"ts": ts, "callback_id": CONSULT_WORDS}
        return self._line.act(sent, lambda: self._fake.make("message_action", user, **o))

    # ---- forms

    def open_form(self, button: Button, sent: Sent) -> str | None:
        return self.led_to_form(sent, lambda: self.press(button, sent))

    def led_to_form(self, sent: Sent, act: Callable[[], Delivery | None]) -> str | None:
        """The form that an act opens: at once, or by the card that offers it after a kill."""
        user = user_of(sent.who)
        with self._fake.lock:
            self._fake.modals.pop(user, None)
        known = self.buttons(sent.who, "form")

        def offered() -> list[Button]:
            return [button for button in self.buttons(sent.who, "form") if button not in known]

        patience = SHOWN_WITHIN if act() else OFFERED_WITHIN
        self._line.wait(lambda: self._form_of(user) or offered(), patience)
        if self._form_of(user) is None and (found := offered()):
            self._tally.figures["forms opened by their card"] += 1
            self.press(found[-1], sent)
            self._line.wait(lambda: self._form_of(user), SHOWN_WITHIN)
        return self._form_of(user)

    def send_off(self, form: str, values: Mapping[str, Filled], sent: Sent) -> str | None:
        blocks = self._fake.views[form]["blocks"]
        inputs = {plain(b["label"]): b for b in blocks if b["type"] == "input"}
        state: Json = {}
        for label, value in values.items():
            block = that_offers(value, inputs[label], inputs.values())
            element = block["element"]
            state[block["block_id"]] = {element["action_id"]: answer(element, value)}
        self._submit(form, state, sent)
        return self._form_of(user_of(sent.who)) if self._is_preview(form) else None

    def confirm(self, preview: str, sent: Sent) -> None:
        self._submit(preview, {}, sent)

    def _submit(self, view: str, state: Json, sent: Sent) -> None:
        user = user_of(sent.who)
        self._line.act(sent, lambda: self._fake.submitting(user, view, state))

    def _form_of(self, user: str) -> str | None:
        view = self._fake.modal_of(user)
        return str(view["id"]) if view and view["callback_id"] == FORM else None

    def _is_preview(self, form: str) -> bool:
        return not any(block["type"] == "input" for block in self._fake.views[form]["blocks"])


def _names(holder: Json, element: Json) -> tuple[str, str, str | None]:
    return str(element.get("value", "")), str(element["action_id"]), block_of(holder, element)


def _hash(view: Json | None) -> str:
    return str(view["hash"]) if view else ""
