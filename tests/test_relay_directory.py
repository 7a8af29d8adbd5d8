"""How a talk is listed that no process reaches, and what doctor says of what waits for it."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

import jobs
from bot.chat import Account, Card, Place
from bot.db import Database
from bot.deliveries import post
from bot.directory import KnownAccount, Person, introduce, person_of
from tests.roster_world import PEOPLE, imported, problems
from tests.store import NOON
from tests.test_doctor import examined, lines, only_ill, settings

HEAD = PEOPLE.strip()
TALK = "relay/hyogo/多可町連絡"
YAMADA = f"t-yamada,山田 葵,多可町,企画課,contact,{TALK},"
UEDA = f"t-ueda,上田 蓮,多可町,企画課,,{TALK} web/page/t-ueda,"


def people(folder: Path, *listed: str) -> Path:
    made = folder / "people"
    made.mkdir(exist_ok=True)
    (made / "people.csv").write_text("\n".join((HEAD, *listed, "")), "utf-8")
    return made


def test_several_people_share_a_talk_that_is_listed_for_each(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, YAMADA, UEDA), "talks")
    imported(own_db, people(tmp_path, YAMADA, UEDA), "talks")
    with own_db.read() as session:
        known = session.scalars(select(KnownAccount).where(KnownAccount.platform == "relay")).all()
        assert {k.talk for k in known} == {Place("relay", "hyogo", "多可町連絡")}
        assert len({k.account for k in known}) == 2
        assert all(person_of(session, k.account) is k.person for k in known)
        first = session.get_one(Person, "t-ueda").accounts[0]
    assert first.talk == Place("relay", "hyogo", "多可町連絡")


def test_a_talk_is_not_called_what_parts_people_in_it(db: Database, tmp_path: Path) -> None:
    listed = YAMADA.replace("多可町連絡", "多可町:連絡")
    [problem] = problems(db, people(tmp_path, listed), "talks")
    assert "2行目 accounts" in problem and "_ に替えてください" in problem


def test_a_room_of_the_prefecture_is_not_in_such_a_talk(db: Database, tmp_path: Path) -> None:
    (tmp_path / "rooms.csv").write_text(
        f"room,name,kind,place\nroom-x,県の部屋,office,{TALK}\n", "utf-8"
    )
    [problem] = problems(db, tmp_path, "talks")
    assert "2行目 place" in problem and "置けません" in problem


def test_who_was_named_when_words_were_pasted_outlives_an_import(
    own_db: Database, tmp_path: Path
) -> None:
    account = Account("relay", "hyogo", "多可町連絡:283657 住民課 高橋")
    with own_db.write() as session:
        introduce(session, account, "住民課 高橋", "283657", "", NOON)
    imported(own_db, people(tmp_path, YAMADA), "talks")
    with own_db.read() as session:
        person = person_of(session, account)
    assert person is not None and not person.confirmed


def test_doctor_says_how_much_waits_and_since_when(own_db: Database, tmp_path: Path) -> None:
    assert lines(examined(settings(own_db, tmp_path), tmp_path), "手で中継するもの") == []
    imported(own_db, people(tmp_path, YAMADA), "talks")
    found = examined(settings(own_db, tmp_path), tmp_path)
    assert lines(found, "手で中継するもの") == ["✓ 手で中継するもの：中継待ちはありません"]

    place, now = Place("relay", "hyogo", "多可町連絡"), jobs.now()
    with own_db.write() as session:
        post(session, place, Card("ひみつの話"), now - timedelta(hours=2), reason="event:1")
    found = examined(settings(own_db, tmp_path), tmp_path)
    assert lines(found, "手で中継するもの")[0].startswith("✓ 手で中継するもの：中継待ち 1件")
    assert lines(found, "送れていないもの") == ["✓ 送れていないもの：ありません"]

    with own_db.write() as session:
        post(session, place, Card("古い話"), now - timedelta(days=2), reason="event:2")
    ill = only_ill(examined(settings(own_db, tmp_path), tmp_path))
    assert "中継待ち 2件、いちばん古いものは" in ill.words and "「中継箱」を開き" in ill.words
    assert "ひみつ" not in ill.words and "古い話" not in ill.words
