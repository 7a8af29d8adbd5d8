"""A new database is made and filled by whoever comes first, once; the desk ends when it is told to."""

import logging
import re
import shutil
import signal
from pathlib import Path

import httpx2
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import delete, func, select

from bot import inbox, roster
from bot.chat import Account, Message, Place
from bot.config import Config, ConfigError
from bot.db import Database, connect, core
from bot.directory import Municipality, Person
from bot.history import Event
from bot.migrate import head, revision
from jobs.opening import open_desk
from knowledge import store
from knowledge.store import EntryVersion, StoredEntry
from tests.commands import PATIENCE, command, free_port, nothing_yet, start
from tests.store import HYOGO, NOON

COUNT = len(list((HYOGO / "entries").iterdir()))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HYOGO, tmp_path / "pack"))


def config(url: str, folder: Path, **more: str) -> Config:
    return Config.from_values({"DATABASE_URL": url, "DATA_DIR": str(folder / "data"), **more})


def opened_once(db: Database) -> bool:
    """Everything is there, and each thing came in one time."""
    with db.read() as session:
        entries = session.scalars(select(StoredEntry)).all()
        versions = session.scalars(select(EntryVersion.version)).all()
        events = session.scalars(select(Event.noun_id).where(Event.noun == "entry")).all()
        towns = session.scalar(select(func.count()).select_from(Municipality))
        people = session.scalar(select(func.count()).select_from(Person))
        index = store.index_version(session)
    assert {entry.version for entry in entries} == {1}
    assert (len(entries), list(versions), len(events)) == (COUNT, [1] * COUNT, COUNT)
    assert len(set(events)) == COUNT
    assert (towns, people, index, revision(db)) == (41, 57, 1, head())
    return True


def test_two_commands_at_once_on_a_new_database_make_it_once(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        own = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path / "data")}
        both = [start("ask", "e-ひょうごの利用料", "--at", "2026-11-20", **own) for _ in range(2)]
        ended = [process.communicate(timeout=PATIENCE) for process in both]
        db = connect(url)
        try:
            assert [process.returncode for process in both] == [0, 0], ended
            assert all("12,500円" in out and err == "" for out, err in ended), ended
            assert opened_once(db)
        finally:
            db.close()


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        for _ in range(3):
            open_desk(config(url, tmp_path), NOON).close()
        db = connect(url)
        try:
            assert opened_once(db)
        finally:
            db.close()


def test_what_was_edited_meanwhile_is_there_after_the_next_start(
    tmp_path: Path, pack: Path
) -> None:
    with nothing_yet(tmp_path) as url:
        asked = config(url, tmp_path, KNOWLEDGE_PACK=str(pack))
        open_desk(asked, NOON).close()
        path = pack / "entries" / "ehyogo-join.md"
        path.write_text(path.read_text("utf-8") + "追記です。\n", "utf-8")

        db = open_desk(asked, NOON)
        try:
            with db.read() as session:
                row = session.get_one(StoredEntry, "ehyogo-join")
                assert (row.version, row.entry.answer.endswith("追記です。")) == (2, True)
        finally:
            db.close()


def spoil(pack: Path) -> str:
    path = pack / "entries" / "ehyogo-join.md"
    path.write_text(path.read_text("utf-8").replace("kind: faq", "kind: news"), "utf-8")
    return f"{path}の11行目 kind：「news」は使えません。faq、case のどれかにしてください"


def test_a_broken_pack_stops_a_new_desk_and_the_mended_one_starts(
    tmp_path: Path, pack: Path
) -> None:
    said = spoil(pack)
    with nothing_yet(tmp_path) as url:
        asked = config(url, tmp_path, KNOWLEDGE_PACK=str(pack))
        for _ in range(2):
            with pytest.raises(ConfigError) as stopped:
                open_desk(asked, NOON)
            assert str(stopped.value) == said

        shutil.copy(HYOGO / "entries" / "ehyogo-join.md", pack / "entries")
        db = open_desk(asked, NOON)
        try:
            assert opened_once(db)
        finally:
            db.close()


