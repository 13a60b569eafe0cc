"""What the writers of both stores are: a thread with a queue of transactions, and signs of life."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.clock import stopwatch
from notifier.model.facts import Body, Event

Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]
"""Whose, what it returned, or what it raised."""


@dataclass(slots=True, eq=False)
class Job:
    """A transaction in the queue: a body, or a deed of the ledger's own that is handed the writer."""

    body: Callable[[], Body[Any]] | None
    deed: Callable[[Any], Any] | None
    future: asyncio.Future[Any]


@dataclass(slots=True)
class Hooks:
    """Where the ledger, and tests that break things, look in."""

    resolved: Callable[[list[Outcome], list[Event]], None]
    before_commit: Callable[[], None] = field(default=lambda: None)
    keep: Callable[[sqlite3.Connection, Sequence[tuple[Any, ...]]], None] = field(default=lambda _db, _links: None)
    """Handed each group's links before its commit, by a store in memory: whoever is answered shall find it on disk."""
    in_place: Callable[[], None] = field(default=lambda: None)
    """Raises StoreGone if what was committed to is no longer the file that a restart would open."""


class WriterThread(threading.Thread):
    """A thread that alone writes a store: its queue, and its signs of life."""

    def __init__(self, node: str) -> None:
        super().__init__(name=f"ledger-{node}", daemon=True)
        self.node = node
        self.busy_since: float | None = None
        """Stopwatch reading of the last sign of life (a body or a commit began); None while idle."""
        self.beats = 0
        """Signs of life so far."""
        self.abandoned = False
        self._urgent: deque[Job] = deque()
        self._jobs: deque[Job] = deque()
        self._stopping = False

    def put(self, job: Job, *, urgent: bool = False) -> None:
        (self._urgent if urgent else self._jobs).append(job)
        self._wake()

    def stop(self) -> None:
        """Finish what is queued, then end."""
        self._stopping = True
        self._wake()

    def abandon(self) -> None:
        """Run nothing more: whatever is queued has gone elsewhere."""
        self.abandoned = True
        self.stop()

    def newest(self) -> int:
        """Number of the newest event of its chain, as far as it has been told; asked before its first job."""
        raise NotImplementedError

    def _wake(self) -> None:
        """There is something to do."""

    def _beat(self) -> None:
        self.busy_since = stopwatch()
        self.beats += 1

    def _rest(self) -> None:
        self.busy_since = None
        self.beats += 1
