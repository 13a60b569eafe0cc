"""Doors are read again and again while a response holds them, and once at the start; supervision reads the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.device_records import is_as_known, poll_body, sensed, watch_body
from notifier.engine.devices import HOLDS, Devices
from notifier.errors import LedgerError
from notifier.interfaces import Ledger
from notifier.model.door import Lock, Mode
from notifier.model.step import Phase

WATCH_DOORS = 3.0
"""Seconds between readings of each held door (PRODUCT 3: a door found unlocked raises an alarm)."""


class DoorWatch:
    """Read-only, but for a held door that is not secured or not in lockdown any more: that one is told again."""

    def __init__(self, desk: Desk, ledger: Ledger, devices: Devices) -> None:
        self._desk, self._ledger, self._devices = desk, ledger, devices

    async def run(self) -> None:
        """Idle doors are read at the start, to know what they were before an incident; held ones again and again."""
        if not self._held():
            await self.poll_idle()
        while True:
            if held := self._held():
                await self._watch_held(held)
            await self._desk.clock.sleep(WATCH_DOORS)

    def _held(self) -> list[Mapping[str, Any]]:
        return [row for row in self._desk.incidents.values() if row["state"] in HOLDS]

    async def _watch_held(self, incidents: Sequence[Mapping[str, Any]]) -> None:
        by_id = {row["id"]: row for row in incidents}
        rows = self._ledger.read("held_doors", site=self._desk.site)
        watched = [
            row
            for row in rows
            if row["held_by"] in by_id
            and not self._devices.watched(row["held_by"], row["id"])
            and row["id"] not in self._devices.opened
        ]

        async def look(row: Mapping[str, Any]) -> None:
            incident = by_id[row["held_by"]]
            held = self._desk.held_of[incident["publication"]]
            door = held.doors.get(row["id"])
            if door is None:
                return
            reading = await self._devices.read(door)
            known = self._ledger.read("lock_door", site=self._desk.site, id=door.id)
            alarm = not is_as_known(known, reading, incident["id"]) and await self._ledger.run(
                lambda: watch_body(self._desk.site, door, reading, incident["id"], self._desk.clock.now())
            )
            # Somebody has let it out of lockdown at its controller: told once, for each time that it is seen.
            let_out = row["mode"] == Mode.LOCKDOWN and reading.mode is Mode.NORMAL
            open_now = let_out or sensed(row, reading).lock is not Lock.SECURED
            if alarm or (open_now and row["commanded"] == "secure"):
                self._secure_again(incident, door.id)

        await asyncio.gather(*(look(row) for row in watched), return_exceptions=True)

    def _secure_again(self, incident: Mapping[str, Any], door: str) -> None:
        rows = self._ledger.read("last_command_of", site=self._desk.site, incident=incident["id"], device=door)
        if rows:
            scene = self._desk.scene(
                incident, rows[0]["run"], Phase(rows[0]["phase"]), incident["playbook"], incident["zone"]
            )
            self._devices.secure(scene, rows[0]["id"], door)

    async def poll_idle(self) -> None:
        """Read every door that no incident holds."""
        doors = self._desk.held.site.doors if self._desk.current else ()
        readings = await asyncio.gather(*(self._devices.read_with_mode(door) for door in doors))
        found = {door.id: reading for door, reading in zip(doors, readings, strict=True)}
        if found:
            with contextlib.suppress(LedgerError):
                await self._ledger.run(lambda: poll_body(self._desk.site, found, self._desk.clock.now()))
