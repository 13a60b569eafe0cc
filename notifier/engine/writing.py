"""Writes messages for people into the ledger: a step's own, an escalation's, a typed one. Bodies only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.audience import Planned
from notifier.engine.playbook_run import change_step
from notifier.engine.scene import Scene
from notifier.engine.steps.notify import CHUNK, Letters, delivery_rows
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.step import StepState


def link_rows(scene: Scene, planned: Sequence[Planned], hash_of: Mapping[str, str]) -> list[Row]:
    """One answer link per person and incident; only its hash is kept."""
    rows, done = [], set()
    for plan in planned:
        if plan.person.id in hash_of and plan.person.id not in done:
            done.add(plan.person.id)
            rows.append(
                Row(
                    "link",
                    {
                        "site": scene.site,
                        "hash": hash_of[plan.person.id],
                        "incident": scene.incident,
                        "person": plan.person.id,
                        "dies_at": None,
                    },
                    new=True,
                )
            )
    return rows


def write_step_body(
    scene: Scene,
    step_id: str,
    planned: Sequence[Planned],
    letters: Letters,
    links: Mapping[str, str],
    start: int,
    audience_facts: Mapping[str, Any],
) -> Body[int | None]:
    """Write the chunk of a step's messages that begins at `start`; returns where the next begins, None at the end.

    Runs only while the step runs and nobody else wrote this chunk, so a crash or a second node writes nothing twice.
    """
    known = yield Ask(
        "lock_step",
        {"site": scene.site, "incident": scene.incident, "run": scene.run, "phase": str(scene.phase), "id": step_id},
    )
    if not known or known[0]["state"] != StepState.RUNNING or known[0]["expanded"]:
        return None
    detail = decoded(known[0]["detail"])
    if detail.get("written", 0) != start:
        return None
    chunk = planned[start : start + CHUNK]
    end = start + len(chunk)
    last = end >= len(planned)
    detail |= {"written": end, "deliveries": end}
    if last:
        detail |= dict(audience_facts)
        detail["people"] = len({plan.person.id for plan in planned})
        detail["deliveries"] = len(planned)
    rows = delivery_rows(scene, step_id, 0, chunk, letters)
    step = change_step(known[0], detail=detail, expanded=int(last))
    yield Fact(
        EventKind.DELIVERIES_QUEUED,
        scene.site,
        scene.incident,
        {"step": step_id, "level": 0, "count": len(chunk), **(audience_facts if last else {})},
        [*rows, *link_rows(scene, chunk, links), step],
    )
    return None if last else end


def write_extra_body(
    scene: Scene,
    step_id: str,
    level: int,
    planned: Sequence[Planned],
    letters: Letters,
    links: Mapping[str, str],
    kind: EventKind,
    data: Mapping[str, Any],
    mark: str = "",
    also: Sequence[Row] = (),
) -> Body[int]:
    """Messages beside a step's own: an escalation, a question to an approver, a typed message, news of a zone."""
    rows = delivery_rows(scene, step_id, level, planned, letters, mark)
    yield Fact(
        kind,
        scene.site,
        scene.incident,
        {"step": step_id, "level": level, "count": len(planned), **data},
        [*rows, *link_rows(scene, planned, links), *also],
    )
    return len(planned)


def decoded(value: Any) -> dict[str, Any]:
    """A JSON column as it comes from the store."""
    return value if isinstance(value, dict) else dict(json.loads(value))
