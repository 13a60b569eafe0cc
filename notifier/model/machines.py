"""Every table of moves on one page: what is drawn in `docs/explanation/states.md`, and what the property tests walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notifier.model.delivery import DELIVERY_MOVES, DeliveryState, move_delivery
from notifier.model.door import COMMAND_MOVES, LOCK_MOVES, CommandState, Lock, move_command, move_lock
from notifier.model.incident import (
    HAND_OFF_MOVES,
    INCIDENT_MOVES,
    ROOM_MOVES,
    UNVERIFIED_MOVES,
    HandOff,
    IncidentState,
    RoomState,
    UnverifiedState,
    move_hand_off,
    move_incident,
    move_room,
    move_unverified,
)
from notifier.model.states import State
from notifier.model.step import (
    APPROVAL_MOVES,
    STEP_MOVES,
    TASK_MOVES,
    TIMER_MOVES,
    TROUBLE_MOVES,
    ApprovalState,
    StepState,
    TaskState,
    TimerState,
    TroubleState,
    move_approval,
    move_step,
    move_task,
    move_timer,
    move_trouble,
)


@dataclass(frozen=True, slots=True)
class Machine:
    """One kind of thing that has states."""

    name: str
    about: str
    begins: State
    """The state in which a new one stands."""
    moves: Mapping[tuple[Any, Any], State]
    move: Callable[..., State]

    @property
    def states(self) -> tuple[State, ...]:
        return tuple(type(self.begins))

    @property
    def words(self) -> tuple[StrEnum, ...]:
        kind: type[StrEnum] = type(next(iter(self.moves))[1])
        return tuple(kind)


MACHINES = (
    Machine(
        "Incident",
        "The response itself. A new press before it is closed leads back to active.",
        IncidentState.RAISED,
        INCIDENT_MOVES,
        move_incident,
    ),
    Machine("Step", "One deed of a playbook, in one run of it.", StepState.WAITING, STEP_MOVES, move_step),
    Machine(
        "Delivery",
        "One message to one address. A late report never moves one back.",
        DeliveryState.QUEUED,
        DELIVERY_MOVES,
        move_delivery,
    ),
    Machine(
        "Lock",
        "What is sensed of a door's lock. A relay's own output is never sensed.",
        Lock.UNKNOWN,
        LOCK_MOVES,
        move_lock,
    ),
    Machine("Command", "One device told to do one thing.", CommandState.QUEUED, COMMAND_MOVES, move_command),
    Machine("Room", "What is known of a room during an incident.", RoomState.UNKNOWN, ROOM_MOVES, move_room),
    Machine("Hand-off", "Who outside has the incident.", HandOff.NOBODY, HAND_OFF_MOVES, move_hand_off),
    Machine("Approval", "A second person is asked.", ApprovalState.ASKED, APPROVAL_MOVES, move_approval),
    Machine(
        "Unverified press",
        "A press by a sensor, feed or tip whose trigger says `verify`. Never a person's.",
        UnverifiedState.WAITING,
        UNVERIFIED_MOVES,
        move_unverified,
    ),
    Machine("Task", "Something needs a person.", TaskState.OPEN, TASK_MOVES, move_task),
    Machine("Trouble", "Something of ours is broken.", TroubleState.RAISED, TROUBLE_MOVES, move_trouble),
    Machine("Timer", "Something falls due once, whichever node lives.", TimerState.WAITING, TIMER_MOVES, move_timer),
)
