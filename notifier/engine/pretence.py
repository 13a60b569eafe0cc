"""What a person who ended something under duress is shown: on their own screens it is as they were told that it is.

Everybody else sees what is so. It ends by itself when the incident really ends, or when that person decides once more
with the code that stands for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.desk import Desk
from notifier.interfaces import Ledger
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.model.incident import IncidentState

REAL = frozenset({IncidentState.RAISED, IncidentState.ACTIVE})
"""In any later state the response really is ending, and that is shown to all."""


@dataclass
class Pretended:
    """One incident as one person is shown it."""

    incident: dict[str, Any] = field(default_factory=dict)
    """Its row, as far as it would be another."""
    approvals: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    """Released: id of the room, and by whom."""

    @property
    def ended(self) -> bool:
        return "ended_how" in self.incident


class Pretences:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self._known: dict[str, Sequence[Mapping[str, Any]]] = {}
        """By open incident: what was done under duress, in order."""
        ledger.follow(self._hear)

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.kind is EventKind.DURESS and event.incident:
                self._known.pop(event.incident, None)

    def of(self, person: str | None) -> Mapping[str, Pretended]:
        """By open incident; empty for nearly everybody nearly always."""
        if person is None or not self._desk.incidents:
            return {}
        found = {}
        for incident, row in self._desk.incidents.items():
            mine = [each for each in self._facts(incident) if each["person"] == person]
            if mine and IncidentState(row["state"]) in REAL and not self._lifted(incident, person, mine):
                found[incident] = _folded(mine)
        return found

    def _facts(self, incident: str) -> Sequence[Mapping[str, Any]]:
        if incident not in self._known:
            rows = self._ledger.read("duress_of_incident", site=self._desk.site, incident=incident)
            told = [{**json.loads(row["payload"]).get("data", {}), "at": row["at"]} for row in rows if row["payload"]]
            self._known = {one: self._known[one] for one in self._known if one in self._desk.incidents}
            self._known[incident] = [each for each in told if "person" in each]
        return self._known[incident]

    def _lifted(self, incident: str, person: str, mine: Sequence[Mapping[str, Any]]) -> bool:
        """Whether they have decided for themselves since."""
        asked = {each["looks"]["approval"]["id"] for each in mine if "approval" in each["looks"]}
        return any(
            (row["first"] == person and row["asked_at"] > mine[-1]["at"])
            or (row["second"] == person and row["id"] in asked)
            for row in self._ledger.read("approvals_of_incident", site=self._desk.site, incident=incident)
        )


def _folded(mine: Sequence[Mapping[str, Any]]) -> Pretended:
    found = Pretended()
    for each in mine:
        looks = each["looks"]
        found.incident |= looks.get("incident", {})
        found.rooms |= looks.get("rooms", {})
        if "approval" in looks:
            found.approvals[looks["approval"]["id"]] = looks["approval"]
    return found
