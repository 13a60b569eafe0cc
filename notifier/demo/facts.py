"""What was observed in one story: on the campus where a truth can be had, and from the daemon where it is its word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DoorFact:
    id: str
    title: str
    fault: str = ""
    """What is wrong with it, as only the campus knows: `jammed`, `lying`, or nothing."""
    holds: bool = True
    """Whether the bolt really is in its frame."""
    reported: str = "secured"
    """What the daemon says of it before the all-clear."""
    named: bool = False
    """Whether the daemon lists it as NOT secured."""
    told: tuple[str, ...] = ()
    """Whose phone or mailbox has a message that names it as not secured."""


@dataclass(frozen=True, slots=True)
class PersonFact:
    id: str
    name: str
    reachable: bool = True
    """Whether any of their addresses works."""
    alerts: int = 1
    """Messages they have, before the closing one."""
    told_of_the_end: bool = True
    ends_by_one_way: int = 1
    """Closing messages that came the same way: one by SMS and one by mail is 1."""
    said: str | None = None
    """What they answered first, in the playbook's words."""
    shown: str | None = None
    """What the daemon says that they answered first."""


@dataclass(frozen=True, slots=True)
class EscalationFact:
    """One message to people outside about rooms that are silent."""

    rooms: frozenset[str]
    """Whom the daemon took for silent."""
    silent: frozenset[str]
    """Occupied rooms from which nothing had come when the message arrived."""
    answered: frozenset[str]
    """Rooms from which something had come well before: nobody may be told that these are silent."""
    told: tuple[str, ...]
    """Whose phone has the message with the names of all `rooms`."""


@dataclass(frozen=True, slots=True)
class Approval:
    what: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Facts:
    incident: str = ""
    first_door_ms: float | None = None
    """From the moment before the press was sent to the first lock request at a door, on the campus' one clock."""
    doors: tuple[DoorFact, ...] = ()
    unlock_commands: tuple[str, ...] = ()
    people: tuple[PersonFact, ...] = ()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    """State to how many, as the daemon has them."""
    packets: int = 0
    worst_gap_ms: float = 0.0
    groups: frozenset[str] = frozenset()
    """The speakers' multicast groups."""
    groups_heard: frozenset[str] = frozenset()
    escalation: EscalationFact | None = None
    occupied: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()
    last_release: float | None = None
    """When the last room's release was sent to the daemon, on the campus' clock."""
    first_word_of_the_end: float | None = None
    """When the first closing message was on a phone."""
    approvals: tuple[Approval, ...] = ()
    all_clear: bool = False
    closed: bool = False
    hand_off: str = ""
    ledger_checked: bool = False
    ledger_findings: tuple[str, ...] = ()
    mishaps: tuple[str, ...] = ()
    """What of the story did not come about: each is a promise not kept."""
