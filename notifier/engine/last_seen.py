"""When each thing last gave a sign of life: an answer to a look of ours, to a command, or a word of its own.

In this process's memory (docs/decisions/0023): a row for each look would be some ten thousand a day that say nothing
new. What a restart must not forget stands in the ledger already: troubles, what doors read, presses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """The last word of one thing."""

    at: float
    """Steady time."""
    said: str
    """In words: what it answered; empty if there is nothing to add."""


class LastSeen:
    """By the kind of its trouble (`supervision.Kind`) and its id, as troubles name their subjects."""

    def __init__(self) -> None:
        self._signs: dict[tuple[str, str], Sign] = {}

    def saw(self, kind: str, subject: str, at: float, said: str = "") -> None:
        """Only for what has answered by itself: never for what was sent somewhere."""
        self._signs[(kind, subject)] = Sign(at, said)

    def of(self, kind: str, subject: str) -> Sign | None:
        """None: not since this process began."""
        return self._signs.get((kind, subject))
