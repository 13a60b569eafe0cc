"""Work beside the loop that may hang for ever, as a call into a dying disk may."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def aside(deed: Callable[[], T]) -> asyncio.Future[T]:
    """Run `deed` on a thread of its own. The loop's own executor would wait for a hanging one when it closes."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)  # type: ignore[arg-type] # without an error there is a value
        else:
            future.set_exception(error)

    def work() -> None:
        value, error = None, None
        try:
            value = deed()
        except BaseException as raised:  # noqa: BLE001 -- it belongs to whoever awaits
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, name="ledger-aside", daemon=True).start()
    return future


async def up_to(seconds: float, waiting: Awaitable[object]) -> None:
    """Wait for it, or that long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await waiting
