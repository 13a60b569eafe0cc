"""Bring doors back to what they were before the incident: the one step that may command a lock open.

A door that was open before is told to open. One that was not stays locked; where the response has put it into a
lockdown mode of its controller, it is let out of that, so that its badges and schedules work as before.
"""

from __future__ import annotations

from notifier.engine.scene import Scene
from notifier.engine.selectors import select_doors
from notifier.engine.steps.secure_doors import command_row
from notifier.model.door import CommandState, Lock, Mode
from notifier.model.facts import Row
from notifier.model.playbook import Step
from notifier.model.step import Phase


def first_rows(scene: Scene, step: Step) -> tuple[list[Row], list[str]]:
    """(commands, exterior doors that wait for a second confirmation).

    Skipped: doors that have no way back, and drills. A recall or correction restores nothing.
    """
    deed = step.restore_doors
    assert deed is not None
    rows: list[Row] = []
    exterior: list[str] = []
    if scene.phase is not Phase.ALL_CLEAR or (scene.drill and not scene.playbook.drill):
        return rows, exterior
    for door in select_doors(scene.held, deed.doors, scene.zone):
        verb = way_back(scene, door.id)
        if verb is None:
            continue
        if door.side == "exterior":
            exterior.append(door.id)
            continue
        rows.append(command_row(scene, step, "door", door.id, verb, CommandState.SENDING))
    return rows, exterior


def way_back(scene: Scene, door: str) -> str | None:
    """The command that brings it back: `restore` if it was open, `release` if it was not and no lockdown held it.

    None where this incident has not locked it, another live one has, or nobody knows how it was.
    """
    known = scene.doors.get(door)
    if known is None or known["held_by"] != scene.incident or door in scene.elsewhere:
        return None
    if known["before_incident"] == Lock.UNSECURED:
        return "restore"
    return "release" if known["mode_before"] == Mode.NORMAL else None
