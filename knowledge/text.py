"""A text taken apart into words, synonym groups of the dictionary and its reading."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from knowledge.normal import clean, fold, is_kana, loose

# Words that say nothing about what is asked, in Sudachi's normalised form.
POLITE = frozenset(
    [
        "下さる",
        "教える",
        "有る",
        "為る",
        "成る",
        "出来る",
        "居る",
        "御座る",
        "頂く",
        "貰う",
        "致す",
        "御",
        "事",
        "物",
        "為",
        "方",
        "訳",
        "様",
        "所",
        "何",
        "何の",
        "此の",
        "其の",
        "此れ",
        "其れ",
        "願う",
        "欲しい",
        "思う",
        "言う",
        "知る",
        "済む",
        "済みません",
        "恐れ入る",
        "有り難い",
        "世話",
        "今日は",
        "宜しい",
        "良い",
        "様子",
        "因る",
        "就く",
        "関する",
        "教示",
        "伺う",
        "尋ねる",
        "質問",
        "件",
        "場合",
        "等",
        "さん",
        "様",
        "少し",
        "一寸",
        "ちょっと",
        "えっと",
        "ええと",
        "あの",
        "其処",
        "此処",
        "行く",
        "来る",
        "仕舞う",
        "遣る",
        "如何",
        "どう",
        "どんな",
        "何方",
        "どの",
        "どない",
        "何れ",
        "へん",
        "ねん",
    ]
)
# Words that tell the kind of answer more than its subject.
QUESTION = frozenset(
    [
        "いつ",
        "何時",
        "何処",
        "誰",
        "幾ら",
        "何ぼ",
        "何故",
        "幾つ",
        "必要",
        "内容",
        "方法",
        "対応",
        "利用",
        "実施",
        "活用",
        "使う",
        "進める",
    ]
)
MOST_MEANINGS = 50_000
DROPPED = frozenset(("助詞", "助動詞", "補助記号", "記号", "空白", "感動詞", "接続詞"))
SIGNS = frozenset(("補助記号", "空白", "記号"))
LIGHT = frozenset(("動詞", "形容詞", "形状詞", "副詞", "接頭辞", "接尾辞", "代名詞"))


class Word(NamedTuple):
    """One word: its normalised form, how it was written, what it weighs and where it stood."""

    term: str
    surface: str
    weight: float
    start: int
    end: int
    proper: bool = False


class Group(NamedTuple):
    """One synonym group that a part of the text belongs to, and where that part stood."""

    name: str
    start: int
    end: int


class Meaning(NamedTuple):
    """What the dictionary says of one word. `term` is empty for what carries no meaning of its own."""

    term: str
    weight: float
    proper: bool
    groups: tuple[str, ...]
    reading: str
    loose: str


@dataclass(frozen=True)
class Tokens:
    """A cleaned text taken apart: its words, the dictionary's synonym groups, and how it is read."""

    text: str
    words: tuple[Word, ...]
    groups: tuple[Group, ...]
    reading: str


class Words:
    """Cuts Japanese text into words. Make one per process; any number of threads may use it."""

    def __init__(self) -> None:
        # Imported here, so that commands which never search start without the dictionary's library.
        from sudachipy import Dictionary, SplitMode  # noqa: PLC0415

        self._dictionary = Dictionary()
        self._mode = SplitMode.A
        self._mine = threading.local()
        self._meanings: dict[tuple[int, str], Meaning] = {}

    def tokens(self, text: str) -> Tokens:
        """In: any text. Out: its parts. Short units alone: long ones cost a second pass and found nothing more."""
        cleaned = clean(text)
        words: list[Word] = []
        groups: list[Group] = []
        reading: list[str] = []
        for unit in self._tokenizer().tokenize(cleaned):
            surface = unit.surface()
            meaning = self._meaning(unit, surface)
            reading.append(meaning.loose)
            if not meaning.term and not meaning.groups:
                continue
            start, end = unit.begin(), unit.end()
            if meaning.term:
                words.append(
                    Word(meaning.term, surface, meaning.weight, start, end, meaning.proper)
                )
            groups.extend(Group(name, start, end) for name in meaning.groups)
        return Tokens(cleaned, tuple(words), tuple(dict.fromkeys(groups)), "".join(reading))

    def reading(self, text: str) -> str:
        """In: any text. Out: how it is read, in hiragana, as one would type it."""
        units = self._tokenizer().tokenize(clean(text))
        return fold("".join(self._meaning(unit, unit.surface()).reading for unit in units))

    def names_somebody(self, text: str) -> bool:
        """Does a person's name stand in it, as far as the dictionary knows?"""
        units = self._tokenizer().tokenize(clean(text))
        return any("人名" in unit.part_of_speech() for unit in units)

    def _meaning(self, unit: Any, surface: str) -> Meaning:
        """What the dictionary says of a unit, asked once for each word: asking costs more than cutting."""
        key = (unit.word_id(), surface)
        meaning = self._meanings.get(key)
        if meaning is None:
            meaning = _meaning(unit, surface)
            if len(self._meanings) < MOST_MEANINGS:
                self._meanings[key] = meaning
        return meaning

    def _tokenizer(self) -> Any:
        # SudachiPy raises when two threads share a tokenizer.
        if not hasattr(self._mine, "tokenizer"):
            self._mine.tokenizer = self._dictionary.tokenizer(mode=self._mode)
        return self._mine.tokenizer


