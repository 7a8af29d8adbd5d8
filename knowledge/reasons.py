"""Why an entry matched, in words a reader can check."""

from knowledge.codes import LETTERS, OWN, SHIFT, SOUNDS, WORD, code
from knowledge.postings import Postings
from knowledge.question import Question
from knowledge.ranking import Ranked, Wanted

WORTH_NAMING = 0.5
REASON_WORDS = 4


def reasons(
    question: Question, look: Wanted, ranked: Ranked, number: int, postings: Postings
) -> tuple[str, ...]:
    """The words that matched, the other way of saying them, the spelling, the sound."""
    del postings
    have = {int(of) for of in ranked.gathered.of[ranked.gathered.docs == number]}
    codes = {int(look.codes[n]) for n in have}
    terms = {word.term: word.surface for word in question.tokens.words}
    same = [surface for term, surface in terms.items() if code(WORD, term) in codes]
    alike = [
        group
        for group in dict.fromkeys(group.name for group in question.own)
        if code(OWN, group) in codes and group not in same
    ]
    told = (
        f"一致した語: {'・'.join(same[:REASON_WORDS])}" if same else "",
        f"言い換え: {'・'.join(alike[:REASON_WORDS])}" if alike else "",
        "表記が近い" if _share(LETTERS, look, have) >= WORTH_NAMING else "",
        "読みが近い" if _share(SOUNDS, look, have) >= WORTH_NAMING else "",
    )
    return tuple(filter(None, told))


def _share(channel: int, look: Wanted, have: set[int]) -> float:
    mine = [n for n, c in enumerate(look.codes.tolist()) if c >> SHIFT == channel]
    full = float(look.weights[mine].sum()) if mine else 0.0
    return float(sum(look.weights[n] for n in mine if n in have)) / full if full else 0.0
