"""The last line of `make demo ONCE=1`: one JSON object. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.demo.facts import Facts

LEFT = ("sent", "delivered", "read")
ARRIVED = ("delivered", "read")


def summary(facts: Facts, failed: Sequence[str]) -> dict[str, Any]:
    """What `failed_promises` found stands last; a reader looks there first.

    `doors.not_secured` is what the daemon names. Its `reason` is not the daemon's: from outside, a jammed bolt and a
    burnt relay contact read the same ("relay on, the contact says not secured"), so the campus' own truth is put
    beside the daemon's report; a door that is named and well, or broken in a way the campus does not know, is
    `unknown`. `first_door_ms`, `pages`, and `told` are measured on the campus; the other figures are the daemon's.
    `deliveries.sent` counts what a provider took, what is known to have arrived included.
    """
    states = facts.deliveries
    return {
        "incident": facts.incident,
        "first_door_ms": None if facts.first_door_ms is None else round(facts.first_door_ms, 2),
        "doors": {
            "secured": sum(door.reported == "secured" for door in facts.doors),
            "not_secured": [
                {"door": door.id, "reason": door.fault or "unknown", "told": list(door.told)}
                for door in facts.doors
                if door.named
            ],
        },
        "pages": {"packets": facts.packets, "worst_gap_ms": round(facts.worst_gap_ms, 1)},
        "deliveries": {
            "sent": sum(states.get(state, 0) for state in LEFT),
            "delivered": sum(states.get(state, 0) for state in ARRIVED),
            "failed": states.get("failed", 0),
            "recalled": states.get("recalled", 0),
        },
        "answered": sum(person.shown is not None for person in facts.people),
        "escalated": sorted(facts.escalation.rooms) if facts.escalation else [],
        "released": len(facts.released),
        "approvals": [{"what": one.what, "first": one.first, "second": one.second} for one in facts.approvals],
        "all_clear": facts.all_clear,
        "ledger_verified": facts.ledger_checked and not facts.ledger_findings,
        "failed_promises": list(failed),
    }
