"""Which store a node's settings name: a file of SQLite, or a database on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from notifier.clock import Clock
from notifier.errors import Fault, SetupError, StoreGone
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.local_copy import LocalCopy
from notifier.ledger.postgres import COPY
from notifier.ledger.postgres_verify import verify_server_aside
from notifier.ledger.verify import verify_aside
from notifier.model.settings import NodeSettings, Secret

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

    @classmethod
    def of(cls, settings: NodeSettings, folder: Path, state: Path) -> StorePlace:
        """`folder`: where the settings file is."""
        named = settings.store.reveal() if isinstance(settings.store, Secret) else ""
        if named.startswith(ON_A_SERVER):
            return cls(state / COPY, named, settings.node)
        return cls(folder / named if named else state / STORE, None, settings.node)

    async def open(self, clock: Clock, patience: float, settings_file: Path) -> FailoverLedger:
        """Raises SetupError if a first start finds no usable server; a later one goes on in memory."""
        try:
            return await FailoverLedger.open(self.path, self.node, clock, address=self.address, patience=patience)
        except StoreGone as error:
            if self.address is None or LocalCopy.of(self.path) is not None:
                raise
            advice = "A first start needs its store; later ones go on without it. See docs/how_to/use_postgresql.md."
            line = _line_of(settings_file, "store:")
            raise SetupError([Fault(str(settings_file), line, 1, str(error), advice)]) from error

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
