"""A press with its age: the same one again, a late one, and what the presser is told. Bodies and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifier.engine.held import Held
from notifier.engine.ladder import Decision, Verdict
from notifier.engine.notices import notice_timer
from notifier.engine.scene import Scene
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import (
    Activation,
    IncidentState,
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


KEY_LIVES = 86_400.0
"""Seconds that an Idempotency-Key means the same press: a client that always sends one key is not deaf for ever."""
KEY_ALONE = 900.0
"""Seconds for which a key alone says so. Later it must also say that it was pressed when the first was: who has got no
answer for longer says since when it tries, and a device that always sends one key must be heard again."""
SAME_MOMENT = 60.0
"""Seconds by which two tellings of one press may differ: each is reckoned back from when it arrived."""


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
    unheard: bool = False
    """It stands in the store already, from a commit that nobody heard of: carry on from there, as after a restart."""
    danger_returned: bool = False
    """Closing words that have not left must not leave any more."""


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

    @property
    def age(self) -> float:
        """Seconds since it was made; without a time, or with one in the future, it was made now."""
        made = self.activation.pressed_at
        return 0.0 if made is None else max(0.0, self.unix - made)

    @property
    def late(self) -> bool:
        """A drill is never late: nothing fires behind anybody's back."""
        return not self.activation.drill and self.age > LATE

    @property
    def key(self) -> str | None:
        """The Idempotency-Key as kept: a drill cannot use up that of a live press. No header can hold U+001F."""
        if not self.activation.dedupe:
            return None
        return f"{self.activation.dedupe}\x1fdrill" if self.activation.drill else self.activation.dedupe


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
            "dedupe": press.key,
            "pressed_at": act.pressed_at,
            "received_at": press.now,
            "received_wall": press.wall,
            "joined": int(joined),
            "state": state,
        },
        new=True,
    )


def committed_unheard(press: Press) -> Body[Intake | None]:
    """The very same press, if a store that was gone a moment later had taken it: no second one of its source.

    Run again from memory it would join itself, and nothing would be started.
    """
    rows = yield Ask("activation_by_id", {"site": press.held.id, "id": press.activation.id})
    if not rows or not rows[0]["incident"]:
        return None
    incident = rows[0]["incident"]
    return Intake(press.activation.id, incident, incident_code(incident), bool(rows[0]["joined"]), unheard=True)


def same_press(press: Press) -> Body[Intake | None]:
    """The earlier activation if this is the same press again; it still leaves its mark as a location fix."""
    act, site = press.activation, press.held.id
    if press.forced:
        return None
    if press.key is not None:
        rows = yield Ask("activation_by_dedupe", {"site": site, "source": act.source, "dedupe": press.key})
    else:
        args = {"since": press.now - SAME_PRESS, "drill": int(act.drill), "zone": press.zone or ""}
        rows = yield Ask(
            "recent_activation",
            {"site": site, "source": act.source, "playbook": press.playbook.playbook, **args},
        )
    if not rows:
        return None
    first = rows[0]
    waits = not first["incident"]
    if waits and first["state"] == "told" and act.only_tells:
        return Intake(first["id"], "", "", joined=True, late=True)
    if (waits and not press.late) or (press.key is not None and not _key_holds(press, first)):
        # A press made now is never taken for an old one that only asks, nor for one of another day.
        if press.key is not None:
            row = Row("activation", {"site": site, "id": first["id"], "dedupe": None})
            yield Fact(EventKind.PRESSED, site, None, {"key_of": first["id"], "now_of": act.id}, [row])
        return None
    if waits:
        return Intake(first["id"], "", "", joined=True, late=True)
    yield Fact(
        EventKind.PRESSED,
        site,
        first["incident"],
        {"again": first["id"], "source": act.source, "zone": press.zone, "presser": act.presser},
    )
    return Intake(first["id"], first["incident"], incident_code(first["incident"]), joined=True)


def _key_holds(press: Press, first: Mapping[str, Any]) -> bool:
    """Whether the same key is the same press."""
    age = press.now - first["received_at"]
    if age <= KEY_ALONE:
        return True
    then, made = first["pressed_at"] or first["received_wall"], press.activation.pressed_at
    if made is None or age > KEY_LIVES:
        return False
    at = then if isinstance(then, int | float) else datetime.fromisoformat(then).timestamp()
    return bool(abs(at - made) <= SAME_MOMENT)


def ended_since(press: Press, verdict: Verdict) -> Body[bool]:
    """Whether a live response has ended, or its end was decided, since the press was made."""
    row = verdict.incident
    if row is not None and row["state"] in (IncidentState.RELEASING, IncidentState.CLOSING):
        return True
    rows = yield Ask("ended_since", {"site": press.held.id, "since": press.now - press.age})
    return bool(rows)


def late_press(press: Press, verdict: Verdict) -> Body[Intake | None]:
    """A press that arrives long after it was made is never dropped and never fires behind people's backs."""
    act, site, age = press.activation, press.held.id, press.age
    if press.forced or not press.late:
        return None
    if verdict.decision is Decision.JOIN:
        return None  # it starts nothing: a location fix, at once
    ended = yield from ended_since(press, verdict)
    kind, due, state = (
        (TimerKind.ASK_AGAIN, press.now, "asks") if ended else (TimerKind.FIRE_LATE, press.now + STOP_WITHIN, "late")
    )
    task = Row(
        "task",
        {
            "site": site,
            "id": f"late:{act.id}",
            "incident": None,
            "kind": "late_press",
            "subject": act.id,
            "text": late_text(press, age, ended),
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
    rows = [activation_row(press, None, False, state), task, timer]
    if not ended:
        rows.append(notice_timer(site, act.id, "late", press.now, age=in_words(age), wait=f"{STOP_WITHIN:.0f}"))
    data = {"source": act.source, "age": round(age, 1), "after_end": ended}
    yield Fact(EventKind.LATE_PRESS, site, None, data, rows)
    return Intake(act.id, "", "", joined=False, late=True)


def in_words(age: float) -> str:
    return f"{age / 60:.0f} min" if age >= 90 else f"{age:.0f} s"


def late_text(press: Press, age: float, after_end: bool) -> str:
    minutes = in_words(age)
    if after_end:
        return (
            f"A press for {press.playbook.title} made {minutes} ago arrived now, and an all-clear came since. "
            "Is there danger? It will not start by itself."
        )
    return f"A press for {press.playbook.title} made {minutes} ago arrived now. It starts in 15 s unless stopped."
