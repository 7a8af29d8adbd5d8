"""Modals and the home tab: what is shown on them, and what an act on them leads to."""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
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
from bot.platforms.slack.ears import CONSULT, MENU, Heard
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

log = logging.getLogger(__name__)

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


def _update(view: View) -> Mapping[str, Any]:
    return {"response_action": "update", "view": view}
