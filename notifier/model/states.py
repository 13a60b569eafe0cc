"""Tables of moves: the one function that moves, and the base of every state.

Each kind of thing has an enum with a sentence per member and a table `(state, word) -> state` beside it.
Nothing changes a state but `move`; `docs/explanation/states.md` is drawn from the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self, TypeVar

from notifier.errors import IllegalMove


class State(StrEnum):
    """A state with the sentence that says what it means."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


S = TypeVar("S", bound=State)
W = TypeVar("W", bound=StrEnum)


def move(thing: str, moves: Mapping[tuple[S, W], S], state: S, word: W) -> S:
    """The state after `word`; IllegalMove (and no change) if the table does not know the pair."""
    try:
        return moves[state, word]
    except KeyError:
        allowed = sorted({str(known) for at, known in moves if at is state}) or ["nothing"]
        text = f"{thing} that is {state} cannot take '{word}'; it can take {', '.join(allowed)}."
        raise IllegalMove(text) from None
