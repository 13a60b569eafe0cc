"""What every suite stands on: a driver that swallows a failure, raises what is not ours or hangs, is found out."""

import asyncio

import pytest

from notifier.errors import TryAgain
from notifier.testing.scrutiny import BrokenPromise, failure_of, opened, within


async def says_it_worked() -> str:
    return "done"


async def fails_as_it_may() -> None:
    raise TryAgain("It cannot be reached: check its power.")


async def fails_as_nobody_may() -> None:
    raise KeyError("status")


async def test_a_failure_that_is_ours_is_handed_back() -> None:
    assert isinstance(await failure_of(fails_as_it_may(), "secure"), TryAgain)


async def test_who_says_that_it_worked_where_nothing_did_is_found_out() -> None:
    with pytest.raises(BrokenPromise, match=r"secure\(\) says that it worked although"):
        await failure_of(says_it_worked(), "secure")


async def test_an_error_that_is_none_of_ours_is_found_out() -> None:
    with pytest.raises(BrokenPromise, match=r"secure\(\) raised KeyError, which is not an AdapterError"):
        await failure_of(fails_as_nobody_may(), "secure")


async def test_a_call_that_never_ends_is_found_out_and_ended() -> None:
    hangs = asyncio.get_running_loop().create_future()
    with pytest.raises(BrokenPromise, match="did not end"):
        await failure_of(hangs, "secure", patience=0.01)
    assert hangs.cancelled()


async def test_what_was_opened_is_closed_whatever_becomes_of_it() -> None:
    class Counts:
        open_now = 0

        async def open(self) -> None:
            self.open_now += 1

        async def close(self) -> None:
            self.open_now -= 1

    counts = Counts()

    async def a_promise() -> None:
        async with opened(lambda: counts) as driver:
            assert driver.open_now == 1
            await within(fails_as_it_may())

    with pytest.raises(TryAgain):
        await a_promise()
    assert counts.open_now == 0
