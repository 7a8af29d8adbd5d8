"""The short form of `make chaos-slack`: a few kills on the database the suite runs on."""

from tests.chaos_slack.plan import SlackPlan
from tests.chaos_slack.stage import run_in_slack
from tests.store import ON_POSTGRES, POSTGRES_URL

NAMED = (
    "event stored of question",
    "event stored of form",
    "form committed of form",
    "answer committed of question",
    "answer sent of ticket",
    "answer recorded of words",
)


def test_a_desk_that_is_killed_in_slack_loses_nothing_and_says_nothing_twice() -> None:
    url = POSTGRES_URL if ON_POSTGRES else ""
    plan = SlackPlan(kills=3, steps=12, seed=7, database_url=url, repeats=0.4, strikes=1, every=8)

    tally = run_in_slack(plan, lambda _line: None)

    assert tally.problems == []
    assert tally.figures["kills"] >= plan.kills + len(NAMED)
    assert [name for name in NAMED if tally.figures[f"struck {name}"] != 1] == []
    assert tally.figures["looked for and found"] >= 1
    assert tally.figures["acknowledged and told again"] >= 1
