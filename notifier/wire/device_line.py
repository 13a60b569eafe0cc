"""The line to one device: commands go one after the other and never wait for a question; questions share answers.

Small controllers take few connections (Shelly six), so a line uses two at most: one for commands, one for questions.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
A = TypeVar("A")


class DeviceLine(Generic[A]):
    """`A`: what one question brings back; it must hold failures as values, because waiting askers share it."""

    def __init__(self) -> None:
        self._commanding = asyncio.Lock()
        self._commands = 0
        self._calm = asyncio.Event()
        self._calm.set()
        self._asking = asyncio.Lock()
        self._turns = itertools.count()
        self._answers: dict[str, tuple[int, A]] = {}

    async def command(self, exchange: Callable[[], Awaitable[T]]) -> T:
        """Run `exchange` after earlier commands, beside a question in flight, before any question that waits."""
        self._commands += 1
        self._calm.clear()
        try:
            async with self._commanding:
                return await exchange()
        finally:
            self._commands -= 1
            if not self._commands:
                self._calm.set()

    async def ask(self, what: str, question: Callable[[], Awaitable[A]]) -> A:
        """The answer to a `question` that left after this call began; those who wait for the same share one."""
        arrived = next(self._turns)
        async with self._asking:
            left, answer = self._answers.get(what, (-1, None))
            if answer is not None and left > arrived:
                return answer
            await self._calm.wait()
            left = next(self._turns)
            answer = await question()
            self._answers[what] = (left, answer)
            return answer
