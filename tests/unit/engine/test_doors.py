"""A lock is what its sensor or a named person says; a command proves nothing; fire alarm and people stop retries."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from notifier.engine.device_records import door_proof_body, watch_body
from notifier.engine.moves import confirm_door_body, open_door_body
from notifier.engine.steps.secure_doors import BADGES_TOO, Proof, other_path, prove_secured
from notifier.errors import NotFound, OutcomeUnknown, Refused, TryAgain
from notifier.interfaces import DoorDriver, Ending
from notifier.model.door import DoorReading, Leaf, Lock, Mode
from notifier.model.site import Door
from tests.unit.engine.bench import Bench, HandClock
from tests.unit.engine.school import SITE, held

UNSEEN = DoorReading(Lock.UNKNOWN, detail="relay on")
SHUT = DoorReading(Lock.SECURED, Leaf.CLOSED, True, "contact")
OPEN = DoorReading(Lock.UNSECURED, Leaf.CLOSED, True, "contact")


async def watch(at: Bench, door: str, reading: DoorReading) -> bool:
    incident = at.row("incident")["id"]
    known = at.desk.held.doors[door]
    return await at.run(lambda: watch_body(SITE, known, reading, incident, at.clock.now()))


async def confirm(at: Bench, door: str, *, secured: bool = True) -> None:
    incident = at.row("incident")["id"]
    await at.run(lambda: confirm_door_body(SITE, incident, door, secured, "Ben Oz", at.clock.now()))
    await at.look(incident)


def lock(at: Bench, door: str) -> str:
    return str(at.row("door", id=door)["lock"])


async def test_a_commanded_door_is_not_secured_by_being_commanded(at: Bench) -> None:
    await at.press()
    row = at.row("door", id="d1")
    assert (row["commanded"], row["lock"]) == ("secure", "unknown")


async def test_a_named_person_proves_a_door_that_nothing_senses(at: Bench) -> None:
    first = await at.press("lockdown")
    await at.devices(only="d1")
    await at.advance(6)
    await confirm(at, "d2")
    assert (lock(at, "d2"), at.row("door", id="d2")["sensed_how"]) == ("secured", "seen by Ben Oz")
    assert at.row("command", device="d2")["state"] == "proven"
    assert at.row("task", subject="d2")["state"] == "done"
    assert at.steps(first.incident)["lock"] == "done"


@pytest.mark.parametrize("door", ["d1", "d2"])  # one whose contact is dead, and one without
async def test_until_something_senses_the_lock_the_persons_word_stands(at: Bench, door: str) -> None:
    await at.press()
    await confirm(at, door)
    assert not await watch(at, door, UNSEEN)
    assert lock(at, door) == "secured"
    command = at.row("command", device=door)
    scene, known = at._scene_of(command), at.desk.held.doors[door]
    proof = Proof(UNSEEN, False, 9, "relay on")
    await at.run(lambda: door_proof_body(scene, command["id"], known, proof, at.clock.now()))
    assert not await watch(at, door, DoorReading(Lock.UNKNOWN, Leaf.OPEN, True, "leaf open"))
    assert not await watch(at, door, UNSEEN)
    assert lock(at, door) == "secured"
    assert at.rows("task", kind="door_alarm") == []


async def test_a_person_who_saw_it_open_is_believed_too(at: Bench) -> None:
    await at.press()
    await confirm(at, "d2")
    await confirm(at, "d2", secured=False)
    await watch(at, "d2", UNSEEN)
    assert lock(at, "d2") == "unsecured"


async def test_a_word_of_an_earlier_response_proves_nothing_in_the_next(at: Bench) -> None:
    first = await at.press()
    await confirm(at, "d2")
    await at.all_clear(first.incident)
    at.clock.time += 60
    await at.press()
    assert lock(at, "d2") == "unknown"


async def test_a_sensor_goes_before_a_persons_earlier_word(at: Bench) -> None:
    await at.press()
    await confirm(at, "d1")
    assert await watch(at, "d1", OPEN)
    assert lock(at, "d1") == "unsecured"


@pytest.mark.parametrize("reading", [OPEN, UNSEEN, DoorReading(Lock.MOVING, detail="?")])
async def test_a_secured_door_that_reads_otherwise_raises_an_alarm_once(at: Bench, reading: DoorReading) -> None:
    await at.press()
    await at.devices(only="d1")
    assert await watch(at, "d1", reading)
    assert at.row("task", kind="door_alarm")["text"].startswith("Door d1 north NOT SECURED")
    assert len(at.rows("event", kind="door_alarm")) == 1
    assert not await watch(at, "d1", reading)


async def test_a_door_that_never_was_secured_raises_no_alarm(at: Bench) -> None:
    await at.press()
    assert not await watch(at, "d1", OPEN)


async def test_the_alarm_says_when_the_door_is_secured_again_and_stays_for_a_person(at: Bench) -> None:
    await at.press()
    await at.devices(only="d1")
    await watch(at, "d1", OPEN)
    await at.read("d1", Lock.SECURED, at.row("command", device="d1"), proven=True)
    task = at.row("task", kind="door_alarm")
    assert task["state"] == "open"
    assert "reads secured again" in task["text"]


async def test_nobodys_opening_is_an_alarm_and_a_responders_is_none(at: Bench) -> None:
    first = await at.press()
    await at.devices(only="d1")
    await at.run(lambda: open_door_body(SITE, first.incident, "d1", "Ben", 20.0, 0, at.clock.now()))
    assert not await watch(at, "d1", OPEN)
    assert at.row("door", id="d1")["commanded"] == "open"
    await at.advance(21)
    assert at.row("door", id="d1")["commanded"] == "secure"
    assert [row["verb"] for row in at.rows("command", device="d1", state="sending")] == ["secure"]


async def test_an_opened_door_is_locked_again_although_the_response_has_closed_meanwhile(at: Bench) -> None:
    first = await at.press("lockdown")
    await at.settle()
    await at.devices()
    await at.run(lambda: open_door_body(SITE, first.incident, "d1", "Ben", 20.0, 0, at.clock.now()))
    await at.all_clear(first.incident)
    assert at.state(first.incident) == "closed"
    devices, driver = at.metal(), Relay([SHUT])
    at.desk.gear.door_drivers = {"relay": driver}
    devices.opened["d1"] = first.incident
    await at.advance(21)
    await devices._doors["d1"]
    assert driver.said == ["secure http://10.0.0.1"]
    await devices.close()


async def test_a_closing_response_opens_no_door(at: Bench) -> None:
    first = await at.press("secure")
    await at.both_end(first.incident, Ending.RECALL)
    with pytest.raises(Refused):
        await at.run(lambda: open_door_body(SITE, first.incident, "d1", "Ben", 20.0, 0, at.clock.now()))


async def test_a_door_that_is_none_cannot_be_confirmed(at: Bench) -> None:
    await at.press()
    with pytest.raises(NotFound):
        await confirm(at, "cellar")


# ------------------------------------------------------------------------------------------------- proving one door


class Relay(DoorDriver):
    """Says what it is told to say, one reading after the other; the last one stays."""

    def __init__(self, readings: list[DoorReading], faults: list[Exception] | None = None) -> None:
        self.readings, self.faults, self.said = readings, faults or [], []  # type: ignore[var-annotated]  # of strings

    async def secure(self, door: Door) -> None:
        self.said.append(f"secure {door.address}")
        if self.faults:
            raise self.faults.pop(0)

    async def restore(self, door: Door) -> None:
        self.said.append(f"restore {door.address}")

    async def read(self, door: Door) -> DoorReading:
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]


async def proving(driver: Relay | None, door: Door, wanted: Callable[[], bool]) -> tuple[Proof, list[Proof]]:
    told: list[Proof] = []

    async def report(proof: Proof) -> None:
        told.append(proof)

    proof = await prove_secured(door, lambda _name: driver, HandClock(), wanted, report)
    return proof, told


def times(count: int) -> Callable[[], bool]:
    """Wanted so many times."""
    left = iter(range(count))
    return lambda: next(left, None) is not None


D1 = held().doors["d1"]


async def test_a_door_is_told_once_and_read_until_it_proves() -> None:
    driver = Relay([OPEN, OPEN, SHUT])
    proof, told = await proving(driver, D1, times(50))
    assert (proof.proven, proof.tries, driver.said) == (True, 1, ["secure http://10.0.0.1"])
    assert told[-1].proven


async def test_a_relay_that_says_on_proves_nothing() -> None:
    proof, told = await proving(Relay([UNSEEN]), D1, times(30))
    assert not proof.proven
    assert proof.tries > 2
    assert not any(each.proven for each in told)


async def test_a_door_that_was_locked_anyway_is_told_until_its_controller_refuses_badges() -> None:
    badges, shut_out = replace(SHUT, mode=Mode.NORMAL), replace(SHUT, mode=Mode.LOCKDOWN)
    driver = Relay([badges] * 3 + [shut_out], [TryAgain("busy")])
    proof, _told = await proving(driver, D1, times(50))
    assert (proof.proven, proof.reading.mode) == (True, Mode.LOCKDOWN)
    assert len(driver.said) > 1


async def test_a_lock_that_holds_is_secured_in_the_end_though_its_controller_lets_badges_in() -> None:
    driver = Relay([replace(SHUT, mode=Mode.NORMAL)])
    proof, _told = await proving(driver, D1, times(50))
    assert proof.proven
    assert len(driver.said) == BADGES_TOO


async def test_a_controller_that_never_took_the_command_is_not_believed() -> None:
    driver = Relay([replace(SHUT, mode=Mode.NORMAL)], [TryAgain("busy")] * 50)
    proof, _told = await proving(driver, D1, times(30))
    assert not proof.proven


@pytest.mark.parametrize("fault", [TryAgain("busy"), OutcomeUnknown("cut off")])
async def test_a_fault_is_told_again_and_the_second_path_is_tried(fault: Exception) -> None:
    door = D1.model_copy(update={"second_path": PATH})
    driver = Relay([OPEN, OPEN, OPEN, OPEN, OPEN, SHUT], [fault])
    proof, _told = await proving(driver, door, times(50))
    assert proof.proven
    assert driver.said == ["secure http://10.0.0.1"] * 2 + ["secure http://10.9.9.9"]


async def test_no_command_leaves_once_it_is_not_wanted() -> None:
    driver = Relay([OPEN])
    proof, _told = await proving(driver, D1, times(0))
    assert (driver.said, proof.proven) == ([], False)


async def test_without_a_driver_it_says_so_and_goes_on_looking() -> None:
    proof, told = await proving(None, D1, times(6))
    assert "no driver called relay" in told[0].detail
    assert not proof.proven


def test_the_second_path_is_the_same_door_with_its_own_wiring() -> None:
    door = D1.model_copy(update={"second_path": PATH})
    other = other_path(door)
    assert other is not None
    assert (other.id, other.address, other.secured_when) == ("d1", "http://10.9.9.9", "relay_off")
    assert other_path(D1) is None


PATH = held(
    doors=[
        {
            "id": "x", "zone": "north", "side": "interior", "driver": "relay", "address": "http://10.0.0.1",
            "second_path": {"driver": "relay", "address": "http://10.9.9.9", "secured_when": "relay_off"},
        }
    ]
).doors["x"].second_path  # fmt: skip


# --------------------------------------------------------------------------------------------- what stops a retry


async def wanted(at: Bench, door: str = "yard", **changed: Any) -> bool:
    devices = at.metal()
    devices.opened.update(changed.get("opened", {}))
    return devices._wanted(at.row("incident")["id"], at.desk.held.doors[door])


async def test_a_fire_alarm_stops_every_command_to_doors_that_it_releases(at: Bench) -> None:
    await at.press()
    assert await wanted(at, "yard")
    at.desk.fire_alarm = True
    assert not await wanted(at, "yard")
    assert await wanted(at, "gate")
    at.desk.fire_alarm = False
    assert await wanted(at, "yard")


async def test_a_door_that_a_responder_holds_open_is_left_alone(at: Bench) -> None:
    await at.press()
    assert not await wanted(at, "gate", opened={"gate": "inc1"})


async def test_after_the_end_is_decided_no_lock_is_told_again(at: Bench) -> None:
    first = await at.press()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    assert await wanted(at)
    await at.release(first.incident, override="all seen")
    assert not await wanted(at)
