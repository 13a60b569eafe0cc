"""How senders, lines, buttons and this machine itself are looked at. Nothing is sent."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from notifier.clock import Clock
from notifier.daemon.backup import last_backup
from notifier.daemon.seals_out import OLD
from notifier.daemon.supervision import Target
from notifier.daemon.triggers import Seen
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.readiness import gap
from notifier.engine.supervision import Finding, Kind, button_seen, certificate, clock_kept, disk, uplinks
from notifier.model.settings import NodeSettings
from notifier.model.watching import When

BACKUP_DAYS = 7
"""Days after which a backup is old: accounts, contacts and what happened since would be missing."""
LINE = 2.0
"""Seconds that every look at this machine may take of a thread; a hanging network disk is a fault too."""


class WatchedNode:
    def __init__(
        self,
        engine: Orchestrator,
        settings: NodeSettings,
        state: Path,
        clock: Clock,
        seen: Callable[[], Mapping[str, Seen]],
    ) -> None:
        self._engine, self._settings, self._clock, self._seen = engine, settings, clock, seen
        self._state = state
        self._since = clock.now()
        self._well: dict[str, bool] = {}
        self.certificate_ends: float | None = None
        """Wall seconds since 1970."""
        self.disk_free: int | None = None
        self.backup: tuple[str, str] | None = None
        """(wall time in ISO 8601, where it went) of the last backup."""
        self.seal_left: Callable[[], float | None] = lambda: None
        """Seconds since a seal last left by a line; None: none is to."""

    def targets(self) -> Iterable[Target]:
        node = self._settings.node
        for name in self._engine.desk.gear.channels:
            yield Target(Kind.PROVIDER, name, partial(self._sender, name), device=False)
        lines = [sender.uplink for name, sender in self._settings.senders.items()]
        for line in sorted({line for line in lines if lines.count(line) > 1}):
            yield Target(Kind.UPLINK, line, partial(self._uplink, line), device=False)
        yield Target(Kind.DISK, node, self._disk, device=False)
        yield Target(Kind.CLOCK, node, self._clock_kept, device=False)
        if self._settings.listen.tls is not None:
            yield Target(Kind.CERTIFICATE, node, self._certificate, device=False)
        for button in self._engine.desk.held.site.buttons:
            if button.seen_every is not None:
                look = partial(self._button, button.id, button.seen_every)
                yield Target(Kind.BUTTON, button.id, look, device=False)

    def gaps(self) -> list[dict[str, Any]]:
        """What this machine lacks for readiness; what is a trouble stands there already."""
        found = []
        if not self._settings.seal_places:
            text = (
                "No seal of the record leaves this machine: a cut end of it would not show. Name a folder on another "
                "disk or machine in seals_to."
            )
            found.append(gap("seal", text, When.NEXT_WORKDAY))
        made = self.backup
        if made is None:
            text = "No backup has been made: with this disk the record would be gone. Type: notifier backup."
            found.append(gap("backup", text, When.NEXT_WORKDAY))
        elif (days := (self._clock.wall() - datetime.fromisoformat(made[0])).days) > BACKUP_DAYS:
            text = f"The last backup was made {days} days ago and went to {made[1]}."
            found.append(gap("backup", text, When.NEXT_WORKDAY, age_days=days))
        age = self.seal_left()
        if age is not None and age > OLD:
            text = f"No seal of the record has left this machine for {age / 3600:.0f} h: look at seals_to."
            found.append(gap("seal_left", text, When.NEXT_WORKDAY))
        if len(self._settings.senders) == 0:
            found.append(gap("reach", "No sender is set up: nobody is told anything.", When.NOW))
        return found

    async def _sender(self, name: str) -> Sequence[Finding]:
        channel = self._engine.desk.gear.channels[name]
        self._well[name] = False  # until it says otherwise, also by an error
        health = await channel.check()
        self._well[name] = health.well
        text = "" if health.well else f"The sender {name} would not work now: {health.text}"
        return [Finding(Kind.PROVIDER, name, health.well, text, said=health.text if health.well else None)]

    async def _uplink(self, line: str) -> Sequence[Finding]:
        senders = {name: sender.uplink for name, sender in self._settings.senders.items()}
        return [finding for finding in uplinks(senders, self._well) if finding.subject == line]

    async def _disk(self) -> Sequence[Finding]:
        async with asyncio.timeout(LINE):
            usage = await asyncio.to_thread(shutil.disk_usage, self._state)
            self.backup = await asyncio.to_thread(last_backup, self._state)
        self.disk_free = usage.free
        return [disk(self._settings.node, usage.free, usage.total)]

    async def _clock_kept(self) -> Sequence[Finding]:
        kept = self._clock.kept()
        return [clock_kept(self._settings.node, None if kept is None else kept.right)]

    async def _certificate(self) -> Sequence[Finding]:
        tls, node = self._settings.listen.tls, self._settings.node
        if tls is None:
            return []
        from cryptography import x509

        try:
            async with asyncio.timeout(LINE):
                raw = await asyncio.to_thread(Path(tls.certificate).read_bytes)
            ends = x509.load_pem_x509_certificates(raw)[0].not_valid_after_utc
        except (OSError, ValueError, IndexError) as error:
            self.certificate_ends = None
            return [certificate(node, None, str(error) or type(error).__name__)]
        self.certificate_ends = ends.timestamp()
        return [certificate(node, (ends - self._clock.wall()).total_seconds() / 86_400)]

    async def _button(self, button: str, every: float) -> Sequence[Finding]:
        """A press is a sign of life too, also one that came before this start."""
        seen = self._seen().get(button)
        pressed = self._engine.ledger.read("last_press", site=self._engine.desk.site, source=f"button:{button}")
        last = max(seen.at if seen else self._since, pressed[0]["received_at"] if pressed else self._since)
        return [button_seen(button, self._clock.now() - last, every)]
