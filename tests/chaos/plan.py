"""What is planned, and what is written down of it while it runs."""

import random
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Moment:
    """Kill `delay` seconds after the POST of this number began, `sending`: when the ledger next has rows
    on their way; and `again` so long after the restart began."""

    post: int
    delay: float
    sending: bool
    again: float | None


@dataclass(frozen=True)
class Plan:
    """`repeats`: what part of the answered POSTs is sent once more."""

    kills: int = 50
    steps: int = 200
    seed: int = 1
    database_url: str = ""
    repeats: float = 0.15

    def moments(self) -> list[Moment]:
        """Spread over the script: most within a request, some between two, while the ledger sends, within a
        start."""
        rng = random.Random(f"kill {self.seed}")
        found: list[tuple[float, bool, float | None]] = []
        left = self.kills
        while left:
            inside = rng.random() < 0.6
            delay = rng.uniform(0.001, 0.2) ** 2 if inside else rng.uniform(0.05, 1.5)
            again = rng.uniform(0.05, 1.0) if left > 1 and rng.random() < 0.1 else None
            left -= 1 if again is None else 2
            found.append((max(delay, 0.001), not inside and rng.random() < 0.6, again))
        posts = range(2, max(len(found) + 2, round(self.steps * 1.5)))
        numbers = sorted(rng.sample(posts, len(found)))
        return [Moment(n, *how) for n, how in zip(numbers, found, strict=True)]


@dataclass
class Sent:
    """One event a person sent, however often. `mark` is in its words and in nobody else's; `about` what its
    button names; `button` action and value of what was pressed or sent off. `event_id`: as the desk
    stores it."""

    kind: str
    who: str
    about: str = ""
    mark: str = ""
    button: str = ""
    event_id: str = ""
    answered: bool = False
    closed: bool = False  # the desk said that this form was sent off already
    times: int = 0


@dataclass
class Tally:
    """What happened while it ran."""

    figures: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    lost_records: set[int] = field(default_factory=set)
    cut_off: set[int] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)

    def blame(self, problem: str) -> None:
        self.problems.append(problem)
