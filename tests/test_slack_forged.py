"""Forms, buttons and screens in Slack that somebody forged: a calm end, and nothing changed."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.announcements import Announcement
from bot.chat import Place
from bot.db import Database
from bot.deliveries import Delivery
from bot.dialogues import Dialogue
from bot.platforms.slack.modals import Open
from bot.platforms.slack.screens import CLOSED
from bot.tickets import Status, Ticket, TicketLine
from handlers import forms
from knowledge.text import Synonyms, Words
from tests.conftest import Whole, in_slack, library_of
from tests.slack_driver import text_of, user_of
from tests.slack_fake import TEAM, dm_of
from tests.store import Store
from tests.test_announcing import NOTICE, write
from tests.test_consulting import FORM, consult, ticket
from tests.test_slack_modals import count, driver, fake_of, modal, posted, submit

Json = dict[str, Any]
ROOM = "電子申請/R8-0001"


@pytest.fixture
def slack(
    store: Store, own_db: Database, tmp_path: Path, words: Words, synonyms: Synonyms
) -> Iterator[Whole]:
    made = in_slack(own_db, tmp_path, library_of(own_db, words, synonyms))
    yield made
    made.extras["close"]()


@pytest.fixture(autouse=True)
def _calm(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is done here: nothing breaks on our side."""
    yield
    assert [r for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info] == []


def test_what_slack_s_own_form_would_not_let_through_is_refused_field_by_field(
    slack: Whole,
) -> None:
    slack.press("yamada", "相談する")
    view = modal(slack, "yamada")
    keys = [b["block_id"] for b in view["blocks"] if b["type"] == "input"]
    nothing = {key: {"v": {"type": "plain_text_input", "value": None}} for key in keys}
    wrong: Json = {"type": "static_select", "selected_option": {"value": "<!channel>"}}
    day = next(key for key in keys if "wished_by" in key)
    empty = {"件名を書いてください", "内容を書いてください"}
    other = {**nothing, **{key: {"v": wrong} for key in keys if "field" in key}}
    never = {day: {"v": {"type": "datepicker", "selected_date": "2026-13-45"}}}
    cases: list[tuple[Json, set[str]]] = [
        ({}, empty),  # 分野 is not asked for: 「わからない」 stands there
        (nothing, empty | {"分野を選んでください"}),
        (other, empty | {"分野を一覧から選んでください"}),
        (never, empty | {"日付を選んでください（例：2026-12-01）"}),
    ]
    for values, told in cases:
        fake_of(slack).send("view_submission", user="UYAMADA", view_id=view["id"], values=values)
        assert fake_of(slack).troubles == []
        assert told <= set(driver(slack).errors("yamada"))
    assert count(slack, Ticket) == 0
    slack.fill("yamada", FORM)
    assert count(slack, Ticket) == 1


@pytest.mark.parametrize(
    "meta",
    [
        "", "{", "null", "[]", "7", '"x"', "{}", '{"form": "x", "at": "slack/T0FAKE/UYAMADA"}',
        '{"form": 1, "at": "nowhere"}', '{"form": 1, "at": ["a"]}', '{"form": null, "at": "a/b/c"}',
        '{"form": 100000000000000000000000000000, "at": "slack/T0FAKE/UYAMADA"}',
        '{"form": true, "at": "slack//UYAMADA"}', "[" * 2900, '{"form": 1.5, "at": "a/b/c"}',
    ],
)  # fmt: skip
def test_a_modal_that_names_nothing_ends_calmly(slack: Whole, meta: str) -> None:
    slack.press("yamada", "相談する")
    view = modal(slack, "yamada")["id"]
    fake_of(slack).views[view]["private_metadata"] = meta
    fake_of(slack).send("block_actions", user="UYAMADA", view_id=view, action_id="press:0:fix")
    fake_of(slack).views[view] |= {"private_metadata": meta, "callback_id": "form"}
    fake_of(slack).send("view_submission", user="UYAMADA", view_id=view)
    assert CLOSED in driver(slack).read("yamada")
    assert fake_of(slack).troubles == [] and count(slack, Ticket) == 0


def test_nobody_sends_off_or_opens_another_person_s_form(slack: Whole) -> None:
    consult(slack)
    slack.press("mori", "多可町へ返信", ROOM)
    slack.fill("mori", {"返信": "承りました"})
    theirs = modal(slack, "mori")["private_metadata"]
    slack.press("yamada", "相談する")
    view = modal(slack, "yamada")["id"]
    fake_of(slack).views[view]["private_metadata"] = theirs
    fake_of(slack).send("view_submission", user="UYAMADA", view_id=view)
    assert CLOSED in driver(slack).read("yamada")
    assert "承りました" not in driver(slack).read("yamada")
    opened = Open.read(theirs)
    assert opened
    ts = fake_of(slack).said_in("DYAMADA")[-1]["ts"]
    fake_of(slack).send(
        "block_actions", user="UYAMADA", channel="DYAMADA", ts=ts, action_id="press:0:form",
        value=str(opened.form_id),
    )  # fmt: skip
    assert forms.CLOSED in posted(slack, "DYAMADA")
    assert len(fake_of(slack).modals["UYAMADA"]) == 1  # the sentence alone
    with slack.db.read() as session:
        assert session.get_one(Dialogue, opened.form_id).state == "open"
    slack.confirm("mori")
    assert "承りました" in slack.read("yamada", "R8-0001")


