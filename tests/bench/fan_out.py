"""A fan-out over a plain HTTP channel, every delivery journalled, beside a bare client in the same run."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.processes import cpu_seconds, peak_mb, running
from tests.bench.school import write_school

WINDOW = 64


async def _count(http: aiohttp.ClientSession, sink: str) -> int:
    async with http.get(f"{sink}/count") as reply:
        return int(json.loads(await reply.text())["taken"])


async def bench_fan_out(people: int) -> dict[str, Any]:
    """`people` messages: rate until the last is journalled as sent, CPU and memory of the node; the same by hand."""
    with tempfile.TemporaryDirectory() as name, running("notifier.campus.ntfy_sink") as (_sink, port):
        sink = f"http://127.0.0.1:{port}"
        write_school(Path(name) / "s", people=people, sink=sink, rate=None, doors=[], window=WINDOW)
        with running("tests.bench.node", f"{name}/s") as (node, line):
            told = json.loads(line)
            async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {told['tokens'][0]}"}) as http:
                cpu, begun = cpu_seconds(node.pid), time.perf_counter()
                async with http.post(f"{told['url']}/press/{told['buttons']['office']}") as reply:
                    pressed = await reply.json()
                first = None
                while (taken := await _count(http, sink)) < people:
                    first = first or (time.perf_counter() - begun if taken else None)
                    await asyncio.sleep(0.02)
                while True:
                    async with http.get(f"{told['url']}/api/v1/incidents/{pressed['incident']}") as reply:
                        states = (await reply.json())["deliveries"].get("push", {})
                    if states.get("sent", 0) >= people:
                        break
                    await asyncio.sleep(0.05)
                seconds = time.perf_counter() - begun
                used, memory = cpu_seconds(node.pid) - cpu, peak_mb(node.pid)
        with running("tests.bench.bare", sink, str(people), str(WINDOW)) as (_bare, line):
            bare = json.loads(line)
    rate, raw = people / seconds, people / bare["seconds"]
    return {
        "people": people, "rate": rate, "raw_rate": raw, "ratio": rate / raw, "cpu_us": used / people * 1e6,
        "raw_cpu_us": bare["cpu"] / people * 1e6, "cpu_ratio": used / bare["cpu"], "memory_mb": memory,
        "first_seen_s": first, "loop": "asyncio (no uvloop)", "sink": "own process, same machine",
    }


if __name__ == "__main__":
    import sys

    print(json.dumps(asyncio.run(bench_fan_out(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)), indent=1))
