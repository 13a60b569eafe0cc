"""Whom closing words reach: whoever was written to, and nobody else (PRODUCT 3, End)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.recall import reached_people
from notifier.engine.scene import Scene
from notifier.interfaces import Ledger
from notifier.model.people import Person
from notifier.model.step import Phase


def closing_people(desk: Desk, ledger: Ledger, scene: Scene, step_id: str) -> tuple[Person, ...]:
    """The people of one closing step: an all-clear goes to those written to, a correction to exactly those reached."""
    steps = [(step.id, step.notify) for step in scene.playbook.phase(scene.phase) if step.notify is not None]
    ids = {person.id for name, notify in steps if name == step_id for person in desk.people(scene, notify.to)}
    reached = set(reached_people(ledger.read("reached_people", site=scene.site, incident=scene.incident)))
    if steps and step_id == steps[0][0]:
        # Whoever was reached and is in no closing step gets the first one's words; nobody gets two steps' words.
        ids |= reached - {person.id for _, notify in steps[1:] for person in desk.people(scene, notify.to)}
    if scene.phase is Phase.CORRECTION:
        ids &= reached
    else:
        # An all-clear to somebody who never heard of it would be the alarm itself.
        rows = ledger.read("addressed_people", site=scene.site, incident=scene.incident)
        ids &= {row["person"] for row in rows}
    return tuple(person for person in scene.held.everybody if person.id in ids)


def closing_reach(desk: Desk, ledger: Ledger, row: Mapping[str, Any], phase: Phase) -> dict[str, Any]:
    """How many people an ending would reach if it began now: by step, and all of them, each counted once."""
    scene = desk.scene(row, row["run"], phase, row["playbook"], row["zone"])
    found = {
        step.id: {person.id for person in closing_people(desk, ledger, scene, step.id)}
        for step in scene.playbook.phase(phase)
        if step.notify is not None
    }
    return {"people": len(set().union(*found.values())), "steps": {name: len(ids) for name, ids in found.items()}}
