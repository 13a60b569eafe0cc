"""How often one answer link is listened to: as often as people change their mind, never as fast as a program asks."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

FREELY = 20
"""Answers that a link may give at once: a room's card is used by everybody who stands in the room."""
AGAIN = 10.0
"""Seconds until one more: a day of flooding leaves some thousand answers, not millions."""
MOST = 50_000
"""Links that are remembered; the one that was silent for longest is forgotten, and begins anew."""


class AnswerPace:
    """One of these for each node; what a link has left is kept in memory only."""

    def __init__(self, freely: int = FREELY, again: float = AGAIN, most: int = MOST) -> None:
        self._freely, self._again, self._most = freely, again, most
        self.beside = asyncio.Lock()
        """Held by the one call for help that is looked at although its link has to wait."""
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, link: str, now: float) -> float:
        """Seconds until `link` is listened to again; 0.0: it is, and this counted."""
        left, at = self._left.pop(link, (float(self._freely), now))
        left = min(self._freely, left + max(0.0, now - at) / self._again)
        taken = left >= 1.0
        self._left[link] = (left - 1.0 if taken else left, now)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0.0 if taken else (1.0 - left) * self._again
