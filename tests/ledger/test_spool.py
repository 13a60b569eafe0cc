"""What memory keeps stands in a local file before anybody is answered, and the next start brings it back."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.clock import SystemClock
from notifier.ledger import spool_part
from notifier.ledger.failover import FailoverLedger
from notifier.ledger.verify import verify
from notifier.model.facts import Row
from notifier.testing.check_ledger import SITE, add
from tests.ledger.bodies import PATIENCE, QUERIES, opened_with_failover, until
from tests.ledger.test_chain_and_verify import delivery, incident
from tests.ledger.test_store_gone import NEVER_BY_ITSELF, NOW, break_it, comes_back, recent, refs, tell
from tests.postgres_server import Server, server


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.ledger.failover.CLOSING", 0.3)


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Server]:
    with server("fsync=off") as running:
        yield running


def spooled(folder: Path) -> list[Path]:
    return sorted(folder.glob("spool.*"))


def stays_gone(ledger: FailoverLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """No way back as long as this process runs."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("notifier.ledger.sqlite.migrate", refuse)


async def test_a_stop_with_the_store_gone_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patched:
        async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
            await ledger.run(recent("before"))
            stays_gone(ledger, patched)
            await break_it(ledger)
            for number in range(250):
                await ledger.run(recent(f"m{number}"))
            await ledger.run(add("before", 5.0))
            said = refs(ledger)
    [left] = spooled(tmp_path)
    assert left.stat().st_mode & 0o777 == 0o600
    assert f"{left}; the next start brings it back" in caplog.text
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        assert ledger.recorded
        assert refs(ledger) == said
        assert await ledger.run(add("before", 0.0)) == NOW + 5.0
        assert await ledger.verify() == []
        assert spooled(tmp_path) == []
        await break_it(ledger)  # and the next spell has a name of its own
        await comes_back(ledger)
        assert await ledger.verify() == []
        assert spooled(tmp_path) == []
    assert verify(tmp_path / "store.db") == []


async def test_a_store_that_only_comes_back_at_the_end_gets_everything_before_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        await break_it(ledger)
        await ledger.run(recent("memory"))
    assert spooled(tmp_path) == []
    assert "LOST" not in caplog.text
    async with opened_with_failover(tmp_path) as ledger:
        assert "memory" in refs(ledger)


async def test_two_stops_in_one_absence_make_one_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def part(name: str) -> None:
        async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
            if ledger.recorded:
                await ledger.run(
                    tell("i", incident("i"), Row("incident", {"site": SITE, "id": "i", "state": "active"}))
                )
                await ledger.run(recent("before"))
                stays_gone(ledger, patched)
                await break_it(ledger)
                await ledger.run(tell("i", delivery("d", "i")))
            else:
                assert "first" in refs(ledger)
                await ledger.run(tell("i", Row("delivery", {"site": SITE, "id": "d", "state": "sent"})))
            await ledger.run(recent(name))
            await ledger.run(add("before", 5.0))

    with monkeypatch.context() as patched:
        await part("first")
        await part("second")
        assert len(spooled(tmp_path)) == 2
    async with opened_with_failover(tmp_path) as ledger:
        assert {"before", "first", "second"} <= refs(ledger)
        assert await ledger.run(add("before", 0.0)) == NOW + 10.0
        state = await ledger._disk.do(lambda writer: writer.db.execute("select state from delivery").fetchall())
        assert state == [("sent",)]
        assert await ledger.verify() == []
        chains = await ledger._disk.do(lambda writer: writer.db.execute("select distinct node from event").fetchall())
        assert sorted(chains) == [("desk",), ("desk~mem1",)]


async def test_a_claim_is_brought_back_and_a_settled_one_is_not_on_its_way_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
            active = Row("incident", {"site": SITE, "id": "i", "state": "active"})
            await ledger.run(tell("i", incident("i"), active, delivery("a", "i"), delivery("b", "i")))
            stays_gone(ledger, patched)
            await break_it(ledger)
            memory = ledger._memory
            assert memory is not None
            claimed = "update delivery set state = 'sending', node = 'desk', attempt = 7"
            await memory.do(lambda writer: writer.db.execute(claimed))
            await ledger.run(tell("i", Row("delivery", {"site": SITE, "id": "b", "state": "sent"})))
    async with opened_with_failover(tmp_path) as ledger:
        asked = "select id, state, attempt from delivery order by id"
        found = await ledger._disk.do(lambda writer: writer.db.execute(asked).fetchall())
        assert found == [("a", "sending", 7), ("b", "sent", 7)]


