"""A question understood: what is left of it when everything that is not asked is taken off."""

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date

from knowledge import letters
from knowledge.letters import Sentence
from knowledge.normal import bare, clean, is_kana, without_courtesy
from knowledge.romaji import kana_of_romaji
from knowledge.text import Group, Synonyms, Tokens, Words
from knowledge.values import asked, counted, places, sizes
from knowledge.years import without_years, years

BEFORE = 0.2
"""What a word of the last entry's title weighs that a question leans on."""
STOP = "。"
ASKS = re.compile(
    r"[?]|か$|(教え|おしえ|知りた|聞きた|確認させ|示し|願い|お願|ほしい|欲しい|たい(です|の|ん)|ください|下さい|でしょうか|ますか|ですか|のか|どう|いつ|いくら|どこ|だれ|誰|何|なに)"
)
FOLLOW_LONGEST = 40
MESSAGE_LONGEST, SHORTEST_QUESTION, TWO = 200, 6, 2
FOLLOWS = re.compile(
    r"^(じゃあ?|では|それ|そっち|その|これ|この|ほな|そしたら|そうすると|ちなみに|さっき|あと|なら|ほんで|で[、,])"
    r"|^[^。?、]{1,15}(なら|だと|の場合|やったら|だったら|は|も)[?]*$"
)


@dataclass(frozen=True)
class Question:
    """A question prepared once. `weights`: what each word counts by the sentence it stands in."""

    text: str
    tokens: Tokens
    exact: str
    own: tuple[Group, ...]
    weights: tuple[float, ...]
    focus: str
    years: frozenset[int]
    asked: frozenset[str]
    counted: frozenset[str]
    places: frozenset[str]
    sizes: tuple[int, ...]
    kana: bool


def understand(
    text: str,
    at: date,
    words: Words,
    synonyms: Synonyms,
    known: Container[str] = (),
    last: str = "",
) -> Question:
    """In: what a person typed, the day, and the title of the entry talked about last. Out: the question in it."""
    text = letters.unfolded(text) if "\n" in text else text
    cleaned = kana_of_romaji(clean(text), known)
    before = f"{clean(last)}。" if last and follows(cleaned) else ""
    sentences = letters.read(cleaned) if letters.is_letter(cleaned) else ()
    if sentences:
        return _of_letter(cleaned, sentences, at, words, synonyms)
    tokens = words.tokens(before + _plain(cleaned))
    focus = tokens.text[len(before) :] or tokens.text
    return Question(
        text=cleaned,
        tokens=tokens,
        exact=bare(cleaned),
        own=synonyms.groups(tokens.text),
        weights=tuple(BEFORE if word.start < len(before) else 1.0 for word in tokens.words),
        focus=focus,
        years=years(cleaned, at) if at != date.min else frozenset(),
        asked=asked(cleaned),
        counted=counted(cleaned),
        places=places(cleaned),
        sizes=sizes(cleaned),
        kana=is_kana(tokens.text),
    )


def _plain(cleaned: str) -> str:
    return without_years(without_courtesy(cleaned))


def _of_letter(
    cleaned: str, sentences: tuple[Sentence, ...], at: date, words: Words, synonyms: Synonyms
) -> Question:
    """What a letter asks. Year and kind of value count where it asks or what it asks leans on, places there and
    where it says what about; a size anywhere, since people introduce themselves by it."""
    parts = [
        (plain, one.share) for one in sentences if (plain := _plain(one.text).strip("。!? \n"))
    ]
    tokens = words.tokens(STOP.join(plain for plain, _ in parts))
    shares = _shares(tokens.text, [share for _, share in parts])
    asks = "。".join(one.text for one in sentences if one.share == letters.ASKED)
    about = "。".join(one.text for one in sentences if one.share >= letters.NEAR)
    focus = "。".join(plain for plain, share in parts if share == letters.ASKED)
    tokens = replace(
        tokens, groups=tuple(g for g in tokens.groups if shares[g.start] >= letters.NEAR)
    )
    return Question(
        text=cleaned,
        tokens=tokens,
        exact=bare(asks),
        own=tuple(g for g in synonyms.groups(tokens.text) if shares[g.start] >= letters.NEAR),
        weights=tuple(shares[word.start] for word in tokens.words),
        focus=focus,
        years=years(asks, at) if at != date.min else frozenset(),
        asked=asked(asks),
        counted=counted(asks),
        places=places(about),
        sizes=sizes(cleaned),
        kana=is_kana(tokens.text),
    )


def _shares(text: str, shares: list[float]) -> list[float]:
    """What a word weighs at each place of a text whose parts weigh so much."""
    parts, spread = text.split(STOP), list[float]()
    if len(parts) != len(shares):  # cut off, as nobody writes
        return [letters.ASKED] * len(text)
    for part, share in zip(parts, shares, strict=True):
        spread += [share] * (len(part) + len(STOP))
    return spread


def questions_in(text: str) -> tuple[str, ...]:
    """In: a message. Out: the two questions in it, where there are two; the first may carry the subject of both."""
    if len(text) > MESSAGE_LONGEST:
        return ()
    asks = [
        part for part in re.findall(r"[^。!?！？\n]+[。!?！？]?", text) if ASKS.search(clean(part))
    ]
    ended = [part.strip() for part in asks if len(part.strip()) >= SHORTEST_QUESTION]
    return tuple(ended) if len(ended) == TWO else ()


def follows(cleaned: str) -> bool:
    """Does a question lean on what was said before? Such a one takes its subject from the last entry."""
    return len(cleaned) <= FOLLOW_LONGEST and FOLLOWS.search(cleaned) is not None
