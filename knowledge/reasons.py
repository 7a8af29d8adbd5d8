"""Why an entry matched, in words a reader can check."""

from knowledge.codes import LETTERS, OWN, SOUNDS, WORD, code
from knowledge.evidence import share_hit
from knowledge.question import Question
from knowledge.ranking import Ranked, Wanted

WORTH_NAMING = 0.5
REASON_WORDS = 4


def reasons(question: Question, look: Wanted, ranked: Ranked, number: int) -> tuple[str, ...]:
    """The words that matched, the other way of saying them, the spelling, the sound."""
    have = ranked.gathered.of[ranked.gathered.docs == number].tolist()
    codes = frozenset(look.codes[have].tolist())
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
        "表記が近い" if share_hit(LETTERS, look, have) >= WORTH_NAMING else "",
        "読みが近い" if share_hit(SOUNDS, look, have) >= WORTH_NAMING else "",
    )
    return tuple(filter(None, told))
