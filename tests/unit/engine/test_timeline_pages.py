"""Two nodes wrote one record: its pages are in order of time, and who comes back misses and repeats nothing."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notifier.engine.board_view import BoardView
from notifier.engine.desk import Desk
from notifier.engine.timeline_pages import places_of, read_page
from notifier.ledger import chain
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.events import AGAIN
from notifier.testing.fake_clock import FakeClock
from tests.unit.engine.school import SITE, gear, held


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    """note 0 by north, 1 by south, 2 by north, …: nine of them, a second apart."""
    path, clock = tmp_path / "ledger.sqlite", FakeClock()
    await (await SqliteLedger.open(path, "north", clock)).close()
    heads = {"north": (0, chain.GENESIS), "south": (0, chain.GENESIS)}
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for number in range(9):
            node = ("north", "south")[number % 2]
            n, head = heads[node]
            payload = chain.write_payload({"text": str(number)}, ())
            at, wall = clock.now() + number, clock.wall().isoformat()
            link = chain.link(node, n + 1, head, "site", f"i{number % 3}", at, wall, "note", payload)
            chain.store(db, [link])
            heads[node] = n + 1, link[-1]
    ledger = await SqliteLedger.open(path, "north", clock)
    yield ledger
    await ledger.close()


def told(ledger: SqliteLedger, after: str, limit: int = 100, incident: str | None = None) -> list[str]:
    rows = read_page(ledger, "site", incident, limit=limit, after=after)
    return [f"{row['node']}:{row['n']}" for row in rows]


EVERY = [f"{('north', 'south')[number % 2]}:{number // 2 + 1}" for number in range(9)]


async def test_two_nodes_are_told_in_order_of_time(both: SqliteLedger) -> None:
    assert told(both, "") == EVERY
    assert told(both, "", incident="i0") == [EVERY[0], EVERY[3], EVERY[6]]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_a_reader_that_remembers_a_place_per_node_misses_and_repeats_nothing(
    both: SqliteLedger, limit: int
) -> None:
    seen = {"north": 0, "south": 0}
    found: list[str] = []
    while page := told(both, ",".join(f"{node}:{n}" for node, n in seen.items()), limit):
        for cursor in page:
            seen |= places_of(cursor)
        found += page
    assert found == EVERY


async def test_who_was_ahead_on_one_chain_only_gets_what_the_other_wrote(both: SqliteLedger) -> None:
    assert told(both, "north:5,south:2") == ["south:3", "south:4"]
    assert told(both, "north:5,elsewhere:7") == ["south:1", "south:2", "south:3", "south:4"]
    assert told(both, "north:3,south:2", incident="i0") == ["north:4"]


async def test_after_one_event_comes_what_is_later_of_both(both: SqliteLedger) -> None:
    assert told(both, "south:2") == EVERY[4:]


def test_a_cursor_that_cannot_be_read_is_the_beginning() -> None:
    assert places_of("north:x,south:4,:3,") == {"north": 0, "south": 4}
    assert places_of("north:" + "9" * 30) == {"north": 0}


async def test_what_a_late_commit_and_memory_both_say_is_shown_once_as_it_stands_first(tmp_path: Path) -> None:
    path, clock = tmp_path / "ledger.sqlite", FakeClock()
    await (await SqliteLedger.open(path, "desk", clock)).close()
    said = [  # (chain, text); the server answered too late of "late", and memory said it again
        ("desk", "before"), ("desk", "late"), ("desk~mem1", "late"), ("desk~mem1", "only in memory"),
    ]  # fmt: skip
    merged = {"node": "desk~mem1", "from": 1, "to": 2, AGAIN: [[2, 1]]}
    heads = {"desk": (0, chain.GENESIS), "desk~mem1": (0, chain.GENESIS)}
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for number, (node, text) in enumerate([*said, ("desk", "")]):
            n, head = heads[node]
            data, kind, incident = ({"text": text}, "note", "i") if text else (merged, "merged", None)
            payload, wall = chain.write_payload(data, ()), clock.wall().isoformat()
            link = chain.link(node, n + 1, head, SITE, incident, clock.now() + number, wall, kind, payload)
            chain.store(db, [link])
            heads[node] = n + 1, link[-1]
    ledger = await SqliteLedger.open(path, "desk", clock)
    try:
        desk = Desk(clock, "desk", gear(), b"key", held_of={1: held()}, current=held())
        board = BoardView(desk, ledger)
        rows = read_page(ledger, SITE, "i", limit=9, after="")
        assert len(rows) == len(said)
        assert [each(row) for row in board.once.of(rows)] == ["desk:1", "desk:2", "desk~mem1:2"]
        assert [each(row) for row in board.newest("i")] == ["desk~mem1:2", "desk:2", "desk:1"]
    finally:
        await ledger.close()


def each(row: Mapping[str, Any]) -> str:
    return f"{row['node']}:{row['n']}"
