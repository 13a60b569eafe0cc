"""Doors that are locked by a mode of their controller: who is let out of it, when, and what is said of who is not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from notifier.engine.device_records import poll_body, watch_body
from notifier.engine.holds import left_in_lockdown
from notifier.engine.moves import approve_step_body
from notifier.engine.steps.release_doors import TRIES, let_out, words_of
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, Ending
from notifier.model.door import DoorReading, Leaf, Lock, Mode
from notifier.model.site import Door
from tests.unit.engine.bench import ADA, Bench, HandClock
from tests.unit.engine.school import LOCKDOWN_STEPS, SITE, held, playbook

RESTORE = {"id": "open", "restore_doors": {"doors": ["all"]}}
BADGES = DoorReading(Lock.SECURED, Leaf.CLOSED, True, "locked", Mode.NORMAL)
SHUT_OUT = replace(BADGES, mode=Mode.LOCKDOWN)


async def known(at: Bench, **doors: DoorReading) -> None:
    await at.run(lambda: poll_body(SITE, doors, at.clock.now()))


async def locked_down(at: Bench, **more: Any) -> str:
    at.publish(held(playbook("lockdown", "lockdown", *LOCKDOWN_STEPS, all_clear=[RESTORE], **more), version=2))
    first = await at.press("lockdown", "north")
    await at.settle()
    await at.devices()
    return first.incident


async def ended(at: Bench, incident: str, how: Ending = Ending.ALL_CLEAR) -> dict[str, str]:
    """What the end told which door."""
    await at.both_end(incident, how)
    if at.state(incident) == "releasing":
        await at.release(incident, override="all seen")
    return told(at)


def told(at: Bench) -> dict[str, str]:
    return {row["device"]: row["verb"] for row in at.rows("command") if row["verb"] in ("restore", "release")}


async def test_each_door_goes_back_by_the_word_that_fits_what_it_was(at: Bench) -> None:
    by_day = replace(BADGES, lock=Lock.UNSECURED)
    plain = replace(BADGES, mode=None)
    unsensed = replace(BADGES, lock=Lock.UNKNOWN)
    await known(at, d1=by_day, d2=BADGES, tower=plain, gate=unsensed, yard=SHUT_OUT)
    incident = await locked_down(at)
    assert await ended(at, incident) == {"d1": "restore", "d2": "release"}
    scene, rows = await at.run(lambda: approve_step_body(at.desk, incident, "_exterior:open", ADA, may_command=True))
    await at.wave(scene, rows)
    assert told(at) == {"d1": "restore", "d2": "release", "gate": "release"}
    assert at.row("door", id="d2")["commanded"] == "release"


async def test_a_door_that_comes_out_is_done_and_one_that_does_not_is_a_task(at: Bench) -> None:
    await known(at, d1=BADGES, d2=BADGES)
    incident = await locked_down(at)
    await ended(at, incident)
    await at.devices(only="d1", look=False)
    await at.devices(only="d2", proven=False)
    assert {row["device"]: row["state"] for row in at.rows("command", verb="release")} == {
        "d1": "proven",
        "d2": "not_proven",
    }
    assert at.row("task", kind="door_not_released")["subject"] == "d2"
    assert "is still in lockdown mode at its controller" in at.row("task", kind="door_not_released")["text"]
    assert (at.row("door", id="d1")["mode"], at.row("door", id="d2")["mode"]) == ("normal", "lockdown")
    assert at.closing_steps(incident)["open"] == "failed"
    await at.finish(incident)
    assert at.state(incident) == "closed"


@pytest.mark.parametrize("how", [Ending.RECALL, Ending.MISTAKE])
async def test_recall_and_correction_let_nothing_out_whatever_is_written(at: Bench, how: Ending) -> None:
    await known(at, d1=BADGES)
    incident = await locked_down(at, correction=[RESTORE])
    assert await ended(at, incident, how) == {}


async def test_a_door_that_another_live_response_has_locked_stays_in_lockdown(at: Bench) -> None:
    await known(at, d1=BADGES, d2=BADGES)
    await at.press("evacuate")  # locks d1 and the gate
    incident = await locked_down(at)
    assert await ended(at, incident) == {"d2": "release"}


async def test_what_a_door_was_is_remembered_from_before_the_first_of_two_locks(at: Bench) -> None:
    await known(at, d1=BADGES)
    incident = await locked_down(at)
    await at.run(lambda: watch_body(SITE, at.desk.held.doors["d1"], SHUT_OUT, incident, at.clock.now()))
    await at.both_end(incident, Ending.ALL_CLEAR)
    assert await locked_down(at) == incident
    assert await ended(at, incident) == {"d1": "release"}


async def test_what_a_response_leaves_in_lockdown_is_told_from_what_somebody_else_put_there(at: Bench) -> None:
    async def left() -> bool:
        return left_in_lockdown(at.row("door", id="d1"))

    await known(at, d1=BADGES)
    incident = await locked_down(at)
    await ended(at, incident, Ending.RECALL)
    await at.finish(incident)
    await known(at, d1=DoorReading(detail="no answer"))
    assert not await left()
    await known(at, d1=SHUT_OUT)
    assert await left()
    await known(at, d1=BADGES)
    assert not await left()
    await known(at, d1=SHUT_OUT)
    assert not await left()


async def test_what_a_device_said_before_it_was_told_is_no_news_of_what_came_of_it(at: Bench) -> None:
    await known(at, d1=BADGES)
    await locked_down(at)
    row = at.row("door", id="d1")
    assert (row["mode"], row["mode_before"]) == (None, "normal")


class Controller(DoorDriver):
    """Does and says what is written; a sentence is an error of that name."""

    def __init__(self, *does: Exception | None, reads: Sequence[DoorReading]) -> None:
        self.does, self.reads, self.releases = list(does), list(reads), 0

    async def secure(self, door: Door) -> None:
        raise AssertionError("nobody asked for that")

    restore = secure

    async def release(self, door: Door) -> None:
        self.releases += 1
        fault = self.does.pop(0) if self.does else None
        if fault is not None:
            raise fault

    async def read(self, door: Door) -> DoorReading:
        return self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]


def a_door(*, sensed: bool = True) -> Door:
    more: dict[str, Any] = {"settings": {"lock_monitor": sensed}}
    return Door(id="d7", number=7, zone="north", side="interior", driver="axis", address="x", egress="rex", **more)


async def out(driver: DoorDriver, why_not: Callable[[], str] = lambda: "", *, sensed: bool = True) -> tuple[bool, str]:
    door = a_door(sensed=sensed)
    found = await let_out(door, driver, HandClock(), why_not)
    return found.done(door), words_of(door, found)


async def test_it_is_told_until_it_reads_out_and_locked() -> None:
    driver = Controller(TryAgain("busy"), OutcomeUnknown("silent"), reads=[SHUT_OUT] * 6 + [BADGES])
    assert (await out(driver))[0]
    assert driver.releases == TRIES


async def test_what_will_not_work_is_not_repeated_and_said() -> None:
    refused = WillNotWork("The controller refuses the user.", Reason.CREDENTIALS)
    driver = Controller(refused, reads=[SHUT_OUT])
    done, words = await out(driver)
    assert not done
    assert words == (
        "Door 7 north is still in lockdown mode at its controller: The controller refuses the user; locked. Its badges "
        "and schedules do nothing until somebody releases it there."
    )
    assert driver.releases == 1


async def test_a_fault_of_ours_ends_in_words_and_not_in_a_response_that_never_closes() -> None:
    driver = Controller(*[KeyError("x")] * TRIES, reads=[SHUT_OUT])
    done, words = await out(driver)
    assert not done
    assert "a fault of ours" in words


@pytest.mark.parametrize(
    ("reading", "sensed", "done", "words"),
    [
        (replace(BADGES, lock=Lock.UNSECURED), True, False, "has left lockdown mode and does NOT read locked"),
        (replace(BADGES, lock=Lock.UNKNOWN), True, False, "has left lockdown mode and does NOT read locked"),
        (replace(BADGES, lock=Lock.UNSECURED), False, False, "has left lockdown mode and does NOT read locked"),
        (replace(BADGES, lock=Lock.UNKNOWN), False, True, ""),
        (DoorReading(detail="no answer"), False, False, "may still be in lockdown mode at its controller: no answer"),
        (SHUT_OUT, True, False, "is still in lockdown mode"),
    ],
)
async def test_only_a_door_that_is_out_and_not_known_to_be_open_is_done(
    reading: DoorReading, sensed: bool, done: bool, words: str
) -> None:
    found = await out(Controller(reads=[reading]), sensed=sensed)
    assert found[0] is done
    assert words in found[1]


async def test_it_is_asked_before_each_command_whether_it_may_still_be_told() -> None:
    answers = ["", "another response has locked it meanwhile"]
    driver = Controller(reads=[SHUT_OUT])
    done, words = await out(driver, lambda: answers.pop(0))
    assert not done
    assert "another response has locked it meanwhile" in words
    assert driver.releases == 1
    assert not (await out(driver, lambda: "the response is not ending any more"))[0]
    assert driver.releases == 1


async def told_on_the_wire(
    at: Bench, door: str, before: DoorReading, meanwhile: Callable[[], Awaitable[object]]
) -> str:
    """An exterior door is approved, something happens before its command leaves; what its task says then."""
    await known(at, **{door: before})
    incident = await locked_down(at)
    await ended(at, incident)
    scene, rows = await at.run(lambda: approve_step_body(at.desk, incident, "_exterior:open", ADA, may_command=True))
    assert door in told(at)
    await meanwhile()
    driver = Controller(reads=[SHUT_OUT])
    at.desk.gear.door_drivers = {"relay": driver}
    metal = at.metal()
    metal.launch(scene, rows)
    await asyncio.gather(*metal._others)
    assert driver.releases == 0
    (task,) = (row["text"] for row in at.rows("task", subject=door) if row["kind"].startswith("door_not_re"))
    return str(task)


@pytest.mark.parametrize("before", [BADGES, replace(BADGES, lock=Lock.UNSECURED)], ids=["release", "restore"])
async def test_right_before_the_wire_it_is_asked_who_holds_the_door(at: Bench, before: DoorReading) -> None:
    said = await told_on_the_wire(at, "gate", before, lambda: at.press("evacuate"))  # it locks the gate
    assert "another response has locked it meanwhile" in said


async def test_a_door_that_a_fire_alarm_releases_is_not_told_to_stay_locked(at: Bench) -> None:
    async def burns() -> None:
        at.desk.fire_alarm = True

    assert "the fire alarm is on" in await told_on_the_wire(at, "yard", BADGES, burns)
