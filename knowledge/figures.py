"""Figures of a text, normalised one way, so that an answer can be held against the facts it names.

The rule: NFKC, no comma between digits; 万 and 億 are multiplied out (1万2,500円 = 12,500円); 割 is per cent
(7割 = 70%); dates become ISO as far as they go (令和8年12月 = 2026-12, R7.7.23 = 2025-07-23, 7月23日 = -07-23);
令和7年度末 is 2026-03-31 and 令和7年度 is FY7; every other number stands with the one character after it
(10市, 27団…), its unit. A number without a unit is the number. Blanks between figure and unit vanish.
"""

import re
import unicodedata
from collections.abc import Callable

REIWA = 2018

YEAR = r"(?:(?:令和|R)\s?(?P<{0}r>元|\d{{1,2}})|(?P<{0}w>20\d\d))"
YEAR_END = re.compile(YEAR.format("e") + r"年度末")
FISCAL = re.compile(r"(?:令和|R)\s?(元|\d{1,2})年度|(20\d\d)年度|R(\d{1,2})(?![\d.年月])")
FULL = re.compile(YEAR.format("f") + r"(?:年\s?|[./-])(\d{1,2})(?:月\s?|[./-])(\d{1,2})日?(?!\d)")
MONTH = re.compile(YEAR.format("m") + r"(?:年\s?|[./-])(\d{1,2})(?:月(?!\s?\d)|(?![\d./月]))")
YEAR_ALONE = re.compile(YEAR.format("y") + r"年(?!度)")
DAY = re.compile(r"(?<!\d)(\d{1,2})(?:月\s?|/)(\d{1,2})日?(?!\d)")
MONTH_ALONE = re.compile(r"(?<!\d)(\d{1,2})月(?!\s?\d)")
COMPOUND = re.compile(
    r"(?<![\d.])(?:(\d+(?:\.\d+)?)億)?(?:(\d+(?:\.\d+)?)万)?(\d+(?:\.\d+)?)?(?=(\D|$))"
)
CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
TENTHS = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)割")
GAP = re.compile(
    r"(?<=[\d(]) +(?=[ぁ-んァ-ヶ一-龠%~])|(?<=[ぁ-んァ-ヶ一-龠~]) +(?=\d)"
)  # not tabs: those part cells
SAME_UNIT = {"％": "%", "ヶ": "か", "ケ": "か", "カ": "か", "箇": "か"}


def figures(text: str) -> frozenset[str]:
    """Every figure in the text: {"12500円", "2026-12", "FY8", "70%", "10市"}."""
    rest = unicodedata.normalize("NFKC", text)
    rest = re.sub(r"(?<=\d),(?=\d)", "", GAP.sub("", rest))
    found: set[str] = set()

    def take(pattern: re.Pattern[str], made: Callable[[re.Match[str]], str]) -> None:
        nonlocal rest

        def put(match: re.Match[str]) -> str:
            found.add(made(match))
            return " "

        rest = pattern.sub(put, rest)

    take(YEAR_END, lambda m: f"{_year(m['er'], m['ew']) + 1}-03-31")
    take(FISCAL, lambda m: f"FY{_fiscal(m)}")
    take(FULL, lambda m: f"{_year(m['fr'], m['fw'])}-{int(m[3]):02}-{int(m[4]):02}")
    take(MONTH, lambda m: f"{_year(m['mr'], m['mw'])}-{int(m[3]):02}")
    take(YEAR_ALONE, lambda m: f"{_year(m['yr'], m['yw'])}")
    take(DAY, lambda m: f"-{int(m[1]):02}-{int(m[2]):02}")
    take(MONTH_ALONE, lambda m: f"-{int(m[1]):02}")
    take(CLOCK, lambda m: f"{int(m[1])}:{m[2]}")
    take(TENTHS, lambda m: f"{_plain(float(m[1]) * 10)}%")
    for match in COMPOUND.finditer(rest):
        if any(match.group(n) for n in (1, 2, 3)):
            found.add(_amount(match))
    return frozenset(found)


def held(figure: str, known: frozenset[str], *, yearless: bool = False) -> bool:
    """Does a figure stand in what is known? A day is held by a full date, a month by any date in it.

    `yearless`: a date also where it is known without its year.
    """
    if figure in known:
        return True
    # The documents often leave the year out; SOURCES supplied it from the meeting's own year.
    if yearless and re.fullmatch(r"20\d\d-\d\d(-\d\d)?", figure) and figure[4:] in known:
        return True
    if re.fullmatch(r"(20\d\d)?(-\d\d){0,2}", figure):
        return any(
            one.endswith(figure) or one.startswith(f"{figure}-") or f"{figure}-" in one
            for one in known
            if re.fullmatch(r"(20\d\d)?(-\d\d){1,2}", one)
        )
    number = re.match(r"[\d.]+", figure)
    # A unit may be written differently (12団体 in a table is 12 alone), the number may not.
    return number is not None and number[0] in known


def _year(reiwa: str | None, western: str | None) -> int:
    if western:
        return int(western)
    return REIWA + (1 if reiwa == "元" else int(reiwa or 0))


def _fiscal(match: re.Match[str]) -> int:
    if match[2]:
        return int(match[2]) - REIWA
    told = match[1] or match[3]
    return 1 if told == "元" else int(told)


def _amount(match: re.Match[str]) -> str:
    hundred_millions, ten_thousands, ones, unit = match.groups()
    total = float(hundred_millions or 0) * 10**8 + float(ten_thousands or 0) * 10**4
    number = _plain(total + float(ones or 0))
    unit = (unit or "").strip()
    unit = SAME_UNIT.get(unit, unit)
    return f"{number}{unit}" if unit and (unit.isalpha() or unit == "%") else number


def _plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
