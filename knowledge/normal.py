"""One normalisation for entries and questions: rules in their order, each with an example that a test holds."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 8_000
"""Characters kept of any text: SudachiPy raises over 49,149 bytes, and a character has four at most."""

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─━﹣", "-") | dict.fromkeys("〜~", "~"))
HIRAGANA = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})
VOICING = {0x3099: None, 0x309A: None}

COURTESY = re.compile(
    r"(いつも)?(大変)?お世話になって(おり|い)ます|お世話になります|お疲れ(様|さま)です|おつかれさまです|こんにち[はわ]|おはようございます"
    r"|お手数(ですが|を?お?(かけ|掛け)(いた|致)?し(ますが?|て))(申し訳(ありません|ございません)が?)?[、,]?"
    r"|(大変)?恐れ入りますが?|恐縮ですが|すみませんが?|すいませんが?|お忙しいところ|失礼(いた)?します"
    r"|(何卒)?(宜|よろ)しく(お願い|おねがい)(いた|致)?します|お願い(いた|致)?します"
    r"|(を|について|に関して|につきまして)?(ご?教示|お?教え|おしえ)(いただけ|頂け|て(いただけ|頂け|もらえ|くれ|ほし|欲し|ください|下さい)?|ください|下さい|願)"
    r"[いくたないでょうまします]*か?"
    r"|(について)?(知りたい|聞きたい|ききたい|知りたく)(です|のですが|んですが|んやけど)?"
    r"|(あり|い)?ますでしょうか|でしょうか|ありますか|ですかね?|ますかね?|のですが|んですけど|んですが|んやけど|やっけ|だっけ|でしたっけ"
    r"|(でん)?ねん(けど)?|やんなあ?|やろか|かいな|まっか|でっか|どすか"
)

DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")}
POWERS = {"十": 10, "百": 100, "千": 1000}
COUNTERS = "円|人|市町|市(?![町立]?[一-龠]*市)|町|団体|名|件|年|月|割|回|業務|社|か月|ヶ月|校|時間|日(?!市)|%"
KANJI_NUMBER = re.compile(
    rf"(?<![一二三四五六七八九十百千])[一二三四五六七八九十百千]++(?:[万億][一二三四五六七八九十百千]*+)*+(?={COUNTERS})"
)
LARGE_NUMBER = re.compile(
    r"(?<![\d.])(?:(\d+(?:\.\d+)?|[一二三四五六七八九十百千]+)億)?(?:(\d+(?:\.\d+)?|[一二三四五六七八九十百千]+)万)?(\d+)?(?![\d.])"
)

# Dialect of the region against the words that entries are written in. Endings are courtesies; these carry sense.
DIALECT = (
    ("せなあかん", "しなければならない"), ("せんでええ", "しなくてよい"), ("あかん", "だめ"), ("なんぼ", "いくら"),
    ("どないしたら", "どうしたら"), ("どない", "どう"), ("おんなじ", "同じ"), ("もろ(?=[てた])", "もらっ"),
    ("(?<=[らきせめべえけてれわかさまばが])へん(?!の|に|で|を|は)", "ない"), ("ちゃう", "違う"), ("(?<![ぁ-ん])なんで(?![すもし])", "なぜ"), ("ほんま", "本当"),
    ("うちとこ", "うち"), ("よそさん", "よそ"),
)  # fmt: skip
DIALECT_WORDS = tuple((re.compile(said), standard) for said, standard in DIALECT)
ANY_DIALECT = re.compile("|".join(said for said, _ in DIALECT))


def _visible(text: str) -> str:
    """Controls part words, so they become a blank; marks of direction, surrogates and the like vanish."""
    if text.isprintable():
        return text
    return "".join(map(_visible_char, text))


def _visible_char(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    category = unicodedata.category(char)
    return " " if category == "Cc" else "" if category.startswith("C") else char


def _one_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _one_dash(text: str) -> str:
    return text.translate(DASHES)


def _long_vowels(text: str) -> str:
    """A dash between katakana is the long mark; one long mark is as good as three."""
    return re.sub(r"(?<=[ァ-ヺー])-(?=[ァ-ヺ])|ー{2,}", "ー", text)


def _no_commas(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3})", "", text)


def _numerals(text: str) -> str:
    """万 and 億 are multiplied out, and a kanji number before a counter is written in digits."""
    if "万" in text or "億" in text:
        text = LARGE_NUMBER.sub(_multiplied, text)
    return KANJI_NUMBER.sub(lambda match: str(_value(match.group())), text)


def _multiplied(match: re.Match[str]) -> str:
    hundred_millions, ten_thousands, ones = match.groups()
    if not hundred_millions and not ten_thousands:
        return match.group()
    total = _figure(hundred_millions) * 10**8 + _figure(ten_thousands) * 10**4 + _figure(ones)
    return str(round(total))


def _figure(written: str | None) -> float:
    if not written:
        return 0.0
    return float(written) if written[0].isdigit() else float(_value(written))


def _value(kanji: str) -> int:
    """二千五百 → 2500, 十二 → 12."""
    total = digit = 0
    for sign in kanji:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            total += (digit or 1) * POWERS[sign]
            digit = 0
    return total + digit


def _standard_speech(text: str) -> str:
    if ANY_DIALECT.search(text):  # of most texts one look is enough
        for said, standard in DIALECT_WORDS:
            text = said.sub(standard, text)
    return text


@dataclass(frozen=True)
class Rule:
    """One step of the normalisation with what it makes of an example."""

    name: str
    apply: Callable[[str], str]
    before: str
    after: str


RULES = (
    Rule("controls", _visible, "標準化\u200bの\t期限", "標準化の 期限"),
    Rule("width", _one_width, "ｼｽﾃﾑ ＡＢＣ１２㌫", "システム ABC12パーセント"),
    Rule("case", str.lower, "LoGoフォーム", "logoフォーム"),
    Rule("dashes and waves", _one_dash, "e‐ひょうご 5〜6月", "e-ひょうご 5~6月"),
    Rule("long vowels", _long_vowels, "サ-バーーの更新", "サーバーの更新"),
    Rule("commas", _no_commas, "12,500円、1,2", "12500円、1,2"),
    Rule("numerals", _numerals, "人口五万人で1万2500円、二十業務", "人口50000人で12500円、20業務"),
    Rule("regional speech", _standard_speech, "なんぼ払わなあかんの", "いくら払わなだめの"),
)
"""What every text goes through, of an entry or a question, in this order."""


def clean(text: str) -> str:
    """In: anything. Out: the same after every rule, and not too long."""
    text = text[:LONGEST]
    for rule in RULES:
        text = rule.apply(text)
    return text[:LONGEST].strip()


def fold(text: str) -> str:
    """In: cleaned text. Out: the same length with katakana as hiragana, so places in it still fit."""
    return text.translate(HIRAGANA)


def loose(text: str) -> str:
    """In: kana. Out: hiragana without long marks and voicing: how a word sounds when typed in a hurry."""
    spread = unicodedata.normalize("NFD", fold(text).replace("ー", "")).translate(VOICING)
    return re.sub(r"[\W_]+", "", spread)


def bare(cleaned: str) -> str:
    """In: cleaned text. Out: its letters alone, so that a missing question mark is no difference."""
    return re.sub(r"[\W_]+", "", fold(cleaned))


def is_kana(text: str) -> bool:
    """Is there nothing but kana in it? Such a text cannot be cut into words reliably."""
    return re.search(r"[ぁ-んァ-ヶ]", text) is not None and not re.search(
        r"[^ぁ-んァ-ヶー\W]", text
    )


def without_courtesy(text: str) -> str:
    """In: a cleaned question. Out: what is left of it when the courtesies are taken off."""
    return COURTESY.sub(" ", text).strip()
