"""Our own pack keeps its promises, and what is edited in it answers at once."""

import csv
import json
import logging
import os
import re
import shutil
import unicodedata
from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.days import day_of
from bot.db import Database, connect
from bot.history import of
from jobs.pack import PackWatch, load_pack
from knowledge import store
from knowledge.answers import as_read
from knowledge.check import check, read_pack
from knowledge.entries import FIELDS, Entry
from knowledge.evaluate import normalised, read_questions
from knowledge.files import BadFiles, read_files
from knowledge.library import Library
from knowledge.store import EntryVersion, StoredEntry
from knowledge.text import Synonyms, Words
from tests.store import HYOGO, NOON

FILES = sorted((HYOGO / "entries").iterdir())
ENTRIES = {one.entry.id: one.entry for one in read_files(FILES)}
TOWNS = {"尼崎市", "西宮市", "加西市", "多可町", "上郡町", "豊岡市"}
EACH = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
LIGHT = 0.5  # words up to this weight tell the kind of answer, not its subject


def facts() -> dict[str, dict[str, Any]]:
    lines = (HYOGO / "facts.jsonl").read_text("utf-8").splitlines()
    return {fact["id"]: fact for fact in map(json.loads, lines)}


def test_the_pack_holds_at_least_170_entries_named_as_their_files() -> None:
    assert len(ENTRIES) >= 170
    assert sorted(path.stem for path in FILES) == sorted(ENTRIES)
    assert {path.suffix for path in FILES} == {".md"}


@EACH
def test_an_entry_can_be_found_by_five_wordings_of_staff(entry: Entry) -> None:
    assert len(entry.questions) >= 5
    assert len(set(entry.questions)) == len(entry.questions)
    assert all(2 <= len(question) <= 120 for question in entry.questions)


def test_no_question_is_asked_of_two_entries() -> None:
    def alike(question: str) -> str:
        return re.sub(r"\W", "", unicodedata.normalize("NFKC", question)).casefold()

    counted = Counter(alike(q) for entry in ENTRIES.values() for q in entry.questions)
    assert [question for question, count in counted.items() if count > 1] == []


def test_the_pack_holds_against_its_facts_and_their_documents() -> None:
    assert check(HYOGO, day_of(NOON)) == []


def test_every_fact_that_nothing_supersedes_is_told_or_left_out_with_a_reason() -> None:
    told = {fact for entry in ENTRIES.values() for fact in entry.facts}
    left_out = read_pack(HYOGO).left_out
    current = {name for name, fact in facts().items() if not fact["superseded_by"]}

    assert current <= told | left_out.keys()
    assert all(reason.strip() for reason in left_out.values())


def test_no_two_wordings_of_an_entry_have_the_same_content_words(words: Words) -> None:
    for entry in ENTRIES.values():
        contents = [
            frozenset(w.term for w in words.tokens(question).words if w.weight > LIGHT)
            for question in entry.questions
        ]
        named = [content for content in contents if content]
        assert len(named) == len(set(named)), entry.id


def test_no_template_stands_behind_more_than_a_fifth_of_the_pack() -> None:
    """A template shows in how questions end, whatever they are about."""
    ends = Counter(
        end for entry in ENTRIES.values() for end in {question[-6:] for question in entry.questions}
    )
    end, count = ends.most_common(1)[0]
    assert count <= len(ENTRIES) / 5, end


def test_at_most_three_of_the_measuring_questions_stand_in_the_pack() -> None:
    asked = {normalised(q["query"]) for q in read_questions(Path("tests/data/dev_questions.jsonl"))}
    ours = {normalised(question) for entry in ENTRIES.values() for question in entry.questions}
    assert len(asked & ours) <= 3


def test_next_april_no_figure_of_this_year_is_told_as_current() -> None:
    april = date(2027, 4, 15)
    for entry in ENTRIES.values():
        if entry.fiscal_year is not None and entry.fiscal_year <= 8:
            assert re.match(r"令和\d年度の", as_read(entry, april)), entry.id


def test_the_questions_nobody_has_tuned_on_are_the_ones_that_were_promised() -> None:
    data = Path("tests/data")
    promised = (data / "blind_questions.sha256").read_text().split()[0]
    assert sha256((data / "blind_questions.jsonl").read_bytes()).hexdigest() == promised


@EACH
def test_an_answer_is_short(entry: Entry) -> None:
    assert len(entry.answer.splitlines()) <= 8
    assert len(entry.answer) <= (450 if entry.kind == "case" else 300)


