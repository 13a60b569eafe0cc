"""What a relay and its inputs mean for a door: polarity, and what its contacts prove. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from notifier.model.door import DoorReading, Leaf, Lock
from notifier.model.site import Door


def relay_for(door: Door, *, secured: bool) -> bool:
    """Which output locks or unlocks this door: polarity is wiring, so the site file says it."""
    return (door.secured_when == "relay_on") is secured


def reading_of(door: Door, relay_on: bool | None, inputs: Mapping[int, bool | None]) -> DoorReading:
    """What is known of `door` from its relay's output and the inputs that answered (number to state).

    The lock is secured only if the declared contact says so; without one, or if it is silent, it is unknown.
    """
    lock, bolt = _lock(door, inputs)
    leaf, leaf_words = _leaf(door, inputs)
    relay = {True: "relay on", False: "relay off", None: "relay unknown"}[relay_on]
    return DoorReading(lock, leaf, relay_on, ", ".join(filter(None, (relay, bolt, leaf_words))))


def _lock(door: Door, inputs: Mapping[int, bool | None]) -> tuple[Lock, str]:
    if door.sensed_by is None:
        return Lock.UNKNOWN, "no contact senses the lock"
    state = inputs.get(door.sensed_by.input)
    if state is None:
        return Lock.UNKNOWN, f"the lock's contact (input {door.sensed_by.input}) says nothing"
    if state is door.sensed_by.secured_is:
        return Lock.SECURED, "the lock's contact says secured"
    return Lock.UNSECURED, "the lock's contact says NOT secured"


def _leaf(door: Door, inputs: Mapping[int, bool | None]) -> tuple[Leaf, str]:
    if door.leaf_by is None:
        return Leaf.UNKNOWN, ""
    state = inputs.get(door.leaf_by.input)
    if state is None:
        return Leaf.UNKNOWN, f"the leaf's contact (input {door.leaf_by.input}) says nothing"
    if state is door.leaf_by.closed_is:
        return Leaf.CLOSED, "leaf closed"
    return Leaf.OPEN, "leaf OPEN"
