"""What of a question may become a wording that everybody's questions are compared with: nothing of a person."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot import guard
from knowledge.normal import bare, clean
from knowledge.question import questions_in
from knowledge.text import Words

LONGEST, SHORTEST = 80, 4
"""Characters of a wording; letters that have to be left of it when names are cut out."""
MASKED = re.compile(r"[＊*]")
DIGITS = re.compile(r"\d{7,}|\d{2,4}-\d{2,4}-\d{3,4}")
"""Numbers as long as a telephone's or a person's, right or not. Amounts are written shorter, or with 万."""
NOBODY = re.compile(
    r"(皆|客|住民|市民|町民|県民|職員|業者|利用者|事業者|役場|議員|講師|先方|他所|隣|リエゾン|[^一-龠]市|[^一-龠]町|[^一-龠]県)(さん|様|氏)|[仕多同模一異]様"
)
CALLED = re.compile(r"[一-龠々ァ-ヶー]{1,6}(さん|様|氏|殿|くん|ちゃん|先生)(?![一-龠])")
"""A person is called so; not the public, and no 仕様."""
INTRODUCED = re.compile(r"と申します|と言います|の者です|と申しまして")
LEANS = re.compile(r"^(じゃあ?|では[、 ]|それ|そっち|その|これ|この|ほな|そしたら|さっき|ちなみに)")
PARTICLE = (
    "(?:さん(?:とこ)?)?(?:では|での|には|への|からの|の|で|は|が|に|を|も|と|や|から|、|,|・)?"
)
HEAD = re.compile(r"^[\s、。,.・]+")


@dataclass(frozen=True)
class Names:
    """Names that never enter a wording: the municipalities' (with their readings) and those of people."""

    towns: tuple[str, ...]
    people: frozenset[str]

    @classmethod
    def of(cls, towns: Iterable[tuple[str, str, str]], people: Iterable[str]) -> "Names":
        """`towns`: name, reading and romaji of each; `people`: full names as the directory has them."""
        cut: set[str] = set()
        for name, kana, romaji in towns:
            cut |= {name, kana, romaji, romaji.lower()}
            cut |= {name[:-1]} if len(name) > 2 else set()  # noqa: PLR2004  津 alone would cut words
        whole = {re.sub(r"\s", "", name) for name in people}
        return cls(
            tuple(sorted(cut, key=lambda name: (-len(name), name))),
            frozenset(name for name in whole if len(name) > 1),
        )


def wording_of(text: str, names: Names, words: Words) -> str | None:
    """In: what a person asked, masked. Out: the wording without names, or None where it may not be kept."""
    if MASKED.search(text) or guard.find(text) or questions_in(text):
        return None
    plain = " ".join(
        unicodedata.normalize("NFKC", text).split()
    )  # ＠ is @: an address, or somebody called by name
    if "@" in plain or DIGITS.search(plain.replace(",", "")) or LEANS.search(plain):
        return None
    left = _without_towns(plain, names.towns)
    if left is None or _names_somebody(left, names, words):
        return None
    if len(left) > LONGEST or len(bare(clean(left))) < SHORTEST:
        return None
    return left


def _without_towns(text: str, towns: tuple[str, ...]) -> str | None:
    """Cut out; None where a short form may be a part of another word (三木 in 三木材)."""
    for name in towns:
        if name not in text:
            continue
        if name[-1] not in "市町" and re.search(rf"{name}(?!市|町|郡|県民局|役場)[一-龠]", text):
            return None
        end = "" if name[-1] in "市町" else "(?:市役所|町役場|役場|市|町|郡)?"
        text = re.sub(rf"{name}{end}{PARTICLE}", "", text)
    return HEAD.sub("", text).strip()


def _names_somebody(text: str, names: Names, words: Words) -> bool:
    joined = re.sub(r"\s", "", text)
    return bool(
        any(name in joined for name in names.people)
        or CALLED.search(NOBODY.sub("", joined))
        or INTRODUCED.search(joined)
        or words.names_somebody(text)
    )
