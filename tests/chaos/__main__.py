"""`python -m tests.chaos`: one run, its figures and what it found."""

import sys

import click

from tests.chaos.plan import Plan
from tests.chaos.report import report
from tests.chaos.run import run


@click.command(help="Kill the running desk and look whether anything was lost")
@click.option("--kills", default=50, type=click.IntRange(0))
@click.option("--steps", default=200, type=click.IntRange(1))
@click.option("--seed", default=1)
@click.option("--database-url", default="", help="PostgreSQL; without it a new SQLite file")
def main(kills: int, steps: int, seed: int, database_url: str) -> None:
    plan = Plan(kills, steps, seed, database_url)
    tally = run(plan, lambda line: click.echo(f"\r{line}   ", nl=False, err=True))
    click.echo(err=True)
    for line in report(plan, tally):
        click.echo(line)
    for problem in tally.problems[:10]:
        click.echo(f"✗ {problem}")
    click.echo(
        f"{len(tally.problems)} problems" if tally.problems else "✓ nothing lost, nothing twice"
    )
    sys.exit(1 if tally.problems else 0)


if __name__ == "__main__":
    main()