def _meaning(unit: Any, surface: str) -> Meaning:
    kind, detail, *_ = unit.part_of_speech()
    term = unit.normalized_form().lower()
    lone_kana = len(surface) == 1 and is_kana(surface)
    empty = kind in DROPPED or term in POLITE or lone_kana or not surface.strip()
    # A sign's reading is the word キゴウ, which nobody typed.
    reading = "" if kind in SIGNS else str(unit.reading_form())
    return Meaning(
        "" if empty else term, _weight(term, kind, detail), detail == "固有名詞",
        tuple(f"辞書{number}" for number in unit.synonym_group_ids()), reading, loose(reading),
    )  # fmt: skip


def _weight(term: str, kind: str, detail: str) -> float:
    """The hand-set weights of SEARCH_CEILING §1: question words .4, numbers .5, verbs and the like .7."""
    if term in QUESTION:
        return 0.4
    if detail == "数詞":
        return 0.5
    return 0.7 if kind in LIGHT else 1.0


class Synonyms:
    """Our own groups of words that mean one thing here, matched as written or, if long enough, as read."""

    SHORTEST_READING = 5
    """A shorter reading stands inside other words by chance."""

    def __init__(
        self,
        groups: Iterable[Sequence[str]],
        words: Words,
        more: Iterable[Sequence[str]] = (),
    ) -> None:
        """`more`: groups of the office, see `joined`."""
        self._given = list(groups)
        self.words: dict[str, str] = {}
        for group in self._given:
            written = [clean(word) for word in group]
            for word in written:
                self.words.setdefault(fold(word), written[0])
            for reading in (_typed_reading(words, word) for word in written):
                if len(reading) >= self.SHORTEST_READING:
                    self.words.setdefault(reading, written[0])
        for group in more:
            self._join(group, words)
        # Candidates by their first two letters, the longest first.
        self._starting: dict[str, list[str]] = {}
        for word in sorted(self.words, key=lambda word: (-len(word), word)):
            self._starting.setdefault(word[:2], []).append(word)

    @classmethod
    def read(cls, path: Path, words: Words) -> Self:
        """In: a file with one group a line, commas between, `#` before remarks."""
        lines = (line.partition("#")[0] for line in path.read_text("utf-8").splitlines())
        return cls(
            [[w.strip() for w in line.split(",") if w.strip()] for line in lines if line.strip()],
            words,
        )

    def joined(self, more: Iterable[Sequence[str]], words: Words) -> "Synonyms":
        """In: groups of the office. Out: these with ours. Theirs win: their words are one with the group of the first
        of them that has one, and leave any other."""
        return Synonyms(self._given, words, more)

    def _join(self, group: Iterable[str], words: Words) -> None:
        written = [clean(word) for word in group]
        known = (self.words.get(fold(word)) for word in written)
        name = next(filter(None, known), written[0])
        for word in written:
            before = self.words.get(fold(word))
            self.words[fold(word)] = name
            reading = _typed_reading(words, word)
            long = len(reading) >= self.SHORTEST_READING
            if long and self.words.get(reading) in (None, before):
                self.words[reading] = name

    def group_of(self, word: str) -> str | None:
        """The name of the group that a word belongs to."""
        return self.words.get(fold(clean(word)))

    def other_words(self, than: "Synonyms") -> frozenset[str]:
        """The normalised words that belong to another group there, or to none."""
        pairs = self.words.items() ^ than.words.items()
        return frozenset(word for word, _ in pairs)

    def count(self) -> int:
        """How many groups there are."""
        return len(set(self.words.values()))

    def groups(self, cleaned: str) -> tuple[Group, ...]:
        """In: cleaned text. Out: the groups its parts belong to, longest parts first at each place."""
        folded = fold(cleaned)
        found, place = [], 0
        while place < len(folded):
            word = self._at(folded, place)
            if word:
                found.append(Group(self.words[word], place, place + len(word)))
            place += len(word) or 1
        return tuple(found)

    def _at(self, folded: str, place: int) -> str:
        """The longest word of a group that stands here; a Latin one as a whole word only: "ai" is not in "email"."""
        for first in (folded[place : place + 2], folded[place]):
            for word in self._starting.get(first, ()):
                if folded.startswith(word, place) and _is_whole(folded, place, word):
                    return word
        return ""


def _typed_reading(words: Words, word: str) -> str:
    """How the word looks when typed in kana only: its reading, if it is kana to the end."""
    reading = words.reading(word)
    return reading if is_kana(reading) else ""


def _is_whole(folded: str, place: int, word: str) -> bool:
    end = place + len(word)
    before = place > 0 and _latin(word[0]) and _latin(folded[place - 1])
    after = end < len(folded) and _latin(word[-1]) and _latin(folded[end])
    return not before and not after


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
