"""What the site has and how it stands: senders, troubles, playbooks, people. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.engine.deliveries import DayLimit
from notifier.engine.drawn import Drawn
from notifier.engine.lanes import Lane
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.site_view import SiteView
from notifier.engine.supervision import Kind
from notifier.engine.writing import decoded
from notifier.model.people import Person, masked


class StateLists:
    def __init__(self, engine: Orchestrator, site: SiteView) -> None:
        self._engine, self._desk, self._ledger, self._site = engine, engine.desk, engine.ledger, site

    def channels(self) -> list[dict[str, Any]]:
        """Each sender: its limits, and what its provider last took, reported and answered."""
        return [
            {
                **self._site.seen(Kind.PROVIDER, lane.name),
                "sender": lane.name,
                "channel": lane.sender.channel,
                "kind": lane.channel.address_kind,
                "rate": lane.sender.rate,
                "window": lane.sender.window,
                "in_flight": lane.busy,
                "passed_over": lane.passed_over,
                "uplink": lane.sender.uplink,
                "accepted": self._site.wall(lane.accepted_at),
                "reported": self._site.seen(Kind.PROVIDER, f"{lane.name}:reported")["seen"],
                "daily_cap": lane.sender.daily_cap,
                "left_today": self._left_today(lane),
            }
            for lane in self._engine.lanes
        ]

    def _left_today(self, lane: Lane) -> int | None:
        """Segments that its provider takes until midnight UTC; None: no limit is set."""
        if lane.sender.daily_cap is None:
            return None
        known = self._ledger.read("lane_of", site=self._desk.site, name=lane.name)
        return max(0, DayLimit(lane.sender.daily_cap, self._desk.clock.wall().date().isoformat()).left(known))

    def troubles(self) -> list[dict[str, Any]]:
        names = ("id", "kind", "subject", "text", "state", "raised_wall", "by_whom")
        return [{name: row[name] for name in names} for row in self._ledger.read("troubles", site=self._desk.site)]

    def playbooks(self) -> list[dict[str, Any]]:
        return [
            {
                "id": each.playbook,
                "title": each.title,
                "action": str(each.action),
                "severity": each.severity,
                "steps": len(each.steps),
                "audible": each.audible,
                "scope": each.scope,
            }
            for each in self._desk.held.playbooks.values()
        ]

    def contacts(self) -> Sequence[dict[str, Any]]:
        return Drawn(self._desk.held.everybody, self._contact)

    def _contact(self, each: Person) -> dict[str, Any]:
        return {
            "id": each.id,
            "name": each.name,
            "room": each.room,
            "roles": sorted(each.roles),
            "groups": sorted(each.groups),
            "language": each.language,
            "on_site": each.on_site,
            "addresses": {kind: masked(address) for kind, address in each.addresses.items()},
            "browsers": len(self._desk.browsers.of(each.id)),
            "browsers_gone": len(self._desk.browsers.gone.get(each.id, ())),
        }

    def call_list(self) -> list[dict[str, Any]]:
        """People with a role, and the number they are called at, in full: for the printed sheet."""
        return [
            {
                "name": each.name,
                "roles": sorted(each.roles),
                "telephone": each.addresses.get("voice") or each.addresses.get("sms") or "",
            }
            for each in self._desk.held.everybody
            if each.roles
        ]

    def publications(self) -> list[dict[str, Any]]:
        return [
            {
                "version": row["version"],
                "author": row["author"],
                "comment": row["comment"],
                "wall": row["wall"],
                "files": len(decoded(row["files"])),
            }
            for row in self._ledger.read("publications", site=self._desk.site)
        ]
