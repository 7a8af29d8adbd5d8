"""Cards and forms that a machine thinks of: every word arrives, harmless, and no limit of Slack's is broken."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.chat import (
    Button,
    Card,
    Cell,
    Chip,
    Field,
    Form,
    Kind,
    Link,
    Option,
    Picture,
    Place,
    Row,
    Table,
)
from bot.platforms.slack.blocks import MESSAGE_BYTES, PIECE_BYTES, messages_of, screen_of
from bot.platforms.slack.modals import filled, form_view, home_view, look_view
from bot.platforms.slack.texts import escaped, pieces, spoken
from tests.slack_driver import elements, label_of, plain, text_of
from tests.slack_fake import BOT, TEAM, limits
from tests.slack_fake.elements import entered, refuses, with_ids
from tests.slack_world import PAGE

Json = dict[str, Any]
NASTY = "<!channel> <@UMORI> <#C1> *x* _y_ ~z~ `c` & < > :smile:"
SENTENCES = "".join(f"{n:04}番目の文です。" for n in range(1, 455))[:5000]


# ---- the judges


def objects(value: Any) -> Iterator[Json]:
    """Every object in it."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from objects(item)


def harmless(value: Any) -> None:
    """Nothing in it can call anybody or is marked up, and nothing in it is empty."""
    for one in objects(value):
        kind, text = one.get("type"), one.get("text")
        assert kind != "mrkdwn"
        assert "elements" not in one or one["elements"]
        if isinstance(text, str):
            assert text or kind not in ("text", "link", "plain_text"), one
            if kind not in ("text", "link"):  # these two stand in rich_text alone, as they are
                assert "<" not in text and ">" not in text, text


def obeys(blocks: list[Json]) -> None:
    """It is a message that Slack takes."""
    limits.check_message(blocks)
    harmless(blocks)
    words = [o["text"] for o in objects(blocks) if isinstance(o.get("text"), str)]
    assert sum(len(word.encode(errors="surrogatepass")) for word in words) <= MESSAGE_BYTES


def in_order(words: list[str], said: str) -> bool:
    """All of these words stand there, one after the other; long ones in their pieces."""
    at = 0
    for word in words:
        for piece in pieces(word, PIECE_BYTES):
            at = said.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
    return True


def read(blocks: list[Json]) -> str:
    return "".join(text_of(block) for block in blocks)


# ---- cards that a machine thinks of

