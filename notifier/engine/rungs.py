"""Since when an incident is what it is now: a LOCKDOWN that a HOLD became began with a press of its own.

How long the incident runs as a whole stays `raised_wall`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.interfaces import Ledger


def rung_of(desk: Desk, ledger: Ledger, row: Mapping[str, Any]) -> dict[str, Any]:
    """`began` (wall, ISO 8601) and `grew_from`: None, or the `action` that was pressed
    first and its `since`. Of an incident that never ran anew nothing is read.
    """
    rung: dict[str, Any] = {"began": row["raised_wall"], "grew_from": None}
    if not row["run"]:
        return rung
    fired = [
        each
        for each in ledger.read("activations_of_incident", site=desk.site, incident=row["id"])
        if each["state"] == "fired"
    ]
    if not fired or fired[0]["playbook"] == row["playbook"]:
        return rung
    press = next((each for each in fired if each["playbook"] == row["playbook"]), None)
    if press is None:
        return rung
    first = desk.held_for(row["publication"]).playbooks.get(fired[0]["playbook"])
    action = str(first.action) if first else str(fired[0]["playbook"])
    return {"began": press["received_wall"], "grew_from": {"action": action, "since": row["raised_wall"]}}
