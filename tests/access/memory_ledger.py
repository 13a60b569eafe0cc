"""A ledger of one table that keeps what facts say, for tests of accounts only."""

from collections.abc import Callable, Sequence
from typing import Any

from notifier.clock import SystemClock
from notifier.interfaces import Ledger
from notifier.model.facts import Body, Event, Fact, Rows


class MemoryLedger(Ledger):
    def __init__(self) -> None:
        self.node = "node1"
        self.clock = SystemClock()
        self.facts: list[Fact] = []
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.reads = 0
        self._listeners: list[Callable[[Sequence[Event]], None]] = []

    async def run(self, body: Callable[[], Body[Any]], *, urgent: bool = False) -> Any:
        made = [fact for fact in body() if isinstance(fact, Fact)]
        for fact in made:
            self.facts.append(fact)
            for row in fact.rows:
                key = (row.values["site"], row.values["id"])
                self.rows[key] = {**self.rows.get(key, {}), **row.values}
        self.tell([self.event(fact) for fact in made])

    def event(self, fact: Fact) -> Event:
        return Event("node1", len(self.facts), 0.0, "", fact.kind, fact.site, None, fact.data, fact.rows)

    def tell(self, events: Sequence[Event]) -> None:
        for listener in list(self._listeners):
            listener(events)

    def read(self, query: str, **args: Any) -> Rows:
        assert query == "access_accounts"
        self.reads += 1
        return [row for (site, _), row in sorted(self.rows.items()) if site == args["site"]]

    def follow(self, listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def recorded(self) -> bool:
        return True

    async def close(self) -> None: ...
