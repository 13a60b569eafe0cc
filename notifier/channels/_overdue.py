"""One time limit for many exchanges at once.

`asyncio.timeout` sets and cancels a timer of the loop for every message: 5 us of some 90. Where all have the same limit
the oldest is always due first, so one timer for the whole line is enough.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Any


class Exchange:
    """One of the line; a context manager that ends in TimeoutError when its time is over, as `asyncio.timeout` does."""

    __slots__ = ("_before", "_overdue", "due", "late", "task")

    def __init__(self, overdue: Overdue) -> None:
        self._overdue = overdue
        self.late = False
        self.due = 0.0
        self.task: asyncio.Task[Any] | None = None
        self._before = 0

    def __enter__(self) -> None:
        self.task = task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a time limit needs a task that it can interrupt")
        self._before = task.cancelling()
        self._overdue.join(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        task, self.task = self.task, None
        # A cancellation from elsewhere at the same moment must stay one.
        if self.late and task is not None and task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error


class Overdue:
    """The line of exchanges under way. For one event loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._line: deque[Exchange] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def limit(self) -> Exchange:
        """`with overdue.limit(): …` raises TimeoutError after `seconds`."""
        return Exchange(self)

    def join(self, exchange: Exchange) -> None:
        line, loop = self._line, asyncio.get_running_loop()
        while line and line[0].task is None:
            line.popleft()
        exchange.due = loop.time() + self._seconds
        line.append(exchange)
        if self._timer is None:
            self._timer = loop.call_at(exchange.due, self._interrupt)

    def stop(self) -> None:
        """No more than one timer is ever set; this takes it back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _interrupt(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._line:
            exchange = self._line[0]
            # The loop may call a little early, within its own resolution.
            if exchange.task is not None and exchange.due > loop.time() + 0.001:
                self._timer = loop.call_at(exchange.due, self._interrupt)
                return
            self._line.popleft()
            if exchange.task is not None:
                exchange.late = True
                exchange.task.cancel()
