"""One run from the command line: its figures and what it found."""

import sys
from collections.abc import Callable

import click

from tests.chaos.plan import Tally
from tests.chaos.run import Tell

PLANNED = (
    click.option("--kills", default=50, type=click.IntRange(0)),
    click.option("--steps", default=200, type=click.IntRange(1)),
    click.option("--seed", default=1),
    click.option("--database-url", default="", help="PostgreSQL; without it a new SQLite file"),
)


def planned(command: Callable[..., None]) -> Callable[..., None]:
    """With the options that every plan has."""
    for option in reversed(PLANNED):
        command = option(command)
    return command


def show(run: Callable[[Tell], Tally], report: Callable[[Tally], list[str]]) -> None:
    """Do it, and end with 1 where something was found."""
    tally = run(lambda line: click.echo(f"\r{line}   ", nl=False, err=True))
    click.echo(err=True)
    for line in report(tally):
        click.echo(line)
    for problem in tally.problems[:10]:
        click.echo(f"✗ {problem}")
    click.echo(
        f"{len(tally.problems)} problems" if tally.problems else "✓ nothing lost, nothing twice"
    )
    sys.exit(1 if tally.problems else 0)
