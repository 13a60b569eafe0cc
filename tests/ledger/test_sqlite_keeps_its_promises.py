"""Both stores keep the shipped suite, and the suite notices a store that does not."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notifier.clock import SystemClock
from notifier.errors import Refused
from notifier.interfaces import Ledger
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.rows_to_write import RowsToWrite
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.writer import Writer
from notifier.ledger.writer_thread import Job
from notifier.testing import check_ledger as suite
from notifier.testing.check_ledger import LEDGER_PROMISES, Make, Promise
from notifier.testing.scrutiny import BrokenPromise
from tests.ledger.bodies import QUERIES


def make_in(folder: Path, kind: type[SqliteLedger] | type[FailoverLedger] = SqliteLedger) -> Make:
    async def make(name: str) -> Ledger:
        return await kind.open(folder / name / "store.db", "desk", SystemClock(), queries=QUERIES)

    return make


@pytest.mark.parametrize("kind", [SqliteLedger, FailoverLedger])
@pytest.mark.parametrize("promise", LEDGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, kind: type[SqliteLedger], tmp_path: Path) -> None:
    await promise(make_in(tmp_path, kind))


async def test_the_suite_runs_whole(tmp_path: Path) -> None:
    opened: list[str] = []
    make = make_in(tmp_path)

    async def noted(name: str) -> Ledger:
        opened.append(name.rpartition("-")[0])
        return await make(name)

    await suite.check_ledger(noted)
    assert set(opened) == {promise.__name__ for promise in LEDGER_PROMISES}


def never_careful(writer: Writer, job: Job, *, careful: bool) -> Any:
    """What a group would be without taking back the rows of a failed body."""
    try:
        return job.future, writer._drive(job.body()), None
    except Refused as error:
        return job.future, None, error


def no_urgency(original: Callable[..., None]) -> Callable[..., None]:
    return lambda self, job, **_: original(self, job)


def lose_the_last_row(original: Callable[..., None]) -> Callable[..., None]:
    def write(self: RowsToWrite, db: sqlite3.Connection) -> None:
        original(self, db)
        db.execute("delete from seen where ref = 'r7'")

    return write


async def test_the_suite_notices_a_store_that_keeps_rows_of_failed_bodies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "_one", never_careful)
    with pytest.raises(BrokenPromise, match=r"left rows|60 facts stand"):
        await suite.a_failing_body_leaves_nothing_and_hurts_no_neighbour(make_in(tmp_path))


async def test_the_suite_notices_a_press_that_waits_in_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "put", no_urgency(Writer.put))
    with pytest.raises(BrokenPromise, match="A press waited"):
        await suite.an_urgent_body_overtakes(make_in(tmp_path))


async def test_the_suite_notices_a_row_that_was_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RowsToWrite, "write", lose_the_last_row(RowsToWrite.write))
    with pytest.raises(BrokenPromise, match="1 of 50 answered"):
        await suite.what_was_answered_is_there_after_reopening(make_in(tmp_path))
