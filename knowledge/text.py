"""Text as the search sees it: one normalisation, the words of a text, the years it names, its synonyms."""

import re
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from bot.days import APRIL, REIWA_BEFORE, fiscal_year

LONGEST = 8_000
"""Characters kept of any text: SudachiPy raises over 49,149 bytes, and a character has four at most."""

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─━﹣", "-") | dict.fromkeys("〜~", "~"))
HIRAGANA = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})
VOICING = {0x3099: None, 0x309A: None}

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

COURTESY = re.compile(
    r"(いつも)?(大変)?お世話になって(おり|い)ます|お世話になります|お疲れ(様|さま)です|おつかれさまです|こんにち[はわ]|おはようございます"
    r"|(大変)?恐れ入りますが?|恐縮ですが|すみませんが?|すいませんが?|お忙しいところ|失礼(いた)?します"
    r"|(何卒)?(宜|よろ)しく(お願い|おねがい)(いた|致)?します|お願い(いた|致)?します"
    r"|(を|について|に関して|につきまして)?(ご?教示|お?教え|おしえ)(いただけ|頂け|て(いただけ|頂け|もらえ|くれ|ほし|欲し|ください|下さい)?|ください|下さい|願)"
    r"[いくたないでょうまします]*か?"
    r"|(について)?(知りたい|聞きたい|ききたい|知りたく)(です|のですが|んですが|んやけど)?"
    r"|(あり|い)?ますでしょうか|でしょうか|ありますか|ですかね?|ますかね?|のですが|んですけど|んですが|んやけど|やっけ|だっけ|でしたっけ"
)

ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの",
    "h": "はひふへほ", "m": "まみむめも", "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ",
    "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "w": "わ--を-を", "y": "や-ゆ-よ",
    "f": "--ふ--", "sh": "-し---", "ch": "-ち---", "ts": "--つ--", "j": "-じ---",
}  # fmt: skip
"""The five syllables of each consonant in the order a i u e o."""
GLIDES = {"sh": "し", "ch": "ち", "j": "じ", "ky": "き", "sy": "し", "ty": "ち", "ny": "に", "hy": "ひ",
          "my": "み", "ry": "り", "gy": "ぎ", "zy": "じ", "jy": "じ", "by": "び", "py": "ぴ"}  # fmt: skip
SYLLABLE = re.compile(
    r"([bcdfghjkmprstwyz]{0,3}|n(?=[aiueoy])y?)([aiueo])|(n)(?![aiueoy])|([^aiueon])"
)

NAMED_YEAR = re.compile(
    r"(?:令和|(?<![a-z0-9])r\.?)(元|[0-9]{1,2})(?![0-9])(?:年度?|\.(?=[0-9]))?(?:([0-9]{1,2})月|([0-9]{1,2})(?=\.|$))?"
    r"|(?<![0-9])(20[0-9]{2})(?:年度|年(?:([0-9]{1,2})月)?|(?=[/.-][0-9])|(?![0-9円人件]))"
)
RELATIVE_YEAR = {
    "一昨年度": -2, "一昨年": -2, "おととし": -2, "おととい年": -2, "昨年度": -1, "昨年": -1, "去年度": -1, "去年": -1,
    "前年度": -1, "前年": -1, "きょねん": -1, "さくねん": -1, "今年度": 0, "本年度": 0, "今年": 0, "本年": 0, "ことし": 0,
    "来年度": 1, "来年": 1, "次年度": 1, "翌年度": 1, "らいねん": 1,
}  # fmt: skip
RELATIVE = re.compile("|".join(RELATIVE_YEAR))


def clean(text: str) -> str:
    """In: anything. Out: NFKC in lower case, one dash, one wave, digits without commas, no controls, not too long."""
    kept = "".join(_visible(char) for char in text[:LONGEST])
    flat = unicodedata.normalize("NFKC", kept).lower().translate(DASHES)
    return re.sub(r"(?<=\d),(?=\d{3})", "", flat)[:LONGEST].strip()


