"""A form asked step by step, before it is sent off: its preview, and mending one field of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat import CONFIRMED, Card, Field, Message, Row
from bot.db import Database
from bot.dialogues import Dialogue, sent_off
from handlers import steps
from tests.steps_world import HERE, MEMO, NOON, SATO, TITLE, Person, form, made


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    yield from made(tmp_path)


@pytest.fixture
def sato(db: Database) -> Person:
    return Person(db)


PREVIEW = Card("多可町へ送ります", paragraphs=("届け出の件",), rows=(Row("件名", "届け出"),))


def previewed(sato: Person) -> Person:
    """Everything is filled in and the desk answers with a preview."""
    sato.opens(form(TITLE, MEMO, previews=True)).says("届け出", "とばす")
    sent = sato.sent.pop()
    assert not sent.confirmed
    assert sent.values is not None
    asked = form(TITLE, MEMO, previews=True, preview=PREVIEW, submit="多可町へ送る")
    return sato.opens(asked.with_values(sent.values))


def test_the_preview_is_shown_and_its_last_press_confirms(sato: Person) -> None:
    card = previewed(sato).card
    assert (card.title, card.paragraphs, card.rows) == (
        PREVIEW.title,
        PREVIEW.paragraphs,
        PREVIEW.rows,
    )
    assert sato.labels() == ["多可町へ送る", "直す", "やめる"]
    sato.presses("多可町へ送る")
    assert sato.values == {"title": "届け出", "memo": "", CONFIRMED: "yes"}
    assert sato.sent[0].confirmed


@pytest.mark.parametrize("text", ["多可町へ送る", "送る", "1", "１"])
def test_the_preview_is_confirmed_by_words_too(sato: Person, text: str) -> None:
    previewed(sato).says(text)
    assert sato.sent[0].confirmed


@pytest.mark.parametrize("text", ["ありがとう", "4", "😀", "はい", "とばす"])
def test_other_words_do_not_send_a_preview(sato: Person, text: str) -> None:
    card = previewed(sato).says(text)
    assert not sato.sent and card.title == PREVIEW.title


def test_one_field_is_mended_and_the_preview_is_asked_for_again(sato: Person) -> None:
    card = previewed(sato).presses("直す")
    assert card.title == "どこを直しますか" and sato.picks() == ["件名", "補足"]
    assert sato.presses("件名").title == "件名"
    sato.says("転入の件")
    assert sato.values == {"title": "転入の件", "memo": ""}


def test_mending_can_be_given_up(sato: Person) -> None:
    assert previewed(sato).says("直す", "戻る").title == PREVIEW.title
    assert sato.says("直す", "件名", "戻る").title == PREVIEW.title
    sato.presses("多可町へ送る")
    assert sato.sent[0].confirmed


def test_an_older_preview_does_not_send_what_it_did_not_show(sato: Person) -> None:
    old = previewed(sato).card.buttons[0].value
    sato.says("直す", "件名", "転入の件")
    sent = sato.sent.pop()
    asked = form(TITLE, MEMO, previews=True, preview=replace(PREVIEW, title="新しい案"))
    sato.opens(asked.with_values(sent.values or {}))
    assert sato.presses_value(old).title == "新しい案"
    assert not sato.sent


def test_a_form_that_was_sent_off_in_vain_can_be_sent_again(sato: Person) -> None:
    """The desk took the message but the form stayed open: nobody is left without a way on."""
    sato.opens(form(TITLE)).says("届け出")
    sato.sent.clear()
    card = sato.says("あれ")
    assert card.title == "相談する" and card.rows == (Row("件名", "届け出"),)
    assert sato.says("直す", "件名", "転入").rows == (Row("件名", "転入"),)
    sato.presses("送る")
    assert sato.values == {"title": "転入"}


def test_mistakes_are_mended_first_one_after_the_other(sato: Person) -> None:
    fields = (TITLE, replace(MEMO, required=True), Field("count", "人数", "number"))
    sato.opens(form(*fields)).says("届け出", "文", "3")
    sent = sato.sent.pop()
    wrong = {"memo": "もう少しくわしく書いてください", "count": "定員を超えています"}
    sato.opens(form(*fields).with_values(sent.values or {}, wrong))
    assert (sato.card.title, sato.card.paragraphs[0]) == ("補足", wrong["memo"])
    assert "これで次へ" not in sato.labels()
    assert (
        sato.says("これで次へ").title == "人数"
    )  # words of no button are an answer like any other
    assert sato.card.paragraphs[0] == wrong["count"]
    sato.says("2")
    assert sato.values == {"title": "届け出", "memo": "これで次へ", "count": "2"}


def test_a_mistake_can_be_mended_in_another_field(sato: Person) -> None:
    days = (Field("from", "始まり", "date"), Field("to", "終わり", "date"))
    sato.opens(form(*days)).says("12/5", "12/1")
    sent = sato.sent.pop()
    sato.opens(form(*days).with_values(sent.values or {}, {"to": "始まりより後の日にしてください"}))
    assert sato.card.title == "終わり"
    assert sato.says("戻る").title == "どこを直しますか"
    assert sato.says("始まり", "11/30").title == "終わり"
    sato.presses("これで次へ")
    assert sato.values == {"from": "2026-11-30", "to": "2026-12-01"}


def test_two_presses_of_the_last_button_send_once(sato: Person, db: Database) -> None:
    button = previewed(sato).card.buttons[0].value
    press = Message("e98", SATO, HERE, NOON, action="step", value=button)
    with db.write() as session:
        sent = steps.take(session, press, session.query(Dialogue).one())
        assert isinstance(sent, Message) and sent.confirmed
        sent_off(session, sent)
    with db.write() as session:
        again = replace(press, event_id="e99")
        assert steps.take(session, again, session.query(Dialogue).one()) == steps.ended()
