"""The people at their browsers."""

import hashlib
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from bs4 import BeautifulSoup, Tag

from tests.chaos.plan import Plan, Sent, Tally
from tests.chaos.process import Killer, Process
from tests.page_driver import Filled, _field, _fill, _values

NOT_RESENT = 1 / 3
LATER = 0.5  # so many of what is sent again come after something else was done
LATE = 8  # so often a form that did not open is asked for again, half a second apart
BACK_WITHIN = 60.0
CLOSED = "この用紙は、もう送られたか閉じています"


@dataclass(frozen=True)
class Repeat:
    """What was sent and answered, to be sent once more."""

    sent: Sent
    path: str
    data: Mapping[str, str | list[str]]


class People:
    """One browser a person. Each POST carries the event of the page it stands on."""

    def __init__(self, process: Process, killer: Killer, tally: Tally, plan: Plan) -> None:
        self._process = process
        self._killer = killer
        self._tally = tally
        self._again = random.Random(f"again {plan.seed}")
        self._repeats = plan.repeats
        self._once_more = random.Random(f"once more {plan.seed}")
        self._later: list[Repeat] = []
        self._posts = 0
        self._clients: dict[str, httpx2.Client] = {}

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def look(self, who: str, path: str = "/") -> BeautifulSoup:
        """Open a page, if need be after the desk is back."""
        client = self._client(who)
        until = time.monotonic() + BACK_WITHIN
        while True:
            self._killer.wait_until_up()
            try:
                answer = client.get(path)
            except httpx2.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
                continue
            closed = answer.status_code == 404 and path.startswith("/form/")
            if answer.status_code != 200 and not closed:
                self._tally.blame(f"GET {path} as {who}: {answer.status_code}")
            return BeautifulSoup(answer.text, "html.parser")

    def send(self, form: Tag, more: Mapping[str, str], sent: Sent) -> httpx2.Response | None:
        """Send a form; the very same once more where the connection broke, unless the person gives up."""
        data = {**_values(form), **more}
        if "press" in more:
            sent.button = more["press"].replace(" ", ":")
        what = sent.button or "say"
        pressed = hashlib.sha256(what.encode()).hexdigest()[:16]  # as the page names its events
        sent.event_id = f"web:{data['event']}:{pressed}"
        self._tally.sent.append(sent)
        once = Repeat(sent, str(form["action"]), data)
        self._repeat_later_ones()
        while True:
            answer = self._post(sent.who, once.path, data)
            sent.times += 1
            if answer is not None:
                self._judge(answer, once)
                if self._once_more.random() < self._repeats:
                    self._repeat_now_or_later(once, answer)
                return answer
            self._tally.figures["connections broken"] += 1
            if self._again.random() < NOT_RESENT:
                self._tally.figures["not resent"] += 1
                return None
            self._tally.figures["resent"] += 1

    def say(self, sent: Sent, where: str | None, words: str) -> None:
        form = self.look(sent.who, where or "/").select_one("form.say")
        assert form, f"{sent.who} cannot write at {where}"
        self.send(form, {"text": words}, sent)

    def buttons(self, who: str, action: str, where: str | None = None) -> list[Tag]:
        found = self.look(who, where or "/").select("button[name='press']")
        return [button for button in found if str(button["value"]).partition(" ")[0] == action]

    def about(self, button: Tag) -> str:
        return str(button["value"]).partition(" ")[2]

    def room(self, name: str) -> str:
        return f"/room/{name}"

    def threads(self, who: str, room: str | None = None) -> list[str]:
        """As the links of that page name them."""
        links = self.look(who, room or "/").select("a[href]")
        paths = {str(link["href"]).partition("#")[0] for link in links}
        pattern = rf"{room or self.room(who)}/\d+"
        return sorted(path for path in paths if re.fullmatch(pattern, path))

    def press(self, button: Tag, sent: Sent) -> httpx2.Response | None:
        form = button.find_parent("form")
        assert form
        return self.send(form, {"press": str(button["value"])}, sent)

    def open_form(self, button: Tag, sent: Sent) -> BeautifulSoup | None:
        """Press what opens a form. Where the event was cut off, ask again until the desk has ended it."""
        answer = self.press(button, sent)
        return self._led_to_form(button, sent, answer)

    def send_off(
        self, form: BeautifulSoup, values: Mapping[str, Filled], sent: Sent
    ) -> BeautifulSoup | None:
        asked = form.select_one("form.form")
        if asked is None:
            return None
        for label, value in values.items():
            _fill(_field(asked, label), value)
        answer = self.send(asked, {}, sent)
        return self._led_to_form(asked, sent, answer) if sent.kind == "form" else None

    def confirm(self, preview: BeautifulSoup, sent: Sent) -> None:
        form = preview.select_one("#preview form[action='/send-form']")
        if form is not None:
            self.send(form, {}, sent)

    def _led_to_form(
        self, button: Tag, sent: Sent, answer: httpx2.Response | None
    ) -> BeautifulSoup | None:
        form = button if button.name == "form" else button.find_parent("form")
        assert form
        data: dict[str, Any] = _values(form)
        if button.name == "button":
            data["press"] = str(button["value"])
        for _ in range(LATE):
            goal = answer.headers.get("location", "") if answer is not None else ""
            if goal.startswith("/form/"):
                return self.look(sent.who, goal)
            if answer is None or sent.times == 1:
                return None
            self._tally.figures["forms led to late"] += 1
            time.sleep(0.5)
            answer = self._post(sent.who, str(form["action"]), data)
        return None

    def _post(
        self, who: str, path: str, data: Mapping[str, str | list[str]]
    ) -> httpx2.Response | None:
        client = self._client(who)
        self._killer.wait_until_up()
        self._posts += 1
        self._tally.figures["posts"] += 1
        self._killer.begun(self._posts)
        try:
            return client.post(path, data=dict(data))
        except httpx2.TransportError:
            return None
        finally:
            self._killer.in_flight = False

    def _judge(self, answer: httpx2.Response, once: Repeat) -> None:
        sent = once.sent
        if answer.status_code in (200, 303):
            sent.answered = True
            goal = answer.headers.get("location", "")
            if goal and not goal.startswith("/form/"):
                self.look(sent.who, goal.partition("#")[0])
        elif once.path == "/send-form" and answer.status_code == 404 and _says_closed(answer):
            sent.closed = True
        else:
            self._tally.blame(f"{sent.kind} {sent.event_id} by {sent.who}: {answer.status_code}")

    def _repeat_now_or_later(self, once: Repeat, answer: httpx2.Response) -> None:
        """As a double click does, or as a page does that is taken out of the browser's memory."""
        if self._once_more.random() < LATER:
            self._later.append(once)
            return
        again = self._repeat(once)
        first = answer.headers.get("location", "")
        then = again.headers.get("location", "") if again is not None else first
        if first.startswith("/form/") and then != first:
            self._tally.blame(f"{once.sent.event_id} led to {first} and then to {then or 'none'}")

    def _repeat_later_ones(self) -> None:
        late, self._later = self._later, []
        for once in late:
            self._repeat(once)

    def _repeat(self, once: Repeat) -> httpx2.Response | None:
        """The very same once more, though it was answered."""
        self._tally.figures["answered and sent again"] += 1
        answer = self._post(once.sent.who, once.path, once.data)
        if answer is None:
            self._tally.figures["broken when sent again"] += 1
        else:
            self._judge(answer, once)
        return answer

    def _client(self, who: str) -> httpx2.Client:
        if who not in self._clients:
            client = httpx2.Client(
                base_url=self._process.url,
                timeout=30,
                trust_env=False,
                limits=httpx2.Limits(max_keepalive_connections=0),
            )
            self._clients[who] = client
            self._enter(who)
        return self._clients[who]

    def _enter(self, who: str) -> None:
        for _ in range(20):
            start = self.look(who).select_one("form.choose[action='/enter']")
            if start is None:
                return
            self._post(who, "/enter", {**_values(start), "user": who})
        raise RuntimeError(f"{who} cannot sign in")


def _says_closed(answer: httpx2.Response) -> bool:
    return CLOSED in BeautifulSoup(answer.text, "html.parser").get_text()
