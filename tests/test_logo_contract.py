"""The vendor's own client is content with the fake. `make logo-contract` runs this alone; it wants node."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.logo_contract.client import Client, library_id, make_ready
from tests.logo_fake import DOMAIN, ME, FakeLogo

pytestmark = pytest.mark.contract
ID = re.compile(r"_-?\d+_-?\d+")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeLogo]:
    make_ready()
    with FakeLogo() as made:
        yamada = made.add_person("山田 太郎", "yamada@example.jp")
        made.add_pair(yamada)
        made.add_group("情報政策課", [yamada, made.add_person("上田")])
        yield made


@pytest.fixture(scope="module")
def client(fake: FakeLogo) -> Iterator[Client]:
    with Client(fake.url, fake.token) as made:
        made.wait("event", name="data_recovered")
        fake.wait_told(20)
        yield made


@pytest.fixture(scope="module")
def world(client: Client) -> Any:
    client.do("look")
    return client.wait("world")


def test_it_logs_in_and_sees_the_organisation_its_talks_and_people(world: Any) -> None:
    assert world["me"] == {"id": library_id(ME), "name": "デスク"}
    assert world["domains"] == [{"id": library_id(DOMAIN), "name": "兵庫県と市町"}]
    assert sorted(talk["type"] for talk in world["talks"]) == [1, 2]
    for talk in world["talks"]:
        assert ID.fullmatch(talk["id"]) and talk["domain"] == library_id(DOMAIN)
        assert talk["users"] and all(user and user["name"] for user in talk["users"])
    assert {user["name"] for user in world["users"]} >= {"山田 太郎", "上田"}


@pytest.mark.parametrize(
    ("tag", "content", "kind"),
    [
        ("text", {"text": "こんにちは"}, 1),
        ("select", {"question": "どれですか", "options": ["一", "二", "三"]}, 502),
        ("yesno", {"question": "よいですか"}, 500),
        ("task", {"title": "確認", "closing_type": 1}, 504),
    ],
)
def test_what_it_sends_is_answered_with_the_message(
    client: Client, world: Any, tag: str, content: Any, kind: int
) -> None:
    talk = next(talk["id"] for talk in world["talks"] if talk["type"] == 2)
    client.do("send", room=talk, content=content, tag=tag)
    sent = client.wait("sent", tag=tag)
    assert sent["type"] == kind and ID.fullmatch(sent["id"])


def test_it_hears_what_somebody_says_and_acknowledges_it(
    client: Client, fake: FakeLogo, world: Any
) -> None:
    yamada = next(user for user, one in fake.users.items() if one["display_name"] == "山田 太郎")
    message = fake.say(yamada, None, "聞こえますか")
    heard = client.wait("event", name="TextMessage")
    assert heard["user"] == {"id": library_id(yamada), "name": "山田 太郎"}
    assert heard["room"] in {talk["id"] for talk in world["talks"]}
    assert heard["message"]["id"] == library_id(message)
    client.wait_until(lambda: len(fake.noted("ack")) == len(fake.noted("push")), 10, "the end")
    assert {ack["result"] for ack in fake.noted("ack")} == {True}


def test_an_answer_to_a_stamp_reaches_it(client: Client, fake: FakeLogo, world: Any) -> None:
    talk = next(t["talk_id"] for t in fake.talks.values() if t["type"] == 2)
    yamada = next(user for user in fake.talks[talk]["user_ids"] if user != ME)
    client.do(
        "send",
        room=library_id(talk),
        content={"question": "どちら", "options": ["右", "左"]},
        tag="two",
    )
    sent = client.wait("sent", tag="two")
    stamp = next(number for number in fake.actions if library_id(number) == sent["id"])
    fake.choose(yamada, stamp, "左")
    client.do("answers", tag="two")
    told = client.wait("answers", tag="two")
    assert [[user["name"] for user in group] for group in told["groups"]] == [[], ["山田 太郎"]]


def test_it_says_nothing_that_the_old_spec_does_not_have_and_complains_of_nothing(
    client: Client, fake: FakeLogo
) -> None:
    assert fake.noted("bad") == [] and fake.noted("trouble") == []
    assert client.complaints == []


def test_a_wrong_token_is_refused_in_its_own_words(fake: FakeLogo) -> None:
    with Client(fake.url, fake.token + "-wrong") as stranger:
        told = stranger.wait("event", name="error_occurred")
        assert (told["body"]["code"], told["body"]["message"]) == (401, "invalid token")


def test_a_second_login_ends_the_first_which_does_not_come_back(fake: FakeLogo) -> None:
    with Client(fake.url, fake.token) as first:
        first.wait("event", name="data_recovered")
        fake.wait_until(lambda: any(link.is_told for link in fake.links), 20)
        opened = len(fake.noted("open"))
        with Client(fake.url, fake.token) as second:
            second.wait("event", name="data_recovered")
            fake.wait_until(lambda: len(fake.links) == 1, 10, "one line")
            second.do("look")
            second.wait("world")
        assert len(fake.noted("open")) == opened + 1
