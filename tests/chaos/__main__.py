"""`python -m tests.chaos`: one run, its figures and what it found."""

from functools import partial

import click

from tests.chaos.command import planned, show
from tests.chaos.plan import Plan
from tests.chaos.report import report
from tests.chaos.run import run


@click.command(help="Kill the running desk and look whether anything was lost")
@planned
def main(kills: int, steps: int, seed: int, database_url: str) -> None:
    plan = Plan(kills, steps, seed, database_url)
    show(partial(run, plan), partial(report, plan))


if __name__ == "__main__":
    main()