@EACH
def test_an_entry_has_a_field_a_year_an_owner_and_a_source_that_is_listed(entry: Entry) -> None:
    with (HYOGO / "documents.csv").open(encoding="utf-8") as lines:
        known = {row["document"] for row in csv.DictReader(lines)}

    assert entry.field in FIELDS and entry.owner in (*FIELDS, "事務局")
    assert entry.sources
    assert all(
        source.document in known and source.section and source.date for source in entry.sources
    )


@EACH
def test_what_an_entry_names_is_there(entry: Entry) -> None:
    assert set(entry.related) <= ENTRIES.keys() - {entry.id}
    assert entry.replaced_by is None or entry.replaced_by in ENTRIES.keys() - {entry.id}
    assert entry.facts and set(entry.facts) <= facts().keys()


def test_no_chain_of_replacements_ends_in_a_circle() -> None:
    for entry in ENTRIES.values():
        seen = {entry.id}
        while (following := entry.replaced_by) is not None:
            assert following not in seen
            seen.add(following)
            entry = ENTRIES[following]  # noqa: PLW2901  one step on


def test_the_cases_of_the_six_towns_are_told() -> None:
    titles = [entry.title for entry in ENTRIES.values() if entry.kind == "case"]

    assert all(any(title.startswith(town) for title in titles) for town in TOWNS)


def test_every_document_named_in_the_facts_belongs_to_a_field_we_have() -> None:
    assert {fact["field"] for fact in facts().values()} - {None} <= set(FIELDS)


# The pack as it lies on a disk, edited while the desk runs.


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HYOGO, tmp_path / "pack"))


@pytest.fixture
def watch(own_db: Database, pack: Path) -> PackWatch:
    made = PackWatch(own_db, pack)
    made.refresh(NOON)
    return made


LATER = NOON + timedelta(minutes=1)
JOIN = "ehyogo-join"


def edit(pack: Path, entry_id: str, was: str, now: str) -> None:
    path = pack / "entries" / f"{entry_id}.md"
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, now, 1), "utf-8")


def answer_of(library: Library, question: str) -> str:
    found = library.index().search(question, at=day_of(LATER), top=1)
    return found.candidates[0].entry.answer


def versions(db: Database, entry_id: str) -> list[tuple[int, str, str]]:
    query = select(EntryVersion).where(EntryVersion.entry_id == entry_id)
    with db.read() as session:
        rows = session.scalars(query.order_by(EntryVersion.version)).all()
    return [(row.version, row.state, row.entry.answer.partition("\n")[0]) for row in rows]


OLD = "参加団体は県と5市です（令和8年4月の見込み）。町は入っていません。"
NEW = "県と6市が参加しています。"


def test_an_edited_entry_answers_at_once_in_every_process_and_its_old_version_is_kept(
    own_db: Database, pack: Path, watch: PackWatch, words: Words, synonyms: Synonyms
) -> None:
    elsewhere = connect(own_db.engine.url.render_as_string(hide_password=False))
    here, there = Library(own_db, words, synonyms), Library(elsewhere, words, synonyms)
    asked = "途中からでも加入できますのん？"
    assert answer_of(here, asked).startswith(OLD) and answer_of(there, asked).startswith(OLD)

    edit(pack, JOIN, OLD, NEW)
    watch.refresh(LATER)

    assert answer_of(here, asked).startswith(NEW)
    assert answer_of(there, asked).startswith(NEW)
    elsewhere.close()
    assert versions(own_db, JOIN) == [(1, "published", OLD), (2, "published", NEW)]
    with own_db.read() as session:
        assert [(e.what, e.at, e.detail) for e in of(session, "entry", JOIN)][1:] == [
            ("published", LATER, {"version": 2})
        ]
        assert session.get_one(StoredEntry, JOIN).updated_at == LATER


def test_a_bell_without_an_edit_changes_nothing(own_db: Database, watch: PackWatch) -> None:
    with own_db.read() as session:
        before = store.index_version(session)

    for _ in range(3):
        watch.refresh(LATER)

    with own_db.read() as session:
        assert store.index_version(session) == before


def test_a_touched_file_with_the_same_text_is_no_new_version(
    own_db: Database, pack: Path, watch: PackWatch
) -> None:
    os.utime(pack / "entries" / f"{JOIN}.md", (0, 0))
    watch.refresh(LATER)

    assert len(versions(own_db, JOIN)) == 1


def test_an_edit_between_opening_and_the_first_bell_is_not_lost(
    own_db: Database, pack: Path
) -> None:
    load_pack(own_db, pack, NOON)
    edit(pack, JOIN, OLD, NEW)

    PackWatch(own_db, pack).refresh(LATER)

    assert len(versions(own_db, JOIN)) == 2


