"""The store gone, with real faults: full, limited, removed, hung. The response goes on and comes back whole."""

import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notifier.clock import SystemClock
from notifier.errors import LedgerError, Refused, StoreGone
from notifier.ledger import standby
from notifier.ledger.comeback import Back
from notifier.ledger.deeds import chains
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.verify import verify
from notifier.ledger.writer import Writer
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Event, Fact, Row
from notifier.testing.check_ledger import SITE, add, note
from tests.ledger.bodies import QUERIES, opened_with_failover, until
from tests.ledger.test_chain_and_verify import delivery, incident

STORE_FILES = ["store.db", "store.db-wal", "store.db-shm"]

NEVER_BY_ITSELF = 3600.0
"""Seconds between looks at the disk, where a test decides when it is looked at."""


NOW = SystemClock().now()


def recent(ref: str) -> Callable[[], Body[str]]:
    """A row of today, so that it goes along into memory."""
    return note(ref, NOW)


def refs(ledger: FailoverLedger) -> set[str]:
    return {row["ref"] for row in ledger.read("check_all_seen", site=SITE)}


async def on_the_writer(ledger: FailoverLedger, sql: str) -> None:
    """A setting of the writing connection itself, as only a test would make it."""
    await ledger._disk.do(lambda writer: writer.db.execute(sql).fetchall())


async def comes_back(ledger: FailoverLedger) -> None:
    ledger._probe_now.set()
    await until(lambda: ledger.recorded)


