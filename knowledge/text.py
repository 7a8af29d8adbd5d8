"""A text taken apart into words, synonym groups of the dictionary and its reading."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

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
DROPPED = frozenset(("助詞", "助動詞", "補助記号", "記号", "空白", "感動詞", "接続詞"))
LIGHT = frozenset(("動詞", "形容詞", "形状詞", "副詞", "接頭辞", "接尾辞", "代名詞"))


@dataclass(frozen=True)
class Word:
    """One word: its normalised form, how it was written, what it weighs and where it stood."""

    term: str
    surface: str
    weight: float
    start: int
    end: int
    proper: bool = False


@dataclass(frozen=True)
class Group:
    """One synonym group that a part of the text belongs to, and where that part stood."""

    name: str
    start: int
    end: int


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
        self._modes = (SplitMode.A, SplitMode.C)
        self._mine = threading.local()

    def tokens(self, text: str) -> Tokens:
        """In: any text. Out: its parts. Short units make the words, long ones the reading, both the groups."""
        cleaned = clean(text)
        # Morpheme.split would spare the second pass, but SudachiPy 0.7.0 panics when its result is used.
        short, long = (list(tokenizer.tokenize(cleaned)) for tokenizer in self._tokenizers())
        return Tokens(
            text=cleaned,
            words=tuple(word for word in map(_word, short) if word is not None),
            groups=tuple(dict.fromkeys(_groups([*long, *short]))),
            reading=loose("".join(map(_reading, long))),
        )

    def reading(self, text: str) -> str:
        """In: any text. Out: how it is read, in hiragana, as one would type it."""
        units = self._tokenizers()[1].tokenize(clean(text))
        return fold("".join(map(_reading, units)))

    def _tokenizers(self) -> tuple[Any, Any]:
        # SudachiPy raises when two threads share a tokenizer.
        if not hasattr(self._mine, "tokenizers"):
            short, long = (self._dictionary.tokenizer(mode=mode) for mode in self._modes)
            self._mine.tokenizers = (short, long)
        tokenizers: tuple[Any, Any] = self._mine.tokenizers
        return tokenizers


def _word(part: Any) -> Word | None:
    """In: one morpheme. Out: the word, or None for what carries no meaning of its own."""
    kind, detail, *_ = part.part_of_speech()
    surface, term = part.surface(), part.normalized_form().lower()
    lone_kana = len(surface) == 1 and is_kana(surface)
    if kind in DROPPED or term in POLITE or lone_kana or not surface.strip():
        return None
    return Word(
        term, surface, _weight(term, kind, detail), part.begin(), part.end(), detail == "固有名詞"
    )


def _weight(term: str, kind: str, detail: str) -> float:
    """The hand-set weights of SEARCH_CEILING §1: question words .4, numbers .5, verbs and the like .7."""
    if term in QUESTION:
        return 0.4
    if detail == "数詞":
        return 0.5
    return 0.7 if kind in LIGHT else 1.0


def _groups(units: Iterable[Any]) -> Iterable[Group]:
    for unit in units:
        for number in unit.synonym_group_ids():
            yield Group(f"辞書{number}", unit.begin(), unit.end())


def _reading(unit: Any) -> str:
    # A sign's reading is the word キゴウ, which nobody typed.
    return (
        "" if unit.part_of_speech()[0] in {"補助記号", "空白", "記号"} else str(unit.reading_form())
    )


class Synonyms:
    """Our own groups of words that mean one thing here, matched as written or, if long enough, as read."""

    SHORTEST_READING = 5
    """A shorter reading stands inside other words by chance."""

    def __init__(self, groups: Iterable[Iterable[str]], words: Words) -> None:
        self._group_of: dict[str, str] = {}
        for group in groups:
            written = [clean(word) for word in group]
            for word in written:
                self._group_of.setdefault(fold(word), written[0])
            for reading in (_typed_reading(words, word) for word in written):
                if len(reading) >= self.SHORTEST_READING:
                    self._group_of.setdefault(reading, written[0])
        longest_first = sorted(self._group_of, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(_bounded, longest_first)) or r"(?!)")

    @classmethod
    def read(cls, path: Path, words: Words) -> Self:
        """In: a file with one group a line, commas between, `#` before remarks."""
        lines = (line.partition("#")[0] for line in path.read_text("utf-8").splitlines())
        return cls(
            [[w.strip() for w in line.split(",") if w.strip()] for line in lines if line.strip()],
            words,
        )

    def groups(self, cleaned: str) -> tuple[Group, ...]:
        """In: cleaned text. Out: the groups its parts belong to, longest parts first at each place."""
        found = self._pattern.finditer(fold(cleaned))
        return tuple(Group(self._group_of[m.group()], m.start(), m.end()) for m in found)


def _typed_reading(words: Words, word: str) -> str:
    """How the word looks when typed in kana only: its reading, if it is kana to the end."""
    reading = words.reading(word)
    return reading if is_kana(reading) else ""


def _bounded(word: str) -> str:
    """Latin words match as whole words only: "ai" is not in "email"."""
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", word) else ""
    after = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", word) else ""
    return before + re.escape(word) + after
