"""What is planned for Slack."""

from dataclasses import dataclass

from tests.chaos.plan import Plan


@dataclass(frozen=True)
class SlackPlan(Plan):
    """`strikes`: how often each named step is struck. `every`: of the pack only each so manieth entry, where
    the desk is to start quickly."""

    strikes: int = 5
    every: int = 1
