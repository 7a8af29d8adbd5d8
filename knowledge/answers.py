"""An entry as a person reads it on a day: its year said first where it is over."""

import re
from datetime import date

from bot.days import in_full
from knowledge.entries import Entry, Source

WINDOW = re.compile(r"公募|募集|申込|申請|受付")


def as_read(entry: Entry, at: date) -> str:
    """The answer alone. A closed window and a past year begin with it: 「令和7年度の公募は終わりました。」"""
    year = f"令和{entry.fiscal_year}年度の" if entry.fiscal_year else ""
    if entry.is_closed(at):
        found = WINDOW.search(f"{entry.title}{entry.answer}")
        noun = found[0] if found else "受付"
        return f"{year}{noun}は終わりました。\n{entry.answer}"
    if entry.is_past(at) or entry.is_of_earlier_year(at):
        return f"{year or '過去の'}情報です。\n{entry.answer}"
    return entry.answer


def year_label(entry: Entry) -> str:
    return f"令和{entry.fiscal_year}年度の情報" if entry.fiscal_year else ""


def source_label(source: Source) -> str:
    """地域DXの推進に向けた市町DX支援パッケージ（2026-04） II-2"""
    dated = f"{source.document}（{source.date}）" if source.date else source.document
    return f"{dated} {source.section}".strip()


def as_draft(entry: Entry, at: date, version: int) -> str:
    """Plain text for an official draft: answer, year, document, section, version and date."""
    sources = "\n".join(f"出典：{source_label(source)}" for source in entry.sources)
    lines = (
        entry.title,
        as_read(entry, at),
        year_label(entry),
        sources,
        f"リエゾンデスク {entry.id} 第{version}版、{in_full(at)}に確認",
    )
    return "\n".join(line for line in lines if line)