async def test_a_full_disk_leaves_it_at_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = (tmp_path / "state").resolve()
    real = spool_part.append

    def append(out: int, line: bytes) -> None:
        if Path(f"/proc/self/fd/{out}").readlink().parent == full:
            raise OSError(28, "No space left on device")
        real(out, line)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("notifier.ledger.spool_part.append", append)
        async with opened_with_failover(full, probe_every=NEVER_BY_ITSELF, spool_to=[elsewhere]) as ledger:
            stays_gone(ledger, patched)
            await break_it(ledger)
            await ledger.run(recent("memory"))
    assert spooled(full) == []
    assert len(spooled(elsewhere)) == 1
    async with opened_with_failover(full, spool_to=[elsewhere]) as ledger:
        assert "memory" in refs(ledger)
    assert spooled(elsewhere) == []


async def test_what_no_place_takes_is_said_to_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_out: int, _line: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("notifier.ledger.spool_part.append", full)
    async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
        stays_gone(ledger, monkeypatch)
        await break_it(ledger)
        await ledger.run(recent("memory"))
    assert "LOST: no place took 2 events" in caplog.text
    assert "events 1 to 2 of desk~mem1" in caplog.text
    assert "no incident: 2 note." in caplog.text
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize("end", ['{"seq": 99, "eve', '{"seq": 99, "events": [], "lanes": []}', "null"])
async def test_a_line_that_was_cut_takes_no_other_with_it(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
            stays_gone(ledger, patched)
            await break_it(ledger)
            await ledger.run(recent("memory"))
    [left] = spooled(tmp_path)
    left.write_text(left.read_text() + end)
    async with opened_with_failover(tmp_path) as ledger:
        assert "memory" in refs(ledger)
        assert await ledger.verify() == []


async def test_a_line_that_somebody_changed_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patched:
        async with opened_with_failover(tmp_path, probe_every=NEVER_BY_ITSELF) as ledger:
            stays_gone(ledger, patched)
            await break_it(ledger)
            await ledger.run(recent("honest"))
            await ledger.run(recent("memory"))
    [left] = spooled(tmp_path)
    left.write_text(left.read_text().replace("memory", "forged"))
    async with opened_with_failover(tmp_path) as ledger:
        assert "honest" in refs(ledger)
        assert not {"memory", "forged"} & refs(ledger)
        assert await ledger.verify() == []
    assert "is not its chain; look at" in caplog.text
    assert spooled(tmp_path) == [left], "it is kept for somebody to look at"


async def test_postgres_gone_at_the_stop_and_at_the_next_start(stoppable: Server, tmp_path: Path) -> None:
    address = stoppable.database()

    async def again() -> FailoverLedger:
        return await FailoverLedger.open(
            tmp_path / "copy.sqlite",
            "desk",
            SystemClock(),
            address=address,
            queries=QUERIES,
            patience=PATIENCE,
            probe_every=0.05,
        )

    ledger = await again()
    await ledger.run(recent("before"))
    stoppable.stop()
    try:
        await ledger.run(recent("first"), urgent=True)
        await ledger.close()
        ledger = await again()
        assert not ledger.recorded
        assert refs(ledger) == {"before", "first"}
        await ledger.run(add("before", 5.0))
        await ledger.close()
        assert len(spooled(tmp_path)) == 2
    finally:
        stoppable.start()
    ledger = await again()
    assert ledger.recorded
    assert refs(ledger) == {"before", "first"}
    assert await ledger.run(add("before", 0.0)) == NOW + 5.0
    assert [str(each) for each in await ledger.verify()] == []
    await ledger.close()
    assert spooled(tmp_path) == []


CHILD = """
import asyncio, sys
from pathlib import Path
from notifier.clock import SystemClock
from notifier.ledger.failover import FailoverLedger
from tests.ledger.bodies import PATIENCE, QUERIES
from tests.ledger.test_store_gone import recent

async def press(ledger, lane):
    for number in range(100_000):
        print(await ledger.run(recent(f"{lane}-{number}")), ledger.recorded, flush=True)

async def main(folder, address):
    ledger = await FailoverLedger.open(
        Path(folder) / "copy.sqlite", "desk", SystemClock(), address=address, queries=QUERIES, patience=PATIENCE)
    await asyncio.gather(*(press(ledger, lane) for lane in range(8)))

asyncio.run(main(*sys.argv[1:]))
"""


def test_a_daemon_killed_while_the_server_is_away_has_kept_what_it_answered(stoppable: Server, tmp_path: Path) -> None:
    address = stoppable.database()
    said: set[str] = set()
    child = [sys.executable, "-c", CHILD, str(tmp_path), address]
    try:
        with subprocess.Popen(child, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            in_memory = 0
            for line in running.stdout:
                if len(said) == 100:
                    stoppable.stop()
                ref, recorded = line.split()
                said.add(ref)
                in_memory += recorded == "False"
                if in_memory == 500:
                    running.send_signal(signal.SIGKILL)
                    break
            said |= {line.split()[0] for line in running.stdout if line.endswith("\n")}
            assert running.wait() == -signal.SIGKILL
    finally:
        stoppable.start()
    assert any(json.loads(line)["events"] for line in spooled(tmp_path)[0].read_text().splitlines()[:1])

    async def look() -> None:
        ledger = await FailoverLedger.open(
            tmp_path / "copy.sqlite", "desk", SystemClock(), address=address, queries=QUERIES, patience=PATIENCE
        )
        assert said <= refs(ledger)
        assert [str(each) for each in await ledger.verify()] == []
        await ledger.close()

    asyncio.run(look())


class Stuck:
    """Writes into a folder hang until they are let go."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._real = folder.resolve(), spool_part.append
        self._well = threading.Event()
        monkeypatch.setattr("notifier.ledger.spool_part.append", self._append)

    def lets_go(self) -> None:
        self._well.set()

    def _append(self, out: int, line: bytes) -> None:
        if Path(f"/proc/self/fd/{out}").readlink().parent == self.folder:
            self._well.wait(50)
        self._real(out, line)


def lines_in(folder: Path) -> list[int]:
    return [json.loads(line)["seq"] for path in spooled(folder) for line in path.read_text().splitlines()]


async def test_a_disk_that_hangs_is_left_for_the_next_place_and_gets_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with monkeypatch.context() as patched:
        stuck = Stuck(state, patched)
        async with opened_with_failover(state, probe_every=NEVER_BY_ITSELF, spool_to=[elsewhere]) as ledger:
            stays_gone(ledger, patched)
            await break_it(ledger)
            for number in range(3):
                await ledger.run(recent(f"hung{number}"))
            assert lines_in(elsewhere) == [1, 2, 3, 4], "whoever was answered must find it on a disk"
            assert lines_in(state) == []
            stuck.lets_go()
            await until(lambda: lines_in(state) == [1, 2, 3, 4])
            await ledger.run(recent("well"))
            assert lines_in(state) == [1, 2, 3, 4, 5], "the better place is the place again"
            assert lines_in(elsewhere) == [1, 2, 3, 4]
    async with opened_with_failover(state, spool_to=[elsewhere]) as ledger:
        assert {"hung0", "hung1", "hung2", "well"} <= refs(ledger)
        assert await ledger.verify() == []
    assert spooled(state) == spooled(elsewhere) == []


async def test_what_hung_until_the_end_leaves_nothing_behind_once_all_is_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with monkeypatch.context() as patched:
        stuck = Stuck(state, patched)
        async with opened_with_failover(state, probe_every=NEVER_BY_ITSELF, spool_to=[elsewhere]) as ledger:
            await break_it(ledger)
            await ledger.run(recent("memory"))
            await comes_back(ledger)
            assert "memory" in refs(ledger)
        stuck.lets_go()
        await until(lambda: not any(thread.name.startswith("spool-") for thread in threading.enumerate()))
    assert spooled(state) == spooled(elsewhere) == []
