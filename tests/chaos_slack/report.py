"""The figures in words."""

from tests.chaos.plan import Tally
from tests.chaos.report import named, outcome, some, steps
from tests.chaos_slack.plan import SlackPlan


def report(plan: SlackPlan, tally: Tally) -> list[str]:
    """The figures, a line a subject."""
    figures = tally.figures
    return [
        f"seed {plan.seed}, steps {steps(figures)}: {some(figures, 'step ')}",
        f"kills {figures['kills']}: {some(figures, 'kills ')}",
        f"named steps struck: {some(figures, 'struck ')}",
        named(figures, "events sent", "told again", "acknowledged and told again"),
        named(figures, "not got through", "done again", "given up"),
        named(figures, "forms opened by their card", "told that the form is closed"),
        *outcome(tally),
        named(figures, "looked for and found", "messages", "cards in parts", "calls"),
        named(figures, "ephemerals", "ephemerals repeated"),
        f"refused by Slack: {some(figures, 'refused ')}",
    ]
