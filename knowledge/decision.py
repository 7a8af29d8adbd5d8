"""What is said: an answer, choices, or a hand-over, whichever costs least to be expected."""

from typing import Literal

Outcome = Literal["answer", "choices", "no_answer"]

HAND_OVER = 1.0
CHOICES_RIGHT, CHOICES_WRONG = 0.3, 1.3
WRONG = 5.0
"""The costs the office set, a hand-over being one: a wrong answer, a card of choices with the right one or without."""

CAREFUL = 1.0
"""慎重さ: how many times worse a wrong answer is than the fitted default takes it to be. 2 answers less, 0.5 more."""


def decide(
    chance: float, among: float, careful: float = CAREFUL, threshold: float = 0.5
) -> Outcome:
    """In: how likely the first is right, and one of the first three. Out: the cheapest thing to say.

    `threshold` is where an answer pays at 慎重さ 1; it follows from the rates of wrong answers the office allows.
    """
    if chance > answers_from(careful, threshold):
        return "answer"
    choices = CHOICES_RIGHT * among + CHOICES_WRONG * (1 - among)
    return "choices" if choices < HAND_OVER else "no_answer"


def answers_from(careful: float, threshold: float) -> float:
    """The chance from which on an answer is the cheapest thing to say."""
    worse = careful * threshold / (1 - threshold)
    return worse / (1 + worse)


def cost(outcome: Outcome, *, right: bool, offered: bool) -> float:
    """What one outcome cost: `right` the first was the answer, `offered` one of three was."""
    if outcome == "answer":
        return 0.0 if right else WRONG
    if outcome == "choices":
        return CHOICES_RIGHT if offered else CHOICES_WRONG
    return HAND_OVER
