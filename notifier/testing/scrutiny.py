"""What a suite puts a driver through: calls that must end, what it writes, and what a broken wire may raise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol, TypeVar

from notifier.errors import AdapterError, OutcomeUnknown, TryAgain
from notifier.interfaces import DoorDriver
from notifier.model.door import DoorReading
from notifier.model.site import Door
from notifier.testing.door_bench import Bench, DoorBench, Trouble

PATIENCE = 5.0
"""Seconds within which any call must end: what is under test is given limits far below that."""

T = TypeVar("T")


class Opens(Protocol):
    """What is opened before and closed after: a driver, a channel, a camera."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


D = TypeVar("D", bound=Opens)
Make = Callable[[], DoorDriver]
Promise = Callable[[Make, DoorBench], Awaitable[None]]

DEAD = (Trouble.CUT, Trouble.HANGS, Trouble.BROKEN, Trouble.NONSENSE)
"""Wires over which nothing true can be read."""
FAILS: dict[Trouble, tuple[type[AdapterError], ...]] = {
    Trouble.CUT: (TryAgain,),
    Trouble.HANGS: (OutcomeUnknown,),
    Trouble.RESET: (OutcomeUnknown, TryAgain),
    Trouble.BROKEN: (TryAgain,),
    Trouble.NONSENSE: (AdapterError,),
}
"""What a command over such a wire may raise."""


class BrokenPromise(AssertionError):
    """What is under test does not do what its socket says."""


def must(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenPromise(sentence)


async def within(call: Awaitable[T], patience: float = PATIENCE) -> T:
    """The result of `call`, which must end within `patience` seconds."""
    task = asyncio.ensure_future(call)
    done, _ = await asyncio.wait([task], timeout=patience)
    if not done:
        task.cancel()
        raise BrokenPromise(f"A call did not end within {patience:.0f} s; nobody may wait that long.")
    return task.result()


@contextmanager
def listening(own: Sequence[str]) -> Iterator[list[str]]:
    """Everything that is logged meanwhile, except by the fake's own loggers."""
    written: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(tuple(own)):
                written.append(self.format(record))

    ear, root = Ear(), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def assert_hidden(secrets: Sequence[str], written: Sequence[str]) -> None:
    for secret in secrets:
        for line in "\n".join(written).splitlines():
            must(secret not in line, f"A secret can be read: {line.replace(secret, '<here>')}")


@asynccontextmanager
async def opened(make: Callable[[], D]) -> AsyncIterator[D]:
    """A new one, open; closed again whatever becomes of it."""
    driver = make()
    await within(driver.open())
    try:
        yield driver
    finally:
        await within(driver.close())


async def read_door(driver: DoorDriver, door: Door) -> DoorReading:
    try:
        return await within(driver.read(door))
    except BrokenPromise:
        raise
    except Exception as error:
        text = f"read() raised {type(error).__name__}; it says unknown, with the reason in words: {error}"
        raise BrokenPromise(text) from error


async def failure_of(
    call: Awaitable[object], verb: str, worked: str = "says that it worked", patience: float = PATIENCE
) -> AdapterError:
    """What `verb` raises where nothing may come of it; an error that is none of ours breaks a promise."""
    try:
        await within(call, patience)
    except AdapterError as error:
        return error
    except BrokenPromise:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise BrokenPromise(f"{verb}() raised {kind}, which is not an AdapterError: {error}") from error
    raise BrokenPromise(f"{verb}() {worked} although the far end did not say so.")


def possible(bench: Bench, troubles: Sequence[Trouble]) -> list[Trouble]:
    return [trouble for trouble in troubles if trouble not in bench.cannot]
