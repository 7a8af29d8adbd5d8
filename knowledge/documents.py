"""An entry as the index sees it: how often each feature stands in its head, its wordings and its answer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.codes import CORE, EXACT, OWN, WORD, code, letters, sounds
from knowledge.derived import statements, topics
from knowledge.entries import Entry
from knowledge.normal import bare, clean
from knowledge.text import Synonyms, Tokens, Words
from knowledge.values import stated

HEAD, WORDING, BODY = range(3)
"""The fields of an entry: title, aliases and the topics of the facts; those and the questions; answer, facts and field."""


@dataclass(frozen=True)
class Document:
    """Counts of each feature in the three fields, the exact wordings, and the words in the order they stand."""

    counts: tuple[Mapping[int, int], ...]
    exact: frozenset[int]
    contexts: tuple[tuple[int, ...], ...]


def wordings(entry: Entry) -> tuple[str, ...]:
    return (entry.title, *entry.questions, *entry.aliases, *topics(entry))


def document(entry: Entry, words: Words, synonyms: Synonyms) -> Document:
    """In: an entry. Out: its features. What it says it cannot say is no feature: it would draw such questions."""
    head = words.tokens("。".join((entry.title, *entry.aliases, *topics(entry))))
    wording = words.tokens("。".join(wordings(entry)))
    body = words.tokens(f"{stated(entry.answer)}。{statements(entry)}。{entry.field or ''}")
    exact = {code(EXACT, bare(clean(text))) for text in (entry.title, *entry.questions)}
    return Document(
        counts=tuple(Counter(features(part, synonyms)) for part in (head, wording, body)),
        exact=frozenset(exact),
        contexts=(
            *(_terms(words.tokens(question)) for question in entry.questions),
            _terms(head) + _terms(body),
        ),
    )


def features(tokens: Tokens, synonyms: Synonyms) -> list[int]:
    """Everything of a text that can be looked for."""
    return [
        *(code(WORD, word.term) for word in tokens.words),
        *(code(OWN, group) for group in {group.name for group in synonyms.groups(tokens.text)}),
        *(code(CORE, group) for group in {group.name for group in tokens.groups}),
        *letters(tokens.text),
        *sounds(tokens.reading),
    ]


def _terms(tokens: Tokens) -> tuple[int, ...]:
    return tuple(code(WORD, word.term) for word in tokens.words)
