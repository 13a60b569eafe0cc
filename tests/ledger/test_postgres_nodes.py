"""Several nodes on one server: who may write, what each sees of the others, and what their record says together."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from notifier.clock import SystemClock
from notifier.errors import LedgerError
from notifier.ledger.local_copy import LocalCopy
from notifier.ledger.postgres import PostgresLedger
from notifier.model.facts import Ask, Body, Event
from notifier.testing.check_ledger import SITE, _seen, add, note
from tests.ledger.bodies import QUERIES
from tests.postgres_server import Server


@asynccontextmanager
async def opened(folder: Path, address: str, node: str = "desk") -> AsyncIterator[PostgresLedger]:
    ledger = await PostgresLedger.open(
        folder / node / "copy.sqlite", node, SystemClock(), address=address, queries=QUERIES
    )
    try:
        yield ledger
    finally:
        await ledger.close()


def kept(ledger: PostgresLedger) -> dict[str, float]:
    return {row["ref"]: row["at"] for row in ledger.read("check_all_seen", site=SITE)}


async def heard(ledger: PostgresLedger, enough: Callable[[Sequence[Event]], bool]) -> list[Event]:
    """What a follower hears until it is enough."""
    found: list[Event] = []
    done = asyncio.Event()

    def listen(events: Sequence[Event]) -> None:
        found.extend(events)
        if enough(found):
            done.set()

    stop = ledger.follow(listen)
    async with asyncio.timeout(20):
        await done.wait()
    stop()
    return found


async def test_a_second_daemon_with_the_same_name_is_refused(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    async with opened(tmp_path / "a", address):
        with pytest.raises(LedgerError, match="'desk' writes to this store already"):
            async with opened(tmp_path / "b", address):
                pass
    async with opened(tmp_path / "b", address) as freed:
        assert await freed.run(note("mine")) == "mine"


async def test_each_node_hears_what_the_other_wrote_and_can_read_it(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    async with opened(tmp_path, address, "a") as a, opened(tmp_path, address, "b") as b:
        hearing = asyncio.create_task(heard(b, lambda events: len(events) >= 30))
        await asyncio.sleep(0)
        await asyncio.gather(*(a.run(note(f"r{number}")) for number in range(30)))
        events = await hearing
        assert [(event.node, event.n) for event in events] == [("a", n) for n in range(1, 31)]
        assert events[0].rows[0].values["ref"] == events[0].data["ref"]
        assert kept(b) == kept(a)


async def test_two_nodes_count_together_and_the_record_of_both_holds(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    async with opened(tmp_path, address, "a") as a, opened(tmp_path, address, "b") as b:
        await a.run(note("crowd"))
        ends = await asyncio.gather(*(ledger.run(add("crowd", 1.0)) for _ in range(60) for ledger in (a, b)))
        assert sorted(ends) == [float(number) for number in range(1, 121)]
        await a.seal()
        await b.seal()
        assert [str(each) for each in await a.verify()] == []
        assert [str(each) for each in await b.verify()] == []
        # After its own commit a copy has everything that the commit could have built on.
        await a.run(add("crowd", 0.0))
        await b.run(add("crowd", 0.0))
        assert kept(a)["crowd"] == kept(b)["crowd"] == 120.0


async def test_bodies_that_lock_in_opposite_order_both_end(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    runs: list[str] = []

    def both(first: str, second: str) -> Callable[[], Body[None]]:
        def body() -> Body[None]:
            runs.append(first)
            for ref in (first, second):
                rows = yield Ask("check_seen", {"site": SITE, "ref": ref})
                yield _seen(ref, rows[0]["at"] + 1.0)

        return body

    async with opened(tmp_path, address, "a") as a, opened(tmp_path, address, "b") as b:
        await a.run(note("x"))
        await a.run(note("y"))
        async with asyncio.timeout(60):
            await asyncio.gather(*(each for _ in range(25) for each in (a.run(both("x", "y")), b.run(both("y", "x")))))
        await a.run(add("x", 0.0))
        assert kept(a) == {"x": 50.0, "y": 50.0}
        assert [str(each) for each in await a.verify()] == []


async def test_a_copy_that_goes_another_way_than_the_store_is_made_anew(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    async with opened(tmp_path, address) as ledger:
        for number in range(5):
            await ledger.run(note(f"r{number}"))
    copy = tmp_path / "desk" / "copy.sqlite"
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute("update event set hash = 'other' where n = 5")
        db.execute("delete from seen")
    async with opened(tmp_path, address) as ledger:
        assert len(kept(ledger)) == 5
        assert await ledger.run(note("after")) == "after"
        assert await ledger.verify() == []
    other = postgres.database()
    async with opened(tmp_path, other) as ledger:
        assert kept(ledger) == {}
        assert LocalCopy.of(copy) == ledger.store


async def test_a_node_that_was_away_starts_with_what_the_others_wrote(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    async with opened(tmp_path, address, "a") as a:
        await a.run(note("before"))
    async with opened(tmp_path, address, "b") as b:
        await b.run(note("meanwhile"))
        await b.run(add("before", 3.0))
    async with opened(tmp_path, address, "a") as a:
        assert kept(a) == {"before": 3.0, "meanwhile": 0.0}


async def test_a_cut_tail_and_an_edited_row_show(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()
    base = address.rpartition("/")[2]
    async with opened(tmp_path, address) as ledger:
        for number in range(6):
            await ledger.run(note(f"r{number}"))
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert await ledger.seal([elsewhere]) is not None
        postgres.say("update seen set at = 9 where ref = 'r2'", base)
        assert "The row suite/r2 of 'seen' was changed without an event: at." in [
            str(each) for each in await ledger.verify()
        ]
        postgres.say("update seen set at = 0 where ref = 'r2'", base)
        cut = "delete from event where n > 4; delete from seen where ref in ('r4', 'r5'); delete from seal"
        postgres.say(f"{cut}; update head set n = 4, hash = (select hash from event where n = 4)", base)
        # The daemon's own copy of the seal is gone too: only the one that left the machine is left.
        (tmp_path / "desk" / "seals.jsonl").unlink()
        assert [str(each) for each in await ledger.verify()] == []
        found = [str(each) for each in await ledger.verify(seals=elsewhere / "seals.jsonl")]
        assert any("the end of the chain was cut" in each for each in found), found


async def test_a_note_with_a_nul_is_kept_and_the_record_holds(postgres: Server, tmp_path: Path) -> None:
    async with opened(tmp_path, postgres.database()) as ledger:
        await ledger.run(note("smoke\0room 12"))
        assert list(kept(ledger)) == ["smoke\ufffdroom 12"]
        assert await ledger.verify() == []


async def test_erasing_empties_the_copies_of_all_nodes_too(postgres: Server, tmp_path: Path) -> None:
    address = postgres.database()

    def secret() -> Body[None]:
        from notifier.model.events import EventKind
        from notifier.model.facts import Fact, Row

        row: dict[str, Any] = {"site": SITE, "incident": "i1", "id": "r12", "state": "need_help", "by_whom": "Ada"}
        yield Fact(EventKind.NOTE, SITE, "i1", {"text": "Ada hides"}, [Row("room", {**row, "at": 1.0}, new=True)])

    async with opened(tmp_path, address, "a") as a, opened(tmp_path, address, "b") as b:
        hearing = asyncio.create_task(heard(b, lambda events: any(event.kind == "erased" for event in events)))
        await asyncio.sleep(0)
        await a.run(secret)
        assert await a.erase(SITE, "i1") == 1
        await hearing
        assert [each for each in await a.verify() if each.fault] == []
    for node in "ab":
        with closing(sqlite3.connect(tmp_path / node / "copy.sqlite")) as db:
            told = db.execute("select payload from event where incident = 'i1'").fetchall()
            assert told == [(None,)], f"the copy of {node} still says {told}"
            assert db.execute("select count(*) from room").fetchone() == (0,)
