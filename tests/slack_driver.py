"""Speaks with the desk as people in Slack do: by what stands on messages, buttons, modals and the home tab.

Real Bolt and the real client against the fake Slack; only the socket is left out, so that a test need not
wait: what Slack would push is dispatched at once (`tests/test_slack_socket.py` has the sockets).
"""

import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from slack_bolt import App, BoltRequest

from bot.platforms.slack.texts import escaped
from tests.slack_fake import FakeSlack, Json, dm_of

Filled = str | Sequence[str] | Sequence[Sequence[str]]


class AtOnce(Executor):
    """Runs a listener in the thread that hands it over, so that it is done when Slack would be waiting."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  as a pool does
            future.set_exception(error)
        return future


def dispatcher(app: App) -> Callable[[Json], tuple[int, Json | str | None]]:
    """Hands a payload to Bolt as its socket adapter does."""

    def dispatch(payload: Json) -> tuple[int, Json | str | None]:
        answer = app.dispatch(BoltRequest(mode="socket_mode", body=payload))
        body: Json | str | None = answer.body or None
        kind = answer.headers.get("content-type", [""])[0]
        if body and kind.startswith("application/json"):
            body = json.loads(answer.body)
        return answer.status, body

    return dispatch


class SlackDriver:
    """`where`: None is somebody's own talk, "R8-0001" a consultation of his, "電子申請" a room,
    "電子申請/R8-0001" a thread there. `rooms`: their channels by name."""

    def __init__(self, fake: FakeSlack, rooms: Mapping[str, str]) -> None:
        self.fake, self.rooms = fake, rooms
        self._looks: dict[str, str | None] = {}
        self._typed: dict[str, Json] = {}

    def say(self, who: str, text: str, where: str | None = None) -> str:
        user, (channel, thread) = user_of(who), self._place(who, where)
        self._looks[who] = where
        kind = "message_im" if channel.startswith("D") else "message_channel"
        more = {"thread_ts": thread} if thread else {}
        self._sent(kind, user=user, channel=channel, text=escaped(text), **more)
        return self.seen(who)

    def press(self, who: str, label: str, where: str | None = None) -> str:
        """Press the newest button that says so: on the open modal, in that place, else on the home tab."""
        for holder in self._holders(who, where):
            found = [e for e in elements(holder) if label in label_of(e)]
            if found:
                exact = [e for e in found if label_of(e) == label]
                self._press(who, holder, (exact or found)[-1])
                self._looks[who] = where
                return self.seen(who)
        offered = [label_of(e) for h in self._holders(who, where) for e in elements(h)]
        raise AssertionError(f"no button 「{label}」 for {who} at {where}; there are {offered}")

    def view(self, who: str, label: str) -> str:
        """See a list or a board of the home tab, in a modal."""
        return self.press(who, label)

    def fill(self, who: str, values: Mapping[str, Filled], *, send: bool = True) -> str:
        """Fill in the open modal by the labels of its inputs; what is not named keeps what stands there."""
        view = self.fake.modal_of(user_of(who))
        assert view, f"{who} has no form open"
        inputs = {plain(b["label"]): b for b in view["blocks"] if b["type"] == "input"}
        state = self._typed.setdefault(view["id"], {})  # Slack keeps it where sentences come back
        for gone in state.keys() - {block["block_id"] for block in inputs.values()}:
            del state[gone]
        for label, value in values.items():
            block = inputs.get(label) or next((b for n, b in inputs.items() if label in n), None)
            assert block, f"no field 「{label}」 among {list(inputs)}"
            block = that_offers(value, block, inputs.values())
            element = block["element"]
            state[block["block_id"]] = {element["action_id"]: answer(element, value)}
        if send:
            self.fake.submit(user_of(who), view["id"], state)
            self._check()
        return self.seen(who)

    def confirm(self, who: str) -> str:
        """Press the last button of the preview."""
        view = self.fake.modal_of(user_of(who))
        assert view and not any(b["type"] == "input" for b in view["blocks"]), "no preview"
        self.fake.submit(user_of(who), view["id"], {})
        self._check()
        return self.seen(who)

    def fix(self, who: str) -> str:
        """Go back from the preview to the fields."""
        return self.press(who, "直す")

    def read(self, who: str, where: str | None = None) -> str:
        """Everything that stands at a place; without a place, the modal that is open."""
        if where is None and (view := self.fake.modal_of(user_of(who))):
            return self._modal(view)
        return "\n\n".join(self.cards(who, where))

    def seen(self, who: str) -> str:
        return self.read(who, self._looks.get(who))

    def cards(self, who: str, where: str | None = None) -> list[str]:
        """What was said at a place, one text a message, and last what this person alone was shown."""
        return [text_of(message) for message in self._said(who, where)]

    def buttons(self, who: str, where: str | None = None) -> list[str]:
        return [label_of(e) for m in self._said(who, where) for e in elements(m)]

    def fields(self, who: str) -> list[str]:
        view = self.fake.modal_of(user_of(who))
        return [plain(b["label"]) for b in (view or {}).get("blocks", ()) if b["type"] == "input"]

    def errors(self, who: str) -> list[str]:
        view = self.fake.modal_of(user_of(who)) or {"id": ""}
        return list(self.fake.view_errors.get(view["id"], {}).values())

    def close(self, who: str) -> None:
        """Close every modal."""
        self.fake.modals[user_of(who)].clear()

    def home(self, who: str) -> Json:
        """Open the home tab."""
        self._sent("app_home_opened", user=user_of(who))
        view = self.fake.home_of(user_of(who))
        assert view, f"{who} has no home tab"
        return view

    def _sent(self, kind: str, **o: Any) -> None:
        self.fake.send(kind, **o)
        self._check()

    def _check(self) -> None:
        assert self.fake.troubles == [], self.fake.troubles

    def _press(self, who: str, holder: Json, element: Json) -> None:
        self.fake.press(user_of(who), holder, element["action_id"], block_of(holder, element))
        self._check()

    def _holders(self, who: str, where: str | None) -> Iterator[Json]:
        """Where a button may be, nearest first."""
        if where is None and (view := self.fake.modal_of(user_of(who))):
            yield view
        yield from reversed(self._said(who, where))
        yield self.home(who)

    def _modal(self, view: Json) -> str:
        wrong = self.fake.view_errors.get(view["id"], {})
        return "\n".join((plain(view["title"]), text_of(view), *wrong.values()))

    def _said(self, who: str, where: str | None) -> list[Json]:
        channel, thread = self._place(who, where)
        shown = [
            message
            for message in self.fake.ephemerals_for(user_of(who))
            if message["channel"] == channel and message.get("thread_ts") == thread
        ]
        return [*self.fake.said_in(channel, thread), *shown]

    def _place(self, who: str, where: str | None) -> tuple[str, str | None]:
        own = dm_of(user_of(who))
        if where is None:
            return own, None
        room, _, name = where.partition("/")
        if name:
            return self._channel(room), self._thread(self._channel(room), name)
        if any(where in known for known in self.rooms):
            return self._channel(where), None
        return own, self._thread(own, where)

    def _channel(self, name: str) -> str:
        found = next((c for known, c in self.rooms.items() if name in known), None)
        assert found, f"no room {name!r} among {list(self.rooms)}"
        return found

    def _thread(self, channel: str, name: str) -> str:
        for message in reversed(self.fake.said_in(channel)):
            if name in text_of(message):
                return str(message["ts"])
        raise AssertionError(f"no {name!r} in {[text_of(m) for m in self.fake.said_in(channel)]}")


def user_of(who: str) -> str:
    return f"U{who.upper()}"


def plain(text: Mapping[str, Any]) -> str:
    """What is to be read of a text object."""
    return html.unescape(str(text["text"]))


def label_of(element: Json) -> str:
    return plain(element["text"])


def elements(holder: Json) -> list[Json]:
    """Every button of a message or view, in order."""
    found: list[Json] = []
    for block in holder.get("blocks", ()):
        inside = [
            *block.get("elements", ()),
            *([block["accessory"]] if "accessory" in block else []),
        ]
        found += [e for e in inside if e.get("type") == "button"]
    return found


def block_of(holder: Json, element: Json) -> str | None:
    """The block a button stands in, as ids repeat from block to block."""
    for block in holder.get("blocks", ()):
        inside = [*block.get("elements", ()), block.get("accessory")]
        if any(e is element or e == element for e in inside):
            return str(block["block_id"]) if "block_id" in block else None
    return None


def text_of(value: Any) -> str:
    """Everything to be read in blocks, one line a block."""
    if isinstance(value, Mapping) and "blocks" in value:
        return "\n".join(filter(None, map(text_of, value["blocks"])))
    if isinstance(value, Mapping) and "blocks" not in value and value.get("type") == "message":
        return html.unescape(str(value.get("text", "")))
    return "".join(_words(value))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        text = value.get("text")
        if isinstance(text, str):
            yield text if value.get("type") in ("text", "link") else html.unescape(text)
        for key, item in value.items():
            if key not in ("confirm", "value", "action_id", "block_id", "title", "submit", "close"):
                yield from _words(item)
                if key in ("label", "hint", "text", "description") and isinstance(item, Mapping):
                    yield "\n"
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)


def answer(element: Json, value: Filled) -> Json:
    """The state of an input, as Slack reports it when a person has filled it in so."""
    kind = element["type"]
    if kind in ("radio_buttons", "static_select"):
        found = [o for o in options_of(element) if str(value) in plain(o["text"])]
        exact = [o for o in found if plain(o["text"]) == value]
        assert found, f"no 「{value}」 among {[plain(o['text']) for o in options_of(element)]}"
        return {"type": kind, "selected_option": (exact or found)[0]}
    if kind in ("checkboxes", "multi_static_select"):
        wanted = [value] if isinstance(value, str) else [str(item) for item in value]
        chosen = [o for o in options_of(element) if plain(o["text"]) in wanted]
        assert len(chosen) == len(wanted), f"{wanted} among {element}"
        return {"type": kind, "selected_options": chosen}
    if kind == "datepicker":
        return {"type": kind, "selected_date": str(value) or None}
    text = value if isinstance(value, str) else "\n".join("、".join(row) for row in value)
    return {"type": kind, "value": text or None}


def offers(element: Json, value: str) -> bool:
    """Could a person choose this here? True for what is typed."""
    listed = options_of(element)
    return not listed or any(value in plain(option["text"]) for option in listed)


def that_offers(value: Filled, block: Json, inputs: Iterable[Json]) -> Json:
    """The input of a field that has this value: below its likely options there is another one."""
    if not isinstance(value, str) or offers(block["element"], value):
        return block
    return next(b for b in inputs if is_beside(b, block) and offers(b["element"], value))


def is_beside(one: Json, other: Json) -> bool:
    """Are these two inputs of the same field?"""
    return str(one["block_id"]).split(":")[1] == str(other["block_id"]).split(":")[1]


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    return [option for group in groups for option in group["options"]]
