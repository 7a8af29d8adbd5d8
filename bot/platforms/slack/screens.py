"""Modals and the home tab: what is shown on them, and what an act on them leads to."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from bot.chat import (
    CONFIRMED,
    Account,
    Card,
    ChatDesk,
    Form,
    FormValue,
    Message,
    Place,
    Reply,
    SendError,
)
from bot.platforms.slack.api import Slack
from bot.platforms.slack.blocks import messages_of
from bot.platforms.slack.ears import ASK_AGAIN, CONSULT, MENU, Heard
from bot.platforms.slack.modals import (
    DESK,
    FORM,
    LOOK,
    Open,
    View,
    asks,
    block_of,
    filled,
    form_view,
    home_view,
    look_view,
    note_view,
    seal_of,
)
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.texts import names, spoken

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds of the three that a trigger lives, before a modal says that it is loading
HOME = "home"
FRAME = 20_000
"""Bytes of an acknowledgement. Slack hangs up where a frame on the socket has more than 20,480
(revelrylabs/slax#614, slack-go/slack#1196), and six of them are one kana."""
LOOKS, BETWEEN_LOOKS = 20, 0.1
LOADING = "読み込んでいます。少しお待ちください。"
DONE = "できました。この画面は閉じてかまいません。"
NOTHING = "いま見られるものはありません。"
FOR_INSIDE = ("相談は市町の方からお受けしています。", "できることを選んでください。")
CLOSED = "この用紙は、もう送られたか閉じています。続きはメッセージで見られます。"
STANDS_IN_SLACK = "Slackに書いたもとの文は残っています。ご自分で消してください。"
_PAGED = re.compile(r"(.*)@(\d{1,6})", re.DOTALL)


class Screens:
    """The screens of one workspace."""

    def __init__(self, desk: ChatDesk, slack: Slack, poster: Poster, page: str) -> None:
        self._desk, self._slack, self._poster, self._page = desk, slack, poster, page
        self._at_home: set[str] = set()  # whoever has looked at the home tab

    def completed(self, found: Heard, now: datetime) -> Heard:
        """What was heard, with what only the desk can tell: the form that was sent off, what a command
        means for this person."""
        if found.kind == "form":
            return replace(found, message=self._sent_off(found, now))
        if found.kind == "oshirase":
            if any(b.action == "announce" for b in self._desk.menu(found.account)):
                return replace(found, kind="press")
            return replace(found, kind="look", message=None, look=("notices", ""))
        message = found.message
        starts = message is not None and message.action == CONSULT and not found.view
        if starts and message is not None and not message.value and found.body is None:
            visitor = self._desk.visitor(found.account)
            if visitor is not None and visitor.inside:
                return replace(found, kind="look", message=None, look=(MENU, ""))
        return found

    def _sent_off(self, found: Heard, now: datetime) -> Message | None:
        """The form as a message; None where it is closed, or its preview shows something else by now."""
        if found.callback != FORM or found.body is None:
            return None
        standing = self._standing(found)
        if standing is None:
            return None
        opened, form = standing
        if opened.seal and opened.seal != seal_of(form):
            return None
        view = found.body["view"]
        values: dict[str, FormValue] = {f.name: f.value for f in form.fields}
        if opened.seal:
            values[CONFIRMED] = "yes"
        else:
            values = dict(filled(form, view))
        return Message(
            f"form:{view['id']}:{found.trigger}",  # the hash stays where only sentences came back
            found.account,
            opened.place,
            now,
            action=form.action,
            value=form.value,
            values=values,
        )

    def _standing(self, found: Heard) -> tuple[Open, Form] | None:
        """The form that a modal shows: where it is this person's and still open. It counts as sent off where he
        may act, a room he may enter, else in his own talk, whatever the modal says."""
        opened = Open.read(found.meta)
        form = self._desk.form(found.account, opened.form_id) if opened else None
        if opened is None or form is None:
            return None
        own, place = Place(*self._poster.home, found.account.user), opened.place
        if place.root != own and not self._desk.may_enter(found.account, place):
            place = own
        return replace(opened, place=place), form

    def closed_form(self, found: Heard | None) -> Mapping[str, Any]:
        """For a form that cannot be sent off: what stands in its place now."""
        if found is None or found.callback != FORM:
            return {}
        standing = self._standing(found)
        if standing is None:
            return _update(note_view(CLOSED))
        opened, form = standing
        return _update(form_view(form, opened.form_id, opened.place, self._page))

    def after_form(self, found: Heard, reply: Reply) -> Mapping[str, Any]:
        """The acknowledgement of a form that was sent off."""
        if reply.alone is not None:
            problem = "\n".join((reply.alone.title, *reply.alone.paragraphs))
            standing = self._standing(found)
            if standing is None:
                return _update(note_view(problem))
            opened, form = standing
            kept = form.with_values((found.message.values if found.message else None) or {})
            return _update(form_view(kept, opened.form_id, opened.place, self._page, problem))
        if reply.form is None or reply.form_id is None or found.message is None:
            return {"response_action": "clear"}
        view = (found.body or {})["view"]
        wrong = {block_of(f, view): f.error for f in reply.form.fields if f.error and asks(f)}
        if wrong and None not in wrong and reply.form.preview is None:
            return {"response_action": "errors", "errors": wrong}
        return _update(form_view(reply.form, reply.form_id, found.message.place, self._page))

    def acknowledge(
        self, found: Heard | None, answer: Mapping[str, Any], ack: Callable[..., object]
    ) -> None:
        """Answer a form; where the view is too large for that, a small one stands there till it comes."""
        if found is None or "view" not in answer or len(json.dumps(answer)) <= FRAME:
            ack(**answer)
            return
        name = f"loading-{uuid4().hex}"
        ack(**_update({**note_view(LOADING), "external_id": name}))
        try:
            self._put_in_place_of(name, answer["view"])
        except SendError:
            if opened := Open.read(answer["view"].get("private_metadata", "")):
                self._desk.offer_form(found.account, opened.place, opened.form_id)

    def _put_in_place_of(self, name: str, view: View) -> None:
        """Slack knows of the name once the acknowledgement is there, which goes another way."""
        for _ in range(LOOKS):
            try:
                self._slack.call("views.update", external_id=name, view=view)
            except SendError as error:
                if str(error) != "not_found":
                    raise
                time.sleep(BETWEEN_LOOKS)
            else:
                return
        raise SendError("not_found")

    def show(self, found: Heard) -> None:
        """A list, a board, or the fields behind a preview."""
        if found.kind == "fix":
            self._back_to_fields(found)
            return
        (action, value), start = found.look, 0
        if found.view and (paged := _PAGED.fullmatch(value)):
            value, start = paged[1], int(paged[2])
        card = self._looked_at(found.account, action, value)
        view = (
            look_view(card, self._page, f"{action}/{value}", start) if card else note_view(NOTHING)
        )
        if start:
            self._show_anew(found.view, view)
            return
        try:
            self._open(found, view)
        except SendError as error:  # the trigger died, or what it lay over was closed
            log.warning("a screen could not be shown: %s", error)

    def _show_anew(self, view_id: str, view: View) -> None:
        """A screen that is closed meanwhile, or that Slack cannot show now, keeps nothing else from happening."""
        try:
            self._slack.call("views.update", view_id=view_id, view=view)
        except SendError as error:
            log.warning("views.update: %s", error)

    def _looked_at(self, account: Account, action: str, value: str) -> Card | None:
        if action == MENU:
            return Card(DESK, FOR_INSIDE, buttons=self._desk.menu(account))
        return self._desk.look(account, action, value)

    def _back_to_fields(self, found: Heard) -> None:
        view = note_view(CLOSED)
        if standing := self._standing(found):
            opened, form = standing
            fields = replace(form, preview=None)
            view = form_view(fields, opened.form_id, opened.place, self._page)
        self._show_anew(found.view, view)

    def show_home(self, account: Account) -> None:
        """Everything one has, on the home tab. Slack has one only for the workspace's own people."""
        if account.workspace != self._poster.home[1]:
            return
        menu = self._desk.menu(account)
        looks = [button for button in menu if button.style == "link"]
        seen = [(button, self._desk.look(account, button.action, "")) for button in looks]
        lists = [(button, card) for button, card in seen if card is not None]
        acts = [button for button in menu if button.style != "link"]
        view = home_view(self._desk.visitor(account), acts, lists, self._page)
        self._at_home.add(account.user)
        try:
            self._slack.call("views.publish", user_id=account.user, view=view)
        except SendError as error:
            log.warning("views.publish: %s", error)

    def show_home_anew(self, account: Account) -> None:
        """After a form, which covers it: Slack tells nothing when a modal is gone and the home tab seen again."""
        if account.user in self._at_home:
            self.show_home(account)

    def whisper(self, found: Heard, message: Message, card: Card) -> None:
        """A card for this moment and this person only; it is kept nowhere."""
        where, user = found.body or {}, message.account.user
        stands = "ts" in where
        if stands:
            about = f"{where['channel']}:{where['ts']}:{where.get('thread') or ''}"
            again = tuple(
                replace(b, value=about) if b.action == ASK_AGAIN else b for b in card.buttons
            )
            note = card.note or ("" if again else STANDS_IN_SLACK)
            card = replace(card, buttons=again, note=note)
        else:  # words that stand nowhere in Slack can only be written anew
            kept = tuple(b for b in card.buttons if b.action != ASK_AGAIN)
            card = replace(card, buttons=kept)
        here = [(str(where["channel"]), where.get("thread"))] if stands else []
        for channel, thread in (*here, ("", None)):
            try:
                self._whisper(channel or self._poster.talk_with(user), thread, user, card)
            except SendError as error:  # the desk is not in that channel, say: his own talk is left
                log.warning("chat.postEphemeral: %s", error)
            else:
                return

    def _whisper(self, channel: str, thread: str | None, user: str, card: Card) -> None:
        for part in messages_of(card, self._page):
            self._slack.call(
                "chat.postEphemeral",
                channel=channel,
                user=user,
                thread_ts=thread,
                blocks=part.blocks,
                text=part.text,
            )

    def with_words(
        self, found: Heard, hurried: Slack, bot: str, name_of: Callable[[str], str]
    ) -> Heard:
        """The message that a button names, read from Slack: one's own only."""
        assert found.message is not None  # noqa: S101  asked by the caller
        channel, _, rest = found.message.value.partition(":")
        ts, _, thread = rest.partition(":")
        words = ""
        try:
            answer = hurried.call(
                "conversations.replies" if thread else "conversations.history",
                channel=channel,
                ts=thread or None,
                oldest=ts,
                latest=ts,
                inclusive=True,
                limit=2,
            )
        except SendError:
            answer = {}  # then nothing was said, and the desk says so
        for said in answer.get("messages", []):
            if said.get("ts") == ts and said.get("user") == found.account.user:
                words = str(said.get("text") or "")
        place = found.message.place
        if words:  # where they stand, wherever the button was: a channel is answered in a thread
            private = channel.startswith("D")
            where = found.account.user if private else channel
            place = Place(*self._poster.home, where, thread or (None if private else ts))
        said_anyway = replace(
            found.message,
            value=spoken(words, bot, name_of),
            place=place,
            addressed=names(words, bot),
        )
        return replace(found, message=said_anyway)

    @contextmanager
    def waiting(self, found: Heard, ack: Callable[[], object]) -> Iterator["Waiting"]:
        """While a press is answered: a modal says that it is loading before its trigger dies."""
        screen = Waiting(self, found, ack)
        screen.begin()
        try:
            yield screen
        finally:
            screen.end()

    def shown(self, found: Heard, place: Place, reply: Reply, loading: str) -> None:
        """What a press led to, on a screen: its form, or the screen it came from anew."""
        if reply.form is not None and reply.form_id is not None:
            view = form_view(reply.form, reply.form_id, place, self._page)
            try:
                if loading:
                    self._slack.call("views.update", view_id=loading, view=view)
                else:
                    self._open(found, view)
            except SendError:  # the trigger had died, or Slack does not answer
                self._desk.offer_form(found.account, place, reply.form_id)
        elif loading:
            self._show_anew(loading, note_view(DONE))
        elif found.callback == LOOK:
            action, _, value = found.meta.partition("/")
            if card := self._looked_at(found.account, action, value):
                self._show_anew(found.view, look_view(card, self._page, found.meta))
        elif found.callback == HOME:
            self.show_home(found.account)

    def open_loading(self, found: Heard) -> str:
        """A modal that says it is loading; its id."""
        return self._open(found, note_view(LOADING))

    def _open(self, found: Heard, view: View) -> str:
        """On top of the modal it came from, else as a new one."""
        on_top = found.view and found.callback != HOME
        method = "views.push" if on_top else "views.open"
        try:
            answer = self._slack.call(method, trigger_id=found.trigger, view=view)
        except SendError as error:
            if not on_top or str(error) != "push_limit_reached":
                raise
            answer = self._slack.call("views.update", view_id=found.view, view=view)
        return str(answer["view"]["id"])


class Waiting:
    """One press that is being answered. It is acknowledged when its form stands or its effect is written down,
    so that Slack shows what dies before that as not got through; at the latest when a modal says loading."""

    def __init__(self, screens: Screens, found: Heard, ack: Callable[[], object]) -> None:
        self._screens, self._found, self._ack = screens, found, ack
        self._lock = threading.Lock()
        self._over = False
        self._loading = ""
        self._timer = threading.Timer(PATIENCE, self._too_long)
        self._timer.daemon = True

    def begin(self) -> None:
        if self._found.trigger:
            self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        self._ack()

    def show(self, message: Message, reply: Reply) -> None:
        """The effect is there: show what it led to."""
        with self._lock:
            self._over = True
            loading = self._loading
        self._screens.shown(self._found, message.place, reply, loading)
        self._ack()

    def _too_long(self) -> None:
        self._ack()
        with self._lock:
            if self._over:
                return
            try:
                self._loading = self._screens.open_loading(self._found)
            except SendError:
                self._loading = ""  # then the form is offered by a card


def _update(view: View) -> Mapping[str, Any]:
    return {"response_action": "update", "view": view}
