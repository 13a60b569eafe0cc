"""The suite for door drivers notices the drivers that would hurt somebody."""

from contextlib import suppress
from dataclasses import replace

import pytest

from notifier.campus.in_process_doors import InProcessDoors
from notifier.doors.axis import AxisDoor
from notifier.errors import AdapterError
from notifier.interfaces import DoorDriver, Health
from notifier.model.contact import relay_for
from notifier.model.door import DoorReading, Lock, Mode
from notifier.model.site import Door
from notifier.testing import check_door_driver as suite
from notifier.testing import check_door_mode as mode_suite
from notifier.testing.scrutiny import BrokenPromise
from tests.campus.test_in_process_doors import InProcessBench
from tests.doors.axis_bench import AxisBench
from tests.doors.controller_bench import tools as controller_tools


class BelievesItsRelay(InProcessDoors):
    async def read(self, door: Door) -> DoorReading:
        reading = await super().read(door)
        lock = Lock.SECURED if reading.relay_on is relay_for(door, secured=True) else Lock.UNSECURED
        return DoorReading(lock, reading.leaf, reading.relay_on, reading.detail)


class Remembers(InProcessDoors):
    last = DoorReading()

    async def read(self, door: Door) -> DoorReading:
        reading = await super().read(door)
        if reading.relay_on is not None:
            self.last = reading
        return self.last


class Toggles(InProcessDoors):
    async def secure(self, door: Door) -> None:
        await (super().restore(door) if (await self.read(door)).lock is Lock.SECURED else super().secure(door))


class IgnoresWiring(InProcessDoors):
    async def restore(self, door: Door) -> None:
        await super().restore(door.model_copy(update={"secured_when": "relay_on"}))


class Swallows(InProcessDoors):
    async def secure(self, door: Door) -> None:
        try:
            await super().secure(door)
        except AdapterError:
            return


class RaisesAnything(InProcessDoors):
    async def secure(self, door: Door) -> None:
        try:
            await super().secure(door)
        except AdapterError as error:
            raise OSError(str(error)) from error


class ReadRaises(InProcessDoors):
    async def read(self, door: Door) -> DoorReading:
        reading = await super().read(door)
        if reading.relay_on is None:
            raise OSError("no route to host")
        return reading


class Talks(InProcessDoors):
    async def check(self, door: Door) -> Health:
        return Health(True, f"asked with {str.__str__(door.settings['password'])}")


class TriesTheLock(InProcessDoors):
    async def check(self, door: Door) -> Health:
        await self.secure(door)
        return Health(True, "the lock works")


class OpensInstead(AxisDoor):
    async def release(self, door: Door) -> None:
        await self.restore(door)


class Leaves(AxisDoor):
    """Sends the release, and lets the controller's schedule have the door."""

    async def release(self, door: Door) -> None:
        controller, settings = self._found(door)
        if (await controller.call("GetDoorState", settings.token))["DoorMode"] == "LockedDown":
            await controller.call("LockDownReleaseDoor", settings.token)


class StaysInLockdown(AxisDoor):
    async def release(self, door: Door) -> None:
        await self.read(door)


class HidesItsMode(AxisDoor):
    def locks_down(self, door: Door) -> bool:
        return False


class TakesItsWordForIt(AxisDoor):
    released = False

    async def release(self, door: Door) -> None:
        await super().release(door)
        self.released = True

    async def read(self, door: Door) -> DoorReading:
        reading = await super().read(door)
        return replace(reading, mode=Mode.NORMAL) if self.released else reading


class SwallowsReleases(AxisDoor):
    async def release(self, door: Door) -> None:
        with suppress(AdapterError):
            await super().release(door)


@pytest.mark.parametrize(
    ("driver", "promise"),
    [
        (OpensInstead, mode_suite.leaves_the_mode_with_the_lock_thrown),
        (OpensInstead, mode_suite.opens_nothing_that_was_not_locked_down),
        (Leaves, mode_suite.leaves_the_mode_with_the_lock_thrown),
        (StaysInLockdown, mode_suite.leaves_the_mode_with_the_lock_thrown),
        (HidesItsMode, mode_suite.says_whether_it_locks_by_a_mode),
        (TakesItsWordForIt, mode_suite.believes_no_release_that_was_not_done),
        (SwallowsReleases, mode_suite.says_what_became_of_a_release),
    ],
    ids=lambda each: each.__name__,
)
async def test_a_driver_that_leaves_a_door_in_lockdown_breaks_its_promise(
    driver: type[AxisDoor], promise: suite.Promise
) -> None:
    async with AxisBench() as bench:
        with pytest.raises(BrokenPromise):
            await promise(lambda: driver(controller_tools()), bench)


@pytest.mark.parametrize(
    ("driver", "promise"),
    [
        (BelievesItsRelay, suite.takes_no_relay_for_a_proof),
        (BelievesItsRelay, suite.does_not_know_a_lock_without_a_contact),
        (BelievesItsRelay, suite.does_not_know_a_lock_whose_contact_is_silent),
        (Remembers, suite.reads_unknown_over_a_dead_wire),
        (Toggles, suite.is_harmless_to_repeat),
        (IgnoresWiring, suite.follows_the_wiring_of_the_site_file),
        (Swallows, suite.says_what_became_of_a_command),
        (Swallows, suite.says_that_a_login_is_refused),
        (RaisesAnything, suite.says_what_became_of_a_command),
        (ReadRaises, suite.reads_unknown_over_a_dead_wire),
        (Talks, suite.leaks_no_secret),
        (TriesTheLock, suite.switches_nothing_when_it_reads_or_checks),
    ],
    ids=lambda each: each.__name__,
)
async def test_a_driver_that_would_hurt_somebody_breaks_its_promise(
    driver: type[InProcessDoors], promise: suite.Promise
) -> None:
    async with InProcessBench() as bench:

        def make() -> DoorDriver:
            return driver(bench.driver().tools, bench.network)

        with pytest.raises(BrokenPromise):
            await promise(make, bench)
