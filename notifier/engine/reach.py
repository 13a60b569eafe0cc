"""How many people a press would tell: what a tile says before anybody presses it."""

from __future__ import annotations

from notifier.engine.desk import Desk
from notifier.engine.playbook_run import steps_of
from notifier.engine.scene import Scene
from notifier.engine.steps.notify import purpose_of


def reach_of(desk: Desk, scene: Scene) -> dict[str, int]:
    """`people`: told without anybody's approval, each counted once; `outside`: those of them who are not on site;
    `waits`: told only after an approval.
    """
    told: set[str] = set()
    waits: set[str] = set()
    for step in steps_of(scene):
        if step.notify is not None:
            people, purpose = desk.people(scene, step.notify.to), purpose_of(scene, step.notify)
            audience = desk.audience(scene, people, step.notify.by, purpose=purpose)
            (waits if step.approve else told).update(plan.person.id for plan in audience.planned)
    everybody = scene.held.people
    return {
        "people": len(told),
        "outside": sum(not everybody[person].on_site for person in told),
        "waits": len(waits - told),
    }
