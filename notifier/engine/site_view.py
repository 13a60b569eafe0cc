"""What hangs on the walls of a site, with what it was told, what it reads and what is wrong. Read-only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.walk_tests import standing
from notifier.interfaces import Ledger
from notifier.model.site import Door


class SiteView:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger

    def equipment(self) -> dict[str, Any]:
        site, held = self._desk.site, self._desk.held
        rows = {row["id"]: row for row in self._ledger.read("doors_of_site", site=site)}
        troubles: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._ledger.read("troubles", site=site):
            told = {name: row[name] for name in ("id", "text", "state", "raised_wall", "by_whom")}
            # A trouble may be about a part of a thing: `d7:second`, `d7:lockdown`.
            troubles.setdefault((row["kind"], row["subject"].partition(":")[0]), []).append(told)
        walks = standing(held, self._ledger.read("walk_tests", site=site), self._desk.clock.wall())

        def known(kind: str, each: Any, driver: str) -> dict[str, Any]:
            return {
                "id": each.id, "name": each.name or each.id, "zone": each.zone, "driver": driver,
                "zone_name": held.zone_names.get(each.zone, each.zone), "troubles": troubles.get((kind, each.id), []),
            }  # fmt: skip

        return {
            "doors": [
                known("door", each, each.driver) | self._door(each, rows.get(each.id)) for each in held.site.doors
            ],
            "speakers": [known("speaker", each, each.channel) for each in held.site.speakers],
            "signals": [known("signal", each, each.driver) for each in held.site.signals],
            "cameras": [known("camera", each, each.driver) for each in held.site.cameras],
            "buttons": [known("button", each, "") | {"playbook": each.playbook} for each in held.site.buttons],
            "walks": walks,
        }

    def _door(self, door: Door, row: Mapping[str, Any] | None) -> dict[str, Any]:
        sensor = f"input {door.sensed_by.input} of its device" if door.sensed_by else "the controller's lock monitor"
        return {
            "name": door.title,
            "side": door.side,
            "lock": row["lock"] if row else "unknown",
            "leaf": row["leaf"] if row else "unknown",
            "told": row["commanded"] if row else None,
            "told_at": self._wall(row["commanded_at"]) if row else None,
            "reads": row["sensed_how"] if row else None,
            "since": self._wall(row["sensed_at"]) if row else None,
            "held_by": row["held_by"] if row else None,
            "proof": sensor if door.can_be_proven else "",
            "commandable": door.commandable,
            "egress": door.egress,
            "on_power_loss": door.on_power_loss,
            "fire_release": door.fire_release,
            "verified_by": door.verified_by,
            "verified_on": door.verified_on.isoformat() if door.verified_on else None,
        }

    def _wall(self, steady: float | None) -> str | None:
        """Ledger time as wall time, to the second."""
        if steady is None:
            return None
        moment = self._desk.clock.wall() + timedelta(seconds=steady - self._desk.clock.now())
        return (moment + timedelta(milliseconds=500)).isoformat(timespec="seconds")
