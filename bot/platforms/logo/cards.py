"""A card as people there see it: a text, then its buttons as stamps. Pure.

Nothing can be changed once it stands there and nothing is set off by its look, so a line says one thing and a
change of a card is told as a short text of its own.
"""

import re
from dataclasses import dataclass, replace

from bot.chat import Button, Card, Table
from bot.platforms.logo.talking import LONGEST_OPTION, MOST_OPTIONS
from bot.platforms.logo.texts import cut, units

STEP, ACKNOWLEDGE = "step", "acknowledge"
MENTION = re.compile(r"\{@:")
ASKED = "どうしますか"


@dataclass(frozen=True)
class Stamp:
    """Buttons of one card to press in one stamp. `is_task`: done by everybody on his own (確認)."""

    question: str
    buttons: tuple[Button, ...]
    is_task: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Names that differ, as an answer names an option only by where it stands."""
        names: list[str] = []
        for number, button in enumerate(self.buttons, 1):
            name = cut(harmless(button.label), LONGEST_OPTION)
            if name in names:
                name = cut(f"{number} {harmless(button.label)}", LONGEST_OPTION)
            names.append(name)
        return tuple(names)


def harmless(text: str) -> str:
    """Without anything that the service would read as a call to somebody."""
    return MENTION.sub("｛@:", text)


def text_of(card: Card, head: str = "", page: str = "") -> str:
    """Everything of a card that is to be read. `head`: the name of the thread it would stand in."""
    chips = "".join(f"【{chip.label}】" for chip in card.chips)
    lines = [_top(card, head), f"{chips}{card.title}", card.by]
    lines += ["", *card.paragraphs] if card.paragraphs else []
    facts = [f"・{row.label}：{row.text}" for row in card.rows]
    lines += ["", *facts] if facts else []
    lines += ["", *_table(card.table)] if card.table else []
    lines += [f"〔図〕{card.picture.alt}"] if card.picture else []
    links = [f"・{link.label}\n{_address(link.path, page)}" for link in card.links]
    lines += ["", *links] if links else []
    lines += ["", *hints] if (hints := _hints(card)) else []
    lines += ["", card.note] if card.note else []
    lines += [f"［{card.state}］"] if card.state else []
    return harmless(re.sub(r"\n{3,}", "\n\n", "\n".join(_kept(lines))).strip("\n"))


def change_of(before: Card, after: Card, head: str = "") -> str:
    """What is new on a card, in a few lines; empty where nobody needs to be told.

    How a consultation stands is told by what is said in it, so a mark without a colour is no news. A letter tells
    how it fares.
    """
    lines: list[str] = []
    lines += [words for words in after.paragraphs if words not in before.paragraphs]
    marks = [chip for chip in after.chips if chip not in before.chips and chip.tone]
    if before.title == after.title and marks:
        lines.append("".join(f"【{chip.label}】" for chip in marks))
    if after.frame == "letter" and before.state != after.state:
        lines.append(after.state)
    lines += [f"・{row.label}：{row.text}" for row in after.rows if row not in before.rows]
    if after.note not in ("", before.note) and after.frame != "ticket":
        lines.append(after.note)
    if not lines and before.title == after.title:
        return ""
    return harmless("\n".join(filter(None, (_top(after, head), after.title, *lines))))


def stamps_of(card: Card, head: str = "", *, asked: str = "") -> list[Stamp]:
    """The card's buttons, nine a stamp; a notice to be acknowledged is a task. `asked`: instead of its title."""
    named = card.title if head in card.title else f"{head}　{card.title}"
    question = harmless(asked or named or ASKED)
    tasks = [button for button in card.buttons if button.action == ACKNOWLEDGE]
    found: list[Stamp] = []
    if len(tasks) == 1 and card.frame == "notice":
        found.append(Stamp(f"{question}　{tasks[0].label}", (tasks[0],), is_task=True))
        card = replace(card, buttons=tuple(b for b in card.buttons if b not in tasks))
    parts = range(0, len(card.buttons), MOST_OPTIONS)
    return [*found, *(Stamp(question, card.buttons[at : at + MOST_OPTIONS]) for at in parts)]


def is_one_stamp(card: Card, text: str, longest: int) -> bool:
    """A question of a form stands on its stamp itself, where it fits: half as many messages."""
    return (
        card.frame == "step"
        and 0 < len(card.buttons) <= MOST_OPTIONS
        and not card.links
        and units(text) <= longest
    )


def _top(card: Card, head: str) -> str:
    """The small line above the title: whose thread it is, said once."""
    if head and head in card.topic:
        return card.topic
    return "　".join(filter(None, (head, card.topic)))


def _address(path: str, page: str) -> str:
    return path if "://" in path else f"{page}{path}"


def _hints(card: Card) -> list[str]:
    """What a stamp's option cannot hold: second lines, and names that are longer than it takes."""
    return [
        f"{number}　{button.label}{f'（{button.hint}）' if button.hint else ''}"
        for number, button in enumerate(card.buttons, 1)
        if button.style == "pick" and (button.hint or units(button.label) > LONGEST_OPTION)
    ]


def _table(table: Table) -> list[str]:
    rows = [[cell.text for cell in row] for row in table.rows]
    if table.group is None:
        named = [
            "／".join(
                f"{head}：{text}" for head, text in zip(table.head, row, strict=False) if text
            )
            for row in rows
        ]
        return [table.name, *(f"・{line}" for line in named)]
    regions: dict[str, list[str]] = {}
    for row in rows:
        rest = " ".join(text for at, text in enumerate(row) if at != table.group and text)
        regions.setdefault(row[table.group], []).append(rest)
    return [table.name, *(f"・{region}：{'、'.join(towns)}" for region, towns in regions.items())]


def _kept(lines: list[str]) -> list[str]:
    """Without empty lines at the top, where a card has no topic."""
    while lines and not lines[0]:
        lines = lines[1:]
    return [line for at, line in enumerate(lines) if line or _is_gap(lines, at)]


def _is_gap(lines: list[str], at: int) -> bool:
    """An empty line parts two kinds of things; one that stands for nothing (no topic, nobody speaks) is none."""
    return at > 1 and at + 1 < len(lines) and bool(lines[at + 1])
