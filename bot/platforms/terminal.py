"""A chat in a terminal: cards as plain text, buttons as numbers. It keeps nothing; the ledger does.

Cards hold what people wrote, so nothing in them is read as markup or as a control sequence.
"""

import io
import re
import sys
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TextIO

from rich.cells import cell_len

from bot.chat import Account, Button, Card, Desk, Door, Home, Message, Place, Platform, Table

PLATFORM = "terminal"
WIDTH = 76
LAST_CARDS = 5

Screen = Callable[[str], None]

HELP = """\
文を書いて Enter を押すと、ここに送ります。行の終わりに \\ を書くと、次の行へつづきます。
 1 や 2    いちばん新しいカードの、その番号のボタンを押します
 :3        文を待っているカードでも、3番のボタンを押します
 /メニュー はじめられること、見られるものを並べます
 /部屋     入れる部屋を並べます
 /入る 名前  部屋や相談に入ります（例：/入る R8-0001）
 /出る     ひとつ前の部屋に戻ります
 /ヘルプ   この説明を出します
 /終わる   終わります（Ctrl-D も同じです）"""

_NO_LINE_START = "、。，．）」』】］〉》・：；？！ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.)]:;?!"
_KEPT = "\n\t\u200d"  # lines, columns, and the joiner inside emoji
_WORD = re.compile(r"[!-~]+|[^!-~]", re.DOTALL)


@dataclass(frozen=True)
class Post:
    """A card that was posted. `place`: where; `stands_at`: the thread it opened, or the same place.
    `turn` counts what was shown, new or changed; the highest is the newest."""

    key: str
    place: Place
    stands_at: Place
    card: Card
    turn: int


