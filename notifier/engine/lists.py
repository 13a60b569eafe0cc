"""What the site has and how it stands: speakers, senders, troubles, playbooks, people. Read-only."""

from __future__ import annotations

from typing import Any

from notifier.engine.orchestrator import Orchestrator
from notifier.engine.writing import decoded
from notifier.model.people import masked


class StateLists:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger

    def speakers(self) -> list[dict[str, Any]]:
        return [
            {"id": each.id, "name": each.name or each.id, "zone": each.zone, "channel": each.channel}
            for each in self._desk.held.site.speakers
        ]

    def channels(self) -> list[dict[str, Any]]:
        return [
            {
                "sender": lane.name,
                "channel": lane.sender.channel,
                "kind": lane.channel.address_kind,
                "rate": lane.sender.rate,
                "window": lane.sender.window,
                "in_flight": lane.busy,
                "passed_over": lane.passed_over,
                "uplink": lane.sender.uplink,
            }
            for lane in self._engine.lanes
        ]

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

    def contacts(self) -> list[dict[str, Any]]:
        return [
            {
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
            for each in self._desk.held.everybody
        ]

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
