"""A ledger in memory with the house's own schema and queries, for tests of accounts only: no disk, no chain."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from notifier.clock import Clock, SystemClock
from notifier.interfaces import Ledger
from notifier.ledger.named_queries import load_queries
from notifier.ledger.rows import cell, write
from notifier.ledger.schema import build
from notifier.model.facts import Ask, Body, Event, Fact, Rows


class MemoryLedger(Ledger):
    def __init__(self, clock: Clock | None = None) -> None:
        self.node = "node1"
        self.clock = clock or SystemClock()
        self.facts: list[Fact] = []
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.reads = 0
        self._listeners: list[Callable[[Sequence[Event]], None]] = []
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        build(self._db)
        self._queries = load_queries()

    async def run(self, body: Callable[[], Body[Any]], *, urgent: bool = False) -> Any:
        made: list[Fact] = []
        running = body()
        self._db.execute("begin")
        try:
            said = next(running)
            while True:
                if isinstance(said, Fact):
                    made.append(said)
                    self._keep(said)
                    said = next(running)
                else:
                    said = running.send(self._ask(said))
        except StopIteration as ended:
            self._db.execute("commit")
            result = ended.value
        except BaseException:
            self._db.execute("rollback")
            raise
        for fact in made:
            self.facts.append(fact)
            for row in fact.rows:
                key = (row.values["site"], row.values["id"])
                self.rows[key] = {**self.rows.get(key, {}), **row.values}
        self.tell([self.event(fact) for fact in made])
        return result

    def _keep(self, fact: Fact) -> None:
        for row in fact.rows:
            cells = [cell(value) for value in row.values.values()]
            assert write(self._db, int(row.new), row.table, tuple(row.values), [cells]) == 1, row
        event = (
            "node1", self._db.execute("select count(*) from event").fetchone()[0] + 1, fact.site, fact.incident,
            self.clock.now(), self.clock.wall().isoformat(), str(fact.kind),
            "", json.dumps({"data": fact.data}), "", "", "",
        )  # fmt: skip
        self._db.execute(f"insert into event values ({','.join('?' * len(event))})", event)

    def _ask(self, ask: Ask) -> Rows:
        cursor = self._db.execute(self._queries[ask.query].sql, dict(ask.args))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def event(self, fact: Fact) -> Event:
        return Event("node1", len(self.facts), 0.0, "", fact.kind, fact.site, None, fact.data, fact.rows)

    def tell(self, events: Sequence[Event]) -> None:
        for listener in list(self._listeners):
            listener(events)

    def read(self, query: str, **args: Any) -> Rows:
        self.reads += 1
        return self._ask(Ask(query, args))

    def follow(self, listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def recorded(self) -> bool:
        return True

    async def close(self) -> None: ...
