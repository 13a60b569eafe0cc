"""Which store a node's settings name: a file of SQLite, or a database on a PostgreSQL server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from notifier.clock import Clock
from notifier.daemon.migration import keep_before, missing_steps
from notifier.errors import Fault, LedgerError, SetupError, StoreGone
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.local_copy import COPY, LocalCopy
from notifier.ledger.lock import StoreLock
from notifier.ledger.postgres_verify import verify_server_aside
from notifier.ledger.verify import verify_aside
from notifier.model.settings import NodeSettings, Secret

log = logging.getLogger(__name__)

STORE = "ledger.sqlite"
ON_A_SERVER = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a node's record is."""

    path: Path
    """The store, or the copy of it that is read from."""
    address: str | None
    """Of the server, with its password; None for a file."""
    node: str
    spool_to: tuple[Path, ...] = ()
    """Folders for what memory keeps while the store is gone, if the state folder takes nothing."""

    @classmethod
    def of(cls, settings: NodeSettings, folder: Path, state: Path) -> StorePlace:
        """`folder`: where the settings file is."""
        spool_to = (folder / settings.backup.to,) if settings.backup is not None else ()
        named = settings.store.reveal() if isinstance(settings.store, Secret) else ""
        if named.startswith(ON_A_SERVER):
            return cls(state / COPY, named, settings.node, spool_to)
        return cls(folder / named if named else state / STORE, None, settings.node, spool_to)

    async def open(self, clock: Clock, patience: float, settings_file: Path) -> FailoverLedger:
        """Raises SetupError if a first start finds no usable server; a later one goes on in memory."""
        if self.address is None:
            await asyncio.to_thread(self._keep_before_migration, clock)
        try:
            return await FailoverLedger.open(
                self.path, self.node, clock, address=self.address, patience=patience, spool_to=self.spool_to
            )
        except StoreGone as error:
            if self.address is None or LocalCopy.of(self.path) is not None:
                raise
            advice = "A first start needs its store; later ones go on without it. See docs/how_to/use_postgresql.md."
            line = _line_of(settings_file, "store:")
            raise SetupError([Fault(str(settings_file), line, 1, str(error), advice)]) from error

    def _keep_before_migration(self, clock: Clock) -> None:
        """A start brings the schema up to date by itself; whoever wants to go back to the old version needs a copy."""
        if not missing_steps(self.path):
            return
        try:
            lock = StoreLock(self.path.parent)
            try:
                kept = keep_before(self.path, f"{clock.wall():%Y%m%dT%H%M%SZ}")
            finally:
                lock.release()
        except (LedgerError, OSError) as error:
            log.warning("No copy of the record could be kept before its schema changes: %s", error)
        else:
            log.warning("The record gets a new schema; as it was before it is kept in %s.", kept)

    def verify(self) -> Callable[[], Awaitable[Sequence[dict[str, Any]]]]:
        """What `log verify` asks of the daemon that holds the store."""
        if self.address is None:
            return partial(verify_aside, self.path)
        return partial(verify_server_aside, self.address, self.path.parent, self.node)


def _line_of(file: Path, begins: str) -> int:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return 1
    return next((number for number, line in enumerate(lines, 1) if line.startswith(begins)), 1)
