"""How a node's stores are made and opened: the one its settings name, and the same in memory."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.clock import BootReading, Clock
from notifier.ledger.named_queries import Query
from notifier.ledger.sqlite import MEMORY, SqliteLedger
from notifier.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Making:
    path: str
    node: str
    clock: Clock
    queries: Mapping[str, Query]
    address: str | None
    """Of a PostgreSQL server; None for a file."""
    loop: asyncio.AbstractEventLoop
    boot: Callable[[], BootReading]
    before_commit: Callable[[], None]
    token: str = field(default_factory=lambda: secrets.token_hex(6))
    """Names this daemon to a server, over all its openings: what an earlier one of ours left hanging there is ended."""

    def store(self) -> Store:
        if self.address is None:
            return SqliteLedger(self.path, self.node, self.clock, self.queries)
        from notifier.ledger.postgres import PostgresLedger  # a school on a file starts without it

        return PostgresLedger(self.path, self.node, self.clock, self.queries, self.address, self.token)

    def memory(self, chain: str) -> SqliteLedger:
        return SqliteLedger(MEMORY, chain, self.clock, self.queries)

    def start(self, made: Store, **how: Any) -> None:
        """Open it, on a thread that may wait. Raises as `Store.start`."""
        made.start(self.loop, self.boot, self.before_commit if made.recorded else lambda: None, **how)
