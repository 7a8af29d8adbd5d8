"""Was anything lost in Slack, or said twice?"""

from bot.deliveries import State as Sending
from tests.chaos.plan import Tally
from tests.chaos_slack.book import SlackBook
from tests.slack_fake import BOT_ID

NOT_THROUGH = "not acknowledged in"  # what Slack shows to who pressed while the desk was dead


def check_posts(book: SlackBook, tally: Tally) -> None:
    """Each part of each row once, and no word of the desk without a row."""
    rows = {f"d{row.id}" for row in book.rows if row.replaces_id is None}
    for key, parts in book.posted.items():
        for part, messages in parts.items():
            tally.figures["posts repeated"] += len(messages) - 1
            if len(messages) > 1:
                tally.blame(f"part {part} of {key} stands {len(messages)} times")
        if key not in rows:
            tally.blame(f"{key} stands in Slack and belongs to no row")
    own = sum(message.get("bot_id") == BOT_ID for _, message in book.messages)
    known = sum(len(found) for parts in book.posted.values() for found in parts.values())
    if own != known:
        tally.blame(f"{own - known} messages of the desk name no row")
    tally.figures["messages"] = own
    tally.figures["cards in parts"] = sum(len(parts) > 1 for parts in book.posted.values())
    whispered = sum(book.is_whispered(row) and row.state == Sending.SENT for row in book.rows)
    tally.figures["ephemerals"] = len(book.fake.ephemerals)
    tally.figures["ephemerals repeated"] = len(book.fake.ephemerals) - whispered


def check_lost_records(book: SlackBook, tally: Tally) -> None:
    """What stood there when its record was lost was found, and is recorded now."""
    state = {row.id: row.state for row in book.rows}
    for row_id in tally.lost_records:
        if state[row_id] != Sending.SENT or len(book.posted[f"d{row_id}"][0]) != 1:
            tally.blame(f"delivery {row_id} stood there unrecorded and was not found")
        else:
            tally.figures["looked for and found"] += 1
    for row in book.rows:
        if row.state == Sending.FAILED:
            tally.blame(f"delivery {row.id} ({row.reason}) failed: {row.error}")


def check_troubles(book: SlackBook, tally: Tally) -> None:
    """Slack refused nothing."""
    for trouble in book.fake.troubles:
        if NOT_THROUGH not in trouble:
            tally.blame(f"Slack had trouble: {trouble}")
    for call in book.fake.calls():
        answer = call.get("response", {"ok": True})
        tally.figures["calls"] += 1
        if not answer["ok"]:
            tally.figures[f"refused {call['method']} {answer['error']}"] += 1


CHECKS = (check_posts, check_lost_records, check_troubles)
