"""`python -m tests.chaos_slack`: one run, its figures and what it found."""

from functools import partial

import click

from tests.chaos.command import planned, show
from tests.chaos_slack.plan import SlackPlan
from tests.chaos_slack.report import report
from tests.chaos_slack.stage import run_in_slack


@click.command(help="Kill the desk while it runs in Slack and look whether anything was lost")
@planned
@click.option("--strikes", default=5, type=click.IntRange(0), help="kills at each named step")
def main(kills: int, steps: int, seed: int, database_url: str, strikes: int) -> None:
    plan = SlackPlan(kills, steps, seed, database_url, strikes=strikes)
    show(partial(run_in_slack, plan), partial(report, plan))


if __name__ == "__main__":
    main()
