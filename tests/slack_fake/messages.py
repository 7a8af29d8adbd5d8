"""What was said in channels, and what one person alone was shown."""

import copy

from tests.slack_fake.people import Json


class Messages:
    """Not safe between threads by itself: the workspace holds its lock around it."""

    def __init__(self) -> None:
        self.all: dict[tuple[str, str], Json] = {}
        self.ephemerals: list[Json] = []

    def add(self, channel: str, message: Json) -> None:
        self.all[channel, message["ts"]] = message
        root = self.all.get((channel, message.get("thread_ts", "")))
        if root is not None and root is not message:
            root["thread_ts"] = root["ts"]
            root["reply_count"] = root.get("reply_count", 0) + 1
            root["latest_reply"] = message["ts"]

    def thread_of(self, channel: str, ts: str | None) -> str | None:
        """The root of the thread a message is or would be in: replies have no threads of their own."""
        known = self.all.get((channel, ts or ""))
        return known.get("thread_ts", ts) if known is not None else ts

    def find(self, ts: str) -> tuple[str, Json] | None:
        """Wherever it stands: no two messages have the same ts."""
        return next(((c, m) for (c, t), m in self.all.items() if t == ts), None)

    def find_ephemeral(self, ts: str) -> Json | None:
        return next((e for e in self.ephemerals if e["ts"] == ts), None)

    def remove(self, channel: str, ts: str) -> Json | None:
        gone = self.all.pop((channel, ts), None)
        root = self.all.get((channel, (gone or {}).get("thread_ts", "")))
        if root is not None:
            root["reply_count"] = max(0, root.get("reply_count", 0) - 1)
        return gone

    def roots(self, channel: str) -> list[Json]:
        """Oldest first: what stands in the channel itself, thread broadcasts too."""
        return [
            message
            for (where, ts), message in sorted(self.all.items())
            if where == channel
            and (message.get("thread_ts", ts) == ts or message.get("subtype") == "thread_broadcast")
        ]

    def thread(self, channel: str, root: str) -> list[Json]:
        """Oldest first: the root, if it still stands, and its replies."""
        return [
            message
            for (where, ts), message in sorted(self.all.items())
            if where == channel and root in (ts, message.get("thread_ts"))
        ]

    def said_in(self, channel: str, thread: str | None) -> list[Json]:
        found = self.thread(channel, thread) if thread else self.roots(channel)
        return [{**copy.deepcopy(message), "channel": channel} for message in found]
