"""A fan-out over a channel, every delivery journalled, beside a bare client before and after it in the same run."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.bare_sms import ACCOUNT
from tests.bench.client import count_at, far_end, node
from tests.bench.processes import cpu_seconds, peak_mb, running
from tests.bench.school import everybody, write_school

WINDOW = 64
SMS = "{{channel: twilio, window: {window}, settings: {{account_sid: {account}, auth_token: '${{env:BENCH_TOKEN}}', \
from_number: '+15550100000', api_url: '{sink}'}}}}"


async def bench_fan_out(people: int, *, by: str = "push", window: int = WINDOW) -> dict[str, Any]:
    """`people` messages: rate until the last is journalled as sent, CPU and memory of the node; the same by hand."""
    bare = {"push": "tests.bench.bare", "sms": "tests.bench.bare_sms"}[by]
    os.environ["BENCH_TOKEN"] = "not a secret"
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        sms = SMS.format(window=window, account=ACCOUNT, sink=sink) if by == "sms" else ""
        write_school(
            Path(name) / "s",
            people=people,
            sink=sink,
            rate=None,
            doors=[],
            window=window,
            playbook=everybody(by=by),
            sms=sms,
        )
        by_hand = [await asyncio.to_thread(_bare, bare, sink, people, window)]
        async with node(Path(name) / "s") as ours:
            before = await count_at(ours.http, sink)
            cpu = cpu_seconds(ours.pid)
            pressed, begun, _ = await ours.press("office")
            first = None
            while (taken := await count_at(ours.http, sink) - before) < people:
                first = first or (time.monotonic() - begun if taken else None)
                await asyncio.sleep(0.02)
            while (await ours.incident(pressed["incident"]))["deliveries"].get(by, {}).get("sent", 0) < people:
                await asyncio.sleep(0.03)
            seconds = time.monotonic() - begun
            used, memory = cpu_seconds(ours.pid) - cpu, peak_mb(ours.pid)
        by_hand.append(await asyncio.to_thread(_bare, bare, sink, people, window))
    rate = people / seconds
    raw = people / (sum(each["seconds"] for each in by_hand) / 2)
    raw_cpu = sum(each["cpu"] for each in by_hand) / 2
    return {
        "people": people, "window": window, "rate": round(rate), "raw_rate": round(raw), "ratio": round(rate / raw, 2),
        "cpu_us": round(used / people * 1e6), "raw_cpu_us": round(raw_cpu / people * 1e6),
        "cpu_ratio": round(used / raw_cpu, 2), "memory_mb": round(memory),
        "bare_rates": [round(people / each["seconds"]) for each in by_hand],
        "loop": "asyncio (no uvloop)", "sink": "own process, same machine",
    }  # fmt: skip


def _bare(module: str, sink: str, people: int, window: int) -> dict[str, float]:
    with running(module, sink, str(people), str(window)) as (_process, line):
        return dict(json.loads(line))


if __name__ == "__main__":
    import sys

    print(json.dumps(asyncio.run(bench_fan_out(int((sys.argv[1:] or ["10000"])[0]), by=(sys.argv[2:] or ["push"])[0]))))