class Terminal(Platform):
    """Everything the desk says to one workspace of terminals, written to each screen as it comes."""

    shows_forms, keeps_forms, has_threads = False, True, True

    def __init__(self, workspace: str, *screens: Screen | TextIO, page: str = "") -> None:
        self.page = page  # where the desk's own page is, so that its links can be opened from here
        self.home: Home = (PLATFORM, workspace)
        self.screens = [screen if callable(screen) else _writer(screen) for screen in screens]
        self.posts: list[Post] = []
        self.turns = 0
        self._lock = threading.RLock()  # the loop that sends and the person who reads share it

    def send(self, place: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        with self._lock:
            if known := next((post for post in self.posts if post.key == key), None):
                return known.stands_at
            stands_at = replace(place, thread=key) if card.opens else place
            self.turns += 1
            post = Post(key, place, stands_at, card, self.turns)
            self.posts.append(post)
            self.show(self.told(post))
            return stands_at

    def update(self, posted: Place, card: Card, key: str, tried: datetime | None = None) -> Place:  # noqa: ARG002
        """Print the card again. `key` is the change's own, so the card is found by thread or title."""
        with self._lock:
            at = self._standing(posted, card)
            self.turns += 1
            if at is None:
                post = Post(key, posted, posted, card, self.turns)
                self.posts.append(post)
            else:
                post = replace(self.posts[at], card=card, turn=self.turns)
                self.posts[at] = post
            self.show(self.told(post, "（更新）"))
            return posted

    def show(self, text: str) -> None:
        with self._lock:
            for screen in self.screens:
                screen(text)

    def told(self, post: Post, mark: str = "") -> str:
        """A post as it is printed, with the name of its place above where that is not plain."""
        name = self.name_of(post.place)
        head = " ".join(filter(None, ("──", name, mark)))
        return f"{head} {'─' * max(2, WIDTH - cell_len(head) - 1)}\n{render(post.card, page=self.page)}\n"

    def name_of(self, place: Place) -> str:
        """R8-0001 for a thread, the channel's own name for a room, nothing for somebody's own talk."""
        if place.thread is not None:
            opener = next((p for p in self.posts if p.card.opens and p.stands_at == place), None)
            return clean(opener.card.opens) if opener else place.thread
        return "" if place.channel == place.workspace else place.channel

    def at(self, place: Place) -> list[Post]:
        """What stands in a place, oldest first; a thread begins with the card that opened it."""
        with self._lock:
            return [post for post in self.posts if place in (post.place, post.stands_at)]

    def threads(self, root: Place) -> list[Post]:
        """The cards of a room below which a thread grows."""
        return [post for post in self.at(root.root) if post.card.opens]

    def _standing(self, posted: Place, card: Card) -> int | None:
        """Which post is meant: the thread's opener, else the newest there that has the same title."""
        for at, post in reversed(list(enumerate(self.posts))):
            same = post.card.opens if card.opens else post.card.title == card.title
            if post.stands_at == posted and same and bool(card.opens) == bool(post.card.opens):
                return at
        return None


def _writer(stream: TextIO) -> Screen:
    def write(text: str) -> None:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()

    return write


def render(card: Card, width: int = WIDTH, page: str = "") -> str:
    """A card as plain text, wrapped by how wide its characters are."""
    lines = wrap(card.topic, width)
    chips = "".join(f"【{chip.label}】" for chip in card.chips)
    lines += wrap(f"{chips}{card.title}", width)
    lines += wrap(card.by, width)
    lines += [line for paragraph in card.paragraphs for line in wrap(paragraph, width)]
    for row in card.rows:
        lines += wrap(f"{row.label}：{row.text}", width, "  ")
    if card.table:
        lines += _table(card.table, width)
    if card.picture:
        lines += wrap(f"〔図〕{card.picture.alt}", width, "  ")
    for link in card.links:
        lines += wrap(f"・{link.label}：{page}{link.path}", width, "  ")
    lines += wrap(card.note, width)
    lines += wrap(card.state and f"［{card.state}］", width)
    if card.opens:
        lines += wrap(f"部屋：{card.opens}（/入る {card.opens.split()[0]}）", width)
    for number, button in enumerate(card.buttons, 1):
        hint = f"（{button.hint}）" if button.hint else ""
        lines += [f" {line}" for line in wrap(f"{number}) {button.label}{hint}", width - 1, "   ")]
    return "\n".join(lines)


def clean(text: str) -> str:
    """Without what would move the cursor, colour the screen, or turn the writing direction."""
    return _harmless(text).replace("\t", "  ")


def _harmless(text: str) -> str:
    text = text.replace("\r\n", "\n")
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c)[0] != "C")


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` cells; words of Latin letters stay whole, and no line begins with a
    closing mark. Later lines of each paragraph begin with `indent`. No lines for no text."""
    lines: list[str] = []
    for paragraph in clean(text).split("\n") if text else ():
        line, used = "", 0
        for word in _words(paragraph, width - cell_len(indent)):
            wide = cell_len(word)
            hangs = word[0] in _NO_LINE_START and used <= width
            if used + wide > width and not hangs:
                lines.append(line.rstrip(" "))
                line, used = indent, cell_len(indent)
                if word == " ":
                    continue
            line, used = line + word, used + wide
        lines.append(line.rstrip(" "))
    return lines


def _words(paragraph: str, width: int) -> Iterator[str]:
    """Pieces that stay whole: a Latin word (cut where it fills more than a line) or one character."""
    for word in _WORD.findall(paragraph):
        yield from (word[at : at + width] for at in range(0, len(word), width))


def _table(table: Table, width: int) -> list[str]:
    rows = [[cell.text for cell in row] for row in table.rows]
    lines = wrap(table.name, width)
    if table.group is not None:
        return lines + _grouped(rows, table.group, width)
    grid = [[clean(text).replace("\n", " ") for text in row] for row in (table.head, *rows) if row]
    columns = max((len(row) for row in grid), default=0)
    wide = [max(cell_len(row[at]) for row in grid if at < len(row)) for at in range(columns)]
    if sum(wide) + 2 * columns <= width:
        gaps = (
            [text + " " * (w - cell_len(text)) for text, w in zip(row, wide, strict=False)]
            for row in grid
        )
        return lines + [("  " + "  ".join(row)).rstrip() for row in gaps]
    for row in rows:
        named = (f"{h}：{text}" for h, text in zip(table.head, row, strict=False))
        lines += wrap("・" + "／".join(named if table.head else row), width, "  ")
    return lines


def _grouped(rows: list[list[str]], group: int, width: int) -> list[str]:
    """One line a region: 神戸：神戸市 確認済、…"""
    regions: dict[str, list[str]] = {}
    for row in rows:
        rest = " ".join(text for at, text in enumerate(row) if at != group and text)
        regions.setdefault(row[group], []).append(rest)
    told = (f"{region}：{'、'.join(towns)}" for region, towns in regions.items())
    return [line for one in told for line in wrap(one, width, "  ")]


def typed_lines(stdin: TextIO, stdout: TextIO) -> Iterator[str]:
    """What a person types or a pipe holds, line by line; only a person is prompted."""
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(errors="replace")  # a pipe in another encoding is no reason to die
    while True:
        if stdin.isatty():
            stdout.write("› ")
            stdout.flush()
        try:
            line = stdin.readline()
        except KeyboardInterrupt:
            line = ""
        if not line:
            return
        yield line.rstrip("\r\n")


def talk(
    desk: Desk,
    terminal: Terminal,
    account: Account,
    lines: Iterator[str],
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
) -> None:
    """One person's talk with the desk, until the lines end or /終わる."""
    person = _Talk(desk, terminal, account, clock, new_id)
    person.greet()
    for text in _joined(lines):
        if not person.take(text):
            break


def talk_at_terminal(
    desk: Desk, terminal: Terminal, account: Account, *, clock: Callable[[], datetime]
) -> None:
    """`talk` with what is typed into this process, by a person or through a pipe."""
    lines = typed_lines(sys.stdin, sys.stdout)
    talk(desk, terminal, account, lines, clock=clock, new_id=lambda: str(uuid.uuid4()))


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Lines that end with a backslash together with the next one."""
    held: list[str] = []
    for line in lines:
        if line.endswith("\\"):
            held.append(line[:-1])
            continue
        yield "\n".join([*held, line])
        held = []
    if held:
        yield "\n".join(held)


@dataclass
class _Talk:
    """Where one person is, and what the numbers on the screen mean.

    `here`: what was shown to this person only, by place. `asked`: the button that waits for はい.
    """

    desk: Desk
    terminal: Terminal
    account: Account
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    here: dict[Place, tuple[int, Card]] = field(default_factory=dict)
    asked: Button | None = None

    def __post_init__(self) -> None:
        self.own = Place(PLATFORM, self.account.workspace, self.account.user)
        self.place = self.own

    def greet(self) -> None:
        visitor = self.desk.visitor(self.account)
        name = f"{visitor.belongs_to} {visitor.name}さん。" if visitor else ""
        self.terminal.show(f"リエゾンデスクです。{name}使い方は /ヘルプ、終わるには /終わる")

    def take(self, text: str) -> bool:
        """One thing the person typed; False when he has had enough."""
        text = _harmless(text.encode("utf-8", "replace").decode())
        word = unicodedata.normalize("NFKC", text).strip()
        if not word:
            return True
        if word.startswith("/"):
            self.asked = None
            return self._command(word)
        if self.asked is not None:
            self._answer(self.asked, word)
        elif (number := self._number(word)) is not None:
            self._press_number(number)
        else:
            self._hear(text=text)
        return True

    def _command(self, word: str) -> bool:
        name, _, rest = word.partition(" ")
        commands: dict[str, Callable[[], None]] = {
            "/ヘルプ": lambda: self.terminal.show(HELP),
            "/メニュー": lambda: self._show(Card("メニュー", buttons=self.desk.menu(self.account))),
            "/部屋": self._rooms,
            "/入る": lambda: self._enter(rest.strip()),
            "/出る": self._leave,
            "/終わる": lambda: None,
        }
        unknown = "その命令はありません。/ヘルプ で使い方を見られます"
        commands.get(name, lambda: self.terminal.show(unknown))()
        return name != "/終わる"

    def _number(self, word: str) -> int | None:
        """The button that a typed number means; None where it is text."""
        if found := re.fullmatch(r":\s*([0-9]{1,3})", word):
            return int(found[1])
        if not re.fullmatch(r"[0-9]{1,2}", word):
            return None
        newest = self._newest(lambda _: True)
        if newest and newest.awaits and all(b.style != "pick" for b in newest.buttons):
            return None
        return int(word) if 1 <= int(word) <= len(self._buttons()) else None

    def _newest(self, wanted: Callable[[Card], bool]) -> Card | None:
        """The newest card shown in this place."""
        shown = [(post.turn, post.card) for post in self.terminal.at(self.place)]
        if self.place in self.here:
            shown.append(self.here[self.place])
        shown.sort(key=lambda one: one[0])
        return next((card for _, card in reversed(shown) if wanted(card)), None)

    def _buttons(self) -> tuple[Button, ...]:
        card = self._newest(lambda card: bool(card.buttons))
        return card.buttons if card else ()

    def _press_number(self, number: int) -> None:
        buttons = self._buttons()
        if not 1 <= number <= len(buttons):
            self.terminal.show(f"{number}番のボタンはありません")
        elif buttons[number - 1].sure:
            self.asked = buttons[number - 1]
            self.terminal.show(f"{self.asked.sure}（はい／いいえ）")
        else:
            self._press(buttons[number - 1])

    def _answer(self, button: Button, word: str) -> None:
        if word.casefold() in ("はい", "y", "yes"):
            self.asked = None
            self._press(button)
        elif word.casefold() in ("いいえ", "n", "no"):
            self.asked = None
            self.terminal.show("取りやめました。何も変わっていません")
        else:
            self.terminal.show(f"「はい」か「いいえ」を書いてください。{button.sure}")

    def _press(self, button: Button) -> None:
        if button.style != "link":
            self._hear(action=button.action, value=button.value)
        elif card := self.desk.look(self.account, button.action, button.value):
            self._show(card)
        else:
            self.terminal.show("いま見られるものはありません")

    def _hear(self, text: str = "", action: str | None = None, value: str = "") -> None:
        event, now = f"{PLATFORM}:{self.new_id()}", self.clock()
        said = Message(event, self.account, self.place, now, text, action, value)
        reply = self.desk.hear(said)
        if reply.alone:
            self._show(reply.alone)
        there = reply.goes_to
        if there is not None and there != self.place:
            self.terminal.show(f"つづきは {self._name(there)} です")
            self.place = there if there.platform == PLATFORM else self.place

    def _rooms(self) -> None:
        posts = self.terminal.threads(self.own)
        lines = [f"・{clean(post.card.opens)}：{clean(post.card.title)}" for post in posts]
        lines += [f"・{clean(door.name)}（{clean(door.group)}）" for door in self._doors()]
        self.terminal.show("\n".join(["入れる部屋（/入る 名前）", *lines]))

    def _doors(self) -> list[Door]:
        return [door for door in self.desk.doors(self.account) if door.place.platform == PLATFORM]

    def _enter(self, name: str) -> None:
        found = self._find(name)
        if found is None or not self.desk.may_enter(self.account, found):
            self.terminal.show("その部屋は見つかりません。/部屋 で入れる部屋を見られます")
            return
        self.place = found
        last = [self.terminal.told(post) for post in self.terminal.at(found)[-LAST_CARDS:]]
        self.terminal.show("\n".join([f"{self._name(found)} に入りました", *last]))

    def _find(self, name: str) -> Place | None:
        """A thread of this room, an own consultation, or a door: the whole name before a part of it."""
        posts = [*self.terminal.threads(self.place), *self.terminal.threads(self.own)]
        named = [(_folded(post.card.opens), post.stands_at) for post in posts]
        named += [(_folded(door.name), door.place) for door in self._doors()]
        word = _folded(name)
        whole = [place for label, place in named if word == label]
        begun = [place for label, place in named if word and label.startswith(word)]
        parts = [place for label, place in named if word and word in label]
        return next(iter(whole or begun or parts), None)

    def _leave(self) -> None:
        if self.place == self.own:
            self.terminal.show("ここが最初の画面です")
            return
        self.place = self.own if self.place.thread is None else self.place.root
        self.terminal.show(f"{self._name(self.place)} に戻りました")

    def _name(self, place: Place) -> str:
        if place == self.own:
            return "自分の画面"
        door = next((door for door in self._doors() if door.place == place), None)
        return clean(door.name) if door else self.terminal.name_of(place)

    def _show(self, card: Card) -> None:
        """Show a card to this person only; its numbers count until the next one."""
        self.here[self.place] = (self.terminal.turns, card)
        self.terminal.show(f"{render(card, page=self.terminal.page)}\n")


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
