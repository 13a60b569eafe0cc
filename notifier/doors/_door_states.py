"""What an access controller's own states mean for a door. Pure; words of the ONVIF Door Control service.

The controller knows three things apart: the mode it was told (DoorMode, the relay's side), what its lock monitor input
senses (LockPhysicalState), and what its door position switch senses (DoorPhysicalState). Only the second proves a
lock, and only where a technician has declared that it is wired: firmware reports a state for inputs that are not.
Source: ONVIF Door Control Service Specification, DoorMode, DoorPhysicalState, LockPhysicalState, DoorAlarmState.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifier.model.door import DoorReading, Leaf, Lock, Mode

TOLD_TO_LOCK = frozenset({"Locked", "Blocked", "LockedDown", "DoubleLocked"})
TOLD_TO_OPEN = frozenset({"Unlocked", "Accessed", "LockedOpen"})
MODES = TOLD_TO_LOCK | TOLD_TO_OPEN | {"Unknown"}
CARDS_OPEN = frozenset({"Locked", "DoubleLocked"})
"""Locked, and yet a card or a schedule may open it: the controller is not in lockdown."""
SHUT_OUT = frozenset({"LockedDown", "Blocked"})
"""Neither card nor schedule opens it."""


@dataclass(frozen=True, slots=True)
class Wired:
    """Which of the controller's inputs a technician has declared."""

    lock_monitor: bool
    door_monitor: bool


def reading_of_states(states: Mapping[str, Any], wired: Wired) -> DoorReading:
    """What is known of a door whose controller answered `states` (a DoorState of ONVIF, by element name)."""
    mode = _word(states, "DoorMode")
    if mode not in MODES:
        return DoorReading(detail="the controller answered without a door mode that we know")
    told = True if mode in TOLD_TO_LOCK else False if mode in TOLD_TO_OPEN else None
    alarm = _word(states, "Alarm")
    tampered = _word(states, "Tamper") == "TamperDetected"
    leaf, leaf_words = _leaf(_word(states, "DoorPhysicalState"), wired.door_monitor)
    lock, lock_words = _lock(_word(states, "LockPhysicalState"), wired.lock_monitor, told)
    words = [f"controller told {mode}", lock_words, leaf_words]
    if lock is Lock.SECURED and leaf is Leaf.OPEN:
        lock = Lock.UNSECURED
    if lock is Lock.SECURED and alarm == "DoorForcedOpen":
        lock = Lock.UNSECURED
    if lock is Lock.SECURED and wired.door_monitor and leaf is Leaf.UNKNOWN:
        lock = Lock.UNKNOWN  # a bolt thrown beside its frame locks nothing, and the leaf is declared but silent
    if tampered and lock is Lock.SECURED:
        lock = Lock.UNKNOWN
    if tampered:
        words.append("TAMPERED with: its inputs cannot be believed")
    if alarm not in ("", "Normal"):
        words.append(f"ALARM {alarm}")
    if mode in CARDS_OPEN:
        words.append("cards still open it")
    return DoorReading(lock, leaf, told, ", ".join(filter(None, words)))


def mode_of_states(states: Mapping[str, Any]) -> Mode | None:
    """Whether the controller lets cards and schedules work; None if it does not say."""
    mode = _word(states, "DoorMode")
    if mode not in MODES or mode == "Unknown":
        return None
    return Mode.LOCKDOWN if mode in SHUT_OUT else Mode.NORMAL


def _lock(state: str, wired: bool, told: bool | None) -> tuple[Lock, str]:
    if not wired:
        return Lock.UNKNOWN, "no lock monitor is declared, so nothing senses the lock"
    if state == "Unlocked":
        return Lock.UNSECURED, "the lock monitor says NOT locked"
    if state != "Locked":
        return Lock.UNKNOWN, f"the lock monitor says {state or 'nothing'}"
    if told is False:
        return Lock.MOVING, "the lock monitor says locked, and the controller holds it open"
    return Lock.SECURED, "the lock monitor says locked"


def _leaf(state: str, wired: bool) -> tuple[Leaf, str]:
    if not wired:
        return Leaf.UNKNOWN, ""
    if state == "Closed":
        return Leaf.CLOSED, "leaf closed"
    if state == "Open":
        return Leaf.OPEN, "leaf OPEN"
    return Leaf.UNKNOWN, f"the door position switch says {state or 'nothing'}"


def _word(states: Mapping[str, Any], name: str) -> str:
    """A state as a word; tamper and fault come as an object that holds it."""
    found = states.get(name)
    if isinstance(found, Mapping):
        found = found.get("State")
    return found if isinstance(found, str) else ""
