"""What is stored comes back as it was, and a reader never stands in a writer's way."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.chat import (
    Account,
    Button,
    Card,
    Cell,
    Chip,
    Field,
    File,
    Form,
    Frame,
    Kind,
    Link,
    Message,
    Option,
    Picture,
    Place,
    Refused,
    Row,
    Style,
    Table,
    Tone,
)
from bot.db import (
    AccountText,
    CardText,
    Database,
    FormText,
    MessageText,
    Moment,
    PlaceText,
    connect,
    dump,
    load,
)
from bot.directory import KnownAccount, Region
from bot.history import Event, note
from knowledge.store import index_version

NO_DIALECT: Any = None
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
PART = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00/"), min_size=1, max_size=9
)


def one_of(literal: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(literal))


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=3).map(tuple)


CELLS = st.builds(Cell, WORDS, one_of(Tone))
TABLES = st.builds(Table, WORDS, some(WORDS), some(some(CELLS)), st.none() | st.integers(0, 9))
BUTTONS = st.builds(Button, WORDS, WORDS, WORDS, one_of(Style), WORDS, WORDS, WORDS)
CARDS = st.builds(
    Card,
    title=WORDS,
    paragraphs=some(WORDS),
    rows=some(st.builds(Row, WORDS, WORDS)),
    table=st.none() | TABLES,
    picture=st.none() | st.builds(Picture, WORDS, WORDS),
    links=some(st.builds(Link, WORDS, WORDS)),
    buttons=some(BUTTONS),
    frame=one_of(Frame),
    topic=WORDS,
    chips=some(st.builds(Chip, WORDS, one_of(Tone))),
    note=WORDS,
    by=WORDS,
    opens=WORDS,
    state=WORDS,
    awaits=st.booleans(),
    only_for=WORDS,
)
VALUES = WORDS | some(WORDS) | some(some(WORDS))
FIELDS = st.builds(
    Field,
    name=WORDS,
    label=WORDS,
    kind=one_of(Kind),
    required=st.booleans(),
    hint=WORDS,
    options=some(st.builds(Option, WORDS, WORDS, WORDS)),
    limit=st.none() | st.integers(0, 9999),
    head=some(WORDS),
    value=VALUES,
    error=WORDS,
)
FORMS = st.builds(
    Form, WORDS, WORDS, WORDS, some(FIELDS), WORDS, WORDS, st.booleans(), st.none() | CARDS
)
PLACES = st.builds(Place, PART, PART, PART, st.none() | PART)
MESSAGES = st.builds(
    Message,
    event_id=WORDS,
    account=st.builds(Account, PART, PART, PART),
    place=PLACES,
    said_at=st.datetimes(timezones=st.just(UTC)),
    text=WORDS,
    action=st.none() | WORDS,
    value=WORDS,
    values=st.none() | st.dictionaries(WORDS, VALUES, max_size=3),
    files=some(st.builds(File, WORDS, st.integers(0, 9999), WORDS)),
)

FULL = Card(
    title="題",
    paragraphs=("一", "二"),
    rows=(Row("担当", "森"),),
    table=Table("表", ("市町", "件"), ((Cell("多可町", "done"), Cell("3")),), group=0),
    picture=Picture("図", "<svg/>"),
    links=(Link("出典", "/view/source/x:0"),),
    buttons=(Button("consult", "相談する", "7", "main", "二行目", "写す文", "よいですか"),),
    frame="answer",
    topic="電子申請",
    chips=(Chip("令和8年度の情報", "year"),),
    note="小さな字",
    by="森 佳奈",
    opens="R8-0001",
    state="受付",
    awaits=True,
    only_for="yamada",
    rewritten=True,
    files=(File("調査票.xlsx", 120, "f1"),),
)


def through(column: Any, value: Any) -> Any:
    """What comes back of a value that was stored in this column."""
    return column.process_result_value(column.process_bind_param(value, NO_DIALECT), NO_DIALECT)


def test_a_card_with_every_field_comes_back_whole() -> None:
    assert all(getattr(FULL, name) for name in FULL.__dataclass_fields__)  # none was forgotten

    assert through(CardText(), FULL) == FULL


@given(CARDS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_card_comes_back_whole(card: Card) -> None:
    assert through(CardText(), card) == card


@given(FORMS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_form_comes_back_whole(form: Form) -> None:
    assert through(FormText(), form) == form


@given(MESSAGES)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_message_comes_back_whole(message: Message) -> None:
    assert through(MessageText(), message) == message


@given(PLACES)
def test_any_place_comes_back_whole(place: Place) -> None:
    assert through(PlaceText(), place) == place


def test_a_thread_may_hold_slashes_and_an_account_its_own() -> None:
    place = Place("slack", "T1", "C1", "17/00.1")
    account = Account("logo", "hyogo", "a/b")

    assert through(PlaceText(), place) == place
    assert through(AccountText(), account) == account


def test_what_a_newer_program_wrote_besides_is_passed_over() -> None:
    stored = dump(FULL) | {"colour": "red"}
    stored["buttons"][0]["colour"] = "red"

    assert load(Card, stored) == FULL


def test_a_card_that_lacks_what_it_needs_is_an_error() -> None:
    with pytest.raises(TypeError):
        load(Card, {"note": "題がない"})


def test_what_holds_its_default_is_not_stored() -> None:
    assert dump(Card("題")) == {"title": "題"}
    assert json.loads(str(CardText().process_bind_param(Card("題"), NO_DIALECT))) == {"title": "題"}


def test_nothing_stays_nothing() -> None:
    for column in (CardText(), FormText(), MessageText(), PlaceText(), AccountText(), Moment()):
        assert through(column, None) is None


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2026, 11, 20, 12, 4, 5, 678901, tzinfo=timezone(timedelta(hours=9))),
    ],
)
def test_a_moment_comes_back_in_utc_and_is_the_same_moment(
    empty_db: Database, moment: datetime
) -> None:
    with empty_db.write() as session:
        note(session, "test", 1, "happened", "", moment)

    with empty_db.read() as session:
        [line] = session.scalars(select(Event))
    assert line.at == moment
    assert line.at.tzinfo is UTC


def test_moments_are_compared_as_moments(empty_db: Database) -> None:
    early = datetime(
        2026, 11, 20, 8, 0, tzinfo=timezone(timedelta(hours=9))
    )  # 23:00 the day before
    late = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    with empty_db.write() as session:
        note(session, "test", "late", "happened", "", late)
        note(session, "test", "early", "happened", "", early)

    with empty_db.read() as session:
        assert session.scalars(select(Event.noun_id).order_by(Event.at)).all() == ["early", "late"]
        assert session.scalars(select(Event.noun_id).where(Event.at < late)).all() == ["early"]


def test_a_date_inside_what_is_stored_is_a_date_again(db: Database) -> None:
    from knowledge.store import published

    with db.read() as session:
        days = [row.entry.closes for row in published(session) if row.entry.closes]
    assert days and all(type(day) is date for day in days)


def test_a_row_without_its_parent_is_refused(empty_db: Database) -> None:
    orphan = insert(KnownAccount).values(platform="web", workspace="page", user="x", person_id="x")

    with pytest.raises(IntegrityError), empty_db.write() as session:
        session.execute(orphan)


def test_a_writing_block_that_fails_leaves_nothing(empty_db: Database) -> None:
    def failing() -> None:
        with empty_db.write() as session:
            session.add(Region(name="播磨", office="", position=0))
            session.flush()
            raise Refused

    with pytest.raises(Refused):
        failing()

    with empty_db.read() as session:
        assert session.scalars(select(Region)).all() == []


def test_a_read_that_is_open_does_not_stop_a_writer_and_sees_one_state(empty_db: Database) -> None:
    with empty_db.read() as reading:
        assert reading.scalars(select(Region.name)).all() == []
        with empty_db.write() as writing:  # would wait 15 s and fail, were the read under the lock
            writing.add(Region(name="播磨", office="", position=0))
        if empty_db.is_sqlite:
            assert reading.scalars(select(Region.name)).all() == []

    with empty_db.read() as reading:
        assert reading.scalars(select(Region.name)).all() == ["播磨"]


def test_a_write_that_is_open_does_not_stop_a_reader(empty_db: Database) -> None:
    with empty_db.write() as writing:
        writing.add(Region(name="播磨", office="", position=0))
        writing.flush()
        with empty_db.read() as reading:
            assert reading.scalars(select(Region.name)).all() == []


def test_a_sqlite_session_is_set_up_as_we_rely_on(empty_db: Database) -> None:
    if not empty_db.is_sqlite:
        pytest.skip("SQLite alone has these")
    wanted = {"foreign_keys": 1, "journal_mode": "wal", "busy_timeout": 15000, "synchronous": 1}

    for block in (empty_db.read(), empty_db.write()):
        with block as session:
            found = {n: session.execute(text(f"PRAGMA {n}")).scalar() for n in wanted}
            assert found == wanted


def test_an_error_of_the_driver_comes_as_everybody_elses(tmp_path: Path) -> None:
    """Who waits for a database that is away knows it by SQLAlchemy's errors."""
    made = connect(f"sqlite:///{tmp_path / 'desk.db'}")
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as another:
        with pytest.raises(OperationalError, match="no such table"), made.read() as session:
            index_version(session)
        with made.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")  # the pool gives it out again
        another.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), made.write():
            pass
        another.execute("ROLLBACK")
        with made.write() as session:
            session.execute(text("CREATE TABLE well (id INTEGER)"))
    made.close()
