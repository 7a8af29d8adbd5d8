"""The short form of `make chaos`: a few kills on the database the suite runs on."""

from tests.chaos.plan import Plan
from tests.chaos.run import run
from tests.store import ON_POSTGRES, POSTGRES_URL


def test_a_desk_that_is_killed_loses_nothing_and_says_nothing_twice() -> None:
    url = POSTGRES_URL if ON_POSTGRES else ""
    plan = Plan(kills=4, steps=30, seed=7, database_url=url, repeats=0.4)

    tally = run(plan, lambda _line: None)

    assert tally.problems == []
    assert tally.figures["kills"] == plan.kills
    assert tally.figures["answered and sent again"] >= 5
    assert tally.figures["events stored"] >= plan.steps - tally.figures["not resent"]
