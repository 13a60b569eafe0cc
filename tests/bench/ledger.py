"""Commits of the embedded store beside the raw disk: how many a second, and what one waiter waits.

Run it by itself: `python -m tests.bench.ledger [FOLDER]`. The raw limit is measured in the same run: writing 4 KiB
and calling fdatasync, which is what one commit cannot do without.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

from notifier.clock import SystemClock
from notifier.ledger.named_queries import load_queries
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.verify import verify
from notifier.testing.check_ledger import LEDGER_QUERIES, note

CONCURRENT = {1: 1_000, 10: 5_000, 100: 20_000}
"""Waiters at once, and how many transactions they share."""


def bench_commits(path: Path) -> dict[str, Any]:
    """Transactions of one fact with one row, at 1, 10 and 100 at once; ms are what one waiter waits.

    `path`: a folder on the disk to be measured.
    """
    raw = {
        "new blocks": _raw_writes(path / "new", 300, again=False),
        "known blocks": _raw_writes(path / "known", 300, again=True),
    }
    ours = asyncio.run(_commits(path / "store.db"))
    limit = raw["known blocks"]["per_second"]
    began = perf_counter()
    found = verify(path / "store.db")
    spent = perf_counter() - began
    events = sum(CONCURRENT.values())
    return {
        "raw fdatasync": raw,
        "commits": ours,
        "commits per second, of the raw rate over known blocks": {
            str(many): round(each["per_second"] / limit, 2) for many, each in ours.items()
        },
        "verify": {"events": events, "per_second": round(events / spent), "findings": len(found)},
    }


def _raw_writes(path: Path, count: int, *, again: bool) -> dict[str, float]:
    """4 KiB and fdatasync, each time. `again`: over blocks that the file has already, as SQLite's log does once it
    has been folded in; else at the file's end."""
    page = os.urandom(4096)
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        os.pwrite(file, page * count, 0) if again else None
        os.fsync(file)

        def write(number: int) -> None:
            os.pwrite(file, page, number * 4096)
            os.fdatasync(file)

        waits = [_timed(partial(write, number)) for number in range(count)]
    finally:
        os.close(file)
    return _told(waits, sum(waits), 0.0)


async def _commits(path: Path) -> dict[int, dict[str, float]]:
    ledger = await SqliteLedger.open(path, "bench", SystemClock(), queries=load_queries(LEDGER_QUERIES))
    told = {}
    for many, count in CONCURRENT.items():
        waits: list[float] = []

        async def wait_in_turn(waiter: int, many: int = many, count: int = count, waits: list[float] = waits) -> None:
            for number in range(count // many):
                began = perf_counter()
                await ledger.run(note(f"{many}-{waiter}-{number}"))
                waits.append(perf_counter() - began)

        began, spent = perf_counter(), process_time()
        await asyncio.gather(*(wait_in_turn(waiter) for waiter in range(many)))
        told[many] = _told(waits, perf_counter() - began, process_time() - spent)
    await ledger.close()
    return told


def _timed(deed: Callable[[], None]) -> float:
    began = perf_counter()
    deed()
    return perf_counter() - began


def _told(waits: list[float], seconds: float, cpu: float) -> dict[str, float]:
    hundredths = quantiles(waits, n=100)
    return {
        "per_second": round(len(waits) / seconds),
        "p50_ms": round(hundredths[49] * 1e3, 3),
        "p99_ms": round(hundredths[98] * 1e3, 3),
        "cpu_us": round(cpu / len(waits) * 1e6, 1),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        print(json.dumps(bench_commits(Path(folder)), indent=2))