SIGNS = st.sampled_from(
    [*"<>&*_~`あ市、。\n ―😀\u202e\u200f", "&amp;", ":smile:", NASTY, "👩‍👧", "\ud83d"]
)
SHORT = st.lists(SIGNS | st.characters(), max_size=12).map("".join)
NAMES = SHORT.filter(bool)
TEXTS = SHORT | st.builds(lambda text, n: text * n, NAMES, st.integers(1, 500))
TONES = st.sampled_from(["", "year", "past", "done", "wait", "warn", "stop", "off"])
IDS = st.sampled_from(["1", "12", "7:ea-010"])
BUTTONS = st.builds(
    Button, st.sampled_from(["solve", "take"]), NAMES, IDS,
    st.sampled_from(["", "main", "danger", "pick", "near", "call"]), SHORT, sure=SHORT,
)  # fmt: skip
LINKS = st.builds(
    Link, NAMES, st.sampled_from(["/view/ticket/1", "/view/queue/", "/files/x", "https://a.jp/"])
)
CELLS = st.builds(Cell, SHORT, TONES)
TABLES = st.builds(
    Table, SHORT, st.lists(SHORT, max_size=3).map(tuple),
    st.lists(st.lists(CELLS, min_size=1, max_size=4).map(tuple), max_size=45).map(tuple),
    st.sampled_from([None, 0]),
)  # fmt: skip
CARDS = st.builds(
    Card,
    TEXTS.filter(bool),
    paragraphs=st.lists(TEXTS, max_size=4).map(tuple),
    rows=st.lists(st.builds(Row, NAMES, TEXTS), max_size=40).map(tuple),
    table=st.none() | TABLES,
    picture=st.none() | st.builds(Picture, SHORT, st.just("<svg/>")),
    links=st.lists(LINKS, max_size=60).map(tuple),
    buttons=st.lists(BUTTONS, max_size=30).map(tuple),
    topic=SHORT,
    chips=st.lists(st.builds(Chip, NAMES, TONES), max_size=3).map(tuple),
    note=SHORT,
    by=SHORT,
    state=SHORT,
)
HURRY = settings(
    deadline=None,
    max_examples=60,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LONG = Card("題" * 3000, ("あ" * 5000, "", "い" * 300), rows=(Row("担当", "森"), Row("空", "")))
ROWS = Card("やりとり", rows=tuple(Row(f"{n}件目", "長い行" * 80) for n in range(90)))


def words_of(card: Card) -> Iterator[list[str]]:
    """All there is to read of a card, by groups whose order counts."""
    yield [card.title, card.by, *card.paragraphs]
    yield from ([row.label, row.text] for row in card.rows)
    yield from ([button.label] for button in card.buttons)
    yield from ([b.hint] for b in card.buttons if b.style == "pick")
    yield from ([link.label] for link in card.links)
    yield from ([word] for word in (card.topic, card.note, card.state))
    yield from ([chip.label] for chip in card.chips)
    yield [card.picture.alt] if card.picture else []
    if card.table:
        yield [card.table.name]
        yield from ([cell.text] for row in card.table.rows for cell in row)


def complete(card: Card, said: str) -> None:
    for words in words_of(card):
        assert in_order(words, said), words


@HURRY
@given(CARDS)
@example(Card("1"))
@example(LONG)
@example(ROWS)
@example(replace(ROWS, rows=tuple(Row(f"{n}件目", "行" * 200) for n in range(90))))
@example(Card("&" * 3000, ("&" * 5000,), note="&" * 1500, topic="<" * 1500))
@example(Card("題", buttons=(Button("take", "&" * 70), Button("take", "😀" * 70, style="pick"))))
@example(Card("題", links=tuple(Link("😀&" * n, "/view/ticket/1") for n in range(1, 90))))
def test_every_word_of_a_card_is_in_its_messages_and_no_limit_is_broken(card: Card) -> None:
    parts = messages_of(card, PAGE)
    for part in parts:
        obeys(part.blocks)
        assert len(part.text) <= 4000 and "<" not in part.text
    complete(card, "".join(read(part.blocks) for part in parts))


@HURRY
@given(CARDS)
@example(LONG)
@example(ROWS)
def test_every_word_of_a_card_is_on_its_screens_one_after_the_other(card: Card) -> None:
    said, start = "", 0
    for _ in count():
        view = look_view(card, PAGE, "queue/", start)
        limits.check_view(view, "modal")
        harmless(view)
        more = [e for e in elements(view) if label_of(e) == "つづきを見る"]
        said += read(view["blocks"])
        if not more:
            break
        start = int(more[-1]["value"].rpartition("@")[2])
    complete(card, said)


@HURRY
@given(st.lists(CARDS, max_size=5), st.lists(BUTTONS, max_size=12))
def test_the_home_tab_holds_what_it_can_and_opens_the_rest(
    lists: list[Card], menu: list[Button]
) -> None:
    looks = [(Button("queue", f"一覧{n}", style="link"), card) for n, card in enumerate(lists)]
    view = home_view(None, menu, looks, PAGE)
    limits.check_view(view, "home")
    harmless(view)


FEW = st.text("あ<&市😀", min_size=1, max_size=30)
CHANGES = st.builds(
    Card,
    st.just("題名"),
    rows=st.lists(st.builds(Row, FEW, FEW), max_size=5).map(tuple),
    links=st.lists(st.builds(Link, FEW, st.just("/view/ticket/1")), max_size=3).map(tuple),
    buttons=st.lists(st.builds(Button, st.just("take"), FEW, sure=FEW), max_size=4).map(tuple),
    chips=st.lists(st.builds(Chip, FEW, TONES), max_size=2).map(tuple),
    topic=FEW,
    note=FEW,
    state=FEW,
)


@HURRY
@given(CHANGES, CHANGES, st.lists(TEXTS, max_size=4), st.integers(0, 5000))
def test_an_update_of_a_long_card_changes_only_what_can_change(
    card: Card, other: Card, texts: list[str], length: int
) -> None:
    """Facts, marks, buttons change; the words do not, and each stays in the message it is in."""
    said = (*texts, SENTENCES[:length])
    cards = [replace(version, paragraphs=said) for version in (card, other)]
    old, new = (messages_of(version, PAGE) for version in cards)
    assert [part.blocks for part in old[1:]] == [part.blocks for part in new[1:]]
    for version, parts in zip(cards, (old, new), strict=True):
        complete(version, "".join(read(part.blocks) for part in parts))
        complete(replace(version, paragraphs=()), read(parts[0].blocks))


@given(TEXTS, st.integers(8, 4000), st.sampled_from(["utf-8", "utf-16-le"]))
def test_pieces_put_together_are_the_text(text: str, most: int, coding: str) -> None:
    parts = list(pieces(text, most, coding))
    assert "".join(parts) == text
    assert all(0 < len(p.encode(coding, "surrogatepass")) <= most for p in parts)


@given(TEXTS)
@example("&lt;!channel&gt; &amp;amp; <https://a.jp|b> ")
def test_what_slack_escapes_is_heard_as_it_was_typed(text: str) -> None:
    assert spoken(escaped(text), BOT) == text.strip()


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ("<https://a.jp/x|a.jp/x>", "a.jp/x"),
        ("<https://a.jp/x|申込書> を見て", "申込書（https://a.jp/x） を見て"),
        ("<https://evil.example|https://a.jp>", "https://a.jp（https://evil.example）"),
        ("<mailto:a@b.jp|a@b.jp> <tel:0791|0791>", "a@b.jp 0791"),
        ("<!channel> <!subteam^S1|@kikaku> <#C1|広場> <@U1>", "@channel @kikaku #広場 @（別の人）"),
    ],
)
def test_what_slack_links_is_heard_with_its_address(sent: str, heard: str) -> None:
    """Also where the words say another address than they lead to."""
    assert spoken(sent, BOT) == heard


