"""1,000 timers due together: how late each fires, durable, and the longest that the loop stands still meanwhile.

Escalations of one step, each to one person, made through the ledger so that they are due in the same millisecond; the
real engine on a real disk. Beside it asyncio's own `call_at`, which writes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from notifier import adapters
from notifier.daemon import Daemon
from notifier.files.settings_file import load_settings
from notifier.model.events import EventKind
from notifier.model.facts import Body, Event, Fact, Row
from notifier.model.incident import Activation
from notifier.model.step import TimerKind, TimerState
from tests.bench.client import far_end, shares
from tests.bench.processes import running
from tests.bench.school import everybody, write_school

TICK = 0.001


def bench_timers(count: int) -> dict[str, Any]:
    """Milliseconds late, and milliseconds of the longest stall, in a process of its own."""
    with running("tests.bench.timers", str(count)) as (_process, line):
        return dict(json.loads(line))


@asynccontextmanager
async def _watching() -> AsyncIterator[list[float]]:
    """The gaps between ticks of a loop that should tick each millisecond."""
    gaps: list[float] = []

    async def tick() -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            gaps.append(now - before - TICK)
            before = now

    ticking = asyncio.create_task(tick())
    try:
        yield gaps
    finally:
        ticking.cancel()


async def _bare(count: int) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    late: list[float] = []
    due = loop.time() + 0.5
    async with _watching() as gaps:
        for _ in range(count):
            loop.call_at(due, lambda: late.append(loop.time() - due))
        await asyncio.sleep(1.0)
    return {"late": shares(late), "stall_ms": round(max(gaps) * 1e3, 2)}


async def _ours(folder: Path, count: int) -> dict[str, Any]:
    daemon = Daemon(folder, load_settings(folder / "settings.yaml", adapters.Installed()))
    await daemon.open()
    running_daemon = asyncio.create_task(daemon.run())
    due = daemon.clock.now() + 2.0
    late: list[float] = []
    done = asyncio.Event()

    def heard(events: Sequence[Event]) -> None:
        now = daemon.clock.now()
        late.extend(now - due for event in events if event.kind is EventKind.ESCALATED)
        if len(late) >= count:
            done.set()

    daemon.ledger.follow(heard)
    press = Activation(secrets.token_hex(8), "button:office", "all", "main", presser="Bench")
    opened = await daemon.engine.press(press, incident_id=secrets.token_hex(8))
    await asyncio.sleep(0.5)

    def timers() -> Body[None]:
        # The last level is due first, by microseconds: the level after one that fires would be put off.
        rows = [
            Row("timer", {
                "site": "bench", "id": f"{opened.incident}:0:main:everybody:level:{level}", "incident": opened.incident,
                "kind": str(TimerKind.ESCALATE), "due": due + (count - level) * 1e-6, "state": str(TimerState.WAITING),
                "data": {"step": "everybody", "level": level, "run": 0, "phase": "main"},
            }, new=True)
            for level in range(1, count + 1)
        ]  # fmt: skip
        yield Fact(EventKind.STEP_STARTED, "bench", opened.incident, {"step": "everybody"}, rows)

    await daemon.ledger.run(timers)
    await asyncio.sleep(max(0.0, due - daemon.clock.now() - 0.1))
    async with _watching() as gaps:
        await asyncio.wait_for(done.wait(), 60)
        await asyncio.sleep(0.2)
    running_daemon.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running_daemon
    await daemon.close()
    return {"late": shares(late), "stall_ms": round(max(gaps) * 1e3, 2)}


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        asks = everybody(to="office", answers="safe", levels=count)
        write_school(Path(name) / "s", people=1, sink=sink, rate=None, doors=[], playbook=asks)
        found = {"timers": count, "raw": await _bare(count), "ours": await _ours(Path(name) / "s", count)}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int((sys.argv[1:] or ["1000"])[0])))
