"""What follows from an entry's facts and is kept in its front matter: typed values, and what the facts say."""

from collections.abc import Mapping
from typing import Any

from knowledge.entries import Entry
from knowledge.values import values_of

BETWEEN = "："
"""Between the topic of a fact and its statement in a line of `basis:`."""


def holds_of(entry: Entry) -> tuple[str, ...]:
    """The typed values an entry holds."""
    return values_of(entry.title, entry.answer, entry.fiscal_year)


def holds_of_fact(fact: Mapping[str, Any]) -> tuple[str, ...]:
    """The typed values a fact holds."""
    year = str(fact.get("fiscal_year") or "").removeprefix("R")
    return values_of(fact["topic"], fact["statement"], int(year) if year.isdigit() else None)


def basis_of(entry: Entry, facts: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Topic and statement of each fact the entry rests on, in one line each."""
    told = (facts[name] for name in entry.facts if name in facts)
    return tuple(f"{fact['topic']}{BETWEEN}{fact['statement']}" for fact in told)


def topics(entry: Entry) -> tuple[str, ...]:
    """What the facts of an entry are about, in their own words."""
    return tuple(dict.fromkeys(line.partition(BETWEEN)[0] for line in entry.basis))


def statements(entry: Entry) -> str:
    return "\n".join(line.partition(BETWEEN)[2] for line in entry.basis)
