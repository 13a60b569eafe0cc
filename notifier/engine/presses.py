"""A press with its age: the same one again, a late one, and what the presser is told. Bodies and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.held import Held
from notifier.engine.scene import Scene
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import (
    Activation,
    incident_code,
)
from notifier.model.playbook import Playbook
from notifier.model.step import TimerKind, TimerState

LATE = 60.0
"""Seconds between press and arrival after which a press is late (PRODUCT 5)."""


STOP_WITHIN = 15.0
"""Seconds in which somebody may stop a late press before it fires (PRODUCT 5)."""


ASK_AGAIN_EVERY = 60.0


SAME_PRESS = 3.0
"""Seconds within which presses of one source without an Idempotency-Key are one activation (PRODUCT 2.3)."""


@dataclass(slots=True)
class Intake:
    """What a press did: what the presser is told, and what the engine must put on the wire now."""

    activation: str
    incident: str
    code: str
    joined: bool
    run: int = 0
    started: bool = False
    """A new run began: its first wave is claimed and waits for the wire."""
    scene: Scene | None = None
    rows: list[Row] = field(default_factory=list)
    halted: list[str] = field(default_factory=list)
    """Incidents that were overtaken: nothing of them may leave any more."""
    late: bool = False
    new_zone: bool = False


@dataclass(frozen=True)
class Press:
    """A press with everything that the transaction needs and may not make up itself."""

    activation: Activation
    held: Held
    playbook: Playbook
    zone: str | None
    incident_id: str
    node: str
    now: float
    wall: str
    clock_time: str
    unix: float
    """Wall clock in seconds since 1970: what `pressed_at` is compared with."""
    fire_alarm: bool = False
    forced: bool = False
    """A late press that fires now: its age is not asked again."""


def activation_row(press: Press, incident: str | None, joined: bool, state: str) -> Row:
    act = press.activation
    return Row(
        "activation",
        {
            "site": press.held.id,
            "id": act.id,
            "incident": incident,
            "source": act.source,
            "presser": act.presser,
            "playbook": press.playbook.playbook,
            "zone": press.zone,
            "drill": int(act.drill),
            "note": act.note,
            "dedupe": act.dedupe or None,
            "pressed_at": act.pressed_at,
            "received_at": press.now,
            "received_wall": press.wall,
            "joined": int(joined),
            "state": state,
        },
        new=True,
    )


def same_press(press: Press) -> Body[Intake | None]:
    """The earlier activation if this is the same press again; it still leaves its mark as a location fix."""
    act, site = press.activation, press.held.id
    if act.dedupe:
        rows = yield Ask("activation_by_dedupe", {"site": site, "source": act.source, "dedupe": act.dedupe})
    else:
        since = press.now - SAME_PRESS
        rows = yield Ask(
            "recent_activation", {"site": site, "source": act.source, "since": since, "drill": int(act.drill)}
        )
    if not rows or press.forced:
        return None
    first = rows[0]
    if not first["incident"]:
        return Intake(first["id"], "", "", joined=True, late=True)
    yield Fact(
        EventKind.PRESSED,
        site,
        first["incident"],
        {"again": first["id"], "source": act.source, "zone": press.zone, "presser": act.presser},
    )
    return Intake(first["id"], first["incident"], incident_code(first["incident"]), joined=True)


def late_press(press: Press, open_rows: Sequence[Mapping[str, Any]]) -> Body[Intake | None]:
    """A press that arrives long after it was made is never dropped and never fires behind people's backs."""
    act, site = press.activation, press.held.id
    age = press.unix - act.pressed_at if act.pressed_at is not None else 0.0
    if press.forced or act.drill or age <= LATE:
        return None
    if any(not row["drill"] for row in open_rows):
        return None  # something is live: it joins as a location fix at once
    ended = yield Ask("ended_since", {"site": site, "since": press.now - age})
    kind, due, state = (
        (TimerKind.ASK_AGAIN, press.now + ASK_AGAIN_EVERY, "asks")
        if ended
        else (TimerKind.FIRE_LATE, press.now + STOP_WITHIN, "late")
    )
    task = Row(
        "task",
        {
            "site": site,
            "id": f"late:{act.id}",
            "incident": None,
            "kind": "late_press",
            "subject": act.id,
            "text": late_text(press, age, bool(ended)),
            "state": "open",
            "owner": None,
            "owner_name": None,
            "at": press.now,
            "moved_at": None,
        },
        new=True,
    )
    timer = Row(
        "timer",
        {
            "site": site,
            "id": f"late:{act.id}",
            "incident": None,
            "kind": str(kind),
            "due": due,
            "state": str(TimerState.WAITING),
            "data": {"activation": act.id},
        },
        new=True,
    )
    yield Fact(
        EventKind.LATE_PRESS,
        site,
        None,
        {"source": act.source, "age": round(age, 1), "after_end": bool(ended)},
        [activation_row(press, None, False, state), task, timer],
    )
    return Intake(act.id, "", "", joined=False, late=True)


def late_text(press: Press, age: float, after_end: bool) -> str:
    minutes = f"{age / 60:.0f} min" if age >= 90 else f"{age:.0f} s"
    if after_end:
        return (
            f"A press for {press.playbook.title} made {minutes} ago arrived now, and an all-clear came since. "
            "Is there danger? It will not start by itself."
        )
    return f"A press for {press.playbook.title} made {minutes} ago arrived now. It starts in 15 s unless stopped."
