"""What one person alone is shown, for this moment, and the words it was about, which stand in Slack and nowhere else."""

import logging
from collections.abc import Callable
from dataclasses import replace

from bot.chat import Card, Message, Place, SendError
from bot.platforms.slack.api import Slack
from bot.platforms.slack.blocks import messages_of
from bot.platforms.slack.ears import ASK_AGAIN, Heard
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.texts import names, spoken

log = logging.getLogger(__name__)

STANDS_IN_SLACK = "Slackに書いたもとの文は残っています。ご自分で消してください。"


class Asides:
    """Asides of one workspace. `hurried`: a client that does not wait long; `bot`: the desk's own user."""

    def __init__(self, slack: Slack, hurried: Slack, poster: Poster, page: str, bot: str) -> None:
        self._slack, self._hurried, self._poster = slack, hurried, poster
        self._page, self._bot = page, bot

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

    def with_words(self, found: Heard, name_of: Callable[[str], str]) -> Heard:
        """The message that a button names, read from Slack: one's own only."""
        assert found.message is not None  # noqa: S101  asked by the caller
        channel, _, rest = found.message.value.partition(":")
        ts, _, thread = rest.partition(":")
        words = ""
        try:
            answer = self._hurried.call(
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
            value=spoken(words, self._bot, name_of),
            place=place,
            addressed=names(words, self._bot),
        )
        return replace(found, message=said_anyway)
