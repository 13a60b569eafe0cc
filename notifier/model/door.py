"""Locks and leaves: two separate facts, each of which may be unknown; and what a device was told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notifier.model.states import State, move


class Lock(State):
    """What is *sensed* of a lock. A relay's own output is never sensed (PRODUCT 3)."""

    SECURED = "secured", "Its declared sensor or a named person says that it is secured."
    UNSECURED = "unsecured", "Its sensor or a named person says that it is not."
    MOVING = "moving", "It is on its way and not there yet."
    JAMMED = "jammed", "It was told and does not get there."
    UNKNOWN = "unknown", "Nobody knows: it has no sensor or does not answer. Counts as not secured."


class LockWord(StrEnum):
    READS_SECURED = "reads_secured"
    READS_UNSECURED = "reads_unsecured"
    READS_MOVING = "reads_moving"
    READS_JAMMED = "reads_jammed"
    SILENT = "silent"


LOCK_MOVES: dict[tuple[Lock, LockWord], Lock] = {
    (state, word): to
    for state in Lock
    for word, to in {
        LockWord.READS_SECURED: Lock.SECURED,
        LockWord.READS_UNSECURED: Lock.UNSECURED,
        LockWord.READS_MOVING: Lock.MOVING,
        LockWord.READS_JAMMED: Lock.JAMMED,
        LockWord.SILENT: Lock.UNKNOWN,
    }.items()
}
"""Complete on purpose: a sensor may say anything at any time; what is legal is decided by who says it."""


def move_lock(state: Lock, word: LockWord) -> Lock:
    return move("A lock", LOCK_MOVES, state, word)


class Leaf(State):
    OPEN = "open", "The leaf stands open."
    CLOSED = "closed", "The leaf is closed."
    UNKNOWN = "unknown", "Nobody knows."


class Mode(State):
    """What an access controller lets its own badges, codes and schedules do with a door, beside what its lock does."""

    NORMAL = "normal", "Its badges, codes and schedules work."
    LOCKDOWN = "lockdown", "Its controller refuses them all until somebody takes the door out of that mode."


class CommandState(State):
    """One device told to do one thing in one step."""

    QUEUED = "queued", "Waiting for its turn."
    SENDING = "sending", "A node is telling the device and reading it back."
    PROVEN = "proven", "The device or its sensor says that it is done."
    SENT = "sent", "The device took it; nothing can prove that it is done."
    NOT_PROVEN = "not_proven", "Told, retried, and still not proven: a human is told."
    CANCELLED = "cancelled", "Overtaken by a later decision before it was done."


class CommandWord(StrEnum):
    CLAIM = "claim"
    PROVE = "prove"
    TAKEN = "taken"
    GIVE_UP = "give_up"
    REQUEUE = "requeue"
    CANCEL = "cancel"


_C, _W = CommandState, CommandWord
COMMAND_MOVES: dict[tuple[CommandState, CommandWord], CommandState] = {
    (_C.QUEUED, _W.CLAIM): _C.SENDING,
    (_C.QUEUED, _W.CANCEL): _C.CANCELLED,
    (_C.SENDING, _W.PROVE): _C.PROVEN,
    (_C.SENDING, _W.TAKEN): _C.SENT,
    (_C.SENDING, _W.GIVE_UP): _C.NOT_PROVEN,
    (_C.SENDING, _W.REQUEUE): _C.QUEUED,
    (_C.SENDING, _W.CANCEL): _C.CANCELLED,
    (_C.NOT_PROVEN, _W.PROVE): _C.PROVEN,
    (_C.NOT_PROVEN, _W.REQUEUE): _C.QUEUED,
    (_C.NOT_PROVEN, _W.CANCEL): _C.CANCELLED,
    (_C.SENT, _W.PROVE): _C.PROVEN,
}


def move_command(state: CommandState, word: CommandWord) -> CommandState:
    return move("A command", COMMAND_MOVES, state, word)


@dataclass(frozen=True, slots=True)
class DoorReading:
    """What a driver read from a door. `lock` comes only from the declared sensor, never from the relay's output."""

    lock: Lock = Lock.UNKNOWN
    leaf: Leaf = Leaf.UNKNOWN
    relay_on: bool | None = None
    """What the relay says it was told; never a proof."""
    detail: str = ""
    """In words: what the device answered ("relay on, contact open")."""
    mode: Mode | None = None
    """Whether its controller holds it in a lockdown mode; None: it is locked without one, or nothing says."""

    @property
    def answered(self) -> bool:
        """Whether its device said anything of itself, good or bad."""
        known = self.lock is not Lock.UNKNOWN or self.leaf is not Leaf.UNKNOWN
        return known or self.relay_on is not None or self.mode is not None
