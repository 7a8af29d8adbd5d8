"""The figures in words."""

from tests.chaos.plan import Plan, Tally


def report(plan: Plan, tally: Tally) -> list[str]:
    """The figures, a line a subject."""
    figures = tally.figures

    def some(start: str) -> str:
        found = {
            k.removeprefix(start): n for k, n in sorted(figures.items()) if k.startswith(start)
        }
        return ", ".join(f"{name} {count}" for name, count in found.items()) or "none"

    def named(*names: str) -> str:
        return ", ".join(f"{name} {figures[name]}" for name in names)

    steps = sum(count for name, count in figures.items() if name.startswith("step "))
    return [
        f"seed {plan.seed}, steps {steps}: {some('step ')}",
        named("kills", "kills inside a request", "kills between requests", "kills inside a start"),
        named("posts", "connections broken", "resent", "not resent"),
        named("answered and sent again", "broken when sent again"),
        named("forms led to late", "told that the form is closed"),
        f"events stored {figures['events stored']}, cut off {len(tally.cut_off)}; ends: {some('end ')}",
        f"rows: {some('rows ')}",
        named("claims cut off", "records lost") + f", repeats {figures['posts repeated']}",
        named("tickets", "ticket lines", "announcements", "recipients", "acknowledgements"),
        named("seconds", "seconds to settle"),
    ]
