"""Lets things happen in an SMS model when their time comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from notifier.campus.sms_model import News, SmsModel
from notifier.clock import Clock


class SmsPump:
    """Sleeps on the clock until the model's next due time; `nudge` it whenever the model was touched."""

    def __init__(self, model: SmsModel, clock: Clock, deliver: Callable[[Sequence[News]], None]) -> None:
        """`deliver` is handed what the provider now tells; it must not block."""
        self._model, self._clock, self._deliver = model, clock, deliver
        self._touched = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._waits_for: float | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="sms model")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def nudge(self) -> None:
        due = self._model.due()
        if due is not None and (self._waits_for is None or due < self._waits_for):
            self._touched.set()

    async def _run(self) -> None:
        while True:
            self._touched.clear()
            if news := self._model.advance(self._clock.now()):
                self._deliver(news)
            due = self._waits_for = self._model.due()
            if due is None:
                await self._touched.wait()
            elif due > self._clock.now():
                await self._until(due)

    async def _until(self, due: float) -> None:
        """Until then, or until something earlier may be due."""
        sleeping = asyncio.ensure_future(self._clock.sleep_until(due))
        touched = asyncio.ensure_future(self._touched.wait())
        try:
            await asyncio.wait([sleeping, touched], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            touched.cancel()
