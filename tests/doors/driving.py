"""A driver that is open on its bench, and closed again when the test is over."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from notifier.interfaces import DoorDriver
from notifier.testing.door_bench import DoorBench
from tests.doors.web_bench import WebDoorBench
from tests.doors.web_fake import FakeWeb

B = TypeVar("B", bound=DoorBench)
W = TypeVar("W", bound=WebDoorBench)
D = TypeVar("D", bound=DoorDriver)
F = TypeVar("F", bound=FakeWeb)


@asynccontextmanager
async def driving(bench: B, make: Callable[[B], D]) -> AsyncIterator[tuple[B, D]]:
    """`make`: the driver, once the bench is there."""
    async with bench:
        driver = make(bench)
        await driver.open()
        try:
            yield bench, driver
        finally:
            await driver.close()


@asynccontextmanager
async def driving_fake(bench: W, kind: type[F], make: Callable[[], D]) -> AsyncIterator[tuple[W, F, D]]:
    """With the device on the bench, which is a `kind`."""
    async with driving(bench, lambda _bench: make()) as (ready, driver):
        assert isinstance(ready.fake, kind)
        yield ready, ready.fake, driver
