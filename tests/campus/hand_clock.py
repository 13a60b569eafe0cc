"""A clock that stands still until a test moves it; whoever sleeps moves it."""

import asyncio
from datetime import UTC, datetime, timedelta

from notifier.clock import Clock


class HandClock(Clock):
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return datetime(2026, 9, 1, 8, 0, tzinfo=UTC) + timedelta(seconds=self.time)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)