def test_a_broken_edit_leaves_the_old_answer_and_is_in_the_log_until_it_is_mended(
    own_db: Database,
    pack: Path,
    watch: PackWatch,
    words: Words,
    synonyms: Synonyms,
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = Library(own_db, words, synonyms)
    edit(pack, JOIN, "kind: faq", "kind: news")
    edit(pack, JOIN, OLD, NEW)
    edit(pack, "udemy-r8", "kind: faq", "kind: faq\nowner: 二つめ")

    with caplog.at_level(logging.INFO):
        watch.refresh(LATER)
        watch.refresh(LATER)  # said once, not every two seconds

    told = [r.getMessage().removeprefix(f"{pack}/entries/") for r in caplog.records]
    assert told == [
        "ehyogo-join.mdの11行目 kind：「news」は使えません。faq、case のどれかにしてください",
        "udemy-r8.mdの46行目 owner：2回書かれています。1つにしてください",
    ]
    assert answer_of(library, "途中からでも加入できますのん？").startswith(OLD)
    assert len(versions(own_db, JOIN)) == 1

    edit(pack, JOIN, "kind: news", "kind: faq")
    edit(pack, "udemy-r8", "kind: faq\nowner: 二つめ", "kind: faq")
    watch.refresh(LATER)
    assert answer_of(library, "途中からでも加入できますのん？").startswith(NEW)


def test_a_removed_entry_is_archived_and_comes_back_as_the_next_version(
    own_db: Database, pack: Path, watch: PackWatch, words: Words, synonyms: Synonyms
) -> None:
    library = Library(own_db, words, synonyms)
    path = pack / "entries" / f"{JOIN}.md"
    text = path.read_bytes()
    assert library.index().get(JOIN) is not None

    path.unlink()
    watch.refresh(LATER)
    assert library.index().get(JOIN) is None
    with own_db.read() as session:
        assert session.get_one(StoredEntry, JOIN).state == "archived"

    path.write_bytes(text)
    watch.refresh(LATER)
    assert library.index().get(JOIN) is not None
    assert [(v, state) for v, state, _ in versions(own_db, JOIN)] == [
        (1, "published"),
        (2, "archived"),
        (3, "published"),
    ]


def test_nothing_but_the_entries_folder_is_read_as_an_entry(
    own_db: Database, pack: Path, watch: PackWatch
) -> None:
    good = (pack / "entries" / f"{JOIN}.md").read_text("utf-8").replace(JOIN, "elsewhere")
    (pack / "elsewhere.md").write_text(good, "utf-8")
    (pack / "README.md").write_text("# この知識について", "utf-8")
    (pack / "entries" / "notes.txt").write_text("覚え書き", "utf-8")
    (pack / "entries" / "deeper").mkdir()
    (pack / "entries" / "deeper" / "elsewhere.md").write_text(good, "utf-8")

    watch.refresh(LATER)
    load_pack(own_db, pack, LATER)

    with own_db.read() as session:
        assert {row.id for row in store.published(session)} == ENTRIES.keys()


def test_a_folder_that_is_no_pack_does_not_empty_the_desk(
    own_db: Database, pack: Path, watch: PackWatch
) -> None:
    with pytest.raises(BadFiles, match=r"pack/none/entries：このフォルダーがありません"):
        load_pack(own_db, pack / "none", LATER)

    (pack / "entries").rename(pack / "gone")
    watch.refresh(LATER)

    with own_db.read() as session:
        assert len(store.published(session)) == len(ENTRIES)


def test_an_imported_entry_is_not_archived_by_the_pack(
    own_db: Database, pack: Path, watch: PackWatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "own", "title": "t", "questions": ["q"], "answer": "a"}', "utf-8")
    with own_db.write() as session:
        store.put(session, read_files([own]), NOON, from_pack=False)

    edit(pack, JOIN, OLD, NEW)
    watch.refresh(LATER)

    with own_db.read() as session:
        assert session.get_one(StoredEntry, "own").state == "published"


def test_two_processes_that_see_one_edit_make_one_version(
    own_db: Database, pack: Path, watch: PackWatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    others = [connect(own_db.engine.url.render_as_string(hide_password=False)) for _ in range(4)]
    watches = [PackWatch(one, pack) for one in others]
    (pack / "entries" / "new.md").write_text(
        (pack / "entries" / f"{JOIN}.md").read_text("utf-8").replace(JOIN, "new"), "utf-8"
    )
    edit(pack, JOIN, OLD, NEW)
    (pack / "entries" / "udemy-r8.md").unlink()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.refresh(LATER), watches))

    for one in others:
        one.close()
    assert [len(versions(own_db, i)) for i in ("new", JOIN, "udemy-r8")] == [1, 2, 2]
