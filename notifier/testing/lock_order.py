"""A transaction locks the site before an incident, and that before anything that belongs to it: else two nodes on one
server wait for each other.

On SQLite the one writer is the lock and nobody would notice, so every story watches the order of what its bodies ask
and write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from notifier.ledger.named_queries import load_queries
from notifier.model.facts import Ask, Body, Fact, Rows

T = TypeVar("T")

OF_ALL = frozenset({"door"})
"""Tables whose rows belong to no incident, and which every incident may change."""


def in_order(body: Callable[[], Body[T]]) -> Callable[[], Body[T]]:
    """The same body, watched. It raises AssertionError where it locks an incident too late."""
    return lambda: _watched(body())


def _watched(body: Body[T]) -> Body[T]:
    held = _Held(body)
    answer: Rows | None = None
    try:
        while True:
            asked = next(body) if answer is None else body.send(answer)
            answer = yield asked
            if isinstance(asked, Fact):
                held.wrote(asked)
            else:
                held.asked(asked, answer)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # a generator's value has no type at run time
    finally:
        body.close()


class _Held:
    """What one transaction holds so far."""

    def __init__(self, body: Body[Any]) -> None:
        self._name = getattr(body, "__qualname__", "a body")
        self._incidents: set[str] = set()
        self._site = False
        self._of: dict[str | None, str] = {}
        """Incident (None: every one) to what was taken of it without holding it."""

    def asked(self, asked: Ask, rows: Rows) -> None:
        query = load_queries().get(asked.query)
        if query is None or not query.locks or query.writes:
            return
        if query.only_locks:
            first = self._site or not (self._incidents or self._of)
            assert first, f"{self._name} locks the site after something of it."  # noqa: S101 a check
            self._site = True
            return
        for row in rows:
            if query.tables == {"incident"}:
                self._takes(str(row["id"]), asked.query)
            else:
                self._touches(row.get("incident"), min(query.tables))

    def wrote(self, fact: Fact) -> None:
        for row in fact.rows:
            if row.table == "incident":
                if row.new:
                    self._incidents.add(str(row.values["id"]))
                else:
                    self._takes(str(row.values["id"]), fact.kind)
            elif not row.new:
                self._touches(fact.incident, row.table)

    def _touches(self, incident: str | None, table: str) -> None:
        whose = None if table in OF_ALL else incident
        if (whose is not None or table in OF_ALL) and whose not in self._incidents:
            self._of.setdefault(whose, table)

    def _takes(self, incident: str, why: str) -> None:
        if incident in self._incidents:
            return
        before = self._of.get(incident) or self._of.get(None)
        assert before is None, f"{self._name} locks an incident ({why}) after a row of '{before}'."  # noqa: S101 a check
        self._incidents.add(incident)
