"""What the database and the fake Slack say at the end."""

import json
from functools import cached_property
from itertools import chain

from bot.chat import Card, for_chat
from bot.db import Database
from bot.deliveries import Delivery as Row
from bot.deliveries import State as Sending
from bot.platforms.slack.blocks import messages_of
from bot.platforms.slack.posting import REFUSAL, ROOMS
from tests.chaos.book import Book
from tests.chaos.plan import Sent, Tally
from tests.chaos_slack.held import HeldSlack
from tests.slack_driver import text_of, user_of
from tests.slack_fake import BOT_ID, TEAM, Delivery, Json

FORM_NAMED = "#"


class SlackBook(Book):
    home = ("slack", TEAM)

    def __init__(
        self,
        db: Database,
        tally: Tally,
        fake: HeldSlack,
        deliveries: dict[str, list[Delivery]],
        page: str,
    ) -> None:
        super().__init__(db, tally.sent)
        self._cut_off = tally.cut_off
        self.fake, self.page, self._deliveries = fake, page, deliveries
        self.posted = fake.posted()
        self.messages = list(fake.messages.items())
        names = {str(one.id): f"{one.form.action}:{one.form.value}" for one in self.forms}
        for one in self.sent:  # opened by a card that knows its number alone
            if one.about.startswith(FORM_NAMED):
                one.about = names.get(one.about.removeprefix(FORM_NAMED), one.about)

    def user_of(self, who: str) -> str:
        return user_of(who)

    def stands(self, row: Row) -> bool:
        if row.state != Sending.SENT or row.sent_as is None:
            return False
        shown = [part.blocks for part in messages_of(for_chat(row.card, threads=True), self.page)]
        if self.is_whispered(row):
            return all(map(self._is_whispered_to(row.card.only_for).__contains__, map(_key, shown)))
        parts = self.posted.get(f"d{row.id}", {})
        if sorted(parts) != list(range(len(shown))) or any(len(p) > 1 for p in parts.values()):
            return False
        at_home = parts[0][0]["ts"] == row.sent_as.post
        return at_home and all(_key(_bare(parts[n][0])) == _key(one) for n, one in enumerate(shown))

    def is_whispered(self, row: Row) -> bool:
        """Shown to one person of a room, for the moment."""
        card: Card = row.card
        return bool(card.only_for and card.frame == REFUSAL and row.place.channel.startswith(ROOMS))

    def _is_whispered_to(self, user: str) -> set[str]:
        return {_key(_bare(shown)) for shown in self.fake.ephemerals_for(user)}

    def shows_own_words(self, sent: Sent) -> bool:
        channel, _, ts = sent.event_id.partition(":")
        return (channel, ts) in self.fake.messages

    def shows_form(self, sent: Sent) -> bool:
        """In a modal that the event opened or was answered with; by a card that offers it, where it was cut
        off; or Slack showed that the event did not get through."""
        if self.arrivals[sent.event_id].id in self._cut_off:
            return self._is_offered(sent)
        told = self._deliveries[sent.event_id]
        opened = {str(one.payload.get("trigger_id")) for one in told} & self._opened
        answered = any("view" in (one.ack_payload or {}) for one in told)
        return bool(opened) or answered or self._is_offered(sent) or not sent.answered

    @cached_property
    def _opened(self) -> set[str]:
        """The triggers that opened a modal."""
        calls = [*self.fake.calls("views.open"), *self.fake.calls("views.push")]
        done = [call for call in calls if call.get("response", {}).get("ok")]
        return {str(call["arguments"]["trigger_id"]) for call in done}

    def _is_offered(self, sent: Sent) -> bool:
        forms = [
            one
            for one in self.forms
            if one.account.user == user_of(sent.who)
            and f"{one.form.action}:{one.form.value}" == sent.about
        ]
        rows = chain.from_iterable(self.by_reason[f"form:{one.id}"] for one in forms)
        return any(map(self.stands, rows))

    def read_with(self, mark: str) -> int:
        return sum(mark in text_of(message) for _, message in self.messages)

    def said_with(self, mark: str) -> bool:
        own = [message for _, message in self.messages if message.get("bot_id") == BOT_ID]
        return any(mark in text_of(message) for message in (*own, *self.fake.ephemerals))


def _bare(message: Json) -> list[Json]:
    """Its blocks as the desk sent them, without the ids that Slack gave."""
    return [{k: v for k, v in block.items() if k != "block_id"} for block in message["blocks"]]


def _key(blocks: list[Json]) -> str:
    return json.dumps(blocks, sort_keys=True)
