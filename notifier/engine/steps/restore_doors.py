"""Bring doors back to what they were before the incident: the one step that may command a lock open."""

from __future__ import annotations

from notifier.engine.scene import Scene
from notifier.engine.selectors import select_doors
from notifier.engine.steps.secure_doors import command_row
from notifier.model.door import CommandState, Lock
from notifier.model.facts import Row
from notifier.model.playbook import Step
from notifier.model.step import Phase


def first_rows(scene: Scene, step: Step) -> tuple[list[Row], list[str]]:
    """(commands, exterior doors that wait for a second confirmation).

    Skipped: doors that were secured or not known before, doors that this incident has not locked or another live one
    has, drills. A recall or correction restores nothing.
    """
    deed = step.restore_doors
    assert deed is not None
    rows: list[Row] = []
    exterior: list[str] = []
    if scene.phase is not Phase.ALL_CLEAR or (scene.drill and not scene.playbook.drill):
        return rows, exterior
    for door in select_doors(scene.held, deed.doors, scene.zone):
        if not may_restore(scene, door.id):
            continue
        if door.side == "exterior":
            exterior.append(door.id)
            continue
        rows.append(command_row(scene, step, "door", door.id, "restore", CommandState.SENDING))
    return rows, exterior


def may_restore(scene: Scene, door: str) -> bool:
    """It was open before, this incident has locked it, and no other live one has."""
    known = scene.doors.get(door)
    if known is None or known["held_by"] != scene.incident or door in scene.elsewhere:
        return False
    return bool(known["before_incident"] == Lock.UNSECURED)
