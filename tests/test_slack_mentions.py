"""Somebody else named in a message is read as people read it: by name, or as another person."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.tickets import TicketLine
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import text_of
from tests.slack_fake import BOT, FakeSlack
from tests.test_consulting import consult


@pytest.fixture
def slack(own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms) -> Iterator[Whole]:
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


def fake_of(slack: Whole) -> FakeSlack:
    found: FakeSlack = slack.extras["fake"]
    return found


def write(slack: Whole, text: str) -> str:
    """A memo of mori's in a consultation's thread, with Slack's own signs in it; as it was kept."""
    fake = fake_of(slack)
    room = "CROOMDENSHISHINSEI"
    [opener] = [m["ts"] for m in fake.said_in(room) if "R8-0001" in text_of(m)]
    fake.send("message_channel", user="UMORI", channel=room, thread_ts=opener, text=text)
    assert fake.troubles == []
    with slack.db.read() as session:
        return session.scalars(select(TicketLine).order_by(TicketLine.id.desc())).all()[0].text


def asked(slack: Whole) -> list[str]:
    return [str(c["arguments"]["user"]) for c in fake_of(slack).calls("users.info")]


def test_whom_the_directory_knows_is_named_without_asking_slack(slack: Whole) -> None:
    consult(slack)
    assert (
        write(slack, "<@UHAYASHI> さんと話した <@UHAYASHI|nao>") == "@林 直子 さんと話した @林 直子"
    )
    assert asked(slack) == []


def test_anybody_else_is_named_as_slack_does_and_asked_for_once(slack: Whole) -> None:
    consult(slack)
    fake_of(slack).add_person("UONO", "大野 一 <!here>")
    assert write(slack, "<@UONO> に確認中") == "@大野 一 <!here> に確認中"
    assert write(slack, "<@UONO> は休み") == "@大野 一 <!here> は休み"
    assert asked(slack) == ["UONO"]
    slack.clock.forward(minutes=6)  # by then he may have another name
    fake_of(slack).people["UONO"].name = "大野 二"
    assert write(slack, "<@UONO> に聞いた") == "@大野 二 に聞いた"


def test_whom_nobody_knows_is_another_person_and_slack_is_asked_no_further(slack: Whole) -> None:
    consult(slack)
    told = write(slack, "<@UGONE> と <@UGONE2> と <!subteam^S1> と <!subteam^S2|@kikaku>")
    assert told == "@（別の人） と @（別の人） と @（グループ） と @kikaku"
    assert asked(slack) == ["UGONE"]  # the acknowledgement waits for it


@pytest.mark.parametrize("trouble", [{"drop": "before"}, {"status": 500}, {"error": "ratelimited"}])
def test_where_slack_does_not_say_it_the_words_are_kept_all_the_same(
    slack: Whole, trouble: dict[str, Any]
) -> None:
    consult(slack)
    fake_of(slack).add_person("UONO", "大野 一")
    fake_of(slack).fault("users.info", **trouble)
    assert write(slack, "<@UONO> に確認中") == "@（別の人） に確認中"
    assert write(slack, "<@UONO> に確認中") == "@大野 一 に確認中"


def test_of_a_whole_list_of_people_only_a_few_are_asked_for(slack: Whole) -> None:
    consult(slack)
    ids = [f"UMANY{n}" for n in range(8)]
    for user in ids:
        fake_of(slack).add_person(user, f"名 {user}")
    told = write(slack, " ".join(f"<@{user}>" for user in ids))
    assert (asked(slack), told.count("（別の人）")) == (ids[:5], 3)


def test_talk_among_people_asks_slack_for_nobody(slack: Whole) -> None:
    fake = fake_of(slack)
    fake.add_person("UONO", "大野 一")
    fake.add_channel("CALL", "all", members={"UYAMADA", "UONO", BOT})
    fake.send("message_channel", user="UYAMADA", channel="CALL", text="<@UONO> これどう思う")
    assert asked(slack) == []
