"""How many people a press would tell: what a tile says before anybody presses it."""

from __future__ import annotations

from notifier.engine.desk import Desk
from notifier.engine.playbook_run import steps_of
from notifier.engine.scene import Scene


def reach_of(desk: Desk, scene: Scene) -> dict[str, int]:
    """`people`: told without anybody's approval, each counted once; `outside`: those of them who are not on site;
    `waits`: told only after an approval.
    """
    told: set[str] = set()
    waits: set[str] = set()
    for step in steps_of(scene):
        if step.notify is not None:
            audience = desk.audience(scene, desk.people(scene, step.notify.to), step.notify.by)
            (waits if step.approve else told).update(plan.person.id for plan in audience.planned)
    people = scene.held.people
    return {
        "people": len(told),
        "outside": sum(not people[person].on_site for person in told),
        "waits": len(waits - told),
    }
