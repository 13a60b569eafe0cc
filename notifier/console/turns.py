"""Whose turn it is: of all that is asked, one thing is begun in a turn of the loop, and none right after a press.

A page or a list takes the loop for a millisecond, some for more. A thousand of them that arrive together would all be
begun before the loop looks at its sockets again, and a press would wait for the whole thousand. So they are begun one
by one, with a look at the sockets between, and each address has its turn before another has its second: one machine
that asks without end makes itself wait, not the others. A press asks for no turn.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from notifier.clock import stopwatch

AFTER_A_PRESS = 0.05
"""Seconds after a press in which nothing else is begun: its commit and its first doors take some turns of the loop."""
SPARED_AGAIN = 1.0
"""Seconds until a press may hold the others back anew: whoever keeps pressing must not shut boards and answers out."""


class Turns:
    """Of one process' listeners together."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._given = False
        self._pressed = -SPARED_AGAIN

    def press(self) -> None:
        """A press has come: for a moment the loop is its own."""
        now = stopwatch()
        if now - self._pressed >= SPARED_AGAIN:
            self._pressed = now

    async def mine(self, whose: str) -> None:
        """Returns when it is the turn of `whose` (an address)."""
        loop = asyncio.get_running_loop()
        if not self._given:
            self._given = True
            if not (left := self._left()):
                loop.call_soon(self._next)
                return
            loop.call_later(left, self._next)
        waits = loop.create_future()
        self._waiting.setdefault(whose, deque()).append(waits)
        await waits

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        if left := self._left():
            loop.call_later(left, self._next)
            return
        while self._waiting:
            whose, line = self._waiting.popitem(last=False)
            waits = line.popleft()
            if line:
                self._waiting[whose] = line
            if not waits.done():  # else its connection was closed meanwhile
                waits.set_result(None)
                loop.call_soon(self._next)
                return
        self._given = False

    def _left(self) -> float:
        return max(0.0, self._pressed + AFTER_A_PRESS - stopwatch())