@pytest.mark.parametrize("channel", ["UYAMADA", "C1", "CROOMDENSHISHINSEI", "CNOWHERE"])
def test_a_form_speaks_only_where_who_sends_it_off_may_act(slack: Whole, channel: str) -> None:
    """Not in another person's talk nor in a public channel, whatever place its modal names."""
    write(slack)
    view = modal(slack, "hayashi")["id"]
    meta = json.loads(fake_of(slack).views[view]["private_metadata"])
    meta["at"] = str(Place("slack", TEAM, channel))
    fake_of(slack).views[view]["private_metadata"] = json.dumps(meta)
    submit(slack, "hayashi", view)
    slack.tick()
    refused = [text_of(shown) for shown in fake_of(slack).ephemerals_for("UHAYASHI")]
    if channel == "CROOMDENSHISHINSEI":  # the office enters it, but announces nothing there
        assert refused == ["このボタンは、ここでは使えません。"] and count(slack, Announcement) == 0
    else:
        assert f"「{NOTICE['題名']}」の承認を依頼しました" in posted(slack, "DHAYASHI")
    assert "承認を依頼" not in posted(slack, "DYAMADA") + posted(slack, "C1")
    with slack.db.read() as session:
        assert {row.state for row in session.scalars(select(Delivery))} == {"sent"}


FORGED = [
    "", "x", "-1", "0", "9" * 30, "1:2", "１", "1@95", "1@999999", "a/b/c", "\u202e\x00", "7" * 1999,
]  # fmt: skip


@pytest.mark.parametrize("who", ["yamada", "mori", "nobody"])
def test_forged_values_and_actions_end_in_a_sentence_and_change_nothing(
    slack: Whole, who: str
) -> None:
    consult(slack)
    fake, user = fake_of(slack), user_of(who)
    if who == "nobody":
        fake.add_person(user, "だれか")
    slack.say(who, "こんにちは")
    ts = fake.said_in(dm_of(user))[-1]["ts"]
    actions = [
        *(f"press:0:{action}" for action in slack.desk.buttons), "press:0:step", "press:0:fix",
        "press:0:send_anyway", "press", "press:", "press::", "look:", "fix", "press:0:" + "x" * 240,
        *(f"look:0:{action}" for action in slack.desk.looks), "look:0:menu",
    ]  # fmt: skip
    for action in actions:
        each = 1 if action.endswith(("take", "ticket", "form", "consult")) else 4
        for value in FORGED[::each]:
            fake.send(
                "block_actions", user=user, channel=dm_of(user), ts=ts, action_id=action, value=value
            )  # fmt: skip
            fake.modals[user] = []
    assert fake.troubles == []
    found = ticket(slack)
    assert (found.status, found.owner_id, count(slack, Ticket)) == (Status.OPEN, None, 1)
    assert count(slack, TicketLine) == count(slack, Announcement) == 0


def test_a_button_works_only_where_it_works(slack: Whole) -> None:
    consult(slack)
    write(slack)
    slack.confirm("hayashi")
    fake = fake_of(slack)
    here, role = "このボタンは、ここでは使えません", "このボタンは、あなたの役割では使えません"
    for user, channel, action, sentence in (
        ("UFUJII", "CROOMDENSHISHINSEI", "approve", here),
        ("UMORI", "CROOMHYOJUNKA", "take", here),
        ("UYAMADA", "CROOMDENSHISHINSEI", "take", role),
        ("UYAMADA", "CROOMDENSHISHINSEI", "solve", here),
        ("UYAMADA", "CROOMDENSHISHINSEI", "shut_pages", here),
    ):
        fake.channels[channel].members.add(user)
        fake.send(
            "block_actions", user=user, channel=channel, action_id=f"press:0:{action}", value="1"
        )
        shown = fake.ephemerals_for(user)[-1]
        assert sentence in text_of(shown) and shown["channel"] == channel
    assert (ticket(slack).status, ticket(slack).owner_id) == (Status.OPEN, None)
    with slack.db.read() as session:
        assert session.scalars(select(Announcement)).one().state == "承認待ち"
    slack.tick()
    assert "使えません" not in posted(slack, "CROOMDENSHISHINSEI")
