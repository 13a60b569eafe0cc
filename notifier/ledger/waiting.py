"""The transactions whose callers wait, and who takes them: a store that goes hands all of them to the next.

The callers hear nothing of the change; their transactions only take longer once. Ids are handed into bodies by their
callers, so a commit that hung and then succeeded names the same rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from notifier.clock import stopwatch
from notifier.errors import StoreGone
from notifier.ledger.signs_of_life import hangs
from notifier.ledger.store import Store
from notifier.ledger.writer_thread import Job
from notifier.model.facts import Body

T = TypeVar("T")

MOST_PATIENCE = 8
"""Times the patience: as long as a writer may be starved of processor before it counts as hanging all the same."""


@dataclass(slots=True, eq=False)
class _Open:
    """A transaction whose caller waits."""

    job: Job
    urgent: bool
    at: Store | None = None
    """Who was handed it last."""


class Waiting:
    """Belongs to the loop that made it."""

    def __init__(self, patience: float, hung: Callable[[Store, str], None]) -> None:
        """`hung` is called with a store that has shown no sign of life for `patience` seconds."""
        self.at: Store | None = None
        """Who takes transactions now; None while they wait for the change from one to the other."""
        self.holding = False
        """While memory is being filled only presses run; the rest waits for the rows it may name."""
        self._patience, self._hung = patience, hung
        self._loop = asyncio.get_running_loop()
        self._open: dict[asyncio.Future[Any], _Open] = {}
        self._watched: Store | None = None
        self._watching = False

    async def run(self, body: Callable[[], Body[T]], *, urgent: bool) -> T:
        future: asyncio.Future[T] = self._loop.create_future()
        self._open[future] = one = _Open(Job(body, None, future), urgent)
        self._offer(one)
        self._watch()
        try:
            return await future
        finally:
            self._open.pop(future, None)

    def hand_to(self, store: Store, *, presses_only: bool = False, watched: bool = False) -> None:
        """Hand every open transaction to `store`, which takes all new ones too. `watched`: it may hang."""
        self.at, self.holding, self._watched = store, presses_only, store if watched else None
        for one in tuple(self._open.values()):
            self._offer(one)
        self._watch()

    def refuse_others(self, lost: Iterable[asyncio.Future[Any]], error: StoreGone) -> None:
        """Those of `lost` whose callers wait for nobody else."""
        for future in lost:
            if future not in self._open:
                future.set_exception(error)

    def refuse_unwritten(self, why: str) -> None:
        """The end: whoever was handed to nobody, or to one who is gone, hears it."""
        for one in tuple(self._open.values()):
            if not one.job.future.done() and one.at is not self.at:
                one.job.future.set_exception(StoreGone(why))

    def _offer(self, one: _Open) -> None:
        at = self.at
        if at is None or one.at is at or one.job.future.done() or (self.holding and not one.urgent):
            return
        one.at = at
        at.put(one.job, urgent=one.urgent)

    def _watch(self) -> None:
        if self._open and not self._watching:
            self._watching = True
            self._loop.call_later(self._patience, self._look)

    def _look(self) -> None:
        """While transactions are open: does the writer still show signs of life?"""
        store = self._watched
        if not self._open or store is None or self.at is not store:
            self._watching = False
            return
        since = store.writer.busy_since
        quiet = 0.0 if since is None else stopwatch() - since
        if quiet >= self._patience and (quiet >= MOST_PATIENCE * self._patience or hangs(store.writer)):
            self._watching = False
            self._hung(store, f"The store has not answered for {quiet:.2f} s.")
            return
        self._loop.call_later(max(self._patience - quiet, 0.005), self._look)