def _visible(char: str) -> str:
    """Controls part words, so they become a blank; marks of direction, surrogates and the like vanish."""
    if char.isascii() and char.isprintable():
        return char
    category = unicodedata.category(char)
    return " " if category == "Cc" else "" if category.startswith("C") else char


def fold(text: str) -> str:
    """In: cleaned text. Out: the same length with katakana as hiragana, so places in it still fit."""
    return text.translate(HIRAGANA)


def loose(text: str) -> str:
    """In: kana. Out: hiragana without long marks and voicing: how a word sounds when typed in a hurry."""
    spread = unicodedata.normalize("NFD", fold(text).replace("ー", "")).translate(VOICING)
    return re.sub(r"[\W_]+", "", spread)


def is_kana(text: str) -> bool:
    """Is there nothing but kana in it? Such a text cannot be cut into words reliably."""
    return re.search(r"[ぁ-んァ-ヶ]", text) is not None and not re.search(
        r"[^ぁ-んァ-ヶー\W]", text
    )


def without_courtesy(text: str) -> str:
    """In: a cleaned question. Out: what is left of it when the courtesies are taken off."""
    return COURTESY.sub(" ", text).strip()


def kana_of_romaji(text: str) -> str:
    """In: cleaned text. Out: kana when it is Japanese in Latin letters throughout, else the text itself."""
    if not text.isascii():
        return text
    parts = text.split()
    read = [_syllables(part) for part in parts]
    typed = sum(len(part) for part, kana in zip(parts, read, strict=True) if kana)
    # Most of it must read as kana: an English sentence has words that do, by chance.
    if typed * 4 < sum(map(len, parts)) * 3:
        return text
    return "".join(kana or part for part, kana in zip(parts, read, strict=True))


def _syllables(word: str) -> str:
    """In: a Latin word. Out: its kana, or nothing when it does not read as kana to the end."""
    kana = []
    for onset, vowel, final, other in SYLLABLE.findall(re.sub(r"[?!.,-]", "", word)):
        made = "ん" if final else "" if other else _syllable(onset, "aiueo".index(vowel))
        if not made:
            return ""
        kana.append(made)
    return "".join(kana)


def _syllable(onset: str, vowel: int) -> str:
    double = (len(onset) > 1 and onset[0] == onset[1]) or onset.startswith("tc")
    stem = onset[1:] if double else onset
    plain = ROWS.get(stem, "-----")[vowel]
    if plain == "-" and stem in GLIDES:
        plain = GLIDES[stem] + "ゃ-ゅぇょ"[vowel]
    return "" if "-" in plain else "っ" * double + plain


def years(text: str, at: date) -> frozenset[int]:
    """In: cleaned text and today. Out: the fiscal years of Reiwa it names, by number or as 昨年度, 今年…"""
    named = {_year(match) for match in NAMED_YEAR.finditer(text)}
    told = {fiscal_year(at) + RELATIVE_YEAR[match.group()] for match in RELATIVE.finditer(text)}
    return frozenset(named | told)


def _year(match: re.Match[str]) -> int:
    reiwa, month, dotted, western, western_month = match.groups()
    number = int(western) - REIWA_BEFORE if western else 1 if reiwa == "元" else int(reiwa)
    of_year = int(month or dotted or western_month or APRIL)
    return number - (of_year < APRIL)


def without_years(text: str) -> str:
    """In: a cleaned question. Out: the same without the years it names, which are matched as years."""
    return RELATIVE.sub(" ", NAMED_YEAR.sub(" ", text)).strip()


@dataclass(frozen=True)
class Word:
    """One word: its normalised form, how it was written, what it weighs and where it stood."""

    term: str
    surface: str
    weight: float
    start: int
    end: int


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
    return Word(term, surface, _weight(term, kind, detail), part.begin(), part.end())


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
