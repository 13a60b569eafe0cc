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
        known = scene.doors.get(door.id)
        if known is None or known["held_by"] != scene.incident or door.id in scene.elsewhere:
            continue
        if known["before_incident"] != Lock.UNSECURED:
            continue
        if door.side == "exterior":
            exterior.append(door.id)
            continue
        rows.append(command_row(scene, step, "door", door.id, "restore", CommandState.SENDING))
    return rows, exterior
