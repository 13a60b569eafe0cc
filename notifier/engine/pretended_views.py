"""The views of one person: for who ended something under duress, as they were told that it is (`pretence.py`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.inbound import Inbox
from notifier.engine.notices import STEP
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.pretence import Pretences, Pretended
from notifier.engine.views import EngineViews
from notifier.interfaces import Views
from notifier.model.events import EventKind
from notifier.model.step import StepState

AUDITED = frozenset({EventKind.APPROVAL_ASKED, EventKind.APPROVAL_DECIDED})
"""What of a pretended decision would stand in the audit (`access_audit`)."""
TOLD_OTHERS = "call_district"
"""Kind of the task that says to everybody else that somebody was forced."""


class PersonalViews(EngineViews):
    """Implements `interfaces.Views`, for everybody."""

    def __init__(self, engine: Orchestrator, inbox: Inbox, pretences: Pretences) -> None:
        super().__init__(engine, inbox)
        self.pretences = pretences

    def seen_by(self, person: str | None) -> Views:
        return PretendedViews(self, person) if person and self.pretences.of(person) else self

    def pretends(self, incident: str) -> bool:
        return False

    def as_if(self) -> Sequence[Mapping[str, Any]]:
        return ()


class PretendedViews(EngineViews):
    """What one person is shown. Asks anew each time what that is."""

    def __init__(self, whole: PersonalViews, person: str) -> None:
        self.__dict__.update(whole.__dict__)  # the same ledger, desk and counts: only what is shown differs
        self._whole, self._person = whole, person

    def seen_by(self, person: str | None) -> Views:
        return self if person == self._person else self._whole.seen_by(person)

    def pretends(self, incident: str) -> bool:
        return self._pretended(incident) is not None

    def as_if(self) -> Sequence[Mapping[str, Any]]:
        found = []
        for incident in self._whole.pretences.of(self._person):
            for row in self._ledger.read("duress_of_incident", site=self._desk.site, incident=incident):
                data = json.loads(row["payload"]).get("data", {}) if row["payload"] else {}
                kind, shown = self._as_shown(EventKind.DURESS, data)
                if self._is_mine(EventKind.DURESS, data) and kind in AUDITED and data.get("shows"):
                    at = {"cursor": f"{row['node']}:{row['n']}", "wall": row["wall"], "incident": incident}
                    found.append({**at, "kind": str(kind), "text": kind.sentence, "data": dict(shown)})
        return sorted(found, key=lambda one: str(one["wall"]), reverse=True)

    def _pretended(self, incident: str | None) -> Pretended | None:
        return self._whole.pretences.of(self._person).get(incident or "")

    def _brief(self, row: Mapping[str, Any]) -> dict[str, Any]:
        brief, pretended = super()._brief(row), self._pretended(row["id"])
        return brief if pretended is None else {**brief, **pretended.incident}

    def _picture(self, row: Mapping[str, Any], doors: Mapping[str, Any], rooms: Mapping[str, Any]) -> dict[str, Any]:
        picture, pretended = super()._picture(row, doors, rooms), self._pretended(row["id"])
        if pretended is None:
            return picture
        picture["approvals"] = _with(picture["approvals"], self._approvals(list(pretended.approvals.values())))
        picture["deliveries"] = self._without_notices(row["id"], picture["deliveries"])
        if pretended.ended:
            picture["steps"] = [{**step, "state": _ended(step)} for step in picture["steps"]]
        return picture

    def _without_notices(self, incident: str, counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
        """Without those who are told that they were forced."""
        found = {kind: dict(states) for kind, states in counts.items()}
        for row in self._ledger.read("notice_counts", site=self._desk.site, incident=incident):
            states = found.get(row["kind"], {})
            states[row["state"]] = max(states.get(row["state"], 0) - row["n"], 0)
        return {kind: {state: n for state, n in states.items() if n} for kind, states in found.items()}

    def deliveries(self, incident: str, *, state: str | None, limit: int, after: str | None) -> Mapping[str, Any]:
        shown = super().deliveries(incident, state=state, limit=limit, after=after)
        if self._pretended(incident) is None:
            return shown
        return {**shown, "items": [one for one in shown["items"] if one["step"] != STEP]}

    def board(self, incident: str) -> Mapping[str, Any]:
        picture, pretended = super().board(incident), self._pretended(incident)
        if pretended is None:
            return picture
        mine = self._board.approvals(pretended.approvals.values(), self._row(incident)["raised_at"])
        asked = _with(picture["approvals"], mine)
        return {**picture, "approvals": asked, "tasks": self._without(picture["tasks"])}

    def rooms(self, incident: str) -> Mapping[str, Any]:
        rooms, pretended = super().rooms(incident), self._pretended(incident)
        if pretended is None or not pretended.rooms:
            return rooms
        items = [
            {**one, "state": "released", "by": pretended.rooms[one["id"]], "silent": False}
            if one["id"] in pretended.rooms
            else one
            for one in rooms["items"]
        ]
        counts = {
            **rooms["counts"],
            "released": sum(one["state"] == "released" for one in items if one["occupied"]),
            "silent": sum(one["silent"] for one in items),
        }
        return {**rooms, "items": items, "counts": counts}

    def state(self, what: str) -> Mapping[str, Any]:
        shown = super().state(what)
        if what == "approvals":
            mine = [row for one in self._whole.pretences.of(self._person).values() for row in one.approvals.values()]
            return {**shown, "items": _with(shown["items"], self._approvals(mine))}
        return shown

    def _tasks(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return super()._tasks(self._without(rows))

    def _without(self, tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [each for each in tasks if each["kind"] != TOLD_OTHERS or self._pretended(each["incident"]) is None]

    def _is_shown(self, kind: EventKind, data: Mapping[str, Any]) -> bool:
        return bool(data.get("shows")) if self._is_mine(kind, data) else super()._is_shown(kind, data)

    def _as_shown(self, kind: EventKind, data: Mapping[str, Any]) -> tuple[EventKind, Mapping[str, Any]]:
        if self._is_mine(kind, data) and data.get("shows"):
            return EventKind(data["shows"]["kind"]), data["shows"]["data"]
        return super()._as_shown(kind, data)

    def _is_mine(self, kind: EventKind, data: Mapping[str, Any]) -> bool:
        return kind is EventKind.DURESS and data.get("person") == self._person


def _ended(step: Mapping[str, Any]) -> str:
    """What waited for an approval or a time would wait no more, and nobody would be reminded."""
    if step["state"] == StepState.RUNNING and step["deed"] == "notify":
        return str(StepState.DONE)
    return str(StepState.CANCELLED if step["state"] == StepState.WAITING else step["state"])


def _with(shown: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """`other` in the places of those with the same id, or after them."""
    new = {each["id"]: each for each in other}
    return [new.pop(each["id"], each) for each in shown] + list(new.values())
