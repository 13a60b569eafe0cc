"""What a technician is told about a device that was just asked: what it means, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from notifier.interfaces import Health, Look, TriedCamera
from notifier.model.contact import relay_for
from notifier.model.door import DoorReading, Leaf, Lock, Mode
from notifier.model.looks import age_of
from notifier.model.site import Camera, Door

NOT_KNOWN = "In a lockdown this door would stand first on the board as NOT secured."


def door_is_well(door: Door, reading: DoorReading, health: Health) -> bool:
    """Whether it could be commanded and proven now."""
    follows = reading.lock is not Lock.UNKNOWN and not _does_not_follow(door, reading)
    return health.well and follows and reading.lock is not Lock.JAMMED and door.commandable


def door_meaning(door: Door, reading: DoorReading) -> str:
    """What the answer means, in one or two sentences."""
    told = _told_to_lock(door, reading)
    if reading.lock is Lock.SECURED:
        by_hand = "" if told is not False else " Its output is not told to lock: locked by key, or polarity is wrong."
        return f"Its own sensor says that it is secured.{by_hand}"
    if reading.lock is Lock.JAMMED:
        return f"It was told and does not get there: jammed. {NOT_KNOWN}"
    if reading.lock is Lock.MOVING:
        return "It is on its way and not there yet."
    if reading.lock is Lock.UNSECURED and _does_not_follow(door, reading):
        return f"Its output says that it was told to lock, and its sensor says NOT secured. {NOT_KNOWN}"
    if reading.lock is Lock.UNSECURED:
        return "It is not locked, and its sensor says so: right for a door in daily use."
    if reading.relay_on is None:
        return f"The device gave no answer that can be used. {NOT_KNOWN}"
    if not door.can_be_proven:
        return f"The device answers, and nothing senses the lock: only a person who looks can say. {NOT_KNOWN}"
    return f"The device answers, and its declared sensor says nothing. {NOT_KNOWN}"


def door_to_do(door: Door, reading: DoorReading, health: Health) -> Sequence[str]:
    """What to do next, in order."""
    todo = []
    if reading.lock is Lock.UNSECURED and _does_not_follow(door, reading):
        if reading.leaf is Leaf.OPEN:
            todo.append("Close the leaf and try again.")
        todo.append("Look at the bolt, the wire from relay to lock, the lock's supply, and where the contact sits.")
        todo.append("If the handle does not open it, secured_is or secured_when is the wrong way round.")
    elif reading.lock is Lock.JAMMED:
        todo.append("Close the leaf, free the bolt, and try again.")
    elif reading.lock is Lock.UNKNOWN and reading.relay_on is None:
        todo.append("Put right what the device or our line to it says above, and try again.")
    elif reading.lock is Lock.UNKNOWN and not door.can_be_proven:
        todo.append("Wire a bolt or strike contact to an input and declare it under sensed_by.")
    elif reading.lock is Lock.UNKNOWN:
        todo.append("Look at the contact's wire, and at the input number and its kind under sensed_by.")
    elif not health.well:
        todo.append("Put right in the device what it says above: it could undo a lock behind our back.")
    if reading.mode is Mode.LOCKDOWN:
        todo.append(
            "It is in lockdown mode at its controller, where badges and schedules do nothing: release it there."
        )
    if door.egress is None:
        todo.append("Nothing will ever lock it: look how people get out, and declare egress.")
    elif not door.commandable:
        todo.append("Nothing will ever lock it: a stair door needs stair_reentry: allowed.")
    if not door.verified_by:
        todo.append("Nobody has signed for its wiring: prove it at the door, then write verified_by and verified_on.")
    return todo


def tried_camera(camera: Camera, look: Look, asked_at: datetime, latency_ms: float) -> TriedCamera:
    """What came of one look; only a person can say whether it shows the right place."""
    still = look.still
    age = age_of(still.taken_at, asked_at) if still is not None else None
    todo = []
    if still is None:
        todo.append("Put right what it says above, and try again.")
    elif look.health.well:
        todo.append(f"Look whether it shows {camera.name or camera.id}, sharp and from where you expect it.")
    words = {
        "camera": camera.id,
        "name": camera.name or camera.id,
        "driver": camera.driver,
        "address": camera.address,
        "well": look.health.well,
        "text": f"{look.health.text[:1].upper()}{look.health.text[1:]}",
        "asked_at": asked_at.isoformat(timespec="milliseconds"),
        "taken_at": still.taken_at.isoformat(timespec="milliseconds") if still and still.taken_at else None,
        "age": round(age, 1) if age is not None else None,
        "size": f"{still.picture.width} x {still.picture.height}" if still else None,
        "bytes": len(still.jpeg) if still else None,
        "latency_ms": latency_ms,
        "to_do": todo,
    }
    return TriedCamera(words, still.jpeg if still else None)


def _told_to_lock(door: Door, reading: DoorReading) -> bool | None:
    return None if reading.relay_on is None else reading.relay_on is relay_for(door, secured=True)


def _does_not_follow(door: Door, reading: DoorReading) -> bool:
    return reading.lock is Lock.UNSECURED and _told_to_lock(door, reading) is True
