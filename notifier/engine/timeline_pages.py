"""Pages of what happened, in order of time over all nodes; resumable from one event, or from one place per node."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from itertools import islice
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.writing import decoded
from notifier.interfaces import Ledger
from notifier.model.events import AGAIN, MEMORY_MARK
from notifier.model.facts import Rows

NOTHING: tuple[int, frozenset[int]] = (0, frozenset())
LONGEST = 18
"""Digits of an event's number: no store holds a longer one."""


def read_page(ledger: Ledger, site: str, incident: str | None, *, limit: int, after: str | None) -> Rows:
    """`after`: "" (from the beginning), `node:n` (after that event, by time), or `node:n,node:n` (how far each chain
    was read; a node that is not named was not read at all).
    """
    places = places_of(after or "")
    args: dict[str, Any] = {"site": site, "limit": limit} | ({"incident": incident} if incident else {})
    query = "events_of_incident" if incident else "events_of_site"
    if len(places) < 2:
        node, n = next(iter(places.items()), ("", 0))
        return ledger.read(query, node=node, n=n, **args)
    nodes = sorted(row["node"] for row in ledger.read("heads"))
    chains = [ledger.read(f"{query}_by_node", node=node, n=places.get(node, 0), **args) for node in nodes]
    return list(islice(heapq.merge(*chains, key=_when), limit))


def read_back(ledger: Ledger, site: str, incident: str, limit: int, before: str | None) -> Rows:
    """Newest first. `before`: `node:n`, exclusive, and only older ones; without it from the newest."""
    node, n = next(iter(places_of(before or "").items()), ("", 0))
    return ledger.read("events_of_incident_back", site=site, incident=incident, node=node, n=n, limit=limit)


class Once:
    """What a commit that came late says, and memory had decided again meanwhile, is shown once: as it stands first.

    The event that brought memory's stretch back names the pairs; it stands before that stretch, and never changes.
    """

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self._known: dict[str, tuple[int, frozenset[int]]] = {}
        """Memory's chain to how far it was brought back, and which of its events its home's chain has as well."""

    def of(self, rows: Rows) -> Rows:
        kept = [row for row in rows if MEMORY_MARK in row["node"]]
        if not kept:
            return rows
        for node in {row["node"] for row in kept if row["n"] > self._known.get(row["node"], NOTHING)[0]}:
            self._look(node)
        return [row for row in rows if row["n"] not in self._known.get(row["node"], NOTHING)[1]]

    def _look(self, node: str) -> None:
        home = node.partition(MEMORY_MARK)[0]
        for row in self._ledger.read("brought_back", site=self._desk.site, node=home):
            data = decoded(row["payload"])["data"]
            if data.get("node") == node:
                to, again = self._known.get(node, NOTHING)
                self._known[node] = max(to, data["to"]), again | {kept for _late, kept in data.get(AGAIN, ())}


def places_of(written: str) -> dict[str, int]:
    """What cannot be read is the beginning."""
    found: dict[str, int] = {}
    for part in written.split(",") if written else ():
        node, _, number = part.strip().rpartition(":")
        if node:
            found[node] = int(number) if number.isascii() and number.isdigit() and len(number) <= LONGEST else 0
    return found


def _when(row: Mapping[str, Any]) -> tuple[float, str, int]:
    return row["at"], row["node"], row["n"]
