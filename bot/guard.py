"""Stops personal numbers before anything is stored. No table, no platform: a text in, findings out.

A My Number or a card number stops a message; a phone number only makes the desk ask. Where a rule
has to err, it errs towards stopping: a false stop costs a second look, a missed number is kept.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from bot.chat import FormValue, Message

Kind = Literal["my_number", "card", "phone"]

FEWEST_DIGITS = 6  # of a phone number: an area code of two, then one, then three
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Finding:
    """A number in a text. `start` and `end` are positions in the text as the person wrote it."""

    kind: Kind
    start: int
    end: int


def find(text: str) -> tuple[Finding, ...]:
    """Every number to look at, in order and not overlapping; the surer kind wins an overlap."""
    if len(_DIGIT.findall(text)) < FEWEST_DIGITS:
        return ()
    plain, origin = _plain(text)
    found: list[Finding] = []
    for kind, start, end in (*_cards(plain), *_my_numbers(plain), *_phones(plain)):
        finding = Finding(kind, origin[start], origin[end - 1] + 1)
        if all(finding.end <= other.start or other.end <= finding.start for other in found):
            found.append(finding)
    return tuple(sorted(found, key=lambda finding: finding.start))


def stops(text: str) -> tuple[Finding, ...]:
    """What keeps this text from being stored. A phone number does not."""
    return tuple(finding for finding in find(text) if finding.kind != "phone")


def marked(text: str, findings: Iterable[Finding]) -> str:
    """The text with each number in 【】, for the person who wrote it and nobody else."""
    return _rewritten(text, findings, lambda number: f"【{number}】")


def masked(text: str) -> str:
    """The text with one ＊ for each number, phones too, for the log of questions."""
    return _rewritten(text, find(text), lambda _: "＊")


def texts_of(message: Message) -> dict[str, str]:
    """Everything a person wrote in the message, by field name.

    A form may have a field called "text" or "value" itself: then both are under that name.
    """
    texts = {"text": message.text, "value": message.value}
    for name, value in (message.values or {}).items():
        texts[name] = "\n".join(filter(None, (texts.get(name, ""), _flat(value))))
    return texts


def is_my_number(digits: str) -> bool:
    """Whether the last of twelve digits is the check digit of the eleven before it.

    平成26年総務省令第85号第5条 (the formula that 番号法施行令 = 平成26年政令第155号, 第8条 asks for):
    11 − (Σ P_n × Q_n mod 11) for n = 1…11, and 0 where that remainder is 1 or less. P_n is the n-th
    digit from the right, the check digit not counted; Q_n is n + 1 for n ≤ 6 and n − 5 for n ≥ 7.
    """
    weights = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)
    *body, check = map(int, digits)
    rest = sum(p * q for p, q in zip(reversed(body), weights, strict=True)) % 11
    return check == (0 if rest <= 1 else 11 - rest)


def is_card(digits: str) -> bool:
    """Whether an issuer gives out such numbers and the Luhn sum is right.

    Old Visa cards have thirteen digits, and so has a 法人番号: what is one of those is not a card.
    """
    return bool(_ISSUED.fullmatch(digits)) and _luhn(digits) and not _is_corporate_number(digits)


_DASH = "[-‐‑‒–—―−─━ー]"
# NFKC turns the full-width hyphen and the half-width ｰ into these but leaves the others alone.
_GAP = rf"(?: ?{_DASH} ?| {{1,2}})"
_ALONE = rf"(?<!\d)(?<!\d{_DASH})"
_ENDS = rf"(?!\d|{_DASH}\d)"


def _shape(pattern: str) -> re.Pattern[str]:
    # Looked ahead for, so that a number is also seen where a wrong one has just been read.
    return re.compile(rf"{_ALONE}(?=({pattern}){_ENDS})", re.ASCII)


_MY_NUMBER = _shape(rf"\d{{12}}|\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}")
_CARDS = (
    _shape(rf"\d{{4}}(?:{_GAP}\d{{4}}){{3}}{_GAP}\d{{3}}"),
    _shape(rf"\d{{4}}(?:{_GAP}\d{{4}}){{2}}{_GAP}\d{{2,4}}"),
    _shape(rf"\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{4,5}}"),
    _shape(r"\d{13,19}"),
)
_PHONE = _shape(rf"0\d{{1,4}}{_DASH}\d{{1,4}}{_DASH}\d{{3,4}}|0[5789]0\d{{8}}")
_ISSUED = re.compile(
    r"""4(?:\d{12}|\d{15}|\d{18})                                             # Visa
      | (?:5[1-5]\d\d | 222[1-9] | 22[3-9]\d | 2[3-6]\d\d | 27[01]\d | 2720)\d{12}  # Mastercard
      | 35(?:2[89]|[3-8]\d)\d{12}                                             # JCB
      | 3[47]\d{13}                                                           # American Express
      | 3(?:0[0-5]|[68]\d)\d{11}                                              # Diners Club
      | 6(?:011|5\d\d)\d{12}                                                  # Discover
    """,
    re.ASCII | re.VERBOSE,
)
_AMOUNT_AFTER = re.compile(r" ?[十百千万億兆]*円(?!滑)")
_ADDRESS = re.compile(r"(?:https?://|www\.)[A-Za-z0-9._~/?#&=%:+@-]+")


def _rewritten(text: str, findings: Iterable[Finding], write: Callable[[str], str]) -> str:
    for finding in sorted(findings, key=lambda finding: finding.start, reverse=True):
        number = text[finding.start : finding.end]
        text = text[: finding.start] + write(number) + text[finding.end :]
    return text


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in one width, and for each of its characters where that came from.

    Only a digit becomes a digit: NFKC would also read ① as 1, and "①1234…" as a longer number.
    Characters without a width (they come along from PDFs) are left out; addresses are blanked, as
    their digits name files.
    """
    text = _ADDRESS.sub(lambda address: "/" * len(address[0]), text)
    plain: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        category = unicodedata.category(char)
        if category == "Cf":
            continue
        if category == "Nd":
            same = str(unicodedata.decimal(char))
        else:
            same = unicodedata.normalize("NFKC", char)
            if any(c.isdecimal() for c in same):
                same = char
        plain.append(same)
        origin.extend([at] * len(same))
    return "".join(plain), origin


