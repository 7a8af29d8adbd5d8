"""What typed words mean to a form that is asked step by step: commands, numbers, days."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta

from bot.days import REIWA_BEFORE, WEEKDAYS

YEARS_AHEAD = 9  # the next 29 February is at most eight years away
WORDS: Mapping[str, frozenset[str]] = {
    "back": frozenset({"戻る", "もどる", "戻す", "前へ", "前に戻る", "ひとつ戻る"}),
    "skip": frozenset({"とばす", "飛ばす", "スキップ", "skip"}),
    "cancel": frozenset(
        {"やめる", "止める", "やめます", "キャンセル", "中止", "中止する", "cancel"}
    ),
    "next": frozenset({"これで次へ", "次へ", "つぎへ", "このまま", "これでよい"}),
    "clear": frozenset({"消す", "けす"}),
    "more": frozenset({"つづきを見る", "続きを見る", "つづき", "続き"}),
    "all": frozenset({"一覧を見る", "一覧"}),
    "mend": frozenset({"直す", "なおす", "修正", "修正する"}),
    "send": frozenset({"送る", "おくる"}),
    "confirm": frozenset({"送る", "おくる"}),
}
ALWAYS = ("back", "skip", "cancel")
RESUME = frozenset({"つづける", "続ける", "つづきから", "再開", "再開する"})


def plain_text(text: str) -> str:
    """For comparing: width, case, white space, brackets and the full stop do not count."""
    return re.sub(r"[\s「」。]", "", unicodedata.normalize("NFKC", text)).casefold()


def clean_text(text: str) -> str:
    """Without control characters, which PostgreSQL's JSON and terminals cannot take."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def small_number(word: str) -> int | None:
    return int(word) if re.fullmatch(r"[1-9][0-9]?", word) else None


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


_YEARLY = re.compile(r"(?:(\d{4})|(?:令和|r)(\d{1,2}|元))[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SOLID = re.compile(r"(\d{4})()(\d{2})(\d{2})")
_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_LATER = re.compile(r"(\d{1,3})(日|週間)後")
_WEEKDAY = re.compile(r"(今週|来週|再来週|次|今度)?の?([月火水木金土日])曜日?")
_NEAR = {
    "今日": 0,
    "きょう": 0,
    "本日": 0,
    "明日": 1,
    "あした": 1,
    "あす": 1,
    "明後日": 2,
    "あさって": 2,
}
_WEEKS = {"今週": 0, "来週": 1, "再来週": 2}


def day_meant(text: str, today: date) -> date | None:  # noqa: PLR0911  one line a way to say a day
    """A day as people write it; without a year, the next one that comes (today counts)."""
    word = re.sub(r"\([月火水木金土日]曜?日?\)|です$|まで$", "", plain_text(text))
    if word in _NEAR:
        return today + timedelta(days=_NEAR[word])
    if found := _YEARLY.fullmatch(word) or _SOLID.fullmatch(word):
        year, reiwa, month, day = found.groups()
        era = REIWA_BEFORE + (1 if reiwa == "元" else int(reiwa or 0))
        return _day(int(year) if year else era, int(month), int(day))
    if found := _DAY.fullmatch(word):
        month, day = (int(part) for part in found.groups())
        years = range(today.year, today.year + YEARS_AHEAD)
        days = (_day(year, month, day) for year in years)
        return next((there for there in days if there and there >= today), None)
    if found := _LATER.fullmatch(word):
        return today + timedelta(days=int(found[1]) * (7 if found[2] == "週間" else 1))
    if found := _WEEKDAY.fullmatch(word):
        ahead = WEEKDAYS.index(found[2]) - today.weekday()
        if found[1] in _WEEKS:
            return today + timedelta(days=ahead, weeks=_WEEKS[found[1]])
        return today + timedelta(days=ahead % 7 or 7)
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
