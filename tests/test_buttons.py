"""Every button × every kind of person × own and other municipality, against the one table."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import focus, tickets
from bot.announcements import Announcement
from bot.chat import Account, Card, Message, Place
from bot.deliveries import Delivery, post
from bot.directory import KnownAccount, Person, person_of
from bot.questions import Question
from bot.tickets import Ticket
from handlers.desk import NOT_HERE, NOT_YOURS, UNKNOWN
from handlers.forms import CLOSED
from handlers.standing import Standing, Where, standings
from handlers.table import Button
from knowledge import drafts
from knowledge.store import Conflict, StoredEntry
from tests.conftest import Whole
from tests.test_consulting import consult

PEOPLE = {
    "asker": "yamada",
    "section mate": "ueda",
    "town mate": "okuda",
    "shared account of the town": "sec-taka",
    "other municipality": "nakamura",
    "field liaison": "mori",
    "liaison of another field": "other-field",
    "regional liaison": "kishimoto",
    "regional liaison of another region": "other-region",
    "office": "hayashi",
    "approver": "fujii",
    "stranger": "nobody",
}
EXPECTED: dict[str, set[str]] = {
    "entry": set(PEOPLE),
    "copy": set(PEOPLE),
    "help": set(PEOPLE),
    "form": {"asker"},  # who opened it; anybody else finds nothing there
    "page": set(PEOPLE) - {"stranger"},
    "shut_pages": set(PEOPLE) - {"stranger"},
    "pick": {"asker"},
    "none": {"asker"},
    "solved": {"asker"},
    "different": {"asker"},
    "outdated": {"asker"},
    "why": {"asker"},
    "consult": {
        "asker", "section mate", "town mate", "shared account of the town", "other municipality",
        "stranger",
    },
    "solve": {"asker"},
    "write_on": {"asker"},
    "pass_file": {"field liaison", "regional liaison", "office", "approver"},
    "words_for": {"asker"},  # who wrote them
    "words_new": {"asker"},
    "new_question": {"asker"},
    "take": {"field liaison", "regional liaison", "office", "approver"},
    "reply": {"field liaison", "regional liaison", "office", "approver"},
    "told": {"field liaison", "regional liaison", "office", "approver"},
    "move": {"field liaison", "regional liaison", "office", "approver"},
    "close": {"field liaison", "regional liaison", "office", "approver"},
    "announce": {"office", "approver"},
    "approve": {"approver"},
    "return": {"approver"},
    "withdraw": {"office", "approver"},
    "acknowledge": {
        "asker", "section mate", "town mate", "shared account of the town", "other municipality",
    },
}  # fmt: skip
"""Written by hand from the issue, apart from the table in handlers/table.py."""
EXPECTED["consult_send"] = EXPECTED["consult"]
EXPECTED |= {
    "write": {"office", "approver"},
    "from_document": {"office", "approver"},
    "find": {
        "office", "approver", "field liaison", "liaison of another field", "regional liaison",
        "regional liaison of another region",
    },
    "faq": EXPECTED["reply"],
    "rewrite": {"office"},  # who wrote it
    "review": {"office"},
    "drop": {"office", "approver"},
    "publish": {"approver", "field liaison"},
    "send_back": {"approver", "field liaison"},
    "edit": {"office", "approver", "field liaison"},
    "extend": {"office", "approver", "field liaison"},
    "let_end": {"office", "approver", "field liaison"},
    "archive": {"office", "approver"},
    "unarchive": {"office", "approver"},
    "use_file": {"office", "approver"},
    "keep_ours": {"office", "approver"},
    **{
        name: {"office", "approver"}
        for name in (
            "wordings_accept", "wordings_each", "wordings_later", "wordings_undo", "wording_accept",
            "wording_decline", "wording_undo", "set_caution", "undo_caution",
            "synonyms_add", "synonyms_remove", "synonyms_restore",
        )
    },
}  # fmt: skip
EXPECTED |= {
    **{
        name: {"office", "approver", "regional liaison"}
        for name in ("relay_posted", "relay_mailed", "relay_undo", "relay_all", "relay_drop")
    },
    **{
        name: {"office", "approver", "regional liaison", "regional liaison of another region"}
        for name in ("relay_paste", "relay_consult", "relay_confirm")
    },
}
EXPECTED_LOOKS: dict[str, set[str]] = {
    "tickets": EXPECTED["consult"],
    "notices": EXPECTED["consult"],
    "ticket": {
        "asker", "section mate", "shared account of the town", "field liaison", "regional liaison",
        "office", "approver", "liaison of another field", "regional liaison of another region",
    },
    "queue": {
        "field liaison", "liaison of another field", "regional liaison",
        "regional liaison of another region",
    },
    "waiting": {"approver"},
    "announcements": {"office", "approver"},
    "announcement": {"office", "approver"},
    "board": {"office", "approver"},
    "source": set(PEOPLE),
    "drafts": EXPECTED["find"],
    "expiring": EXPECTED["find"],
    "versions": EXPECTED["find"],
    "knowledge": EXPECTED["find"],
    "draft": {"office", "approver", "field liaison"},
    "conflicts": {"office", "approver"},
    "wordings": {"office", "approver"},
    "caution": {"office", "approver"},
    "synonyms": {"office", "approver"},
    "relay": EXPECTED["find"],
    "relay_text": {"office", "approver", "regional liaison"},
    "relay_mail": {"office", "approver", "regional liaison"},
}  # fmt: skip


@pytest.fixture
def scene(page: Whole) -> Whole:
    """A question and a consultation of 多可町, and an announcement that the office wrote."""
    page.say("yamada", "e-ひょうごの利用料は月いくら。人口5万人未満です")
    consult(page)
    page.press("hayashi", "お知らせを書く")
    page.fill("hayashi", {"題名": "題", "本文": "文", "あて先": "全市町", "確認": "求めない"})
    page.confirm("hayashi")
    with page.db.write() as session:
        ticket, asker = session.scalars(select(Ticket)).one(), Account("web", "page", "yamada")
        said = Message("w", asker, Place("web", "page", "yamada"), page.clock(), text="5件です")
        focus.hold(session, said, said.text, [ticket])
        tickets.continue_(session, ticket, ticket.asker, said.text, said.said_at)
        was = (ticket.status, ticket.closed_at)
        focus.passed_on(session, asker, ticket, ticket.desk_post, was=was)
        entry = session.get_one(StoredEntry, "ehyogo-join").entry
        hayashi = session.get_one(Person, "hayashi")
        drafts.write(session, entry, 1, hayashi, "chat", page.clock())
        session.add(
            Conflict(entry_id=entry.id, digest="d", origin="o", entry=entry, found_at=page.clock())
        )
        by_hand = KnownAccount(platform="relay", workspace="hyogo", user="多可町連絡:ueda")
        ueda = session.get_one(Person, "ueda")
        ueda.accounts.append(by_hand)
        session.flush()
        card = Card("写して届けるもの")
        row = post(session, by_hand.talk, card, page.clock(), reason="event:relay/hyogo/1")
        by_hand_row = str(row.id)
    with page.db.read() as session:
        others = {
            "other-field": select(Person).where(Person.duties.any(field="標準化")),
            "other-region": select(Person).where(Person.duties.any(municipality_code="282014")),
        }
        page.extras = {
            name: session.scalars(query).first().id  # type: ignore[union-attr]
            for name, query in others.items()
        } | {"by hand": by_hand_row}
    return page


def account_of(scene: Whole, kind: str) -> Account:
    name = PEOPLE[kind]
    return Account("web", "page", scene.extras.get(name, name))


def value_for(scene: Whole, button: str) -> str:
    with scene.db.read() as session:
        question = session.scalars(select(Question)).first()
        ticket = session.scalars(select(Ticket)).one()
        announcement = session.scalars(select(Announcement)).one()
    assert question is not None
    of_ticket = ("solve", "write_on", "take", "reply", "told", "move", "close", "ticket", "faq")
    of_notice = (
        "approve",
        "return",
        "withdraw",
        "acknowledge",
        "announcement",
        "board",
        "relay_confirm",
    )
    named: dict[str, str] = {
        **dict.fromkeys(of_ticket, str(ticket.id)),
        **dict.fromkeys(of_notice, str(announcement.id)),
        **dict.fromkeys(OF_DRAFT, "1"),
        **dict.fromkeys(OF_ENTRY, "ehyogo-join"),
        **dict.fromkeys(OF_NOTHING, ""),
        **dict.fromkeys(BY_HAND, scene.extras["by hand"]),
        "pick": f"{question.id}:ehyogo-join",
        "words_for": f"1:{ticket.id}",
        "words_new": "1",
        "pass_file": "1",
        "new_question": "1",
        "source": "ehyogo-join:0",
    }
    return named.get(button, str(question.id))


def place_for(scene: Whole, rule: Button, account: Account) -> Place:
    """Where the button stands, so that only the person decides."""
    with scene.db.read() as session:
        person = person_of(session, account)
    if rule.where is Where.DESK and not (person and person.inside):
        return Place("web", "page", "room-denshi-shinsei")
    return Place("web", "page", account.user)


EVENTS = count()
OF_ENTRY = {
    "entry", "copy", "edit", "extend", "let_end", "archive", "unarchive", "versions", "knowledge",
}  # fmt: skip
OF_DRAFT = {
    "rewrite", "review", "drop", "publish", "send_back", "draft", "use_file", "keep_ours",
}  # fmt: skip
BY_HAND = {
    "relay_posted", "relay_mailed", "relay_undo", "relay_all", "relay_drop", "relay_text", "relay_mail",
}  # fmt: skip
OF_NOTHING = {
    "relay", "relay_paste", "relay_consult",
    "announce", "help", "page", "shut_pages", "consult", "consult_send", "write", "from_document", "find", "drafts",
    "expiring", "conflicts", "wordings", "synonyms_add",
}  # fmt: skip


def press(scene: Whole, button: str, account: Account, place: Place) -> str:
    """Press it and give back the sentence the desk answered with."""
    event = f"press-{next(EVENTS)}"
    message = Message(
        event, account, place, scene.clock(), action=button, value=value_for(scene, button)
    )
    if button == "consult_send":
        opened = Message(f"{event}-form", account, place, scene.clock(), action="consult")
        scene.desk.hear(opened)
        message = replace(message, values={"subject": ""})
    if button == "form":
        message = replace(message, value=str(form_of_the_asker(scene, event)))
    reply = scene.desk.hear(message)
    if button == "form" and reply.form is not None:
        return reply.form.title
    with scene.db.read() as session:
        said = session.scalars(
            select(Delivery).where(Delivery.reason == f"event:web/page/{event}")
        ).first()
    return said.card.title if said else ""


def form_of_the_asker(scene: Whole, event: str) -> int:
    """The number of a form that the asker has open."""
    asker = account_of(scene, "asker")
    place = Place("web", "page", asker.user)
    opens = Message(f"{event}-form", asker, place, scene.clock(), action="consult")
    form_id = scene.desk.hear(opens).form_id
    assert form_id is not None
    return form_id


def test_every_button_has_a_row_here_and_in_the_table(scene: Whole) -> None:
    assert set(scene.desk.buttons) == set(EXPECTED)
    assert set(scene.desk.looks) == set(EXPECTED_LOOKS)


def test_every_button_a_card_can_carry_has_a_row(scene: Whole) -> None:
    """Whatever the sources make a Button of is in the table (or steers a step-by-step form)."""
    import re

    made = {
        name
        for path in [*Path("bot/cards").glob("*.py"), *Path("handlers").glob("*.py")]
        for name in re.findall(r"Button\(\s*\"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    assert made <= set(EXPECTED) | {"step"}
    assert len(made) > 12


@pytest.mark.parametrize("button", sorted(EXPECTED))
def test_who_may_press(scene: Whole, button: str) -> None:
    rule = scene.desk.buttons[button]
    allowed = set()
    for kind in PEOPLE:
        account = account_of(scene, kind)
        said = press(scene, button, account, place_for(scene, rule, account))
        assert said != UNKNOWN
        assert said != NOT_HERE, (button, kind)
        if said not in (NOT_YOURS, CLOSED, rule.sorry or NOT_YOURS):
            allowed.add(kind)  # CLOSED: who may not open the form cannot send it off
    assert allowed == EXPECTED[button]


@pytest.mark.parametrize("look", sorted(EXPECTED_LOOKS))
def test_who_may_look(scene: Whole, look: str) -> None:
    allowed = {
        kind
        for kind in PEOPLE
        if scene.desk.look(account_of(scene, kind), look, value_for(scene, look)) is not None
    }
    assert allowed == EXPECTED_LOOKS[look]


@pytest.mark.parametrize(
    "button", ["take", "reply", "close", "approve", "solve", "acknowledge", "shut_pages"]
)
def test_a_button_works_only_where_it_stands(scene: Whole, button: str) -> None:
    """The right person in the wrong room is refused."""
    kind = min(EXPECTED[button])
    wrong = Place("web", "page", "room-kyoiku")
    assert press(scene, button, account_of(scene, kind), wrong) == NOT_HERE


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        ("自分だけ", {"asker"}),
        ("自分の課", {"asker", "section mate", "shared account of the town"}),
        ("市町全体", {"asker", "section mate", "shared account of the town", "town mate"}),
    ],
)
def test_a_municipality_sees_what_the_asker_allowed(
    page: Whole, visibility: str, seen_by: set[str]
) -> None:
    consult(page, 見える範囲=visibility)
    kinds = [
        "asker",
        "section mate",
        "shared account of the town",
        "town mate",
        "other municipality",
    ]
    seen = {k for k in kinds if page.desk.look(account_of(page, k), "ticket", "1") is not None}
    assert seen == seen_by


def test_a_form_that_is_opened_again_holds_what_was_filled_in(scene: Whole) -> None:
    asker = account_of(scene, "asker")
    place = Place("web", "page", asker.user)
    form_id = str(form_of_the_asker(scene, "again"))
    half = {"subject": "年度途中の参加", "body": "", "field": "電子申請"}
    scene.desk.hear(
        Message("half", asker, place, scene.clock(), action="consult_send", values=half)
    )

    opened = scene.desk.hear(
        Message("opened", asker, place, scene.clock(), action="form", value=form_id)
    )

    assert opened.form is not None
    assert {f.name: f.value for f in opened.form.fields}["subject"] == "年度途中の参加"


def test_who_told_us_himself_who_he_is_sees_his_own_alone(page: Whole) -> None:
    consult(page, 見える範囲="市町全体")
    stranger = Account("web", "page", "nobody")
    values = {
        "town": "283657", "section": "企画課", "name": "名乗る人", "subject": "件名", "body": "内容",
        "field": "電子申請", "urgency": "普通", "visibility": "市町全体",
    }  # fmt: skip
    talk = Place("web", "page", "nobody")
    page.desk.hear(Message("open", stranger, talk, page.clock(), action="consult"))
    message = Message("told", stranger, talk, page.clock(), action="consult_send", values=values)
    page.desk.hear(message)
    with page.db.read() as session:
        person = person_of(session, stranger)
        ticket = session.get_one(Ticket, 1)
        assert person is not None and not person.confirmed
        ways = standings(stranger, person, ticket)
        assert Standing.TOWN_MATE not in ways and Standing.LISTED not in ways
    assert page.desk.look(stranger, "ticket", "1") is None
    assert page.desk.look(stranger, "ticket", "2") is not None


@pytest.mark.parametrize(
    ("kind", "sees", "may_reply"),
    [
        ("asker", True, False),
        ("section mate", True, False),
        ("regional liaison", True, True),
        ("field liaison", False, False),
        ("liaison of another field", False, False),
        ("office", False, False),
        ("approver", False, False),
    ],
)
def test_what_only_its_owner_handles_is_shown_and_answered_by_him_alone(
    scene: Whole, kind: str, sees: bool, may_reply: bool
) -> None:
    consult(scene, 扱い="担当だけで扱う")
    account = account_of(scene, kind)
    assert (scene.desk.look(account, "ticket", "2") is not None) is sees

    place = place_for(scene, scene.desk.buttons["reply"], account)
    message = Message("secret", account, place, scene.clock(), action="reply", value="2")
    assert (scene.desk.hear(message).form is not None) is may_reply


def test_who_takes_what_only_its_owner_handles_sees_it(page: Whole) -> None:
    consult(page, 扱い="担当だけで扱う")
    mori = Account("web", "page", "mori")
    assert page.desk.look(mori, "ticket", "1") is None
    page.press("mori", "担当になる", "電子申請/R8-0001")
    assert page.desk.look(mori, "ticket", "1") is not None


def test_the_form_of_a_consultation_never_shows_another_persons_question(page: Whole) -> None:
    page.say("yamada", "多可町だけの込み入った事情についての質問です")
    with page.db.read() as session:
        theirs = session.scalars(select(Question)).one()
    nakamura = Account("web", "page", "nakamura")
    talk = Place("web", "page", "nakamura")
    for n, action in enumerate(("consult", "consult_send")):
        message = Message(
            f"peek{n}", nakamura, talk, page.clock(), action=action, value=str(theirs.id)
        )
        form = page.desk.hear(message).form
        assert form is None or "込み入った" not in repr(form)