def _my_numbers(plain: str) -> Iterator[tuple[Kind, int, int]]:
    for match in _MY_NUMBER.finditer(plain):
        digits = _digits(match[1])
        if is_my_number(digits) and not _is_amount(plain, match) and not _are_years(match[1]):
            yield "my_number", *match.span(1)


def _cards(plain: str) -> Iterator[tuple[Kind, int, int]]:
    for shape in _CARDS:
        for match in shape.finditer(plain):
            if (
                is_card(_digits(match[1]))
                and not _is_amount(plain, match)
                and not _are_years(match[1])
            ):
                yield "card", *match.span(1)


def _phones(plain: str) -> Iterator[tuple[Kind, int, int]]:
    for match in _PHONE.finditer(plain):
        yield "phone", *match.span(1)


def _digits(number: str) -> str:
    return "".join(filter(str.isdecimal, number))


def _is_amount(plain: str, match: re.Match[str]) -> bool:
    start, end = match.span(1)
    in_yen = plain.endswith("¥", 0, start) or _AMOUNT_AFTER.match(plain, end)
    return match[1].isdecimal() and bool(in_yen)


def _are_years(number: str) -> bool:
    """The head of a table in four digits each: 2015 2020 2025, or 2025 2026 with a number beside them.

    One My Number or card in some 150,000, written in fours, also reads like that.
    """
    if number.isdecimal():
        return False
    groups = [int(group) for group in re.findall(r"\d+", number)]
    pairs = [pair for pair in pairwise(groups) if all(1950 <= year < 2050 for year in pair)]  # noqa: PLR2004
    steps = [abs(after - before) for before, after in pairs]
    return 1 in steps or (len(steps) == len(groups) - 1 and len(set(steps)) == 1 and steps[0] > 0)


def _luhn(digits: str) -> bool:
    doubled = "0246813579"
    total = sum(
        int(doubled[int(digit)] if place % 2 else digit)
        for place, digit in enumerate(reversed(digits))
    )
    return total % 10 == 0


def _is_corporate_number(digits: str) -> bool:
    """法人番号の指定等に関する省令 (平成26年財務省令第70号): the check digit stands in front, modulo 9."""
    if len(digits) != 13:  # noqa: PLR2004
        return False
    check, *body = map(int, digits)
    weighted = sum(digit * (1 + place % 2) for place, digit in enumerate(reversed(body)))
    return check == 9 - weighted % 9


def _flat(value: FormValue) -> str:
    """One line for each choice or cell: what stands in two cells is two numbers."""
    if isinstance(value, str):
        return value
    return "\n".join(item if isinstance(item, str) else "\n".join(item) for item in value)
