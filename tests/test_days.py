"""Days as the prefecture counts them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.days import (
    SATURDAY,
    clock,
    day_of,
    end_of,
    fiscal_year,
    in_full,
    in_words,
    is_working_day,
    working_days_after,
)
from bot.tickets import FIRST_REPLY, Urgency

HOLIDAYS = {
    2024: "01-01 01-08 02-11 02-12 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-22 09-23 10-14 11-03 11-04 11-23",
    2025: "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24",
    2026: "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
    2027: "01-01 01-11 02-11 02-23 03-21 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23",
}
"""The official list, 内閣府「国民の祝日について」; 休日 included."""


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2019, 4, 30), 1),
        (date(2026, 3, 31), 7),
        (date(2026, 4, 1), 8),
        (date(2026, 12, 31), 8),
        (date(2027, 1, 1), 8),
        (date(2027, 3, 31), 8),
        (date(2027, 4, 1), 9),
    ],
)
def test_a_fiscal_year_begins_on_the_first_of_april(day: date, year: int) -> None:
    assert fiscal_year(day) == year


def test_the_day_is_the_day_in_japan() -> None:
    last = datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)

    assert day_of(last) == date(2026, 3, 31)
    assert day_of(last + timedelta(seconds=1)) == date(2026, 4, 1)
    assert day_of(last.astimezone(timezone(timedelta(hours=-8)))) == date(2026, 3, 31)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 21),  # Saturday
        date(2026, 11, 22),  # Sunday
        date(2026, 11, 23),  # 勤労感謝の日
        date(2026, 9, 21),  # 敬老の日
        date(2026, 9, 22),  # 国民の休日, between two holidays
        date(2026, 9, 23),  # 秋分の日
        date(2026, 5, 6),  # 振替休日
        date(2026, 12, 29),
        date(2026, 12, 30),
        date(2026, 12, 31),
        date(2027, 1, 1),
        date(2027, 1, 2),
        date(2027, 1, 3),
        date(2027, 3, 22),  # 振替休日
    ],
)
def test_nobody_works_on_weekends_holidays_and_at_the_turn_of_the_year(day: date) -> None:
    assert not is_working_day(day)


@pytest.mark.parametrize(
    "day", [date(2026, 11, 20), date(2026, 11, 24), date(2026, 12, 28), date(2027, 1, 4)]
)
def test_the_days_between_are_worked(day: date) -> None:
    assert is_working_day(day)


@pytest.mark.parametrize("year", sorted(HOLIDAYS))
def test_the_holidays_are_those_of_the_cabinet_office(year: int) -> None:
    days = [date(year, 1, 4) + timedelta(days=n) for n in range(359)]  # to 28 December at most
    off = {day for day in days if day.weekday() < SATURDAY and not is_working_day(day)}

    listed = {date.fromisoformat(f"{year}-{day}") for day in HOLIDAYS[year].split()}
    weekend_or_turn = {d for d in listed if d.weekday() >= SATURDAY or (d.month, d.day) == (1, 1)}
    assert off == listed - weekend_or_turn


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 24)),  # Friday, over weekend and holiday
        (date(2026, 11, 21), 1, date(2026, 11, 24)),  # asked on a day off
        (date(2026, 9, 18), 1, date(2026, 9, 24)),  # five days off
        (date(2026, 9, 18), 2, date(2026, 9, 25)),
        (date(2026, 12, 28), 1, date(2027, 1, 4)),
        (date(2026, 12, 25), 5, date(2027, 1, 7)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_working_days_are_counted_from_the_next_day(day: date, count: int, then: date) -> None:
    assert working_days_after(day, count) == then


def test_the_first_reply_comes_within_five_two_or_one_working_days() -> None:
    asked = date(2026, 11, 20)

    by = {urgency: working_days_after(asked, FIRST_REPLY[urgency]) for urgency in Urgency}

    assert by == {
        Urgency.NORMAL: date(2026, 11, 30),
        Urgency.SOON: date(2026, 11, 25),
        Urgency.NOW: date(2026, 11, 24),
    }


def test_a_day_ends_at_midnight_in_japan() -> None:
    assert end_of(date(2026, 11, 20)) == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert day_of(end_of(date(2026, 11, 20)) - timedelta(microseconds=1)) == date(2026, 11, 20)


def test_days_are_written_as_the_office_writes_them() -> None:
    assert in_words(date(2026, 11, 25)) == "11月25日（水）"
    assert in_full(date(2025, 2, 28)) == "令和7年2月28日"
    assert clock(datetime(2026, 11, 25, 0, 5, tzinfo=UTC)) == "11月25日（水）9:05"
