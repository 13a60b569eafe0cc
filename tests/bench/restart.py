"""kill -9 in mid fan-out, and a start on what is left: how soon it runs, what was lost, what left twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.client import count_at, far_end, node, stamps_at
from tests.bench.processes import as_installed, running
from tests.bench.school import write_school

WINDOW = 64
QUIET = 2.0
"""Seconds without a message after which nothing more is expected."""


async def bench_restart(people: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        school = Path(name) / "s"
        write_school(school, people=people, sink=sink, rate=None, doors=[], window=WINDOW)
        async with node(school) as ours:
            await ours.press("office")
            while await count_at(ours.http, sink) < people * 0.3:
                await asyncio.sleep(0.005)
            os.kill(ours.pid, signal.SIGKILL)
            killed = await count_at(ours.http, sink)
        imports = _import_seconds()
        begun = time.monotonic()
        with running("notifier", "run", str(school), "--log", "error") as (_process, line):
            ready = time.monotonic() - begun
            assert line.startswith("ready:"), line
            async with aiohttp.ClientSession() as http:
                before = await count_at(http, sink)
                first = None
                last, quiet_since = before, time.monotonic()
                while time.monotonic() - quiet_since < QUIET:
                    await asyncio.sleep(0.02)
                    now = await count_at(http, sink)
                    if now > last:
                        first = first or time.monotonic() - begun
                        last, quiet_since = now, time.monotonic()
                stamps = await stamps_at(http, sink)
    times = Counter(to for _, to, words in stamps if words == "main" and to.startswith("topic-") and to[6:].isdigit())
    return {
        "people": people, "window": WINDOW, "out_when_killed": killed, "ready_s": round(ready, 2),
        "first_again_s": round(first, 2) if first else None, "import_s": round(imports, 2),
        "lost": people - len(times), "doubles": sum(count - 1 for count in times.values()),
    }  # fmt: skip


def _import_seconds() -> float:
    """The raw limit of a start: what Python needs to read the program."""

    def once() -> float:
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", "import notifier.cli.foreground"], check=True, env=as_installed())
        return time.monotonic() - begun

    once()  # compiles what nobody has run yet, as an installation does
    return once()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(bench_restart(int((sys.argv[1:] or ["20000"])[0]))), indent=1))
