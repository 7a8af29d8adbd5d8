"""The line between people and the desk: what Slack tells again, and what people do again."""

import random
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from bot.platforms.slack.modals import NOTE
from tests.chaos.plan import Plan, Sent, Tally
from tests.chaos.process import Killer
from tests.chaos_slack.held import HeldSlack
from tests.slack_fake import Delivery, Inbound

GIVES_UP = 1 / 3
ACKNOWLEDGED_WITHIN = 30.0  # an event, which Slack tells again
ANSWERED_WITHIN = 4.0
PATIENCE = 3.0  # seconds after which Slack shows that a press did not get through


class Line:
    """Events are told again until they are acknowledged. Who pressed in vain sees that and presses again,
    which is another event, or gives up."""

    def __init__(self, fake: HeldSlack, killer: Killer, tally: Tally, plan: Plan) -> None:
        self._fake, self._killer, self._tally = fake, killer, tally
        self._again = random.Random(f"again {plan.seed}")
        self._once_more = random.Random(f"once more {plan.seed}")
        self._repeats = plan.repeats
        self._sendings = 0
        self.deliveries: dict[str, list[Delivery]] = defaultdict(list)
        self.around: Callable[[Sent], AbstractContextManager[object]] = lambda _sent: nullcontext()
        """What is done around the sending of an event."""

    def tell(self, sent: Sent, told: list[Inbound], until: Callable[[], bool]) -> None:
        """Words, until they are acknowledged and `until` is true; now and then once more after that."""
        found = self._send(sent, told)
        if self.wait(lambda: all(one.acked_at for one in found), ACKNOWLEDGED_WITHIN):
            self.wait(until, ANSWERED_WITHIN)
        self._killer.in_flight = False
        self._tally.figures["told again"] += sum(one.attempts - 1 for one in found)
        if self._once_more.random() < self._repeats:
            self._tally.figures["acknowledged and told again"] += 1
            self._fake.resend(found[0])

    def act(self, sent: Sent, make: Callable[[], Inbound]) -> Delivery | None:
        """Press, until it gets through, there is nothing left to press, or one gives up."""
        while True:
            self._killer.wait_until_up()
            try:
                told = make()
            except LookupError:
                return None
            kills = self._kills
            found = self._send(replace(sent, event_id=event_of(told)), [told])[0]
            self.wait(partial(self._is_over, found, kills), PATIENCE)
            self._killer.in_flight = False
            if found.acked_at:
                return found
            self._tally.figures["not got through"] += 1
            if self._again.random() < GIVES_UP:
                self._tally.figures["given up"] += 1
                return None
            self._tally.figures["done again"] += 1

    def wait(self, true: Callable[[], object], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                return False
            time.sleep(0.005)
        return True

    def close(self, stored: set[str]) -> None:
        """Write down which events were acknowledged, and which forms were said to be closed."""
        for sent in self._tally.sent:
            found = [one for one in self.deliveries[sent.event_id] if one.acked_at]
            views = [(one.ack_payload or {}).get("view") for one in found]
            notes = [view for view in views if view and view["callback_id"] == NOTE]
            sent.closed = bool(notes) and sent.event_id not in stored
            sent.answered = bool(found) and not sent.closed

    def _is_over(self, one: Delivery, kills: int) -> bool:
        """Acknowledged, or never to be: nobody lives who heard it."""
        return one.acked_at is not None or self._kills > kills

    @property
    def _kills(self) -> int:
        return self._tally.figures["kills"]

    def _send(self, sent: Sent, told: list[Inbound]) -> list[Delivery]:
        self._tally.sent.append(sent)
        self._tally.figures["events sent"] += 1
        self._sendings += 1
        self._killer.begun(self._sendings)
        with self.around(sent):
            found = [self._fake.send(one) for one in told]
            self.deliveries[sent.event_id] += found
        return found


def event_of(told: Inbound) -> str:
    """The name under which the desk stores what was pressed, sent off or called for."""
    payload = told.payload
    trigger = payload["trigger_id"]
    if "command" in payload:
        return f"{'announce' if payload['command'] == '/oshirase' else 'consult'}:{trigger}"
    if payload["type"] == "view_submission":
        return f"form:{payload['view']['id']}:{trigger}"
    if payload["type"] == "block_actions":
        box, [action] = payload["container"], payload["actions"]
        stands = box.get("view_id") or f"{box['channel_id']}:{box['message_ts']}"
        user = payload["user"]["id"]
        return f"{stands}:{action['action_id']}:{action['action_ts']}:{user}"
    return f"consult:{trigger}"
