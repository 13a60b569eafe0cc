"""What a board shows beside the picture of an incident: since when, and what happened last. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notifier.clock import stopwatch
from notifier.engine.approvals import who_asked
from notifier.engine.desk import Desk
from notifier.engine.endings import DISTRICT_COUNTS_AFTER
from notifier.engine.timeline_pages import Once
from notifier.engine.writing import decoded
from notifier.interfaces import Ledger

QUICK = 0.02
"""Seconds; what is counted faster is counted anew each time it is asked for."""
SHARE = 20.0
MOST_KEPT = 16
NEWEST = 40
"""Events that are looked at for a board's timeline; readings of doors among them are left out of it."""


class DeliveryCounts:
    """How many messages are in which state, counted by the store; of a large incident at most so often that counting
    takes a twentieth of the loop. What is shown of it may then be as old as that: two seconds for 100,000 people.
    """

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self._kept: dict[str, tuple[float, float, dict[str, dict[str, int]]]] = {}
        """By incident: when it was counted, what that took, and what came of it."""

    def of(self, incident: str) -> dict[str, dict[str, int]]:
        started = stopwatch()
        at, took, counts = self._kept.get(incident, (0.0, 0.0, {}))
        if took > QUICK and started - at < took * SHARE:
            return counts
        counts = {}
        for each in self._ledger.read("delivery_counts", site=self._desk.site, incident=incident):
            states = counts.setdefault(each["kind"], {})
            states[each["state"]] = states.get(each["state"], 0) + each["n"]
        ended = stopwatch()
        self._kept = {**dict(list(self._kept.items())[-MOST_KEPT:]), incident: (ended, ended - started, counts)}
        return counts


class BoardView:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self.once = Once(desk, ledger)

    def beside(self, row: Mapping[str, Any]) -> dict[str, Any]:
        site, incident = self._desk.site, row["id"]
        held = self._desk.held_for(row["publication"])
        people, playbook = held.people, held.playbooks.get(row["playbook"])
        commander = row["commander"]
        tasks = self._ledger.read("tasks_of_incident", site=site, incident=incident)
        loose = [each for each in self._ledger.read("tasks_open", site=site) if each["incident"] is None]
        approvals = self._ledger.read("approvals_of_incident", site=site, incident=incident)
        return {
            "asks": playbook is not None and any(step.acknowledge for step in playbook.steps),
            "on_site": held.on_site,
            "fire_alarm": self._desk.fire_alarm,
            "commander_name": people[commander].name if commander in people else commander,
            "tasks": [self._task(each) for each in (*tasks, *loose)],
            "approvals": self.approvals(approvals, row["raised_at"]),
        }

    def items(self, doors: Mapping[str, Any], rooms: Mapping[str, Any]) -> dict[str, Any]:
        seen = {row["id"]: row["sensed_at"] for row in self._ledger.read("doors_of_site", site=self._desk.site)}
        paths = {door.id: len(door.drivers) for door in self._desk.held.site.doors}
        return {
            "door_items": [
                {**item, "seen": self._wall(seen.get(item["id"])), "paths": paths.get(item["id"], 1)}
                for item in doors["items"]
            ],
            "room_items": rooms["items"],
        }

    def newest(self, incident: str) -> list[Mapping[str, Any]]:
        rows = self._ledger.read("newest_of_incident", site=self._desk.site, incident=incident, limit=NEWEST)
        return list(self.once.of(rows))

    def _task(self, row: Mapping[str, Any]) -> dict[str, Any]:
        names = ("id", "incident", "kind", "subject", "text", "state", "owner", "owner_name")
        return {
            **{name: row[name] for name in names},
            "since": self._wall(row["at"]),
            "moved": self._wall(row["moved_at"]),
        }

    def approvals(self, rows: Iterable[Mapping[str, Any]], began: float) -> list[dict[str, Any]]:
        return [self._approval(each, began) for each in rows]

    def _approval(self, row: Mapping[str, Any], began: float) -> dict[str, Any]:
        names = ("id", "incident", "what", "state", "first", "first_name", "second", "second_name", "reason")
        data = decoded(row["data"])
        return {
            **{name: row[name] for name in names},
            "asked": self._wall(row["asked_at"]),
            "district": self._wall(row["asked_at"] + DISTRICT_COUNTS_AFTER),
            "expires": self._wall(row["expires"]),
            "began": began,
            "asker": asdict(who_asked(row).human),
            "message": {name: data[name] for name in ("to", "by", "text", "people") if name in data},
            "why": data.get("why", ""),
        }

    def _wall(self, steady: float | None) -> str | None:
        """Ledger time as wall time, to the second: only the daemon knows how they lie to each other."""
        if steady is None:
            return None
        moment: datetime = self._desk.clock.wall() + timedelta(seconds=steady - self._desk.clock.now())
        return (moment + timedelta(milliseconds=500)).isoformat(timespec="seconds")
