"""A card in Slack's blocks.

What anybody wrote stands in rich_text or, escaped, in plain_text, so that it can neither mention nor mark up
anything. Nothing is cut: what is too long for one message goes on in the next (`messages_of`), a name too
long for a button stands in full above it.

Limits: docs.slack.dev, "Block Kit", and the comments in Slack's own types (tests/slack_contract).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from bot.chat import Button, Card, Cell, Chip, Link, Row, Table, Tone
from bot.platforms.slack.texts import escaped, pieces, shortened, units

Block = dict[str, Any]

MOST_BLOCKS = 50
MESSAGE_BYTES = 12_000
"""Slack refuses somewhat over 13,200 in all (slackapi/bolt-js#2509) and does not say of what: taken as bytes."""
FIRST_BYTES, FIRST_BLOCKS = 8_000, 25
"""What the first message of a long card holds of its words, whatever else stands there: so a change of the
rest moves no word from one message to the next."""
FACTS_BYTES = 2_000
PIECE_BYTES = 3_000
SMALL_BYTES = 600  # escaped, five times as much at most
LABEL, SHORT, SECTION, QUESTION = 75, 30, 3000, 300
ACTIONS_IN_A_ROW, CONTEXTS_IN_A_ROW = 10, 3
FEW_LINKS = 3
SEEN = "/view/"
GOES_ON = "（つづきは、この下にあります）"
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩"

MARKS: dict[Tone, str] = {
    "done": "✅",
    "wait": "⏳",
    "warn": "⚠️",
    "stop": "⛔",
    "off": "➖",
    "past": "🕘",
    "year": "📅",
    "": "",
}


@dataclass(frozen=True)
class Part:
    """One message: its blocks, and what a notification reads of it."""

    blocks: list[Block]
    text: str


def messages_of(card: Card, page: str) -> list[Part]:
    """The card as one message, or as several where it is long: what goes on is text, so that an update of the
    first message finds everything that can change in it. `page`: the address of the desk's page."""
    facts = list(_facts(card.rows))
    few = _size(facts) <= FACTS_BYTES
    flow = [*_words(card), *([] if few else facts), *_drawn(card)]
    blocks = screen_of(card, page)
    if _fit(flow, FIRST_BYTES, FIRST_BLOCKS) and _fit(blocks, MESSAGE_BYTES, MOST_BLOCKS):
        return [Part(blocks, _fallback(card))]
    head, tail = _head(card), [*small(GOES_ON), *(facts if few else []), *_tail(card, page)]
    parts = list(_gathered(blocks, MESSAGE_BYTES, MOST_BLOCKS))
    if _fit([*head, *tail], MESSAGE_BYTES - FIRST_BYTES, MOST_BLOCKS - FIRST_BLOCKS):
        first = next(_gathered(flow, FIRST_BYTES, FIRST_BLOCKS))
        rest = _gathered(flow[len(first) :], MESSAGE_BYTES, MOST_BLOCKS)
        parts = [[*head, *first, *tail], *rest]
    goes_on = escaped(f"{_beginning(card)}（つづき）")
    return [Part(part, goes_on if number else _fallback(card)) for number, part in enumerate(parts)]


def screen_of(card: Card, page: str) -> list[Block]:
    """The card on a screen of its own (a modal, the home tab), in as many blocks as it takes."""
    words = [*_words(card), *_facts(card.rows), *_drawn(card)]
    return [*_head(card), *words, *_tail(card, page)]


def told(text: str, *, bold: bool = False) -> list[Block]:
    """Words exactly as they are, in pieces that can be parted; nothing where there are none."""
    style = {"style": {"bold": True}} if bold else {}
    found = pieces(text, PIECE_BYTES)
    return [_line([{"type": "text", "text": piece, **style}]) for piece in found]


def copied(text: str) -> list[Block]:
    """Words to be copied, as they are: the chat shows where they begin and end."""
    return [
        {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": said}]}
        for piece in pieces(text, PIECE_BYTES)
        if (said := [{"type": "text", "text": piece}])
    ]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": escaped(text), "emoji": False}


def small(*texts: str) -> list[Block]:
    """A small grey line."""
    found = [plain(piece) for text in texts for piece in pieces(text, SMALL_BYTES)]
    return [
        {"type": "context", "elements": found[at : at + CONTEXTS_IN_A_ROW]}
        for at in range(0, len(found), CONTEXTS_IN_A_ROW)
    ]


def buttons_of(buttons: Iterable[Button], start: int = 0) -> list[Block]:
    """Rows of buttons. Their ids hold the action and a number, as Slack wants each to be unique."""
    made = [_button(button, number) for number, button in enumerate(buttons, start)]
    return [
        {"type": "actions", "elements": made[at : at + ACTIONS_IN_A_ROW]}
        for at in range(0, len(made), ACTIONS_IN_A_ROW)
    ]


def fits(text: str, most: int) -> bool:
    return 0 < units(escaped(text)) <= most


def _head(card: Card) -> list[Block]:
    marks = [_chip(chip) for chip in card.chips]
    state = f"［{card.state}］" if card.state else ""
    return small("　".join(filter(None, (card.topic, *marks, state))))


def _tail(card: Card, page: str) -> list[Block]:
    links = [block for link in _read_on(card) for block in _linked(link, page)]
    return [*links, *_choices(card), *small(card.note)]


def _words(card: Card) -> list[Block]:
    """What the card says, but for its facts."""
    shown = copied if card.frame == "copy" else told
    paragraphs = [block for paragraph in card.paragraphs for block in shown(paragraph)]
    return [*told(card.title, bold=True), *told(card.by), *paragraphs]


def _drawn(card: Card) -> list[Block]:
    table = list(_table(card.table)) if card.table else []
    return [*table, *(told(f"〔図〕{card.picture.alt}") if card.picture else [])]


def _facts(rows: Iterable[Row]) -> Iterator[Block]:
    """Short facts together in one block, a long one in blocks of its own."""
    held: list[Block] = []
    for row in rows:
        name: Block = {"type": "text", "text": f"{row.label}：", "style": {"bold": True}}
        fact: list[Block] = [name, {"type": "text", "text": row.text or "－"}]
        is_long = _size(fact) > PIECE_BYTES // 4
        if held and (is_long or _size([*held, *fact]) > PIECE_BYTES):
            yield _line(held)
            held = []
        if is_long:
            yield from told(f"{row.label}：", bold=True)
            yield from told(row.text)
        else:
            held += [{"type": "text", "text": "\n"}, *fact] if held else fact
    if held:
        yield _line(held)


def _line(elements: list[dict[str, Any]]) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _table(table: Table) -> Iterator[Block]:
    yield from told(table.name, bold=True)
    if table.group is not None:
        yield from _grouped(table, table.group)
        return
    for row in table.rows:
        heads = (*table.head, *("",) * len(row))
        cells = (_named(head, cell) for head, cell in zip(heads, row, strict=False))
        yield from told("・" + "／".join(cells))


def _named(head: str, cell: Cell) -> str:
    text = f"{MARKS.get(cell.tone, '')}{cell.text}"
    return f"{head}：{text}" if head else text


def _grouped(table: Table, group: int) -> Iterator[Block]:
    """One paragraph a region: 神戸：神戸市 ✅確認済、…"""
    regions: dict[str, list[str]] = {}
    for row in table.rows:
        rest = [cell for at, cell in enumerate(row) if at != group and cell.text]
        words = " ".join(cell.text for cell in rest)
        mark = next((MARKS[cell.tone] for cell in rest if MARKS.get(cell.tone)), "")
        regions.setdefault(row[group].text, []).append(mark + words)
    for region, towns in regions.items():
        yield from told(f"{region}：{'、'.join(towns)}")


def _chip(chip: Chip) -> str:
    return f"{MARKS.get(chip.tone, '')}{chip.label}"


def _read_on(card: Card) -> Sequence[Link]:
    """Links that are not among the buttons: see `_choices`."""
    looks = [link for link in card.links if link.path.startswith(SEEN)]
    many = len(looks) > FEW_LINKS
    return [
        link
        for link in card.links
        if not link.path.startswith(SEEN) or many or not fits(link.label, LABEL)
    ]


def _linked(link: Link, page: str) -> list[Block]:
    """A line that leads somewhere: to a screen of the desk, or to an address."""
    if link.path.startswith(SEEN):
        button = _button(_look_at(link, "開く"), 0)
        if fits(link.label, SECTION):
            return [_beside(link.label, button)]
        return [*told(link.label), _beside(_short(link.label), button)]
    address = link.path if "://" in link.path else f"{page}{link.path}"
    shown = pieces(link.label or address, PIECE_BYTES)
    return [_line([{"type": "link", "url": address, "text": piece}]) for piece in shown]


def _look_at(link: Link, label: str) -> Button:
    """/view/ticket/12 as a button that shows it."""
    action, _, value = link.path.removeprefix(SEEN).partition("/")
    return Button(action, label, unquote(value), style="link")


def _beside(text: str, button: dict[str, Any]) -> Block:
    return {"type": "section", "text": plain(text), "accessory": button}


def _choices(card: Card) -> list[Block]:
    """What can be pressed. Choices stand in full above their buttons, with what they are about."""
    read_on = set(_read_on(card))
    looks = [_look_at(link, link.label) for link in card.links if link not in read_on]
    picks = [button for button in card.buttons if button.style == "pick"]
    rest = [button for button in card.buttons if button.style != "pick"]
    blocks: list[Block] = []
    for number, button in enumerate(picks):
        blocks += told(f"{NUMBERS[number : number + 1]} {button.label}", bold=True)
        blocks += told(button.hint)
    shown = [
        replace(button, label=f"{NUMBERS[number : number + 1]} {button.label}")
        for number, button in enumerate(picks)
    ]
    for number, button in enumerate(rest):  # a name too long for a button stands above it
        if not fits(button.label, LABEL):
            blocks += [*told(button.label), *buttons_of([button], number)]
    shown += [button for button in rest if fits(button.label, LABEL)]
    return blocks + buttons_of((*shown, *looks))


def _short(label: str) -> str:
    """For a button whose name stands in full above it."""
    return label if fits(label, LABEL) else shortened(label, SHORT)


def _button(button: Button, number: int) -> dict[str, Any]:
    kind = "look" if button.style == "link" else "press"
    made: dict[str, Any] = {
        "type": "button",
        "action_id": f"{kind}:{number}:{button.action}",
        "text": plain(_short(button.label)),
    }
    if button.value:
        made["value"] = button.value
    if button.style == "main":
        made["style"] = "primary"
    if button.style == "danger":
        made["style"] = "danger"
    if button.sure:
        made["confirm"] = {
            "title": plain("確かめてください"),
            "text": plain(
                button.sure if fits(button.sure, QUESTION) else shortened(button.sure, QUESTION)
            ),
            "confirm": plain("はい"),
            "deny": plain("やめる"),
        }
    return made


def _fallback(card: Card) -> str:
    """What a notification and a screen reader say."""
    words = escaped("\n".join(filter(None, (card.title, card.by, *card.paragraphs))))
    return words if _length(words) <= PIECE_BYTES else escaped(_beginning(card))


def _beginning(card: Card) -> str:
    return next(pieces(card.title, SMALL_BYTES), "")


def _fit(blocks: list[Block], size: int, count: int) -> bool:
    return len(blocks) <= count and _size(blocks) <= size


def _gathered(blocks: list[Block], size: int, count: int) -> Iterator[list[Block]]:
    """As many together as fit, in their order. No block is larger than that by itself."""
    held: list[Block] = []
    large = 0
    for block in blocks:
        more = _size(block)
        if held and (len(held) == count or large + more > size):
            yield held
            held, large = [], 0
        held.append(block)
        large += more
    if held:
        yield held


def _size(value: Any) -> int:
    """How many bytes of words there are in it."""
    if isinstance(value, dict):
        own = _length(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_size(item) for key, item in value.items() if key != "value")
    if isinstance(value, list):
        return sum(map(_size, value))
    return 0


def _length(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
