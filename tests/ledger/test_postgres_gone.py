"""A server that is stopped, frozen or unwilling: everything goes on in memory and comes back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from notifier.clock import SystemClock, stopwatch
from notifier.errors import StoreGone
from notifier.ledger.comeback import Back
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.postgres import PostgresLedger
from notifier.testing.check_ledger import SITE, add, note
from tests.ledger.bodies import PATIENCE, QUERIES
from tests.postgres_server import Server, server

NOW = 4e9
"""Later than any clock: memory keeps only what is not long ago."""


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Server]:
    with server("fsync=off") as running:
        yield running


@asynccontextmanager
async def opened(folder: Path, address: str) -> AsyncIterator[FailoverLedger]:
    ledger = await FailoverLedger.open(
        folder / "copy.sqlite",
        "desk",
        SystemClock(),
        address=address,
        queries=QUERIES,
        probe_every=0.05,
        patience=PATIENCE,
    )
    try:
        yield ledger
    finally:
        await ledger.close()


def refs(ledger: FailoverLedger) -> set[str]:
    return {row["ref"] for row in ledger.read("check_all_seen", site=SITE)}


def back_of(ledger: FailoverLedger) -> asyncio.Future[Back]:
    found: asyncio.Future[Back] = asyncio.get_running_loop().create_future()
    ledger.on_back(lambda back: None if found.done() else found.set_result(back))
    return found


async def test_a_stopped_server_stops_nobody_and_gets_everything_later(stoppable: Server, tmp_path: Path) -> None:
    async with opened(tmp_path, stoppable.database()) as ledger:
        await ledger.run(note("count", NOW))
        stoppable.stop()
        assert await ledger.run(note("pressed"), urgent=True) == "pressed"
        assert not ledger.recorded
        assert await ledger.run(add("count", 5.0)) == NOW + 5.0
        assert refs(ledger) == {"count", "pressed"}
        back = back_of(ledger)
        stoppable.start()
        async with asyncio.timeout(30):
            assert (await back).events == 2
        assert ledger.recorded
        assert refs(ledger) == {"count", "pressed"}
        assert await ledger.run(add("count", 1.0)) == NOW + 6.0
        assert [str(each) for each in await ledger.verify()] == []


async def test_nobody_has_to_press_for_a_stopped_server_to_be_noticed(stoppable: Server, tmp_path: Path) -> None:
    async with opened(tmp_path, stoppable.database()) as ledger:
        gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        ledger.on_gone(gone.set_result)
        stoppable.stop()
        try:
            async with asyncio.timeout(20):
                assert "cannot be written" in await gone
        finally:
            back = back_of(ledger)
            stoppable.start()
        async with asyncio.timeout(30):
            await back


async def test_a_frozen_server_holds_no_press_and_nothing_is_done_twice(stoppable: Server, tmp_path: Path) -> None:
    async with opened(tmp_path, stoppable.database()) as ledger:
        await ledger.run(note("count", NOW))
        frozen = stoppable.pids()
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            began = stopwatch()
            assert await ledger.run(note("pressed"), urgent=True) == "pressed"
            assert stopwatch() - began < 10.0, "it waited for the server"
            assert not ledger.recorded
            assert await ledger.run(add("count", 5.0)) == NOW + 5.0
            back = back_of(ledger)
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        async with asyncio.timeout(30):
            await back
        assert await ledger.run(add("count", 0.0)) == NOW + 5.0
        assert refs(ledger) == {"count", "pressed"}
        assert [str(each) for each in await ledger.verify()] == []


async def test_a_start_without_the_server_goes_on_from_the_copy(stoppable: Server, tmp_path: Path) -> None:
    address = stoppable.database()
    async with opened(tmp_path, address) as ledger:
        await ledger.run(note("count", NOW))
        time = ledger.clock.now()
    stoppable.stop()
    try:
        async with opened(tmp_path, address) as ledger:
            assert not ledger.recorded
            assert refs(ledger) == {"count"}
            assert ledger.clock.now() >= time
            assert await ledger.run(note("pressed"), urgent=True) == "pressed"
            back = back_of(ledger)
            stoppable.start()
            async with asyncio.timeout(30):
                await back
            assert ledger.recorded
    finally:
        if not (stoppable.folder / "data" / "postmaster.pid").exists():
            stoppable.start()
    async with opened(tmp_path, address) as ledger:
        assert refs(ledger) == {"count", "pressed"}
        assert [str(each) for each in await ledger.verify()] == []


async def test_what_is_wrong_with_a_server_is_said_in_one_sentence(stoppable: Server, tmp_path: Path) -> None:
    for sql in (
        "create role reader login password 'right'",
        "create database german encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0",
        "create database closed",
    ):
        stoppable.say(sql)
    stoppable.say("revoke create on schema public from public; grant usage on schema public to reader", "closed")
    auth = stoppable.folder / "data" / "pg_hba.conf"
    trusting = auth.read_text()
    auth.write_text("host all reader all scram-sha-256\n" + trusting)
    stoppable.say("select pg_reload_conf()")
    try:
        for address, said in (
            (stoppable.address("nothere"), "There is no such database"),
            (stoppable.address("closed", "reader", "wrong"), "does not let this user in"),
            (stoppable.address("closed", "reader", "right"), "may not make tables in closed. As its owner: grant"),
            (stoppable.address("german"), "LATIN1; make one with encoding UTF8"),
            ("postgresql://postgres@127.0.0.1:1/school", "No PostgreSQL server answers"),
        ):
            with pytest.raises(StoreGone, match=said) as wrong:
                await PostgresLedger.open(tmp_path / "copy.sqlite", "desk", SystemClock(), address=address)
            assert "wrong" not in str(wrong.value).replace("wrongly", ""), "the password is in the sentence"
    finally:
        auth.write_text(trusting)
        stoppable.say("select pg_reload_conf()")
