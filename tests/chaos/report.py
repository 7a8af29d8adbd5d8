"""The figures in words."""

from collections import Counter

from tests.chaos.plan import Plan, Tally


def report(plan: Plan, tally: Tally) -> list[str]:
    """The figures, a line a subject."""
    figures = tally.figures
    return [
        f"seed {plan.seed}, steps {steps(figures)}: {some(figures, 'step ')}",
        named(
            figures,
            "kills",
            "kills inside a request",
            "kills between requests",
            "kills inside a start",
        ),
        named(figures, "posts", "connections broken", "resent", "not resent"),
        named(figures, "answered and sent again", "broken when sent again"),
        named(figures, "forms led to late", "told that the form is closed"),
        *outcome(tally),
    ]


def outcome(tally: Tally) -> list[str]:
    """What came of it, on any platform."""
    figures, cut_off = tally.figures, len(tally.cut_off)
    return [
        f"events stored {figures['events stored']}, cut off {cut_off}; ends: {some(figures, 'end ')}",
        f"rows: {some(figures, 'rows ')}",
        f"{named(figures, 'claims cut off', 'records lost')}, repeats {figures['posts repeated']}",
        named(
            figures, "tickets", "ticket lines", "announcements", "recipients", "acknowledgements"
        ),
        named(figures, "seconds", "seconds to settle"),
    ]


def steps(figures: Counter[str]) -> int:
    return sum(count for name, count in figures.items() if name.startswith("step "))


def some(figures: Counter[str], start: str) -> str:
    """All figures whose names start so."""
    found = {k.removeprefix(start): n for k, n in sorted(figures.items()) if k.startswith(start)}
    return ", ".join(f"{name} {count}" for name, count in found.items()) or "none"


def named(figures: Counter[str], *names: str) -> str:
    return ", ".join(f"{name} {figures[name]}" for name in names)
