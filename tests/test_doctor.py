"""The doctor says in one line each whether it is well, and else the cure; it changes nothing itself."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.config import Config
from bot.db import Database
from bot.migrate import head
from jobs.doctor import Finding, examine
from jobs.opening import open_desk
from tests.commands import command, nothing_yet
from tests.conftest import HYOGO, NOON, ON_POSTGRES

PARTS = ["設定", "データベース", "スキーマ", "知識", "名簿"]


def settings(db: Database, folder: Path, **more: str) -> dict[str, str]:
    url = db.engine.url.render_as_string(hide_password=False)
    return {"DATABASE_URL": url, "DATA_DIR": str(folder), "DEMO": "1", **more}


def examined(env: dict[str, str], folder: Path) -> list[Finding]:
    return examine(env, folder / ".env")


def only_ill(findings: list[Finding]) -> Finding:
    [ill] = [one for one in findings if not one.fine]
    return ill


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HYOGO, tmp_path / "pack"))


def test_a_well_desk_has_five_lines_that_all_say_so(db: Database, tmp_path: Path) -> None:
    findings = examined(settings(db, tmp_path), tmp_path)

    assert [(one.what, one.fine) for one in findings] == [(part, True) for part in PARTS]
    assert [str(one) for one in findings][1:] == [
        "✓ データベース：" + ("PostgreSQL" if ON_POSTGRES else "SQLite"),
        f"✓ スキーマ：{head()}",
        f"✓ 知識：公開中の項目{len(list((HYOGO / 'entries').iterdir()))}件",
        "✓ 名簿：市町41、分野12、部屋14、人57",
    ]


def test_the_command_prints_the_lines_and_ends_well_or_not(db: Database, tmp_path: Path) -> None:
    well = command("doctor", **settings(db, tmp_path))
    ill = command("doctor", **settings(db, tmp_path, PORT="x"))

    assert (well.returncode, well.stderr) == (0, "")
    assert [line.partition("：")[0] for line in well.stdout.splitlines()] == [
        f"✓ {p}" for p in PARTS
    ]
    assert (ill.returncode, ill.stderr) == (1, "")
    assert ill.stdout == "✗ 設定：PORT='x' は使えません。1から65535までの数を書いてください。\n"


def test_a_broken_line_of_settings_is_told_with_its_number(db: Database, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ここ\n\nPORT\n")

    [ill] = examined(settings(db, tmp_path), tmp_path)
    assert str(ill).startswith("✗ 設定：") and ".envの3行目" in ill.words


def test_where_nothing_was_made_yet_the_doctor_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    findings = examined({"DATA_DIR": str(folder)}, tmp_path)

    assert [(one.what, one.fine) for one in findings] == [("設定", True), ("データベース", False)]
    assert "make run" in findings[1].words
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_told_with_the_cure(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        if not ON_POSTGRES:
            (tmp_path / "new.db").touch()
        findings = examined({"DATA_DIR": str(tmp_path), "DATABASE_URL": url}, tmp_path)

    assert only_ill(findings) is findings[-1]
    assert (findings[-1].what, "python -m bot run" in findings[-1].words) == ("スキーマ", True)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://desk:geheim@127.0.0.1:1/desk", "sqlite:///{folder}/text.db"]
)
def test_a_database_that_cannot_be_opened_is_told_with_the_setting(
    tmp_path: Path, url: str
) -> None:
    (tmp_path / "text.db").write_text("データベースではない" * 200)
    env = {"DATA_DIR": str(tmp_path), "DATABASE_URL": url.format(folder=tmp_path)}

    ill = only_ill(examined(env, tmp_path))

    assert ill.what == "データベース"
    assert "DATABASE_URL" in ill.words and "geheim" not in ill.words
    assert "\n" not in str(ill)


@pytest.mark.parametrize(
    ("now", "cure"), [("0000", "python -m bot run"), ("9999", "プログラムを新しくして")]
)
def test_another_schema_is_told_with_the_cure(
    own_db: Database, tmp_path: Path, now: str, cure: str
) -> None:
    with own_db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": now})
    try:
        findings = examined(settings(own_db, tmp_path), tmp_path)
    finally:
        with own_db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": head()})

    assert [one.what for one in findings] == PARTS[:3]
    ill = only_ill(findings)
    assert (ill.what, now in ill.words, cure in ill.words) == ("スキーマ", True, True)


def test_an_edited_pack_is_told_with_the_cure(db: Database, tmp_path: Path, pack: Path) -> None:
    with (pack / "entries" / "ehyogo-join.md").open("a") as file:
        file.write("追記です。\n")

    ill = only_ill(examined(settings(db, tmp_path, KNOWLEDGE_PACK=str(pack)), tmp_path))

    assert ill.what == "知識" and "ファイルのほうが新しい" in ill.words


def test_a_broken_pack_is_told_with_file_and_line(db: Database, tmp_path: Path, pack: Path) -> None:
    path = pack / "entries" / "ehyogo-join.md"
    path.write_text(path.read_text().replace("kind: faq", "kind: news"))

    ill = only_ill(examined(settings(db, tmp_path, KNOWLEDGE_PACK=str(pack)), tmp_path))

    assert ill.words == (
        f"{path}の11行目 kind：「news」は使えません。faq、case のどれかにしてください"
    )


def test_a_folder_that_is_no_pack_is_told(db: Database, tmp_path: Path) -> None:
    ill = only_ill(examined(settings(db, tmp_path, KNOWLEDGE_PACK=str(tmp_path)), tmp_path))

    assert ill.what == "知識" and "KNOWLEDGE_PACK" in ill.words


def test_an_edited_directory_is_told_with_the_cure(
    db: Database, tmp_path: Path, pack: Path
) -> None:
    folder = pack / "directory"
    with (folder / "regions.csv").open("a") as file:
        file.write("播磨,\n")

    ill = only_ill(examined(settings(db, tmp_path, DIRECTORY=str(folder)), tmp_path))

    assert ill.what == "名簿"
    assert str(folder) in ill.words and "python -m bot run" in ill.words


def test_a_desk_without_knowledge_and_directory_is_told_how_to_get_them(tmp_path: Path) -> None:
    with nothing_yet(tmp_path) as url:
        env = {
            "DATA_DIR": str(tmp_path), "DATABASE_URL": url, "KNOWLEDGE_PACK": "", "DIRECTORY": "",
        }  # fmt: skip
        open_desk(Config.from_values(env), NOON).close()

        findings = examined(env, tmp_path)

    assert [one.what for one in findings if not one.fine] == ["知識", "名簿"]
    assert "knowledge import" in findings[3].words and "directory import" in findings[4].words