def test_a_broken_pack_does_not_stop_an_existing_desk(
    tmp_path: Path, pack: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with nothing_yet(tmp_path) as url:
        asked = config(url, tmp_path, KNOWLEDGE_PACK=str(pack))
        open_desk(asked, NOON).close()
        said = spoil(pack)

        with caplog.at_level(logging.ERROR):
            db = open_desk(asked, NOON)
        try:
            assert opened_once(db)
        finally:
            db.close()
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_folder_that_is_no_pack_stops_a_new_desk(tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    with (
        nothing_yet(tmp_path) as url,
        pytest.raises(ConfigError, match=r"wrong/entries：.*KNOWLEDGE_PACK"),
    ):
        open_desk(config(url, tmp_path, KNOWLEDGE_PACK=str(tmp_path / "wrong")), NOON)


def test_a_broken_directory_stops_a_new_desk_and_not_an_existing_one(
    tmp_path: Path, pack: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fields = pack / "directory" / "fields.csv"
    good = fields.read_text("utf-8")
    bad = good.replace("field,description", "分野,description")
    with nothing_yet(tmp_path) as url:
        asked = config(url, tmp_path, DIRECTORY=str(pack / "directory"))
        fields.write_text(bad, "utf-8")
        with pytest.raises(ConfigError, match=r"fields\.csvの1行目 field：この列がありません"):
            open_desk(asked, NOON)

        fields.write_text(good, "utf-8")
        open_desk(asked, NOON).close()
        fields.write_text(bad, "utf-8")
        with caplog.at_level(logging.ERROR):
            db = open_desk(asked, NOON)
        try:
            assert opened_once(db)
        finally:
            db.close()
    assert ["fields.csvの1行目" in record.getMessage() for record in caplog.records] == [True]


CHAT = {"SLACK_BOT_TOKEN": "xoxb-geheim", "SLACK_APP_TOKEN": "xapp-geheim", "KNOWLEDGE_PACK": ""}


def sources(db: Database) -> set[str]:
    """Of whom there is anybody, and which folders were taken in."""
    with db.read() as session:
        people = session.scalars(select(Person.source)).all()
        return {*people, *session.scalars(select(roster.Loaded.source)).all()}


def test_with_a_chat_no_invented_person_comes_in(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        for _ in range(2):
            db = open_desk(config(url, tmp_path, **CHAT), NOON)
            try:
                assert sources(db) == {"directory"}
            finally:
                db.close()


@pytest.mark.parametrize("left", ["practising", "retired", "people alone", "the folder alone"])
def test_a_database_for_practice_is_not_connected_to_a_chat(tmp_path: Path, left: str) -> None:
    with nothing_yet(tmp_path) as url:
        practice = config(url, tmp_path, DEMO="1", KNOWLEDGE_PACK="")
        db = open_desk(practice, NOON)
        with db.write() as session:
            if left in ("retired", "people alone"):
                roster.retire(session, "demo")
            if left == "people alone":
                session.execute(delete(roster.Loaded))
            if left == "the folder alone":
                for person in session.scalars(select(Person)):
                    session.delete(person)
        before = sources(db)
        db.close()

        with pytest.raises(ConfigError) as refused:
            open_desk(config(url, tmp_path, **CHAT), NOON)

        said = str(refused.value)
        assert "\n" not in said and "geheim" not in said
        assert all(name in said for name in ("DATABASE_URL", "DATA_DIR", "DEMO=1"))
        db = connect(url)
        assert sources(db) == before  # nothing was done to it
        db.close()


def test_practice_with_a_chat_has_to_be_asked_for(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        for _ in range(2):
            db = open_desk(config(url, tmp_path, DEMO="1", **CHAT), NOON)
            try:
                assert sources(db) == {"directory", "demo"}
            finally:
                db.close()


def test_practice_is_not_begun_by_mistake_in_a_database_that_a_chat_uses(tmp_path: Path) -> None:
    """As a command does that is started where the settings of the chat are not read."""
    account, place = Account("slack", "T1", "U1"), Place("slack", "T1", "U1")
    with nothing_yet(tmp_path) as url:
        db = open_desk(config(url, tmp_path, **CHAT), NOON)
        with db.write() as session:
            inbox.receive(
                core(session), Message("e1", account, place, NOON, text="x"), "a:1:b", NOON
            )
        db.close()

        with pytest.raises(ConfigError, match=r"^DEMO：.*DEMO=0.*DATABASE_URL を別の場所に"):
            open_desk(config(url, tmp_path, KNOWLEDGE_PACK=""), NOON)
        for more in ({"DEMO": "0", "KNOWLEDGE_PACK": ""}, CHAT):
            db = open_desk(config(url, tmp_path, **more), NOON)
            try:
                assert sources(db) == {"directory"}
            finally:
                db.close()


def test_a_new_desk_may_have_neither_pack_nor_directory(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        db = open_desk(config(url, tmp_path, KNOWLEDGE_PACK="", DIRECTORY=""), NOON)
        try:
            with db.read() as session:
                assert store.published(session) == []
                assert session.scalars(select(Municipality)).all() == []
        finally:
            db.close()


def test_the_command_on_a_broken_pack_says_where_and_ends(tmp_path: Path, pack: Path) -> None:
    said = spoil(pack)
    with nothing_yet(tmp_path) as url:
        ended = command(
            "ask", "x", DATABASE_URL=url, DATA_DIR=str(tmp_path), KNOWLEDGE_PACK=str(pack)
        )

    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{said}\n")


def sign_in(browser: httpx2.Client, who: str) -> None:
    form = BeautifulSoup(browser.get("/").text, "html.parser").select_one("form[action='/enter']")
    assert form
    values = {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]")}
    assert browser.post("/enter", data=values | {"user": who}).status_code == 303


def test_sigterm_ends_the_desk_with_a_page_open_and_keeps_what_was_said(tmp_path: Path) -> None:
    port = free_port()
    with nothing_yet(tmp_path) as url:
        desk = start("run", DATABASE_URL=url, DATA_DIR=str(tmp_path), PORT=str(port))
        try:
            assert desk.stdout is not None
            told = desk.stdout.readline()
            assert told == f"リエゾンデスクが動いています： http://127.0.0.1:{port}\n"
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as browser:
                sign_in(browser, "yamada")
                home = BeautifulSoup(browser.get("/").text, "html.parser")
                form = home.select_one("form.say")
                assert form
                values = {
                    str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]")
                }
                words = {"text": "e-ひょうごの利用料は月いくら。人口5万人未満です"}
                assert browser.post("/say", data=values | words).status_code == 303
                with browser.stream("GET", "/live", params={"since": "0"}) as live:
                    assert live.status_code == 200
                    chunks = live.iter_text()
                    assert re.search("event: (post|rail)", next(chunks))
                    desk.send_signal(signal.SIGTERM)
                    rest = desk.communicate(timeout=15)  # or subprocess.TimeoutExpired
        finally:
            desk.kill()
        assert (desk.returncode, rest[0]) == (0, "")
        assert "Traceback" not in rest[1]

        db = connect(url)
        try:
            from bot.deliveries import Delivery
            from bot.inbox import Arrival
            from bot.questions import Question

            with db.read() as session:
                assert session.scalars(select(Question.outcome)).all() == ["answer"]
                assert session.scalars(select(Arrival.state)).all() == ["done"]
                assert set(session.scalars(select(Delivery.state))) == {"sent"}
        finally:
            db.close()
