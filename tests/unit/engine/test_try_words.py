"""What a technician is told about an answer: never more than the sensor says, and always what to do."""

import pytest

from notifier.engine.try_words import door_is_well, door_meaning, door_to_do
from notifier.interfaces import Health
from notifier.model.door import DoorReading, Leaf, Lock
from notifier.model.site import Door, SensedBy

WELL, ILL = Health(True, "fine"), Health(False, "auto_off would unlock it")
DOOR = Door(
    id="d7", zone="north", side="interior", driver="tasmota", address="http://10.0.0.7", egress="mechanical",
    sensed_by=SensedBy(input=1), verified_by="A. Name",
)  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "well", "meaning", "todo"),
    [
        (DoorReading(Lock.SECURED, relay_on=True, detail="x"), True, "says that it is secured", ""),
        (DoorReading(Lock.SECURED, relay_on=False, detail="x"), True, "locked by key, or polarity", ""),
        (DoorReading(Lock.UNSECURED, relay_on=False, detail="x"), True, "daily use", ""),
        (DoorReading(Lock.UNSECURED, relay_on=True, detail="x"), False, "told to lock, and its sensor", "bolt"),
        (DoorReading(Lock.UNSECURED, Leaf.OPEN, True, "x"), False, "told to lock", "Close the leaf"),
        (DoorReading(Lock.JAMMED, relay_on=True, detail="x"), False, "jammed", "free the bolt"),
        (DoorReading(Lock.MOVING, relay_on=True, detail="x"), True, "on its way", ""),
        (DoorReading(Lock.UNKNOWN, relay_on=True, detail="x"), False, "declared sensor says nothing", "contact's wire"),
        (DoorReading(detail="refuses the login"), False, "no answer that can be used", "says above"),
    ],
)
def test_an_answer_means(reading: DoorReading, well: bool, meaning: str, todo: str) -> None:
    assert door_is_well(DOOR, reading, WELL) is well
    assert meaning in door_meaning(DOOR, reading)
    found = " ".join(door_to_do(DOOR, reading, WELL))
    assert todo in found
    assert bool(found) is bool(todo)


def test_polarity_decides_what_a_relay_was_told() -> None:
    other = DOOR.model_copy(update={"secured_when": "relay_off"})
    assert "told to lock" in door_meaning(other, DoorReading(Lock.UNSECURED, relay_on=False, detail="x"))
    assert "daily use" in door_meaning(other, DoorReading(Lock.UNSECURED, relay_on=True, detail="x"))


@pytest.mark.parametrize(
    ("changed", "todo"),
    [
        ({"sensed_by": None}, "declare it under sensed_by"),
        ({"egress": None}, "declare egress"),
        ({"side": "stair"}, "stair_reentry"),
        ({"verified_by": ""}, "verified_by and verified_on"),
    ],
)
def test_what_is_missing_in_the_site_file_is_said(changed: dict[str, object], todo: str) -> None:
    door = DOOR.model_copy(update=changed)
    reading = DoorReading(Lock.UNKNOWN if "sensed_by" in changed else Lock.UNSECURED, relay_on=False, detail="x")
    assert todo in " ".join(door_to_do(door, reading, WELL))
    assert door_is_well(door, reading, WELL) is ("verified_by" in changed)


def test_a_configuration_that_could_unlock_it_is_not_well() -> None:
    reading = DoorReading(Lock.SECURED, relay_on=True, detail="x")
    assert not door_is_well(DOOR, reading, ILL)
    assert "behind our back" in " ".join(door_to_do(DOOR, reading, ILL))