class Gate:
    """An fsync that a test can hold: commits wait while it is shut."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.reached = threading.Event()

    def __call__(self) -> None:
        if not self._open.is_set():
            self.reached.set()
        self._open.wait(50)

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()


async def test_a_full_store_goes_on_in_memory_and_comes_back_whole(tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        for number in range(20):
            await ledger.run(recent(f"before{number}"))
        pages = (await ledger._disk.do(lambda writer: writer.db.execute("pragma page_count").fetchone()))[0]
        await on_the_writer(ledger, f"pragma max_page_count={pages}")
        while ledger.recorded:
            await ledger.run(recent(f"full{len(refs(ledger))}"))
        kept_before = refs(ledger)
        await asyncio.gather(*(ledger.run(recent(f"memory{number}")) for number in range(250)))
        assert await ledger.run(add("before3", 5.0)) == NOW + 5.0
        with pytest.raises(Refused):
            await ledger.run(refuse)
        said = refs(ledger)
        assert kept_before < said
        assert not ledger.recorded
        await comes_back(ledger)
        assert refs(ledger) == said
        assert await ledger.run(add("before3", 5.0)) == NOW + 10.0
        assert await ledger.verify() == []
    assert verify(tmp_path / "store.db") == []


def refuse() -> Body[None]:
    yield Fact(EventKind.NOTE, SITE, None, {}, [])
    raise Refused("no")


async def test_everyone_waiting_on_a_hanging_disk_is_answered_from_memory(tmp_path: Path) -> None:
    gate = Gate()
    async with opened_with_failover(tmp_path, before_commit=gate) as ledger:
        gone: list[str] = []
        ledger.on_gone(gone.append)
        heard: list[Event] = []
        ledger.follow(heard.extend)
        await ledger.run(recent("before"))
        gate.shut()
        answered = await asyncio.gather(*(ledger.run(recent(f"r{number}"), urgent=number == 3) for number in range(10)))
        assert answered == [f"r{number}" for number in range(10)]
        assert not ledger.recorded
        assert gone
        assert await ledger.run(recent("later")) == "later"
        with pytest.raises(StoreGone):
            await ledger.verify()
        assert await ledger.seal() is None
        gate.open()
        await until(lambda: ledger.recorded)
        # The commit that hung has succeeded after all, and named the same rows.
        assert refs(ledger) == {"before", "later", *answered}
        told = [event.data["ref"] for event in heard if event.kind is EventKind.NOTE]
        assert sorted(told) == sorted({"before", "later", *answered}), "nobody hears of the late success as well"
        found = await ledger.verify()
        assert [str(each) for each in found if each.fault] == []
        assert "says the same again. It happened once." in " ".join(map(str, found))


async def test_everybody_may_read_at_every_moment_of_the_change_to_memory(tmp_path: Path) -> None:
    gate = Gate()
    async with opened_with_failover(tmp_path, before_commit=gate, probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(recent("before"))

        gate.shut()
        writing = asyncio.create_task(ledger.run(recent("after")))
        while not writing.done():
            refs(ledger)  # raises nothing, though what a press does not need may be missing for a moment
            await asyncio.sleep(0)
        await until(lambda: refs(ledger) == {"before", "after"})
        gate.open()


async def test_a_process_without_file_descriptors_goes_on_in_memory_and_comes_back(tmp_path: Path) -> None:
    """Somebody opens connections until nothing more can be opened, and the store fails at that very moment."""
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(recent("before"))
        pages = (await ledger._disk.do(lambda writer: writer.db.execute("pragma page_count").fetchone()))[0]
        await on_the_writer(ledger, f"pragma max_page_count={pages}")
        assert refs(ledger) == {"before"}
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, allowed[1]))
            while ledger.recorded:
                await ledger.run(recent(f"full{len(refs(ledger))}"))
            await ledger.run(recent("memory"))
            assert "memory" in refs(ledger)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
        await comes_back(ledger)
        assert {"before", "memory"} <= refs(ledger)


async def test_a_writer_that_is_only_slow_is_not_taken_for_a_hanging_disk(tmp_path: Path) -> None:
    """Busy neighbours may keep the processor from it for longer than any patience."""
    work = 0

    def toil() -> None:
        nonlocal work
        for _ in range(300_000):
            work += 1

    async with opened_with_failover(tmp_path, before_commit=toil, patience=0.005) as ledger:
        gone: list[str] = []
        ledger.on_gone(gone.append)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("notifier.ledger.waiting.MOST_PATIENCE", 10_000)
            for number in range(5):
                await ledger.run(recent(f"r{number}"))
        assert work
        assert gone == []


async def test_a_disk_that_hangs_for_good_does_not_stop_the_loop_or_the_end(tmp_path: Path) -> None:
    gate = Gate()
    async with opened_with_failover(tmp_path, before_commit=gate) as ledger:
        gate.shut()
        await ledger.run(recent("r"))
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while not ledger._closed:
                turns += 1
                await asyncio.sleep(0)

        turning = asyncio.create_task(turn())
        for number in range(50):
            await ledger.run(recent(f"r{number}"))
        assert turns >= 50
    await turning
    gate.open()


@pytest.mark.parametrize("files", [STORE_FILES, ["store.db-wal"], ["store.db"]])
async def test_a_removed_file_is_written_again_with_everything(files: list[str], tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        back: list[Back] = []
        ledger.on_back(back.append)
        for number in range(50):
            await ledger.run(recent(f"r{number}"))
        await ledger.seal()
        for file in files:
            (tmp_path / file).unlink()
        await ledger.run(recent("after"))
        assert not ledger.recorded
        await comes_back(ledger)
        assert "whole" in back[0].text
        assert refs(ledger) == {"after", *(f"r{number}" for number in range(50))}
        assert await ledger.verify() == []
    assert verify(tmp_path / "store.db") == []


async def test_a_removed_folder_is_made_again(tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path / "state", probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(recent("before"))
        (tmp_path / "state").rename(tmp_path / "gone")
        await ledger.run(recent("after"))
        assert not ledger.recorded
        await comes_back(ledger)
        assert refs(ledger) == {"before", "after"}
        with pytest.raises(LedgerError, match="is in use"):
            await FailoverLedger.open(tmp_path / "state/store.db", "other", ledger.clock)


def kept_aside(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in folder.glob("store.db.replaced-*")]


async def test_what_somebody_put_in_the_place_of_the_store_is_kept_aside(tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(recent("before"))
        (tmp_path / "store.db").unlink()
        (tmp_path / "store.db").write_text("not a store")
        await ledger.run(recent("after"))
        await comes_back(ledger)
        assert refs(ledger) == {"before", "after"}
    assert "not a store" in kept_aside(tmp_path)


async def test_a_store_that_cannot_be_read_any_more_is_made_anew_from_memory_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        back: list[Back] = []
        ledger.on_back(back.append)
        await ledger.run(tell("i1", incident("i1"), Row("incident", {"site": SITE, "id": "i1", "state": "active"})))
        for file in STORE_FILES:
            (tmp_path / file).unlink()
        await ledger.run(recent("after"))
        monkeypatch.setattr("notifier.ledger.comeback._is_whole", lambda _: False)
        await comes_back(ledger)
        assert back[0].made_anew
        assert "missing" in back[0].text
        assert "after" in refs(ledger)
        kept = await ledger._disk.do(lambda writer: writer.db.execute("select state from incident").fetchall())
        assert kept == [("active",)]
        assert await ledger.verify() == []


def tell(of: str | None, *rows: Row) -> Callable[[], Body[None]]:
    def body() -> Body[None]:
        yield Fact(EventKind.NOTE, SITE, of, {}, rows)

    return body


async def test_memory_starts_with_what_a_running_response_needs(tmp_path: Path) -> None:
    active = {"state": "active"}
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        rows = [incident("open"), Row("incident", {"site": SITE, "id": "open", **active}), delivery("d1", "open")]
        await ledger.run(tell("open", *rows))
        old = [incident("old"), Row("incident", {"site": SITE, "id": "old", "closed_at": 0.0}), delivery("d2", "old")]
        await ledger.run(tell("old", *old))
        lane = {"site": SITE, "name": "sms", "tokens": 3.0}

        def take() -> Body[None]:
            yield Ask("check_put_lane", lane)

        await ledger.run(take)
        await break_it(ledger)
        memory = ledger._memory
        assert memory is not None
        db = memory.writer.db
        assert db.execute("select id, state from incident").fetchall() == [("open", "active")]
        assert db.execute("select id from delivery").fetchall() == [("d1",)]
        assert db.execute("select tokens from lane").fetchall() == [(3.0,)]
        assert db.execute("select count(*) from event where incident = 'open'").fetchone() == (1,)
        await ledger.run(tell("open", Row("delivery", {"site": SITE, "id": "d1", "state": "sent"})))
        await comes_back(ledger)
        assert await ledger.verify() == []


async def break_it(ledger: FailoverLedger) -> None:
    """Have the next commit fail as a full disk does."""
    hooks = ledger._disk.writer._hooks

    def full() -> None:
        raise OSError(28, "No space left on device")

    hooks.before_commit = full
    await ledger.run(recent(f"breaks{id(hooks)}"))
    assert not ledger.recorded


async def test_a_message_on_its_way_is_not_queued_again_by_coming_back(tmp_path: Path) -> None:
    """A claim leaves no event, and it must survive the way back all the same."""

    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        rows = [incident("i"), Row("incident", {"site": SITE, "id": "i", "state": "active"}), delivery("d", "i")]
        await ledger.run(tell("i", *rows))
        await break_it(ledger)
        memory = ledger._memory
        assert memory is not None
        claimed = "update delivery set state = 'sending', node = 'desk', attempt = 1"
        await memory.do(lambda writer: writer.db.execute(claimed))
        await comes_back(ledger)
        asked = "select state, node, attempt from delivery"
        kept = await ledger._disk.do(lambda writer: writer.db.execute(asked).fetchall())
        assert kept == [("sending", "desk", 1)]
        assert await ledger.verify() == []


async def test_a_disk_that_cannot_even_be_read_leaves_the_held_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(tell("i", incident("i"), Row("incident", {"site": SITE, "id": "i", "state": "active"})))
        never = threading.Event()

        def hang(*_: Any) -> None:
            never.wait(50)

        monkeypatch.setattr(standby.Standby, "fill", hang)
        monkeypatch.setattr("notifier.ledger.into_memory.SMALL_LIMIT", 0.01)
        await break_it(ledger)
        memory = ledger._memory
        assert memory is not None
        assert memory.writer.db.execute("select id, state from incident").fetchall() == [("i", "active")]
        never.set()


async def test_coming_back_that_breaks_off_is_taken_up_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(recent("before"))
        await break_it(ledger)
        for number in range(450):
            await ledger.run(recent(f"r{number}"))
        append, merged = Writer.append, []

        def fail_on_the_second_stretch(self: Writer, fact: Fact) -> None:
            if fact.kind is EventKind.MERGED:
                merged.append(fact)
                if len(merged) == 2:
                    raise LedgerError("the disk is gone again")
            append(self, fact)

        monkeypatch.setattr(Writer, "append", fail_on_the_second_stretch)
        ledger._probe_now.set()
        await until(lambda: len(merged) == 2)
        monkeypatch.undo()
        await ledger.run(recent("between"))
        assert not ledger.recorded
        await comes_back(ledger)
        assert len(refs(ledger)) == 453
        assert await ledger.verify() == []


async def test_followers_hear_everything_once_over_both_changes(tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        heard: list[Event] = []
        ledger.follow(heard.extend)
        await ledger.run(recent("before"))
        await break_it(ledger)
        await ledger.run(recent("in memory"))
        await comes_back(ledger)
        await ledger.run(recent("after"))
        told = [event.data["ref"] for event in heard if event.kind is EventKind.NOTE]
        assert [ref for ref in told if not ref.startswith("breaks")] == ["before", "in memory", "after"]
        assert [event.node for event in heard if event.kind is EventKind.MERGED] == ["desk"]


async def test_work_goes_on_while_everything_comes_back(tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await ledger.run(recent("counter"))
        await break_it(ledger)
        for number in range(600):
            await ledger.run(recent(f"r{number}"))
        ledger._probe_now.set()
        count = 0
        while not ledger.recorded:
            count += 1
            assert await ledger.run(add("counter", 1.0)) == NOW + count
        assert await ledger.run(add("counter", 1.0)) == NOW + count + 1
        assert await ledger.verify() == []


async def test_a_second_spell_in_memory_gets_a_chain_of_its_own_even_after_a_restart(tmp_path: Path) -> None:
    for opening in range(2):
        async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
            for spell in range(2):
                await break_it(ledger)
                await ledger.run(recent(f"{opening}-{spell}"))
                await comes_back(ledger)
            assert await ledger.verify() == []
            names = await ledger._disk.do(lambda writer: list(chains(writer.db)))
    assert names == ["desk", "desk~mem1", "desk~mem2", "desk~mem3", "desk~mem4"]


async def test_closing_in_memory_brings_everything_back_if_the_disk_works(tmp_path: Path) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await break_it(ledger)
        await ledger.run(recent("kept"))
    async with opened_with_failover(tmp_path) as ledger:
        assert "kept" in refs(ledger)
    assert verify(tmp_path / "store.db") == []


async def test_a_daemon_starts_on_a_disk_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at three in the morning leaves no school without a lockdown."""
    async with opened_with_failover(tmp_path) as ledger:
        await ledger.run(tell("i", incident("i"), Row("incident", {"site": SITE, "id": "i", "state": "active"})))
        await ledger.run(recent("before"))
        left_at = ledger.clock.now()
    started: list[str] = []

    def full(_: Any) -> None:
        started.append("full")
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as disk:
        disk.setattr("notifier.ledger.sqlite.migrate", full)
        ledger = await FailoverLedger.open(
            tmp_path / "store.db", "desk", SystemClock(1.0), queries=QUERIES, probe_every=NEVER_BY_ITSELF
        )
        assert started
        assert await ledger.run(recent("in memory"), urgent=True) == "in memory"
        assert not ledger.recorded
        await ledger.run(add("before", 1.0))
        assert refs(ledger) == {"before", "in memory"}
        assert ledger.clock.now() >= left_at
    await comes_back(ledger)
    assert refs(ledger) == {"before", "in memory"}
    assert await ledger.verify() == []
    await ledger.close()


