"""NOT secured is said of what was not proven, in time, to a person who can do something about it."""

from collections.abc import Callable

import pytest

from notifier.campus.relay_device import Wire
from notifier.model.events import EventKind
from notifier.testing.story import story
from notifier.testing.story_things import DoorInStory

FAULTS: dict[str, Callable[[DoorInStory], object]] = {
    "jammed": DoorInStory.jams,
    "lying": DoorInStory.lies,
    "lagging": lambda door: door.lags("30s"),
    "unplugged": DoorInStory.goes_dead,
    "hanging": lambda door: door.goes_dead(Wire.HANGS),
    "broken": lambda door: door.goes_dead(Wire.SERVER_ERROR),
    "without its contact": DoorInStory.loses_its_contact,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_door_that_is_not_proven_within_its_time_is_named_and_told(fault: str) -> None:
    async with story() as campus:
        FAULTS[fault](campus.door("d7"))
        await campus.press("front-office")
        await campus.advance("4.5s")
        campus.phone("Officer Diaz").has_not("NOT secured:")
        await campus.advance("2s")
        campus.door("d7").is_named_not_secured()
        for door in ("d1", "d2", "d8"):
            campus.door(door).is_secured()
        (late,) = campus.log.told(EventKind.NOT_SECURED)
        assert late["doors"] == ["d7"]
        campus.phone("Officer Diaz").has("NOT secured: Door 7 Room 1", by="sms")
        campus.phone("Kim").has("NOT secured: Door 7 Room 1")
        campus.log.has_task("door_not_secured", "Door 7 Room 1 NOT SECURED")


@pytest.mark.parametrize("fault", ["jammed", "unplugged", "lying"])
async def test_it_goes_on_being_tried_and_its_task_ends_when_its_sensor_says_so(fault: str) -> None:
    async with story() as campus:
        door = campus.door("d7")
        FAULTS[fault](door)
        await campus.press("front-office")
        await campus.advance("30s")
        door.is_named_not_secured()
        door.mends()
        await campus.advance("6s")
        door.is_secured()
        assert campus.log.has_task("door_not_secured")["state"] == "done"
        assert campus.log.steps()["lock"] == "done"


async def test_a_named_person_who_sees_it_secured_counts_as_proof() -> None:
    async with story() as campus:
        campus.door("d7").loses_its_contact()
        await campus.press("front-office")
        await campus.advance("10s")
        await campus.person("Lee").sees_door("d7", secured=True)
        campus.door("d7").is_known_as("secured")
        assert "Lee Moss has seen it" in campus.log.has_task("door_not_secured")["text"]
        await campus.advance("30s")
        campus.door("d7").is_known_as("secured")
        assert campus.log.has_task("door_not_secured")["state"] == "done"


async def test_a_relay_that_says_on_is_never_taken_for_a_bolt_that_is_thrown() -> None:
    async with story() as campus:
        campus.door("d7").lies()
        await campus.press("front-office")
        await campus.advance("2m")
        campus.door("d7").is_known_as("unsecured").is_named_not_secured()
