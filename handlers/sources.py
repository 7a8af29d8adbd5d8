"""Where an answer stands: a source opens as a page of the desk, with the document where it is kept."""

import csv
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.orm import Session

from bot.cards import answers
from bot.chat import Card, Refused, id_of
from bot.directory import Person
from handlers.standing import Subject
from knowledge.library import Library


@dataclass(frozen=True)
class Files:
    """What is known of the documents: the pack's list, and the folder where the office puts the files."""

    issuers: dict[str, str]
    names: dict[str, str]
    folder: Path

    @classmethod
    def read(cls, pack: Path | None, folder: Path) -> "Files":
        """`documents.csv` of the pack says issuer and file name of each document's title."""
        table = pack / "documents.csv" if pack else None
        if table is None or not table.is_file():
            return cls({}, {}, folder)
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        return cls(
            {row["document"]: row["issuer"] for row in rows},
            {row["document"]: row["file"] for row in rows},
            folder,
        )

    def file_of(self, document: str) -> str:
        """The name of the document's file, if the office has put it there."""
        name = self.names.get(document, "")
        return name if name and (self.folder / name).is_file() else ""


def see(
    _session: Session,
    _person: Person | None,
    _about: Subject,
    value: str,
    *,
    library: Library,
    files: Files,
) -> Card:
    """`value` is the entry's id and the number of its source: ehyogo-join:0."""
    entry_id, _, number = value.rpartition(":")
    entry = library.index().get(unquote(entry_id))
    at = id_of(number)
    if entry is None or at is None or at >= len(entry.sources):
        raise Refused("この出典は、いまは公開されていません。")
    source = entry.sources[at]
    sections = [one.section for one in entry.sources if one.document == source.document]
    issuer = files.issuers.get(source.document, "")
    return answers.source(
        source.document, sections, issuer, source.date, files.file_of(source.document)
    )
