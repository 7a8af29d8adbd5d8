"""Days as the prefecture counts them: Japan's time, fiscal years of Reiwa, working days.

Moments are stored in UTC and shown in Japan's time (JST has no summer time, so a fixed offset is exact).
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

import jpholiday

JST = timezone(timedelta(hours=9), "JST")
WEEKDAYS = "月火水木金土日"
REIWA_BEFORE = 2018  # 令和1年 is 2019
APRIL = 4
SATURDAY = 5


def day_of(moment: datetime) -> date:
    """The date in Japan at this moment."""
    return moment.astimezone(JST).date()


def fiscal_year(day: date) -> int:
    """The fiscal year in years of Reiwa: 8 for 2026-04-01 to 2027-03-31."""
    return day.year - REIWA_BEFORE - (day.month < APRIL)


def end_of_fiscal_year(day: date) -> date:
    """The last day of March that comes, the day itself included."""
    return date(REIWA_BEFORE + fiscal_year(day) + 1, APRIL - 1, 31)


def is_working_day(day: date) -> bool:
    """Neither a weekend nor a holiday (国民の祝日に関する法律), nor the year's turn of 12/29 to 1/3
    (兵庫県の休日を定める条例, as for every prefecture under 地方自治法第4条の2)."""
    turn_of_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < SATURDAY and not turn_of_year and not jpholiday.is_holiday(day)


def working_days_after(day: date, count: int) -> date:
    """The `count`-th working day after `day`; the day itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def end_of(day: date) -> datetime:
    """The last moment of this day in Japan, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), JST).astimezone(UTC)


def in_words(day: date) -> str:
    """11月25日（水）"""
    return f"{day.month}月{day.day}日（{WEEKDAYS[day.weekday()]}）"


def in_full(day: date) -> str:
    """令和7年2月28日"""
    return f"令和{day.year - REIWA_BEFORE}年{day.month}月{day.day}日"


def clock(moment: datetime) -> str:
    """11月25日（水）9:05, in Japan."""
    there = moment.astimezone(JST)
    return f"{in_words(there.date())}{there.hour}:{there.minute:02}"
