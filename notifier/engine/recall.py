"""What had left and what had not: the exact report of a recall, and who must hear the correction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.model.delivery import REACHED, DeliveryState
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row


def reached_people(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """People to whom something left, or may have left: on the wire and unknown count as left."""
    return tuple(row["person"] for row in rows)


def report_recall_body(site: str, incident: str, run: int) -> Body[dict[str, int]]:
    """Count and record exactly what had left, once for each run: a restart drains again and must not report again."""
    yield Ask("lock_incident", {"site": site, "id": incident})
    for row in (yield Ask("recall_reports", {"site": site, "incident": incident})):
        report: dict[str, int] = json.loads(row["payload"])["data"]
        if report.get("run") == run:
            return report
    counts = yield Ask("main_delivery_states", {"site": site, "incident": incident})
    by_state = {row["state"]: row["n"] for row in counts}
    left = sum(by_state.get(state, 0) for state in REACHED)
    unsure = by_state.get(DeliveryState.UNKNOWN, 0) + by_state.get(DeliveryState.SENDING, 0)
    report = {
        "left": left,
        "stopped": by_state.get(DeliveryState.RECALLED, 0),
        "may_have_left": unsure,
        "failed": by_state.get(DeliveryState.FAILED, 0),
    }
    yield Fact(EventKind.RECALLED, site, incident, {**report, "run": run})
    return report


def rerouting_body(site: str, lane: str, other: str, limit: int) -> Body[int]:
    """Queued deliveries of a broken sender change to another one."""
    queued = yield Ask("queued_of_lane", {"site": site, "lane": lane, "limit": limit})
    by_incident: dict[str, list[Row]] = {}
    for row in queued:
        by_incident.setdefault(row["incident"], []).append(
            Row("delivery", {"site": site, "id": row["id"], "lane": other})
        )
    for incident, rows in by_incident.items():
        yield Fact(
            EventKind.DELIVERIES_SETTLED,
            site,
            incident,
            {"count": len(rows), "from_sender": lane, "to_sender": other},
            rows,
        )
    return len(queued) if len(queued) == limit else 0
