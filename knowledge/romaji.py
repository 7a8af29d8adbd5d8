"""Japanese typed in Latin letters, read back as kana."""

import re
from collections.abc import Container

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


LATIN = re.compile(r"[a-z]+(?:'[a-z]+)?")
SHORTEST, ENOUGH = 4, 2


def kana_of_romaji(text: str, known: Container[str] = ()) -> str:
    """In: cleaned text and the Latin words that entries have. Out: kana for what is Japanese in Latin letters.

    Words that read as kana become kana when the text is Latin throughout (and most of it reads), or when two or
    more of them stand in a Japanese text.
    """
    read = {word: _syllables(word) for word in set(LATIN.findall(text)) if word not in known}
    kana = {word: made for word, made in read.items() if made}
    if not kana:
        return text
    if text.isascii():
        letters = re.sub(r"[^a-z]", "", text)
        typed = sum(len(word) for word in LATIN.findall(text) if word in kana or word in known)
        # Most of it must read as kana: an English sentence has words that do, by chance.
        if typed * 4 < len(letters) * 3:
            return text
    elif sum(len(word) >= SHORTEST for word in kana) < ENOUGH:
        return text
    said = LATIN.sub(lambda match: kana.get(match.group(), match.group()), text)
    return re.sub(r"(?<=[ぁ-んー]) (?=[ぁ-ん])", "", said)


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
