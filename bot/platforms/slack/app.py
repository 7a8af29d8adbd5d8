"""The desk's side of Slack that hears: Bolt, its listeners, and the modals.

Every event is written down by a global middleware before it is acknowledged, in a transaction that is closed
before `next()` (Bolt's middleware is sequential: it ends before the listener begins). The listeners run in a
pool of their own size; whatever nobody handles is acknowledged.
"""

import logging
import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from bot.chat import ChatDesk, Reply, Taken
from bot.platforms.slack.api import Slack
from bot.platforms.slack.asides import Asides
from bot.platforms.slack.ears import ASK_AGAIN, Heard, Us, heard
from bot.platforms.slack.people import People
from bot.platforms.slack.screens import Screens
from bot.platforms.slack.waiting import waiting

log = logging.getLogger(__name__)

EVERYTHING = re.compile(".*")
HEARD, TAKEN = "desk_heard", "desk_taken"


class Ears:
    """Hears one workspace for one desk."""

    def __init__(
        self,
        desk: ChatDesk,
        slack: Slack,
        hurried: Slack,
        us: Us,
        screens: Screens,
        asides: Asides,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk, self._slack, self._hurried = desk, slack, hurried
        self._us, self._screens, self._asides, self._clock = us, screens, asides, clock
        self._people = People(desk, hurried, us.workspace, clock)

    def app(self, executor: Executor, signing_secret: str) -> App:
        """Bolt with one listener a kind of payload: what is what is told by `heard`."""
        us = self._us
        known = AuthorizeResult(
            enterprise_id=None,
            team_id=us.workspace,
            bot_user_id=us.bot,
            bot_token=self._slack.client.token,
        )
        told = logging.getLogger("slack_bolt.desk")
        told.setLevel(logging.ERROR)  # it warns of tokens that `authorize` stands for
        app = App(
            logger=told,
            signing_secret=signing_secret or "unused over a socket",
            client=self._slack.client,
            authorize=lambda: known,  # no call to Slack stands between an event and its row
            listener_executor=executor,
            token_verification_enabled=False,
            request_verification_enabled=bool(signing_secret),
            ssl_check_enabled=bool(signing_secret),
            raise_error_for_unhandled_request=False,
        )
        app.use(self._take_in)
        app.event(EVERYTHING)(self._on_event)
        for register in (app.action, app.shortcut, app.command):
            register(EVERYTHING)(self._on_press)
        app.view(EVERYTHING)(self._on_form)
        app.view_closed(EVERYTHING)(_acknowledge)
        app.options(EVERYTHING)(_no_options)
        return app

    def _take_in(
        self,
        body: dict[str, Any],
        context: BoltContext,
        next: Callable[[], BoltResponse],  # noqa: A002  Bolt's name
    ) -> BoltResponse:
        """Before the acknowledgement: who it is, and the event's row."""
        name_of = self._people.caller()
        found = heard(body, self._us, self._clock(), self._desk.is_room, name_of)
        if found is not None:
            self._people.recognise(found.account)
            found = self._screens.completed(found, self._clock())
            if found.message is not None and found.message.action == ASK_AGAIN:
                found = self._asides.with_words(
                    found, name_of
                )  # it names a message; its words are in Slack
        context[HEARD] = found
        context[TAKEN] = (
            self._desk.take_in(found.message) if found is not None and found.message else None
        )
        return next()

    def _on_event(self, context: BoltContext) -> None:
        """Bolt has acknowledged it already, after the row was written."""
        found, taken = _told(context)
        if found is None:
            return
        if found.kind == "home":
            self._screens.show_home(found.account)
        elif taken is not None:
            reply = self._desk.answer(taken)
            if reply.alone is not None:
                self._asides.whisper(found, taken.message, reply.alone)

    def _on_press(self, ack: Ack, context: BoltContext) -> None:
        """Acknowledged when what it led to is there: where the process dies before, Slack tells the person."""
        found, taken = _told(context)
        if found is None or taken is None:
            ack()
        if found is None:
            return
        if found.kind in ("look", "fix"):
            self._screens.show(found)
        elif taken is not None:
            with waiting(self._screens, found, ack) as screen:
                reply = self._desk.answer(taken, partial(screen.show, taken.message))
            if reply.alone is not None:
                self._asides.whisper(found, taken.message, reply.alone)

    def _on_form(self, ack: Ack, context: BoltContext) -> None:
        """The answer to a form is its acknowledgement: closed, sentences at its fields, or its preview."""
        found, taken = _told(context)
        if found is None or taken is None:
            self._screens.acknowledge(found, self._screens.closed_form(found), ack)
            return

        clean = replace(found, message=taken.message)

        def acknowledge(reply: Reply) -> None:
            self._screens.acknowledge(found, self._screens.after_form(clean, reply), ack)

        reply = self._desk.answer(taken, acknowledge)
        if reply.form is None and reply.alone is None:
            self._screens.show_home_anew(found.account)


def _told(context: BoltContext) -> tuple[Heard | None, Taken | None]:
    return context.get(HEARD), context.get(TAKEN)


def _acknowledge(ack: Ack) -> None:
    ack()


def _no_options(ack: Ack) -> None:
    ack(options=[])