def test_what_is_empty_takes_no_room() -> None:
    card = Card("名", ("", ""), by="", table=Table("", (), ()), picture=None)
    assert [block["type"] for block in screen_of(card, PAGE)] == ["rich_text"]


# ---- forms that a machine thinks of


@st.composite
def fields(draw: st.DrawFn, name: str) -> Field:
    kind = draw(st.sampled_from(get_args(Kind)))
    labels = draw(st.lists(NAMES, min_size=1, max_size=draw(st.sampled_from([3, 9, 120]))))
    options = [Option(str(n), label, draw(SHORT)) for n, label in enumerate(labels)]
    limit, value = draw(st.sampled_from([None, 40, 5000])), draw(st.just("") | TEXTS)
    row = st.lists(
        st.text("あb ", min_size=1).filter(str.strip).map(str.strip), min_size=2, max_size=2
    )
    values: dict[str, Any] = {
        "text": value[:500],
        "long": value,
        "number": draw(st.just("") | st.integers(0, 40).map(str)),
        "single": draw(st.sampled_from(["", "0"])),
        "multiple": tuple(draw(st.sampled_from([(), ("0",), tuple(o.value for o in options)]))),
        "date": draw(st.just("") | st.dates().map(str)),
        "table": tuple(tuple(cells) for cells in draw(st.lists(row, max_size=4))),
        "file": "",
    }
    return Field(
        name, draw(NAMES), kind, draw(st.booleans()), draw(SHORT), tuple(options),
        None if kind == "multiple" else limit, ("甲", "乙"), values[kind], draw(SHORT),
    )  # fmt: skip


FORMS = st.builds(
    Form, st.just("reply"), st.just("1"), NAMES, st.tuples(*map(fields, "abcdef")), NAMES,
    intro=TEXTS, preview=st.none() | CHANGES,
)  # fmt: skip


@HURRY
@given(FORMS, SHORT)
def test_a_modal_shows_all_of_a_form_and_gives_back_what_stands_in_it(
    form: Form, problem: str
) -> None:
    view = form_view(form, 7, Place("slack", TEAM, "UYAMADA"), PAGE, problem)
    limits.check_view(view, "modal")
    harmless(view)
    said = read(view["blocks"])
    if form.preview is not None and not problem:
        complete(form.preview, said)
        return
    assert in_order([problem], said) and form.title in plain(view["title"]) + said
    assert in_order(list(pieces(form.intro, 600)), said)
    for field in form.fields:
        words = [field.label, field.error, *(option.label for option in field.options)]
        hints = (option.hint for option in field.options)
        for word in (*words, *hints) if field.kind in ("single", "multiple") else words[:2]:
            assert word in said or field.kind == "file", word
    blocks = with_ids(view["blocks"], count().__next__)
    state = entered(blocks, {})
    assert all(wrong.endswith("is empty") for wrong in refuses(blocks, state))
    given_back = dict(filled(form, {**view, "blocks": blocks, "state": {"values": state}}))
    assert {name: value for name, value in given_back.items() if value} == {
        field.name: field.value for field in form.fields if field.value
    }
