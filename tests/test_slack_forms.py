"""Forms in Slack: what was typed is what is sent, however often and in however many pieces it is shown."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.chat import Card, Field, Form
from bot.db import Database
from bot.platforms.slack.modals import VIEW_BYTES, filled, look_view
from bot.tickets import Ticket
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import SlackDriver, dispatcher, elements, label_of, user_of
from tests.slack_fake import FakeSlack
from tests.store import Store

PHONE = "078-341-7711"
SAFE = {"電話番号のような数字": "個人の番号ではないので、このまま送る"}
FRAME = 20_480
"""Bytes: Slack hangs up on a larger one (revelrylabs/slax#614)."""


@pytest.fixture
def slack(
    store: Store, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Whole]:
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


def fake_of(slack: Whole) -> FakeSlack:
    found: FakeSlack = slack.extras["fake"]
    return found


def body(slack: Whole) -> str:
    with slack.db.read() as session:
        return session.scalars(select(Ticket)).one().body


def fields(slack: Whole) -> list[str]:
    assert isinstance(slack.driver, SlackDriver)
    return slack.driver.fields("yamada")


def prefilled(slack: Whole, text: str) -> None:
    """The form of a consultation, with this text in it."""
    fake_of(slack).send("slash", user="UYAMADA", command="/soudan", text=text)


def test_a_long_text_that_got_shorter_is_sent_as_it_stands(slack: Whole) -> None:
    """Slack keeps what was typed where a view is shown anew with the same ids (slackapi/bolt-js#290): two
    inputs that become one must not lose the second, nor one that becomes two say its end twice."""
    prefilled(slack, "あ" * 2990 + "。" + "い" * 500)
    assert "内容（つづき）" in fields(slack)
    slack.fill("yamada", {"件名": "短く", "内容": f"{PHONE}。", "分野": "電子申請"})
    assert "内容（つづき）" not in fields(slack)
    slack.fill("yamada", SAFE)
    assert body(slack) == f"{PHONE}。" + "い" * 500


def test_inputs_that_a_view_had_before_are_not_read() -> None:
    """Slack may tell of them still (slackapi/bolt-js#625)."""
    form = Form("a", "", "t", (Field("body", "内容", "long"),), "送る")
    typed = {"f:body:0:old": {"v": {"value": "前の"}}, "f:body:0:new": {"v": {"value": "いまの"}}}
    shown = [{"type": "input", "block_id": "f:body:0:new"}]
    view = {"blocks": shown, "state": {"values": typed}}
    assert dict(filled(form, view)) == {"body": "いまの"}


def test_a_form_too_large_for_an_acknowledgement_comes_right_after_it(slack: Whole) -> None:
    fake, text = fake_of(slack), f"{PHONE}。" + "あいうえお。" * 800
    with ThreadPoolExecutor(4) as listeners:  # as in the process: the acknowledgement does not wait
        fake.dispatch = dispatcher(slack.extras["connected"].ears.app(listeners, ""))
        prefilled(slack, text)
        fake.wait_until(lambda: fake.modal_of(user_of("yamada")))
        slack.driver.fill("yamada", {"件名": "長い", "分野": "電子申請"})
        fake.wait_until(lambda: "電話番号のような数字" in fields(slack))
        slack.driver.fill("yamada", SAFE)
    assert body(slack) == text
    assert max(len(json.dumps(sent.ack_payload)) for sent in fake.history) < FRAME


def test_a_screen_is_never_larger_than_slack_takes() -> None:
    """250 kB (docs.slack.dev, views.open, view_too_large), as it goes over the wire."""
    card = Card("長い相談", tuple(f"{n}番目。{'あ' * 900}" for n in range(90)))
    read, start = "", 0
    while True:
        view = look_view(card, "http://desk", "ticket/1", start)
        assert len(json.dumps(view)) < VIEW_BYTES + 5_000
        read += json.dumps(view["blocks"], ensure_ascii=False)
        more = [e for e in elements(view) if label_of(e) == "つづきを見る"]
        if not more:
            break
        start = int(more[0]["value"].rpartition("@")[2])
    assert start > 0
    assert all(f"{n}番目。" in read for n in range(90))
