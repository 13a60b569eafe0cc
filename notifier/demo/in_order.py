"""Lines of several tellers, printed in the order of the moments that they tell of.

An event comes over the live stream a little after it happened, and what the story's own people do is told at once: so
each line is held a moment, until what happened before it has been heard.
"""

from __future__ import annotations

import heapq

from notifier.demo.lines import line

HELD = 0.5
"""Seconds: the stream takes milliseconds, and a hundred answers in one instant keep it busy for some tenths."""


class InOrder:
    def __init__(self) -> None:
        self._held: list[tuple[float, int, str]] = []
        self._count = 0

    def tell(self, after: float, text: str) -> None:
        """`after`: seconds since the press at which it happened."""
        self._count += 1
        heapq.heappush(self._held, (after, self._count, text))

    def due(self, now: float) -> list[str]:
        """What may be printed `now` seconds after the press."""
        found = []
        while self._held and self._held[0][0] <= now - HELD:
            after, _, text = heapq.heappop(self._held)
            found.append(line(after, text))
        return found

    def rest(self) -> list[str]:
        """All that is still held: nothing more is told."""
        return self.due(float("inf"))
