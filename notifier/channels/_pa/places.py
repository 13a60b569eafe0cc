"""Who has a speaker: one page at a time on an address, so that two never mix.

A higher priority takes it at once; an equal one waits its turn; a lower one is told no, because a page that was right
before the higher one may be wrong after it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Turn:
    """One page on one address: waiting until `mine`, over when `lost`."""

    address: str
    priority: int
    mine: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""

    def lose(self, why: str) -> None:
        self.why = self.why or why
        self.lost.set()


class Places:
    def __init__(self) -> None:
        self._turns: dict[str, deque[Turn]] = {}

    def ask(self, address: str, priority: int) -> Turn:
        """A turn that may have been lost already."""
        turn, queue = Turn(address, priority), self._turns.setdefault(address, deque())
        waiting = [each for each in queue if not each.lost.is_set()]
        highest = max((each.priority for each in waiting), default=priority)
        if priority < highest:
            turn.lose(f"a page of higher priority had {address}, so nothing was said there")
            return turn
        for lower in waiting:
            if lower.priority < priority:
                lower.lose(f"a page of higher priority took {address}")
        queue.append(turn)
        self._next(address)
        return turn

    def leave(self, turn: Turn) -> None:
        """The device is free again, as far as this page goes; the next one may begin."""
        turn.left.set()
        queue = self._turns.get(turn.address)
        if queue is not None and turn in queue:
            queue.remove(turn)
            self._next(turn.address)

    async def stop(self, addresses: Iterable[str]) -> None:
        """Every turn there is lost; returns when none of them holds its device any more."""
        held = [turn for address in addresses for turn in list(self._turns.get(address, ()))]
        for turn in held:
            turn.lose(f"silenced on {turn.address}")
        for turn in held:
            await turn.left.wait()

    def _next(self, address: str) -> None:
        queue = self._turns[address]
        if queue:
            queue[0].mine.set()
        else:
            del self._turns[address]
