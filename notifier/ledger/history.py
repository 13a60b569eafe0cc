"""The chains read back in the order in which their rows were applied, each link checked on the way.

A node's chain stands in its own order; several nodes are merged by ledger time. A chain that was kept in memory while
the store was gone comes in where its home chain has the MERGED event that brought it back.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from notifier.ledger import chain
from notifier.ledger.rows import Batch
from notifier.model.events import MEMORY_MARK, EventKind

_READ = (
    "select node, n, site, incident, at, wall, kind, salt, payload, digest, prev, hash from store.event"
    " where node = ? and n >= ? and n <= ? order by n"
)
_END = 2**62


class Told(NamedTuple):
    """One event as it was read back."""

    node: str
    n: int
    site: str
    incident: str | None
    at: float
    kind: str
    data: dict[str, Any] | None
    """None if retention erased it."""
    batches: list[Batch]

    @property
    def name(self) -> str:
        return f"Event {self.n} of {self.node}"


class History:
    """Reads `store.event` of a connection once, from the first event to the last."""

    def __init__(self, db: sqlite3.Connection, found: Callable[[str], None]) -> None:
        """`found` is called with a sentence for every link that does not hold."""
        self._db = db
        self._found = found
        self.heads: dict[str, tuple[int, str]] = {}
        """How far each chain was read: (n, hash)."""
        self.events = 0

    def read(self) -> Iterator[Told]:
        nodes = [node for (node,) in self._db.execute("select distinct node from store.event order by node")]
        homes = [self._chain(node) for node in nodes if MEMORY_MARK not in node]
        for told in heapq.merge(*homes, key=lambda told: told.at):
            yield told
            if told.kind == EventKind.MERGED and told.data and "node" in told.data:
                yield from self._chain(told.data["node"], told.data["to"])
        for node in nodes:
            if MEMORY_MARK in node:
                n, _ = self.heads.get(node, (0, ""))
                for told in self._chain(node):
                    if told.n == n + 1:
                        self._found(f"{told.name} was kept in memory, and no event says it was brought back.")
                    yield told

    def _chain(self, node: str, to: int = _END) -> Iterator[Told]:
        n, head = self.heads.get(node, (0, chain.GENESIS))
        for row in self._db.execute(_READ, (node, n + 1, to)):
            self.events += 1
            told, hashed = self._link(row, n, head)
            n, head = told.n, hashed
            self.heads[node] = n, head
            yield told
        if to != _END and n < to:
            self._found(f"Events {n + 1} to {to} of {node} are missing: they were said to be brought back.")

    def _link(self, row: tuple[Any, ...], before: int, head: str) -> tuple[Told, str]:
        node, n, site, incident, at, wall, kind, salt, payload, digest, prev, hashed = row
        name = f"Event {n} of {node}"
        if n != before + 1:
            missing = (
                f"Event {n - 1} of {node} is" if n == before + 2 else f"Events {before + 1} to {n - 1} of {node} are"
            )
            self._found(f"{missing} missing.")
        elif prev != head:
            self._found(f"{name} does not follow from the event before it.")
        if chain.hash_of(node, n, site, incident, at, wall, kind, digest, prev) != hashed:
            self._found(f"{name} was changed: its hash is not that of what it says.")
        data: dict[str, Any] | None = None
        batches: list[Batch] = []
        if payload is not None or salt is not None:
            if chain.digest_of(salt or "", payload or "") != digest:
                self._found(f"The contents of event {n} of {node} were changed.")
            try:
                data, batches = chain.read_payload(payload or "")
            except (ValueError, KeyError, TypeError):
                self._found(f"The contents of event {n} of {node} cannot be read.")
        return Told(node, n, site, incident, at, kind, data, batches), hashed
