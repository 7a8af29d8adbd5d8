"""Words that the office says mean one thing: read from what it wrote, held against what a group may be."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot import synonyms
from bot.cards import synonyms as cards
from bot.synonyms import Group
from knowledge.entries import Entry
from knowledge.files import BadFiles, Problem
from knowledge.normal import bare, clean, fold
from knowledge.store import bump
from knowledge.text import Synonyms, Words

FEWEST, MOST, LONGEST, SHORTEST = 2, 20, 30, 2
SEPARATORS = (r"[、,，\n]", r"[・/／]", r"\s+")
"""The first of these that stands in the text parts it: 「ガバメント・クラウド、ガバクラ」 are two words."""


def words_in(text: str) -> tuple[str, ...]:
    """In: 「補助金・交付金・お金」. Out: the words, each once."""
    sign = next((sign for sign in SEPARATORS if re.search(sign, text.strip())), SEPARATORS[0])
    return _parted(text, sign)


def _parted(text: str, sign: str) -> tuple[str, ...]:
    parts = re.split(sign, text)
    found = {_normal(word): word for part in reversed(parts) if (word := part.strip())}
    return tuple(reversed(found.values()))


def wrong(words: Sequence[str], dictionary: Words, others: Iterable[Group]) -> str:
    """Why these are no group, in a sentence; empty where they are one. `others`: the office's other groups."""
    if len(words) < FEWEST:
        return cards.TOO_FEW
    if len(words) > MOST:
        return cards.too_many(len(words), MOST)
    taken = {_normal(word): group for group in others for word in group.words}
    return next(filter(None, (_wrong_word(word, dictionary, taken) for word in words)), "")


def _wrong_word(word: str, dictionary: Words, taken: Mapping[str, Group]) -> str:
    if len(bare(clean(word))) < SHORTEST:
        return cards.too_short(word)
    if len(word) > LONGEST:
        return cards.too_long(word, LONGEST)
    if not dictionary.tokens(word).words:
        return cards.says_nothing(word)
    known = taken.get(_normal(word))
    return cards.taken(word, known.words) if known else ""


def normal_of(words: Iterable[str]) -> str:
    return "\n".join(sorted({_normal(word) for word in words}))


def _normal(word: str) -> str:
    return fold(clean(word))


def others_than(session: Session, words: Sequence[str]) -> list[Group]:
    """The office's groups but this very one."""
    return [one for one in synonyms.active(session) if one.normal != normal_of(words)]


def touched(entries: Iterable[Entry], words: frozenset[str]) -> list[Entry]:
    """The entries in which one of these normalised words stands."""
    return (
        [entry for entry in entries if any(word in _text(entry) for word in words)] if words else []
    )


def _text(entry: Entry) -> str:
    said = (entry.title, *entry.questions, *entry.aliases, entry.answer, *entry.basis)
    return _normal("。".join(said))


def read_file(path: Path, dictionary: Words, there: Sequence[Group]) -> list[tuple[str, ...]]:
    """In: a file with one group a line, commas between, `#` before remarks, and the groups there are. Out: its
    groups that are new. Raise BadFiles, naming each line, where any of them is no group."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadFiles([Problem(str(path), 1, "", "UTF-8で保存し直してください")]) from None
    except OSError as error:
        raise BadFiles([Problem(str(path), 1, "", f"開けません（{error.strerror}）")]) from None
    known = {group.normal for group in there}
    taken, new, problems = list(there), list[tuple[str, ...]](), list[Problem]()
    for number, line in enumerate(lines, 1):
        words = _parted(line.partition("#")[0], SEPARATORS[0])
        if not words or normal_of(words) in known:
            continue
        if why := wrong(words, dictionary, taken):
            problems.append(Problem(str(path), number, "", why))
            continue
        new.append(words)
        known.add(normal_of(words))
        taken.append(Group(words=list(words), normal=normal_of(words)))
    if problems:
        raise BadFiles(problems)
    return new


def take_in(
    session: Session, path: Path, dictionary: Words, who: str, now: datetime
) -> tuple[int, int]:
    """Add the groups of a file, all or nothing. Out: how many are new, and how many there are."""
    bump(session)  # first: whoever adds at the same time waits for this
    new = read_file(path, dictionary, synonyms.active(session))
    for words in new:
        synonyms.add(session, words, normal_of(words), who, now)
    return len(new), len(synonyms.active(session))


def moved(words: Sequence[str], known: Synonyms) -> list[tuple[str, str]]:
    """Words that leave another group for this one, each with the name of that group."""
    groups = {word: known.group_of(word) for word in words}
    joined = next((name for name in groups.values() if name), None)
    return [(word, name) for word, name in groups.items() if name and name != joined]
