"""Doors whose controller is commanded over its maker's cloud: tokens that are renewed, scenarios that hold many doors.

Such a door needs the uplink: a school whose line is cut cannot lock it from here. That fact is in the words of every
reading, and `needs_uplink` tells it to `check` and `plan`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from notifier.clock import Clock
from notifier.errors import Reason, WillNotWork
from notifier.model.words import Duration
from notifier.wire.device_settings import WebSettings

NEEDS_UPLINK = "told over the maker's cloud"
RENEW_BEFORE = 120.0
"""Seconds before its end that a question renews a token, so that a command in a lockdown need not wait."""


Deed = Callable[[], Awaitable[Mapping[str, Any]]]


class CloudSettings(WebSettings):
    """What every cloud door's settings hold."""

    needs_uplink: ClassVar[bool] = True
    reads_inputs: ClassVar[bool] = False
    connect_limit: Duration = Field(default=2.0, gt=0, le=10)
    """Seconds for the connection, over the uplink: one lost packet costs TCP one second."""
    reply_limit: Duration = Field(default=5.0, gt=0, le=15)
    """Seconds for one exchange: a cloud asks its panel before it answers."""
    alone: bool = False
    """Whether the scenario or plan holds this door and no other: only then may it be taken back to open this door."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A token and how long it is good for."""

    token: str
    lasts: float
    """Seconds."""
    refresh: str | None = None

    def __repr__(self) -> str:
        return f"Granted(lasts={self.lasts})"


class Pass:
    """The token of one account: fetched once however many wait, renewed before it ends, thrown away when refused."""

    def __init__(self, clock: Clock, fetch: Callable[[str | None], Awaitable[Granted]]) -> None:
        """`fetch` takes a refresh token, if there is one, and raises AdapterError."""
        self._clock, self._fetch = clock, fetch
        self._granted: Granted | None = None
        self._ends = 0.0
        self._fetching = asyncio.Lock()

    async def token(self, *, early: bool) -> str:
        """`early`: renew also a token that ends soon (a question may wait, a command takes what is good now)."""
        if (good := self._good(early)) is not None:
            return good
        async with self._fetching:
            if (good := self._good(early)) is not None:
                return good
            known = self._granted
            self._granted = await self._fetch(known.refresh if known is not None else None)
            self._ends = self._clock.now() + self._granted.lasts
            return self._granted.token

    def refused(self, token: str) -> None:
        """The far end does not take this token any more."""
        if self._granted is not None and self._granted.token == token:
            self._ends = 0.0

    def _good(self, early: bool) -> str | None:
        left = self._ends - self._clock.now() - (RENEW_BEFORE if early else 0.0)
        return self._granted.token if self._granted is not None and left > 0 else None


class Scenarios:
    """One scenario holds many doors: doors that ask for the same at the same time share one request."""

    def __init__(self) -> None:
        self._going: dict[str, tuple[str, asyncio.Task[Mapping[str, Any]]]] = {}

    async def say(self, scenario: str, verb: str, deed: Deed) -> Mapping[str, Any]:
        """What the far end answered.

        Joins a request for `verb` that is in flight, else makes one; a cancelled caller stops nobody else's.
        """
        said, task = self._going.get(scenario, ("", None))
        if task is None or task.done() or said != verb:
            task = asyncio.ensure_future(_as_coroutine(deed))
            task.add_done_callback(_noticed)
            self._going[scenario] = verb, task
        return await asyncio.shield(task)

    async def close(self) -> None:
        tasks = [task for _, task in self._going.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._going.clear()


def opens_alone(settings: CloudSettings, what: str) -> None:
    """Raises WillNotWork if taking `what` back would open doors that nobody asked for."""
    if not settings.alone:
        raise WillNotWork(
            f"This door is held by a {what} that may hold other doors too: open it by key, or end the {what} "
            "in the maker's own program when all of its doors may open.",
            Reason.NOT_SUPPORTED,
        )


def stays_alone(settings: CloudSettings, what: str) -> None:
    """Raises WillNotWork if taking `what` back would let other doors out of it that nobody asked for."""
    if not settings.alone:
        raise WillNotWork(
            f"it is held by a {what} that may hold other doors too: end the {what} in the maker's own program when "
            "all of its doors may leave it.",
            Reason.NOT_SUPPORTED,
        )


async def _as_coroutine(deed: Deed) -> Mapping[str, Any]:
    return await deed()


def _noticed(task: asyncio.Task[Mapping[str, Any]]) -> None:
    if not task.cancelled():
        task.exception()  # whoever still waits gets it; if all were cancelled, nobody is left to tell
