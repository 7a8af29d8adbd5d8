"""The directory comes from files: all or nothing, and each mistake with file, line and column."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import roster
from bot.config import Config
from bot.db import Database
from bot.directory import (
    Division,
    Duty,
    Field,
    KnownAccount,
    Municipality,
    Person,
    Region,
    Role,
    Room,
    contacts,
    holders,
    room_of_kind,
)
from jobs.opening import folders, open_desk
from knowledge.entries import FIELDS
from tests.commands import command, nothing_yet
from tests.roster_world import PEOPLE, imported, people, person_at, problems
from tests.store import HYOGO, NOON

SHIPPED = HYOGO / "directory"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "directory"))


def change(folder: Path, name: str, was: str, now: str) -> None:
    text = (folder / name).read_text("utf-8")
    assert was in text
    (folder / name).write_text(text.replace(was, now, 1), "utf-8")


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """All that a directory holds, without the numbers of its rows."""
    with db.read() as session:
        return {
            kind.__tablename__: sorted(
                (
                    tuple(
                        getattr(row, column.key)
                        for column in kind.__table__.columns
                        if not (kind in (Duty, KnownAccount) and column.key == "id")
                    )
                    for row in session.scalars(select(kind))
                ),
                key=str,
            )
            for kind in (Region, Municipality, Division, Room, Field, Person, Duty, KnownAccount)
        }


def test_the_shipped_folder_holds_41_municipalities_twelve_fields_and_no_people(
    empty_db: Database,
) -> None:
    summary = imported(empty_db, SHIPPED)

    assert summary == roster.Summary(municipalities=41, fields=12, rooms=14, people=0)
    with empty_db.read() as session:
        fields = session.scalars(select(Field).order_by(Field.position)).all()
        assert tuple(field.name for field in fields) == FIELDS
        assert all(field.description and field.room.kind == "field" for field in fields)
        assert len({field.room_id for field in fields}) == 12
        assert room_of_kind(session, "regional") and room_of_kind(session, "office")
        assert session.scalars(select(Person)).all() == []
        towns = session.scalars(select(Municipality)).all()
        assert (
            len({town.region for town in towns}) == len(session.scalars(select(Region)).all()) == 10
        )


def test_the_divisions_are_those_the_documents_name(empty_db: Database) -> None:
    imported(empty_db, SHIPPED)
    with (HYOGO / "documents.csv").open(encoding="utf-8") as lines:
        titles = {row["document"] for row in csv.DictReader(lines)}

    with empty_db.read() as session:
        divisions = session.scalars(select(Division)).all()
    named = [one for one in divisions if any(title in one.note for title in titles)]
    assert {one.name for one in divisions} - {one.name for one in named} == {"事務局"}


def test_invented_people_stand_in_the_demo_folder_alone_and_cover_the_whole_desk(
    db: Database,
) -> None:
    assert not (SHIPPED / "people.csv").exists()
    with db.read() as session:
        assert {person.source for person in session.scalars(select(Person))} == {"demo"}
        assert all(len(holders(session, Role.FIELD, field)) == 1 for field in FIELDS)
        towns = session.scalars(select(Municipality)).all()
        without = {town.name for town in towns if not holders(session, Role.REGIONAL, town.code)}
        assert without == {"神戸市"}
        assert {p.municipality_code for p in contacts(session, [t.code for t in towns])} == {
            town.code for town in towns
        }
        office = holders(session, Role.OFFICE)
        assert len(office) == 2 and [p.id for p in office if p.has(Role.APPROVER)] == ["fujii"]


def test_the_demo_folder_is_read_where_practice_is_on(tmp_path: Path) -> None:
    def sources(**values: str) -> list[str]:
        config = Config.from_values({"DATA_DIR": str(tmp_path), **values})
        return [source for _, source in folders(config)]

    assert sources(DEMO="1") == ["directory", "demo"]
    assert sources(DEMO="0") == ["directory"]
    assert sources(HOST="0.0.0.0") == ["directory"]
    assert sources(DIRECTORY="", DEMO="1") == []


def test_invented_people_leave_when_practice_is_over_and_come_again_with_it(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        base = {"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "KNOWLEDGE_PACK": ""}

        def active(demo: str) -> int:
            db = open_desk(Config.from_values(base | {"DEMO": demo}), NOON)
            try:
                with db.read() as session:
                    return len(session.scalars(select(Person).where(Person.active)).all())
            finally:
                db.close()

        assert [active(demo) for demo in ("1", "0", "0", "1")] == [57, 0, 0, 57]


def test_importing_the_same_again_changes_nothing(own_db: Database) -> None:
    before = everything(own_db)

    imported(own_db, SHIPPED)
    imported(own_db, SHIPPED / "demo", "demo")

    assert everything(own_db) == before


def test_an_unchanged_folder_is_not_read_again_and_a_changed_one_is(
    empty_db: Database, folder: Path
) -> None:
    def load() -> roster.Summary | None:
        with empty_db.write() as session:
            return roster.load_if_changed(session, folder, "directory")

    assert load() is not None
    assert load() is None
    change(folder, "fields.csv", "議事録の要約", "議事録のまとめ")
    assert load() is not None
    with empty_db.read() as session:
        assert "議事録のまとめ" in session.get_one(Field, "生成AI").description


@pytest.mark.parametrize(
    ("name", "was", "now", "said"),
    [
        ("fields.csv", "field,description", "分野,description", "1行目 field：この列がありません"),
        ("fields.csv", "field,description,division,room", "field,description,division", "1行目 room：この列がありません"),
        ("fields.csv", "division,room\n", "division,room,memo\n", "1行目 memo：知らない列です"),
        ("fields.csv", "division,room\n", "division,room,room\n", "1行目 room：この列が2回"),
        ("fields.csv", "room-hyojunka\n", "room-hyojunka,x\n", "2行目：列が5個"),
        ("fields.csv", "room-hyojunka\n", "room-none\n", "2行目 room：「room-none」は rooms.csv"),
        ("fields.csv", "デジタル改革課,room-hyojunka", "総務課,room-hyojunka", "2行目 division：「総務課」"),
        ("fields.csv", "\n生成AI", "\n標準化", "3行目 field：「標準化」は2行目にもあります"),
        ("regions.csv", "神戸,", ",", "2行目 region：空です"),
        ("rooms.csv", "標準化,field", "標準化,hall", "2行目 kind："),
        ("rooms.csv", "web/page/room-hyojunka", "room-hyojunka", "2行目 place："),
        ("rooms.csv", "web/page/room-hyojunka", "web/page/a/b", "2行目 place："),
        ("rooms.csv", "web/page/room-hyojunka", "web//a", "2行目 place："),
        ("rooms.csv", "web/page/room-seisei-ai", "web/page/room-hyojunka", "3行目 place：「web/page/room-hyojunka」は2行目"),
        ("rooms.csv", "web/page/room-hyojunka", "", "2行目 place：空です"),
        ("municipalities.csv", "281000,", "281001,", "2行目 code：「281001」は団体コード"),
        ("municipalities.csv", "281000,", "２８１０００,", "2行目 code：「２８１０００」は団体コード"),
        ("municipalities.csv", "281000,", "28100,", "2行目 code：「28100」は団体コード"),
        ("municipalities.csv", "282014,", "281000,", "3行目 code：「281000」は2行目にもあります"),
        ("municipalities.csv", "姫路市,", "神戸市,", "3行目 name：「神戸市」は2行目にもあります"),
        ("municipalities.csv", "中播磨,518311", "中部,518311", "3行目 region：「中部」は regions.csv"),
        ("municipalities.csv", "518311", "518 311", "3行目 population："),
        ("municipalities.csv", "518311", "9" * 30, "3行目 population："),
        ("municipalities.csv", "518311,2025-10-01", "518311,2025-02-30", "3行目 population_date："),
        ("municipalities.csv", "518311,2025-10-01", "518311,20251001", "3行目 population_date："),
        ("municipalities.csv", "姫路市,", "姫路市\x00,", "3行目：文字ではないもの"),
        ("regions.csv", "淡路,淡路県民局", '淡路,"' + "あ" * 140_000, "行目：表として読めません"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_column_and_nothing_is_stored(
    empty_db: Database, folder: Path, name: str, was: str, now: str, said: str
) -> None:
    change(folder, name, was, now)

    told = problems(empty_db, folder)

    assert any(one.startswith(name) and said in one for one in told), told
    assert all(rows == [] for rows in everything(empty_db).values())


def test_everything_wrong_is_told_at_once(empty_db: Database, folder: Path) -> None:
    change(folder, "municipalities.csv", "281000,", "281001,")
    change(folder, "fields.csv", "room-hyojunka\n", "room-none\n")

    assert [one.partition("の")[0] for one in problems(empty_db, folder)] == [
        "municipalities.csv",
        "fields.csv",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,甲,多可市,企画課,contact,,", "municipality：「多可市」は municipalities.csv"),
        ("a,甲,,総務課,office,,", "section：「総務課」は divisions.csv"),
        ("a,甲,多可町,企画課,boss,,", "roles：「boss」は役割ではありません"),
        ("a,甲,,事務局,field:DX,,", "roles：「DX」は fields.csv にありません"),
        ("a,甲,,事務局,field,,", "roles：「」は fields.csv にありません"),
        ("a,甲,,事務局,regional:中部,,", "roles：「中部」という市町も圏域もありません"),
        ("a,甲,多可町,企画課,,web/page,", "accounts：「web/page」は web/page/利用者"),
        ("a,甲,多可町,企画課,,web//a,", "accounts：「web//a」は"),
        ("a,甲,多可町,企画課,,web/page/a/b,", "accounts：「web/page/a/b」は"),
        ("a,甲,多可町,企画課,,,はい", "shared：共用なら yes"),
        (",甲,多可町,企画課,,,", "person：空です"),
        ("a,,多可町,企画課,,,", "name：空です"),
    ],
)
def test_a_mistake_about_a_person_is_told_with_its_column(
    db: Database, tmp_path: Path, line: str, said: str
) -> None:
    told = problems(db, people(tmp_path, "ok,乙,多可町,企画課,,,", line))

    assert [one for one in told if one.startswith(f"people.csvの3行目 {said}")], told
    with db.read() as session:
        assert session.get(Person, "ok") is None


def test_two_people_with_the_same_account_are_told_apart(db: Database, tmp_path: Path) -> None:
    folder = people(
        tmp_path,
        "a,甲,多可町,企画課,,web/page/x terminal/a/a,",
        "b,乙,多可町,企画課,,terminal/b/b web/page/x,",
        "c,丙,多可町,企画課,,web/page/c web/page/c,",
    )

    assert problems(db, folder) == [
        "people.csvの3行目 accounts：「web/page/x」は2行目の a にもあります"
    ]


def test_the_same_person_twice_is_told(db: Database, tmp_path: Path) -> None:
    folder = people(tmp_path, "a,甲,多可町,企画課,,,", "a,乙,多可町,企画課,,,")

    assert problems(db, folder) == ["people.csvの3行目 person：「a」は2行目にもあります"]


def test_one_directory_does_not_take_people_or_accounts_of_another(
    db: Database, tmp_path: Path
) -> None:
    folder = people(tmp_path, "yamada,甲,多可町,企画課,,,", "new,乙,多可町,企画課,,web/page/mori,")

    assert problems(db, folder) == [
        "people.csvの2行目 person：「yamada」は別の名簿にもいます",
        "people.csvの3行目 accounts：「web/page/mori」は別の名簿の mori のものです",
    ]


def test_a_role_for_a_region_is_a_duty_for_each_of_its_municipalities(
    own_db: Database, tmp_path: Path
) -> None:
    imported(
        own_db,
        people(tmp_path, "a,甲,,デジタル戦略課,regional:淡路 regional:多可町 field:生成AI,,"),
    )

    with own_db.read() as session:
        person = session.get_one(Person, "a")
        assert sorted(d.municipality_code for d in person.duties if d.municipality_code) == [
            "282057", "282243", "282260", "283657",
        ]  # fmt: skip
        assert person.has(Role.FIELD, "生成AI") and not person.has(Role.FIELD, "標準化")
        assert person.inside and person.is_liaison


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_may_come_out_of_excel(
    own_db: Database, tmp_path: Path, encoding: str, end: str
) -> None:
    text = (
        f'{PEOPLE}"a", 髙﨑 ①,多可町,"企画課\n（本庁）",contact, web/page/a ,\n,,,,,,\n'
        "b,乙,多可町,企画課,,,\n"
    )
    (tmp_path / "people.csv").write_bytes(text.replace("\n", end).encode(encoding))

    assert imported(own_db, tmp_path).people == 2
    with own_db.read() as session:
        person = session.get_one(Person, "a")
        assert person.name == "髙﨑 ①"
        assert person.section.replace("\r", "") == "企画課\n（本庁）"
    assert person_at(own_db, "web/page/a") == "a"


def test_a_table_in_no_known_encoding_is_told_with_its_line(db: Database, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE.encode() + "a,甲".encode() + b"\x85\x20\n")

    assert problems(db, tmp_path) == ["people.csvの2行目：UTF-8で保存し直してください"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: None, "名簿の表（regions.csv、"),
        (lambda folder: (folder / "people.csv").write_text(""), "people.csvの1行目 person、name、"),
        (lambda folder: (folder / "people.txt").write_text("x"), "名簿の表（regions.csv、"),
    ],
)
def test_an_empty_folder_or_table_is_told_so(
    db: Database, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(tmp_path)

    [told] = problems(db, tmp_path)
    assert said in told


def test_the_command_says_what_it_took_in_or_what_is_wrong(
    own_db: Database, tmp_path: Path
) -> None:
    url = own_db.engine.url.render_as_string(hide_password=False)
    own = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "KNOWLEDGE_PACK": "", "DIRECTORY": ""}
    folder = people(tmp_path, "a,甲,多可市,企画課,,,")

    refused = command("directory", "import", str(folder), **own)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"{folder}/people.csvの2行目 municipality：「多可市」は municipalities.csv にありません",
        "何も取り込みませんでした。",
    ]

    done = command("directory", "import", str(SHIPPED), **own)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "市町41、分野12、部屋14、人0を取り込みました\n"
