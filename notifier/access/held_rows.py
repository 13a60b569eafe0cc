"""The rows of one table in memory, as the ledger's events leave them: whoever asks never waits for the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from notifier.interfaces import Ledger
from notifier.model.facts import Event


class HeldRows:
    """Follows the events of every node; `changed` is called after each change."""

    def __init__(
        self,
        ledger: Ledger,
        site: str,
        table: str,
        load: Callable[[], Iterable[Mapping[str, Any]]],
        changed: Callable[[], None],
    ) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._site, self._table, self._load, self._changed = site, table, load, changed
        self._unfollow = ledger.follow(self._hear)
        self.reload()

    def close(self) -> None:
        self._unfollow()

    def reload(self) -> None:
        """Read the table again: at start, and after a store came back."""
        self.rows = {row["id"]: dict(row) for row in self._load()}
        self._changed()

    def take(self, values: Mapping[str, Any]) -> None:
        self.rows[values["id"]] = {**self.rows.get(values["id"], {}), **values}

    def _hear(self, events: Sequence[Event]) -> None:
        heard = [
            row.values for event in events if event.site == self._site for row in event.rows if row.table == self._table
        ]
        for values in heard:
            self.take(values)
        if heard:
            self._changed()


def plain(value: Any) -> Any:
    """A list or object of a row: JSON text if it was read from the store, itself if it was heard of."""
    return json.loads(value) if isinstance(value, str) else value
