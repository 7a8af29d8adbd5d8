"""The fiscal years a text names, by number or by the calendar of the day."""

import re
from datetime import date

from bot.days import APRIL, REIWA_BEFORE, fiscal_year

NAMED_YEAR = re.compile(
    r"(?:令和|(?<![a-z0-9])r\.?)(元|[0-9]{1,2})(?![0-9])(?:年度?|\.(?=[0-9]))?(?:([0-9]{1,2})月|([0-9]{1,2})(?=\.|$))?"
    r"|(?<![0-9])(20[0-9]{2})(?:年度|年(?:([0-9]{1,2})月)?|(?=[/.-][0-9])|(?![0-9円人件]))"
)
RELATIVE_YEAR = {
    "一昨年度": -2, "一昨年": -2, "おととし": -2, "おととい年": -2, "昨年度": -1, "昨年": -1, "去年度": -1, "去年": -1,
    "前年度": -1, "前年": -1, "きょねん": -1, "さくねん": -1, "今年度": 0, "本年度": 0, "今年": 0, "本年": 0, "ことし": 0,
    "来年度": 1, "来年": 1, "次年度": 1, "翌年度": 1, "らいねん": 1,
}  # fmt: skip
RELATIVE = re.compile("|".join(RELATIVE_YEAR))


def years(text: str, at: date) -> frozenset[int]:
    """In: cleaned text and today. Out: the fiscal years of Reiwa it names, by number or as 昨年度, 今年…"""
    named = {_year(match) for match in NAMED_YEAR.finditer(text)}
    told = {fiscal_year(at) + RELATIVE_YEAR[match.group()] for match in RELATIVE.finditer(text)}
    return frozenset(named | told)


def _year(match: re.Match[str]) -> int:
    reiwa, month, dotted, western, western_month = match.groups()
    number = int(western) - REIWA_BEFORE if western else 1 if reiwa == "元" else int(reiwa)
    of_year = int(month or dotted or western_month or APRIL)
    return number - (of_year < APRIL)


def without_years(text: str) -> str:
    """In: a cleaned question. Out: the same without the years it names, which are matched as years."""
    return RELATIVE.sub(" ", NAMED_YEAR.sub(" ", text)).strip()
