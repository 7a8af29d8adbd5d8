"""A form asked step by step: forward, back, stopped, paused and sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.chat import Card, Field, Message, Row
from bot.db import Base, Database, connect
from bot.dialogues import Dialogue, State, sent_off
from handlers import steps
from tests.steps_world import FRUIT, HERE, MEMO, MUNICIPALITY, NOON, SATO, TITLE, Person, form, made


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    yield from made(tmp_path)


@pytest.fixture
def sato(db: Database) -> Person:
    return Person(db)


def test_a_form_is_asked_field_by_field_and_comes_as_one_message(sato: Person) -> None:
    card = sato.opens(form(TITLE, MEMO)).card
    assert (card.title, card.topic, card.frame, card.awaits) == (
        "件名",
        "相談する 1／2",
        "step",
        True,
    )
    assert card.paragraphs == ("あとで直せます", "短く書いてください")
    assert card.chips[0].label == "必須"
    assert sato.labels() == ["やめる"]

    card = sato.says(" 届け出 ")
    assert (card.title, card.topic) == ("補足", "相談する 2／2")
    assert card.chips[0].label == "任意"
    assert card.rows == (Row("件名", "届け出"),)
    assert sato.labels() == ["とばす", "戻る", "やめる"]

    sato.says("一行目\n二行目")
    assert sato.values == {"title": "届け出", "memo": "一行目\n二行目"}
    message = sato.sent[0]
    assert (message.action, message.value, message.text) == ("consult", "7", "")
    assert message.account == SATO and message.place == HERE and not message.confirmed


def test_button_values_name_dialogue_and_step(sato: Person) -> None:
    sato.opens(form(FRUIT, MEMO))
    assert sato.card.buttons[0].value == "1:0:pick:v1"
    assert sato.card.buttons[0].style == "pick" and sato.card.buttons[0].action == "step"
    sato.says("1 2")
    assert [b.value for b in sato.card.buttons] == ["1:1:skip", "1:1:back", "1:1:cancel"]


def test_a_wrong_answer_gets_the_same_step_with_the_sentence_of_the_form(sato: Person) -> None:
    card = sato.opens(form(TITLE)).says("あ" * 12)
    assert card.title == "件名"
    assert card.paragraphs[0] == "10字までにしてください（いまは12字、2字多いです）"
    assert [chip.label for chip in card.chips] == ["必須", "確かめてください"]
    sato.says("短い")
    assert sato.values == {"title": "短い"}


@pytest.mark.parametrize("text", ["", "   ", "\u3000", "\n"])
def test_nothing_is_no_answer(sato: Person, text: str) -> None:
    assert sato.opens(form(TITLE, MEMO)).says(text).paragraphs[0] == "件名を書いてください"
    sato.says("届け出")
    assert sato.says(text).paragraphs[0] == "答えを書くか、下から選んでください"
    assert not sato.sent


def test_control_characters_do_not_get_into_a_value(sato: Person) -> None:
    sato.opens(form(TITLE)).says("a\x00b\x1b[31mc\r\nd")
    assert sato.values == {"title": "ab[31mc d"}


@pytest.mark.parametrize("word", ["とばす", "スキップ", "飛ばす", "ｽｷｯﾌﾟ", "とばす。"])
def test_an_optional_field_is_skipped_by_word(sato: Person, word: str) -> None:
    sato.opens(form(MEMO)).says(word)
    assert sato.values == {"memo": ""}


def test_a_required_field_is_not_skipped(sato: Person) -> None:
    assert sato.opens(form(TITLE)).says("とばす").paragraphs[0] == "件名を書いてください"


@pytest.mark.parametrize("word", ["戻る", "もどる", "「戻る」"])
def test_one_goes_back_and_finds_what_was_written(sato: Person, word: str) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    card = sato.says(word)
    assert card.title == "件名" and Row("いまの内容", "届け出") in card.rows
    sato.presses("これで次へ", "とばす")
    assert sato.values == {"title": "届け出", "memo": ""}


def test_before_the_first_there_is_nothing_to_go_back_to(sato: Person) -> None:
    card = sato.opens(form(TITLE)).says("戻る")
    assert card.title == "件名" and card.paragraphs[0].startswith("ここが最初")


@pytest.mark.parametrize("word", ["やめる", "キャンセル", "中止"])
def test_stopping_closes_the_form_and_says_what_was_not_sent(
    sato: Person, db: Database, word: str
) -> None:
    card = sato.opens(form(TITLE, MEMO)).says("届け出", word)
    assert card.title == "「相談する」は送りませんでした" and not card.awaits
    with db.read() as session:
        dialogue = session.query(Dialogue).one()
        assert (dialogue.state, dialogue.values) == (State.CANCELLED, {})


def test_a_button_of_a_closed_form_is_harmless(sato: Person) -> None:
    button = sato.opens(form(FRUIT)).card.buttons[0].value
    sato.says("やめる")
    assert sato.presses_value(button).title == "この用紙はもう閉じています"
    assert not sato.sent


@pytest.mark.parametrize(
    "value",
    [
        "1:0:pick:v1",
        "1:0:skip",
        "1:0:back",
        "2:1:skip",
        "",
        "x",
        "1",
        "1:1",
        "1:1:fly",
        "1:1:more:x",
        "1:1:pick:v1",
        "1:1:send",
        "1:1:confirm:0",
        "1:1:mend",
        ":::::",
        "1:1:more:" + "9" * 5000,
    ],
)
def test_a_button_of_another_step_shows_where_the_form_stands(sato: Person, value: str) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    card = sato.presses_value(value)
    assert card.title == "補足" and not sato.sent


def test_what_is_filled_in_already_can_stay_or_be_wiped(sato: Person) -> None:
    filled = form(replace(TITLE, value="届け出"), replace(MEMO, value="むかし"))
    sato.opens(filled)
    assert sato.labels() == ["これで次へ", "やめる"]
    sato.says("これで次へ")
    assert sato.labels() == ["これで次へ", "消す", "戻る", "やめる"]
    sato.says("消す", "とばす")
    assert sato.values == {"title": "届け出", "memo": ""}


def test_skipping_a_field_that_is_filled_in_leaves_it_as_it_is(sato: Person) -> None:
    sato.opens(form(replace(MEMO, value="むかし"))).says("とばす")
    assert sato.values == {"memo": "むかし"}


def test_a_form_goes_on_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    db = connect(url)
    Base.metadata.create_all(db.engine)
    Person(db).opens(form(MUNICIPALITY, FRUIT, MEMO)).says("多可町", "柿")
    db.close()

    db = connect(url)
    sato = Person(db)
    with db.read() as session:
        sato.card = steps.ask(session.query(Dialogue).one())
    assert sato.card.title == "くだもの" and sato.picks()[0] == "✓ 柿"
    sato.says("これで次へ", "とばす")
    assert sato.values == {"town": "v20", "fruit": ("v1",), "memo": ""}
    db.close()


def test_asking_changes_nothing(sato: Person, db: Database) -> None:
    sato.opens(form(MUNICIPALITY)).says("丹波")
    with db.write() as session:
        dialogue = session.query(Dialogue).one()
        assert steps.ask(dialogue) == steps.ask(dialogue)
        assert not session.dirty


def test_a_form_left_lying_pauses_and_is_resumed(sato: Person, db: Database) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    with db.read() as session:
        dialogue = session.query(Dialogue).one()
        assert not steps.paused(dialogue, NOON + timedelta(minutes=59))
        assert steps.paused(dialogue, NOON + steps.STALE_AFTER)
        card = steps.resume_card(dialogue)
    assert card.title == "書きかけの用紙があります" and card.rows == (Row("件名", "届け出"),)
    assert [b.label for b in card.buttons] == ["つづける", "やめる"] and not card.awaits

    sato.now += timedelta(hours=3)
    pressed = Message("e", SATO, HERE, NOON, action="step", value=card.buttons[0].value)
    assert steps.is_resume(pressed) and not steps.is_resume(replace(pressed, value="1:1:skip"))
    assert sato.presses_value(card.buttons[0].value).title == "補足"
    with db.read() as session:
        assert not steps.paused(session.query(Dialogue).one(), sato.now)


def test_resuming_by_word_works_only_after_a_pause(sato: Person) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    sato.now += timedelta(hours=3)
    assert steps.is_resume(Message("e", SATO, HERE, NOON, "つづける。"))
    assert not steps.is_resume(Message("e", SATO, HERE, NOON, "つづけるには？"))
    assert sato.says("つづける").title == "補足"
    sato.says("つづける")
    assert sato.values == {"title": "届け出", "memo": "つづける"}


def test_the_same_form_opened_again_goes_on_where_it_was(sato: Person) -> None:
    sato.opens(form(TITLE, MEMO)).says("届け出")
    assert sato.opens(form(TITLE, MEMO)).card.title == "補足"


def test_a_form_that_was_sent_off_is_closed(sato: Person, db: Database) -> None:
    sato.opens(form(TITLE)).says("届け出")
    with db.write() as session:
        sent_off(session, sato.sent[0])
        assert steps.take(session, sato.sent[0], session.query(Dialogue).one()) == steps.ended()


def test_a_form_without_fields_only_asks_to_be_sent(sato: Person) -> None:
    sato.opens(form())
    assert sato.labels() == ["送る", "やめる"]
    assert sato.says("直す", "戻る").title == "相談する"
    sato.presses("送る")
    assert sato.values == {}


EVERY = form(
    TITLE,
    MUNICIPALITY,
    FRUIT,
    Field("day", "希望日", "date", required=False),
    Field("count", "人数", "number", limit=99),
    Field("rows", "担当者", "table", head=("氏名", "所属")),
    Field("file", "資料", "file", required=False),
    MEMO,
)


WORDS = [
    "とばす",
    "戻る",
    "これで次へ",
    "つづきを見る",
    "消す",
    "直す",
    "送る",
    "1",
    "２",
    "1 3",
    "町",
    "あした",
]


@given(
    typed=st.lists(st.sampled_from(WORDS) | st.text(max_size=12) | st.integers(0, 8), max_size=25)
)
def test_whatever_is_typed_or_pressed_the_form_stands_somewhere(typed: list[str | int]) -> None:
    message = Message("e0", SATO, HERE, NOON)
    dialogue = Dialogue(
        id=1, account=SATO, place=HERE, event_id="e0", form=EVERY, values={}, step=0, state="open"
    )
    dialogue.touched_at = NOON
    for one in typed:
        card = steps.ask(dialogue)
        assert card.title and card.frame == "step" and 1 <= len(card.buttons) <= 9
        said: Card | Message
        if isinstance(one, int):
            button = card.buttons[one % len(card.buttons)]
            said = take(replace(message, action="step", value=button.value), dialogue)
        else:
            said = take(replace(message, text=one), dialogue)
        if isinstance(said, Message):
            wrong = EVERY.wrong(said.values or {})
            assert not wrong, wrong


class NoSession:
    """The row is as new as it gets."""

    def refresh(self, dialogue: Dialogue, *, with_for_update: bool) -> None: ...

    def execute(self, statement: object) -> None: ...


def take(message: Message, dialogue: Dialogue) -> Card | Message:
    """Without a database: whoever stops is not stopped here."""
    if message.value.endswith(":cancel") or message.text in ("やめる", "中止"):
        return steps.ask(dialogue)
    return steps.take(cast("Session", NoSession()), message, dialogue)
