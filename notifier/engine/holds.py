"""What a command to a door leaves on the door: who holds it, what it was before, whether it is left in lockdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from notifier.engine.scene import Scene
from notifier.model.door import Leaf, Lock, Mode
from notifier.model.facts import Ask, Body, Row

SEEN_BY = "seen by"
"""What is kept of a lock begins with this where a person has looked."""


def door_orders(scene: Scene, rows: Iterable[Row], doors: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """The door rows that go with the door commands among `rows`, whenever their step starts."""
    orders = [row.values for row in rows if row.table == "command" and row.values["kind"] == "door"]
    return [
        _held(scene, order["device"], doors.get(order["device"]))
        if order["verb"] == "secure"
        else Row(
            "door",
            {
                "site": scene.site,
                "id": order["device"],
                "commanded": "open" if order["verb"] == "restore" else "release",
                "commanded_at": scene.now,
            },
        )
        for order in orders
    ]


def commands_doors(rows: Iterable[Row]) -> bool:
    return any(row.table == "command" and row.values.get("kind") == "door" for row in rows)


def _held(scene: Scene, door: str, known: Mapping[str, Any] | None) -> Row:
    """It remembers what it was before; a door that a response holds already remembers what it was before that one."""
    values = {
        "site": scene.site,
        "id": door,
        "commanded": "secure",
        "commanded_at": scene.now,
        "held_by": scene.incident,
    }
    if known is not None:
        before = known["before_incident"] if known["held_by"] else known["lock"]
        if (known["sensed_how"] or "").startswith(SEEN_BY) and known["held_by"] != scene.incident:
            values["lock"] = str(Lock.UNKNOWN)  # what somebody saw during an earlier response proves nothing now
        kept = known["held_by"] or left_in_lockdown(known)
        # Until its controller tells it anew: what it told before the command is no news of what came of it.
        values |= {"mode": None, "mode_before": known["mode_before"] if kept else known["mode"]}
        return Row("door", {**values, "before_incident": before})
    unknown = {"lock": str(Lock.UNKNOWN), "leaf": str(Leaf.UNKNOWN), "sensed_at": None, "sensed_how": None}
    return Row("door", {**values, **unknown, "before_incident": str(Lock.UNKNOWN)}, new=True)


def left_in_lockdown(known: Mapping[str, Any]) -> bool:
    """Whether a door that no response holds stands in a lockdown mode that one of ours put it into, as far as known."""
    ours = known["commanded"] is not None and known["mode_before"] != Mode.LOCKDOWN
    return bool(ours and known["held_by"] is None and known["mode"] == Mode.LOCKDOWN)


def held_elsewhere(site: str, incident: str) -> Body[dict[str, str]]:
    """Doors that other live responses have locked, each with the oldest of these."""
    rows = yield Ask("doors_held_elsewhere", {"site": site, "incident": incident})
    return {row["device"]: row["incident"] for row in rows}


def let_go(
    site: str, incident: str, doors: Sequence[Mapping[str, Any]], elsewhere: Mapping[str, str], kept: Iterable[str] = ()
) -> list[Row]:
    """Doors of an incident that is over, as they stand: each goes to another live incident that commanded it, if any.

    `elsewhere`: door to that incident. `kept`: doors that somebody else has taken over already.
    """
    taken = set(kept)
    return [
        Row("door", {"site": site, "id": door["id"], "held_by": elsewhere.get(door["id"])})
        for door in doors
        if door["held_by"] == incident and door["id"] not in taken
    ]
