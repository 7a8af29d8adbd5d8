"""An entry: one thing the desk knows, with its year, its validity and where it stands."""

from dataclasses import dataclass
from datetime import date

from bot.days import fiscal_year

FIELDS = (
    "標準化", "生成AI", "共同利用", "電子申請", "人材育成", "セキュリティ",
    "教育DX", "防災DX", "窓口DX", "データ利活用", "財源制度", "推進体制",
)  # fmt: skip
"""The twelve fields (分野), in the order people see them."""

KINDS = ("faq", "case")


@dataclass(frozen=True)
class Source:
    """Where a statement stands: a document's title, the section in it and the document's date as printed."""

    document: str
    section: str = ""
    date: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry as people wrote it. `fiscal_year` is a year of Reiwa (8 = 令和8年度, from 2026-04-01).

    `opens` and `closes`: the application window. `past`: true of an earlier year and kept to be found;
    `replaced_by`: the id of the entry that answers the same question today. `holds`: typed values in the answer;
    `basis`: what the facts say, for the search alone; both derived (`tools/holds.py`).
    """

    id: str
    title: str
    questions: tuple[str, ...]
    answer: str
    kind: str = "faq"
    field: str | None = None
    fiscal_year: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    opens: date | None = None
    closes: date | None = None
    past: bool = False
    replaced_by: str | None = None
    sources: tuple[Source, ...] = ()
    facts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    owner: str = ""

    def is_past(self, at: date) -> bool:
        """Does this entry speak of a time that is over on `at`?"""
        ended = self.valid_until is not None and self.valid_until < at
        return self.past or self.replaced_by is not None or ended

    def is_of_earlier_year(self, at: date) -> bool:
        """Is it about a fiscal year before the one of `at`? It may still hold, but must say its year."""
        return self.fiscal_year is not None and self.fiscal_year < fiscal_year(at)

    def is_closed(self, at: date) -> bool:
        """Had it an application window that is over on `at`?"""
        return self.closes is not None and self.closes < at
