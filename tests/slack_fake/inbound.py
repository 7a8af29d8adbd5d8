"""What Slack sends to the app, and one sending of it."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.slack_fake.people import Json


@dataclass(frozen=True)
class Inbound:
    kind: str
    payload: Json
    etype: str
    """The type of the envelope: events_api, interactive or slash_commands."""
    accepts: bool = False
    """Whether the acknowledgement may carry an answer."""

    @property
    def is_event(self) -> bool:
        return self.etype == "events_api"


@dataclass
class Delivery:
    """On its way to the app; events come again, in a new envelope, until acknowledged."""

    inbound: Inbound
    attempts: int = 0
    sent: list[float] = field(default_factory=list)
    acked_at: float | None = None
    ack_payload: Any = None
    status: int | None = None
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def kind(self) -> str:
        return self.inbound.kind

    @property
    def payload(self) -> Json:
        return self.inbound.payload

    def try_once(self) -> None:
        self.attempts += 1
        self.sent.append(time.time())

    def settle(self, payload: Any, status: int = 200) -> None:
        self.status = status
        if status == 200 and self.acked_at is None:
            self.acked_at, self.ack_payload = time.time(), payload
        self.done.set()

    def wait(self, timeout: float = 5) -> Any:
        """The answer the acknowledgement carried."""
        if not self.done.wait(timeout):
            raise TimeoutError(f"{self.kind}: no ack in {timeout}s, {self.attempts} attempt(s)")
        return self.ack_payload
