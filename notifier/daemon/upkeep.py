"""What a node does by the clock for itself: backups and forgetting. APScheduler in memory; nothing of a response.

A machine that was off at the hour makes up for it: whatever is overdue at a start is done some minutes after it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from apscheduler.triggers.cron import CronTrigger

from notifier.clock import Clock
from notifier.daemon.archive import unpack
from notifier.daemon.backup import Backups, backup_name, last_backup
from notifier.engine.drill_calendar import zone_of
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.retention import YEAR, Erases, forget
from notifier.errors import NotifierError
from notifier.ledger.aside import aside
from notifier.model.settings import NodeSettings

log = logging.getLogger(__name__)

CATCH_UP = 300.0
"""Seconds after a start at which what is overdue is done: a start in the middle of an incident has other work."""
FORGET_AT = "40 3 * * *"
"""In the site's own night."""


class Upkeep:
    def __init__(
        self, engine: Orchestrator, ledger: Erases, backups: Backups, settings: NodeSettings, folder: Path, state: Path
    ) -> None:
        self._engine, self._ledger, self._backups, self._settings = engine, ledger, backups, settings
        self._folder, self._state = folder, state
        self._clock: Clock = engine.desk.clock

    async def run(self) -> None:
        """Until cancelled."""
        plan, retention = self._settings.backup, self._settings.retention
        if plan is None and retention is None:
            await asyncio.Event().wait()
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # after the start: it reads every distribution

        zone = zone_of(self._engine.desk.held.site.timezone)
        often = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = AsyncIOScheduler(timezone=zone, job_defaults=often)
        if plan is not None:
            cron = CronTrigger.from_crontab(plan.cron, timezone=zone)
            scheduler.add_job(self.back_up, cron)
            if self._is_overdue(cron):
                scheduler.add_job(self.back_up, "date", run_date=self._clock.wall() + timedelta(seconds=CATCH_UP))
        if retention is not None:
            scheduler.add_job(self.forget, CronTrigger.from_crontab(FORGET_AT, timezone=zone))
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def back_up(self) -> None:
        """One backup into the folder that the settings name; a failure is a trouble until one succeeds."""
        plan = self._settings.backup
        if plan is None:
            return
        to = self._folder / plan.to
        try:
            async with self._backups.made() as path:
                name = backup_name(self._settings.node, self._clock.wall().isoformat(timespec="seconds"))
                await aside(partial(keep, path, to, name, plan.keep, self._settings.node))
        except (NotifierError, OSError) as error:
            why = f"{error.strerror} ({error.filename})" if isinstance(error, OSError) else str(error)
            log.error("no backup was made: %s", why)  # noqa: TRY400 -- its trace tells nothing
            text = f"No backup was made into {to}: {why.rstrip('.')}. Mend that, then: notifier backup {to}"
            await self._engine.trouble("backup", "scheduled", text)
        else:
            self._backups.note(str(to))
            log.info("backed up to %s", to / name)
            await self._engine.clear_trouble("backup", "scheduled")

    async def forget(self) -> None:
        """Empty what is older than the settings say."""
        retention = self._settings.retention
        if retention is None:
            return
        desk = self._engine.desk
        try:
            codes = await forget(self._ledger, desk.site, self._clock.now(), retention)
            before = self._clock.wall().timestamp() - YEAR * min(retention.incidents, retention.drills or 1e9)
            await asyncio.to_thread(remove_sound, self._state, codes, before)
        except (NotifierError, OSError) as error:
            log.warning("nothing more was forgotten tonight: %s", error)
            return
        if codes:
            log.info("contents of %d old incidents were erased", len(codes))

    def _is_overdue(self, cron: CronTrigger) -> bool:
        last = last_backup(self._state)
        if last is None:
            return True
        should = cron.get_next_fire_time(None, datetime.fromisoformat(last[0]))
        return should is not None and should < self._clock.wall()


def keep(backup: Path, to: Path, name: str, most: int, node: str) -> Path:
    """Copy a backup into `to`, read it back, and only then let the oldest beyond `most` go.

    A folder that is not there is not made: an unmounted disk would fill the one below it.
    Raises OSError, BackupError.
    """
    part = to / f"{name}.part"
    try:
        with (
            backup.open("rb") as source,
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        ):
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        with tempfile.TemporaryDirectory(prefix=".look-", dir=to) as made:
            unpack(part, Path(made) / "backup")
        part.replace(to / name)
    finally:
        part.unlink(missing_ok=True)
    mine = sorted(to.glob(f"notifier-{node}-[0-9]*T[0-9]*Z.tar.gz"))
    for old in mine[:-most]:
        if old.name != name:  # a clock that was ahead once must not cost the one of today
            old.unlink()
    return to / name


def remove_sound(state: Path, codes: Sequence[str], before: float) -> None:
    """What was spoken live in these incidents. A younger one may bear the same code, so only what is from `before`."""
    for code in codes:
        for path in (state / "live_pages").glob(f"{code}-*.wav"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
