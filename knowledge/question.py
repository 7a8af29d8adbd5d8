"""A question understood: what is left of it when everything that is not asked is taken off."""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date

from knowledge.normal import bare, clean, is_kana, without_courtesy
from knowledge.romaji import kana_of_romaji
from knowledge.text import Group, Synonyms, Tokens, Words
from knowledge.values import asked, places, sizes
from knowledge.years import without_years, years

BESIDE = 0.2
"""What a word weighs that stands in a sentence beside the one that asks (.4 and .1 answer fewer right, crossed)."""
LETTER = 60
"""From so many characters on a text is a letter, in which the question has to be looked for."""
ASKS = re.compile(
    r"[?]|か$|(教え|おしえ|知りた|聞きた|確認させ|示し|願い|お願|ほしい|欲しい|たい(です|の|ん)|ください|下さい|でしょうか|ますか|ですか|のか|どう|いつ|いくら|どこ|だれ|誰|何|なに)"
)
FOLLOW_LONGEST = 40
MESSAGE_LONGEST, SHORTEST_QUESTION, TWO = 200, 6, 2
FOLLOWS = re.compile(
    r"^(じゃあ?|では|それ|そっち|その|これ|この|ほな|そしたら|そうすると|ちなみに|さっき|あと|なら|ほんで|で[、,])"
    r"|^[^。?、]{1,15}(なら|だと|の場合|やったら|だったら|は|も)[?]*$"
)
INTRODUCTION = re.compile(
    r"と申します|の者です|担当して(い|おり)ます|お世話|拝見|恐れ入|感謝|失礼|置いて(おい)?て|それはさておき|別件"
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
    cleaned = kana_of_romaji(clean(text), known)
    plain = without_years(without_courtesy(cleaned))
    before = f"{clean(last)}。" if last and follows(cleaned) else ""
    tokens = words.tokens(before + plain)
    spans = [(len(before), len(tokens.text))] if before else asking(tokens.text)
    focus = "。".join(tokens.text[start:end] for start, end in spans) or tokens.text
    return Question(
        text=cleaned,
        tokens=tokens,
        exact=bare(cleaned),
        own=synonyms.groups(tokens.text),
        weights=tuple(_share(word.start, spans) for word in tokens.words),
        focus=focus,
        years=years(cleaned, at) if at != date.min else frozenset(),
        asked=asked(asking_text(cleaned)),
        places=places(cleaned),
        sizes=sizes(cleaned),
        kana=is_kana(tokens.text),
    )


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


def asking_text(cleaned: str) -> str:
    """The sentences that ask; all of a text that is short or in which none does."""
    spans = asking(cleaned)
    return "。".join(cleaned[start:end] for start, end in spans) or cleaned


def asking(cleaned: str) -> list[tuple[int, int]]:
    """Where in a letter the sentences stand that ask; nothing where all of the text counts alike."""
    if len(cleaned) < LETTER:
        return []
    parts = [m.span() for m in re.finditer(r"[^。!?\n]+[。!?]?", cleaned)]
    asks = [
        (start, end)
        for start, end in parts
        if ASKS.search(cleaned[start:end]) and not INTRODUCTION.search(cleaned[start:end])
    ]
    return asks if len(asks) < len(parts) else []


def _share(place: int, spans: list[tuple[int, int]]) -> float:
    return 1.0 if not spans or any(start <= place < end for start, end in spans) else BESIDE
