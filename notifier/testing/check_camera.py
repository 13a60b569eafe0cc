"""The suite that every camera driver keeps. Used like `check_door_driver`."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import CameraDriver, Look
from notifier.model.picture import LONGEST_PICTURE, read_jpeg
from notifier.model.site import Camera
from notifier.testing.camera_bench import CameraBench, CameraTrouble
from notifier.testing.scrutiny import BrokenPromise, assert_hidden, failure_of, listening, must, opened, within

Make = Callable[[], CameraDriver]
Promise = Callable[[Make, CameraBench], Awaitable[None]]

FAILS: dict[CameraTrouble, type[AdapterError]] = {
    CameraTrouble.CUT: TryAgain,
    CameraTrouble.HANGS: TryAgain,
    CameraTrouble.HANGS_MIDWAY: TryAgain,
    CameraTrouble.BROKEN: TryAgain,
    CameraTrouble.CUT_SHORT: TryAgain,
    CameraTrouble.LOGIN_PAGE: WillNotWork,
    CameraTrouble.ELSEWHERE: WillNotWork,
    CameraTrouble.TOO_LONG: WillNotWork,
}
"""What brings no picture, and whether asking again may."""
A_WHILE = 30.0
"""Seconds between two looks of supervision."""
ASKERS = 5


async def brings_a_whole_picture_of_now(make: Make, bench: CameraBench) -> None:
    async with opened(make) as driver:
        first, second = [await within(driver.still(bench.camera), bench.patience) for _ in range(2)]
        for still in (first, second):
            must(still.picture == read_jpeg(still.jpeg), "What it says of the picture is not what its bytes say.")
            must(len(still.jpeg) <= LONGEST_PICTURE, "The picture is longer than anybody may hand on.")
            size = (still.picture.width, still.picture.height)
            must(size == bench.size, f"The camera's pictures are {bench.size}, and this one is {size}.")
        must(first.jpeg != second.jpeg, "The second picture is the first one: something is kept and handed out again.")


async def says_that_a_good_camera_is_well(make: Make, bench: CameraBench) -> None:
    async with opened(make) as driver:
        for _ in range(3):
            look = await _looked(driver, bench)
            must(look.health.well, f"The camera is well, and a look says: {look.health.text}")
            must(look.still is not None, "A look that is well brings the picture it is about.")
            bench.let_pass(A_WHILE)


async def brings_no_picture_over_a_dead_wire_and_says_why(make: Make, bench: CameraBench) -> None:
    async with opened(make) as driver:
        for trouble in (each for each in FAILS if each not in bench.cannot):
            bench.inflict(trouble)
            error = await _failure(driver, bench.camera, bench.patience)
            named = type(error).__name__
            must(isinstance(error, FAILS[trouble]), f"The camera: {trouble}. That is no {named}: {error}")
            look = await _looked(driver, bench)
            must(not look.health.well and look.still is None, f"The camera: {trouble}. A look calls it well.")
            must(look.health.text.strip() != "", f"The camera: {trouble}. Nobody is told what is wrong.")
            bench.mend()
            look = await _looked(driver, bench)
            must(look.health.well, f"It was mended after: {trouble}. A look still says: {look.health.text}")


async def says_that_a_login_is_refused(make: Make, bench: CameraBench) -> None:
    stranger = bench.stranger()
    if stranger is None:
        return
    async with opened(make) as driver:
        error = await _failure(driver, stranger, bench.patience)
        must(
            isinstance(error, WillNotWork) and error.reason is Reason.CREDENTIALS,
            f"A refused login is WillNotWork(CREDENTIALS), so that a technician is told; it was {error!r}.",
        )


async def does_not_call_a_frozen_picture_well(make: Make, bench: CameraBench) -> None:
    if CameraTrouble.FROZEN in bench.cannot:
        return
    async with opened(make) as driver:
        bench.inflict(CameraTrouble.FROZEN)
        await _looked(driver, bench)
        bench.let_pass(A_WHILE)
        look = await _looked(driver, bench)
        must(not look.health.well, "The same bytes came twice within half a minute, and a look calls that well.")
        must("frozen" in look.health.text, f"The picture is frozen; a look says: {look.health.text}")
        must(look.still is not None, "The frozen picture is not handed on: nobody can see what stands still.")
        bench.mend()
        look = await _looked(driver, bench)
        must(look.health.well, f"It moves again, and a look says: {look.health.text}")


async def does_not_call_one_colour_well(make: Make, bench: CameraBench) -> None:
    if CameraTrouble.BLANK in bench.cannot:
        return
    async with opened(make) as driver:
        bench.inflict(CameraTrouble.BLANK)
        look = await _looked(driver, bench)
        must(not look.health.well, "The picture is one colour all over, and a look calls that well.")


async def asks_and_does_nothing(make: Make, bench: CameraBench) -> None:
    async with opened(make) as driver:
        await _looked(driver, bench)
    must(not bench.did(), f"Looking moved, set or started something: {', '.join(bench.did())}")


async def stands_in_line_at_one_camera(make: Make, bench: CameraBench) -> None:
    async with opened(make) as driver:
        looks = await asyncio.gather(*(_looked(driver, bench) for _ in range(ASKERS)))
        must(all(look.still is not None for look in looks), "Of several who ask at once, somebody got no picture.")
    must(bench.most_at_once() <= 1, f"{bench.most_at_once()} pictures were asked of one small camera at once.")


async def can_be_cancelled_and_asked_again(make: Make, bench: CameraBench) -> None:
    async with opened(make) as driver:
        if CameraTrouble.HANGS not in bench.cannot:
            bench.inflict(CameraTrouble.HANGS)
        asking = asyncio.ensure_future(driver.still(bench.camera))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        bench.mend()
        look = await _looked(driver, bench)
        must(look.health.well, f"After a look that was given up the next one says: {look.health.text}")


async def leaks_no_secret(make: Make, bench: CameraBench) -> None:
    with listening(bench.loggers) as written:
        async with opened(make) as driver:
            for trouble in (None, *(each for each in CameraTrouble if each not in bench.cannot)):
                if trouble is not None:
                    bench.inflict(trouble)
                for camera in (bench.camera, bench.stranger() or bench.camera):
                    try:
                        written.append(repr(await within(driver.still(camera), bench.patience)))
                    except AdapterError as error:
                        written.append("".join(traceback.format_exception(error)))
                written.append((await _looked(driver, bench)).health.text)
                bench.mend()
            written.extend((repr(driver), str(vars(driver))))
    assert_hidden(bench.secrets, written)


CAMERA_PROMISES: tuple[Promise, ...] = (
    brings_a_whole_picture_of_now,
    says_that_a_good_camera_is_well,
    brings_no_picture_over_a_dead_wire_and_says_why,
    says_that_a_login_is_refused,
    does_not_call_a_frozen_picture_well,
    does_not_call_one_colour_well,
    asks_and_does_nothing,
    stands_in_line_at_one_camera,
    can_be_cancelled_and_asked_again,
    leaks_no_secret,
)
"""Each needs a bench that was just entered, and leaves it in any state."""


async def check_camera(make: Make, make_bench: Callable[[], CameraBench]) -> None:
    """Every promise in turn, each on its own bench, for authors without pytest; raises the first broken one."""
    for promise in CAMERA_PROMISES:
        async with make_bench() as bench:
            await promise(make, bench)


async def _looked(driver: CameraDriver, bench: CameraBench) -> Look:
    try:
        return await within(driver.look(bench.camera), bench.patience)
    except BrokenPromise:
        raise
    except Exception as error:
        text = f"look() raised {type(error).__name__}; it says not well, with the reason in words: {error}"
        raise BrokenPromise(text) from error


async def _failure(driver: CameraDriver, camera: Camera, patience: float) -> AdapterError:
    error = await failure_of(driver.still(camera), "still", "brought a picture", patience)
    must(not isinstance(error, OutcomeUnknown), f"Asking changes nothing, so no outcome is unknown: {error}")
    return error
