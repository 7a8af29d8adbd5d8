"""Whose an account is by the directory: people who go and come back, and addresses that a chat has learnt."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.chat import Account
from bot.db import Database
from bot.directory import KnownAccount, Person, contacts, introduce, recognise
from tests.roster_world import imported, people, person_at, problems
from tests.store import NOON


def test_people_who_are_gone_become_inactive_and_come_back(
    own_db: Database, tmp_path: Path
) -> None:
    a, b = "a,甲,多可町,企画課,contact,web/page/a,", "b,乙,多可町,企画課,,web/page/b,"
    imported(own_db, people(tmp_path, a, b))
    assert person_at(own_db, "web/page/a") == "a"

    imported(own_db, people(tmp_path, b))
    assert person_at(own_db, "web/page/a") is None
    with own_db.read() as session:
        assert session.get_one(Person, "a").active is False
        assert session.get_one(Person, "yamada").active is True  # of another source
        assert "a" not in [p.id for p in contacts(session, ["283657"])]

    imported(own_db, people(tmp_path, a, b))
    assert person_at(own_db, "web/page/a") == "a"


def test_an_account_may_go_from_one_person_to_another(own_db: Database, tmp_path: Path) -> None:
    imported(
        own_db,
        people(tmp_path, "a,甲,多可町,企画課,,web/page/x,", "b,乙,多可町,企画課,,web/page/y,"),
    )

    imported(
        own_db,
        people(tmp_path, "a,甲,多可町,企画課,,web/page/y,", "b,乙,多可町,企画課,,web/page/x,"),
    )

    assert (person_at(own_db, "web/page/x"), person_at(own_db, "web/page/y")) == ("b", "a")


def test_the_account_of_somebody_who_left_may_be_given_to_a_successor(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, "a,甲,多可町,企画課,,web/page/x,"))
    imported(own_db, people(tmp_path, "c,丙,多可町,企画課,,,"))

    imported(own_db, people(tmp_path, "b,乙,多可町,企画課,,web/page/x,"))

    assert person_at(own_db, "web/page/x") == "b"


def test_a_stranger_who_introduced_himself_becomes_the_person_the_office_knows(
    own_db: Database, tmp_path: Path
) -> None:
    account = Account("web", "page", "new")
    with own_db.write() as session:
        introduce(session, account, "新田", "283657", "企画課", datetime(2026, 11, 20, tzinfo=UTC))

    imported(own_db, people(tmp_path, "nitta,新田 修,多可町,企画課,contact,web/page/new,"))

    assert person_at(own_db, "web/page/new") == "nitta"


MAIL = "slack/T0123/sato@town.example.jp"
SATO = f"sato,佐藤 花,多可町,企画課,contact,{MAIL},"
UENO = "ueno,上野 実,多可町,総務課,,slack/T0123/U0456,"


def known(db: Database, account: str, mail: str) -> str | None:
    """Who this account is recognised as by its mail address."""
    with db.write() as session:
        person = recognise(session, Account.parse(account), mail)
        return person.id if person else None


def test_an_account_may_be_an_id_of_the_chat_or_a_mail_address(
    own_db: Database, tmp_path: Path
) -> None:
    assert imported(own_db, people(tmp_path, SATO, UENO)).people == 2

    assert person_at(own_db, "slack/T0123/U0456") == "ueno"
    with own_db.read() as session:
        [listed] = session.get_one(Person, "sato").accounts
        assert (listed.account, listed.learnt_from) == (Account.parse(MAIL), "")


def test_an_account_is_known_by_the_mail_address_that_the_directory_lists(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO, UENO))
    assert person_at(own_db, "slack/T0123/U0123") is None

    for mail in ("sato@town.example.jp", " Sato@Town.Example.JP ", "sato@town.example.jp"):
        assert known(own_db, "slack/T0123/U0123", mail) == "sato"

    assert person_at(own_db, "slack/T0123/U0123") == "sato"
    with own_db.read() as session:
        accounts = session.get_one(Person, "sato").accounts
        assert [(str(one.account), one.learnt_from) for one in accounts] == [
            (MAIL, ""),
            ("slack/T0123/U0123", "sato@town.example.jp"),
        ]


@pytest.mark.parametrize(
    ("account", "mail"),
    [
        ("slack/T9999/U0123", "sato@town.example.jp"),  # another organisation's workspace
        ("teams/T0123/U0123", "sato@town.example.jp"),
        ("slack/T0123/U0123", "suzuki@town.example.jp"),
        ("slack/T0123/U0123", "sato@town.example.jp.evil.example"),
        ("slack/T0123/U0123", "%@town.example.jp"),
        ("slack/T0123/U0123", "U0456"),  # an id of a chat is no address
        ("slack/T0123/U0123", "@"),
        ("slack/T0123/U0123", ""),
    ],
)
def test_nobody_is_known_by_another_address_or_in_another_workspace(
    own_db: Database, tmp_path: Path, account: str, mail: str
) -> None:
    imported(own_db, people(tmp_path, SATO, UENO))

    assert known(own_db, account, mail) is None
    assert person_at(own_db, account) is None


def test_who_has_left_is_known_no_longer_and_a_successor_may_have_the_address(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO))
    assert known(own_db, "slack/T0123/U0123", "sato@town.example.jp") == "sato"

    imported(own_db, people(tmp_path, UENO))
    assert person_at(own_db, "slack/T0123/U0123") is None
    for account in ("slack/T0123/U0123", "slack/T0123/U0999"):
        assert known(own_db, account, "sato@town.example.jp") is None
    with own_db.read() as session:
        assert "U0999" not in session.scalars(select(KnownAccount.user)).all()

    again = SATO.replace("sato,佐藤 花", "sato2,佐藤 花").replace("/sato@", "/Sato@")
    imported(own_db, people(tmp_path, UENO, again))
    assert known(own_db, "slack/T0123/U0123", "sato@town.example.jp") == "sato2"
    assert person_at(own_db, "slack/T0123/U0123") == "sato2"


def test_who_had_only_told_us_himself_who_he_is_becomes_whom_the_directory_lists(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO))
    account = Account.parse("slack/T0123/U0123")
    with own_db.write() as session:
        assert not introduce(session, account, "花", "283657", "総務課", NOON).confirmed

    for _ in range(2):
        assert known(own_db, "slack/T0123/U0123", "sato@town.example.jp") == "sato"

    assert person_at(own_db, "slack/T0123/U0123") == "sato"
    with own_db.read() as session:
        told = session.scalars(select(Person).where(Person.source == "self")).one()
        assert told.accounts == []


def test_an_account_that_the_directory_gives_to_somebody_stays_his(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO, UENO))

    assert known(own_db, "slack/T0123/U0456", "sato@town.example.jp") == "ueno"
    assert person_at(own_db, "slack/T0123/U0456") == "ueno"


def test_what_was_learnt_by_an_address_is_kept_while_it_is_listed(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO, UENO))
    known(own_db, "slack/T0123/U0123", "sato@town.example.jp")

    for again in (SATO.replace("企画課", "総務課"), SATO.replace("/sato@", "/SATO@"), SATO):
        imported(own_db, people(tmp_path, again))
        assert person_at(own_db, "slack/T0123/U0123") == "sato"

    imported(own_db, people(tmp_path, SATO.replace("sato@town", "hana.sato@town")))
    assert person_at(own_db, "slack/T0123/U0123") is None
    with own_db.read() as session:
        assert len(session.get_one(Person, "sato").accounts) == 1


def test_an_account_that_was_learnt_may_be_given_to_somebody_else(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO))
    known(own_db, "slack/T0123/U0123", "sato@town.example.jp")

    imported(own_db, people(tmp_path, SATO, UENO.replace("U0456", "U0123")))

    assert person_at(own_db, "slack/T0123/U0123") == "ueno"
    assert known(own_db, "slack/T0123/U0123", "sato@town.example.jp") == "ueno"


def test_an_address_that_passes_to_another_person_takes_what_was_learnt_along(
    own_db: Database, tmp_path: Path
) -> None:
    imported(own_db, people(tmp_path, SATO, UENO))
    known(own_db, "slack/T0123/U0123", "sato@town.example.jp")

    moved = UENO.replace("slack/T0123/U0456", MAIL)
    imported(own_db, people(tmp_path, SATO.replace(MAIL, ""), moved))

    assert person_at(own_db, "slack/T0123/U0123") is None  # until he is heard again
    assert known(own_db, "slack/T0123/U0123", "sato@town.example.jp") == "ueno"


def test_one_address_in_capitals_and_small_letters_is_one_account(
    own_db: Database, tmp_path: Path
) -> None:
    folder = people(tmp_path, SATO, UENO.replace("slack/T0123/U0456", MAIL.replace("sato", "Sato")))

    assert problems(own_db, folder) == [
        "people.csvの3行目 accounts：「slack/T0123/Sato@town.example.jp」は2行目の sato にもあります"
    ]
