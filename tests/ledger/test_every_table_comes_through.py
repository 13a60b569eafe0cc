"""Every table of facts, on a server: written, changed in memory while it is away, brought back by the next start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.clock import SystemClock
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.standby import empty
from notifier.ledger.tables import KEYS
from notifier.model.facts import Row
from notifier.testing.check_ledger import SITE
from tests.ledger.bodies import PATIENCE, QUERIES
from tests.ledger.test_store_gone import NOW, tell
from tests.postgres_server import Server, server

LIVE = {"incident": "i", "site": SITE, "ends_at": NOW + 3600.0, "at": NOW}
"""So that memory takes them along."""


@pytest.fixture
def stoppable() -> Iterator[Server]:
    with server("fsync=off") as running:
        yield running


def rows() -> list[Row]:
    """One of each table, every column filled."""
    db = empty()
    found = []
    for table in KEYS:
        columns = {name: kind.lower() for _, name, kind, *_ in db.execute(f"pragma table_info({table})")}
        values: dict[str, Any] = {}
        for name, kind in columns.items():
            values[name] = f"{table}.{name}" if kind == "text" else 1.5 if kind == "double precision" else 1
            values[name] = LIVE.get(name, values[name])
        if table == "incident":
            values |= {"id": "i", "closed_at": None}
        if "state" in values:
            values["state"] = "open" if table == "session" else "queued"
        found.append(Row(table, values, new=True))
    db.close()
    return found


def changed(row: Row) -> Row:
    """The same row with every free column of text or time said anew."""
    keys = {*KEYS[row.table], *LIVE, "state"}
    anew = {name: _anew(value) for name, value in row.values.items() if name not in keys and value is not None}
    return Row(row.table, {name: row.values[name] for name in KEYS[row.table]} | anew)


def _anew(value: Any) -> Any:
    return f"{value} again" if isinstance(value, str) else value + 1


async def held(ledger: FailoverLedger) -> dict[str, list[dict[str, Any]]]:
    store = ledger._disk
    assert store is not None

    async def look(turn: Any) -> dict[str, list[dict[str, Any]]]:
        return {table: [dict(row) for row in await turn.connection.fetch(f"select * from {table}")] for table in KEYS}

    return await store.do(look)


async def test_every_table_of_a_server_comes_through_an_absence_and_a_restart(
    stoppable: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.ledger.failover.CLOSING", 0.3)
    address = stoppable.database()

    async def again() -> FailoverLedger:
        return await FailoverLedger.open(
            tmp_path / "copy.sqlite",
            "desk",
            SystemClock(),
            address=address,
            queries=QUERIES,
            patience=PATIENCE,
            probe_every=3600.0,
        )

    first = rows()
    ledger = await again()
    await ledger.run(tell("i", *first))
    stoppable.stop()
    try:
        await ledger.run(tell("i", *map(changed, first)))
        assert not ledger.recorded
        await ledger.close()
    finally:
        stoppable.start()
    ledger = await again()
    assert ledger.recorded
    found = await held(ledger)
    for row in first:
        assert found[row.table] == [{**row.values, **changed(row).values}], row.table
    assert [str(each) for each in await ledger.verify()] == []
    await ledger.close()