async def test_a_first_start_on_a_disk_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(StoreGone, match="neither written nor read"):
        await FailoverLedger.open(tmp_path / "state" / "store.db", "desk", SystemClock(), queries=QUERIES)


LIMITED = """
import asyncio, json, resource, sys
from pathlib import Path
from notifier.testing.check_ledger import SITE, note
from notifier.ledger.verify import verify
from tests.ledger.bodies import QUERIES, opened_with_failover

async def main(folder):
    async with opened_with_failover(folder, probe_every=3600.0) as ledger:
        await ledger.run(note("before", ledger.clock.now()))
        size = max(path.stat().st_size for path in folder.glob("store.db*"))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        for number in range(200):
            await ledger.run(note(f"r{number}"))
        in_memory = not ledger.recorded
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        ledger._probe_now.set()
        while not ledger.recorded:
            await asyncio.sleep(0.005)
        kept = len(ledger.read("check_all_seen", site=SITE))
    found = [str(each) for each in verify(folder / "store.db")]
    print(json.dumps({"in_memory": in_memory, "kept": kept, "found": found}))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_file_that_may_not_grow_any_more(tmp_path: Path) -> None:
    """In a process of its own: the limit would hold for everything else in this one."""
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False, timeout=50
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"in_memory": True, "kept": 201, "found": []}
