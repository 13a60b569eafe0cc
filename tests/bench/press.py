"""A press until it is answered, durable; and until the first door is commanded. Idle, and beside a full fan-out.

Each press that opens commands the doors anew: between two, two people end the incident as a mistake over the API.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.client import Node, far_end, node, shares
from tests.bench.processes import running
from tests.bench.school import write_school

DOORS = 4


async def bench_press(opening: int, joining: int, people: int, store: str = "") -> dict[str, Any]:
    """Milliseconds. `people`: size of the fan-out that the loaded presses run beside. `store`: as in the settings."""
    with (
        tempfile.TemporaryDirectory() as name,
        far_end() as sink,
        running("tests.bench.door_double", str(DOORS)) as (_double, line),
        running("tests.bench.bare_server") as (_bare, port),
    ):
        doors = json.loads(line)
        school = Path(name) / "s"
        write_school(school, people=people, sink=sink, rate=None, doors=doors["doors"])
        if store:
            with (school / "settings.yaml").open("a") as settings:
                settings.write(f"store: {json.dumps(store)}\n")
        async with node(school) as ours:
            found: dict[str, Any] = {"raw_fsync": shares(_fsync(Path(name) / "raw", 300))}
            found["raw_press"] = shares(await _bare_presses(ours.http, f"http://127.0.0.1:{port}/press", 300))
            found["raw_door"] = shares(await _bare_commands(ours.http, doors))
            await _presses(ours, doors["stamps"], 5)  # connections are warm and every statement is compiled
            answered, commanded = await _presses(ours, doors["stamps"], opening)
            found["answered_opening"], found["door_idle"] = shares(answered), shares(commanded)
            found["answered_joining"] = shares(await joins(ours, joining))
            wide, _, _ = await ours.press("office")
            busy = asyncio.create_task(ours.until_counted(wide["incident"], people))
            answered, commanded = await _presses(ours, doors["stamps"], 10_000, busy)
            counts = await busy
            found["answered_loaded"], found["door_loaded"] = shares(answered), shares(commanded)
            found["fan_out_beside"] = {"people": people, **counts}
            found["raw_fsync_after"] = shares(_fsync(Path(name) / "raw", 300))
    return found


async def _presses(
    ours: Node, stamps: str, count: int, while_runs: asyncio.Task[Any] | None = None
) -> tuple[list[float], list[float]]:
    """Seconds to the answer and to the first command at a door, for each of `count` presses that open."""
    answered, pressed = [], []
    for _ in range(count):
        if while_runs is not None and while_runs.done():
            break
        answer, begun, ended = await ours.press("doors")
        assert not answer["joined"], "the incident before was still open"
        pressed.append(begun)
        if while_runs is None or not while_runs.done():
            answered.append(ended - begun)
        await ours.end(answer["incident"], "mistake")
        await ours.until_closed(answer["incident"])
    async with ours.http.get(stamps) as reply:
        seen = await reply.json()
    first = [min(at for at in seen if at >= begun) - begun for begun in pressed]
    return answered, first[: len(answered)]


async def joins(ours: Node, count: int) -> list[float]:
    """Seconds to the answer of presses that join an open incident."""
    opened, _, _ = await ours.press("doors")
    waits = []
    for _ in range(count):
        answer, begun, ended = await ours.press("doors")
        assert answer["joined"]
        waits.append(ended - begun)
    await ours.end(opened["incident"], "mistake")
    await ours.until_closed(opened["incident"])
    return waits


async def _bare_presses(http: aiohttp.ClientSession, url: str, count: int) -> list[float]:
    waits = []
    for _ in range(count):
        begun = time.monotonic()
        async with http.post(url) as reply:
            await reply.json()
        waits.append(time.monotonic() - begun)
    return waits


async def _bare_commands(http: aiohttp.ClientSession, doors: dict[str, Any], count: int = 200) -> list[float]:
    """The raw limit: a client that only sends the request that locks a door, over a warm connection."""
    sent = []
    for _ in range(count):
        sent.append(time.monotonic())
        async with http.get(f"{doors['doors'][0]}/rpc/Switch.Set?id=0&on=true") as reply:
            await reply.read()
    async with http.get(doors["stamps"]) as reply:
        seen = (await reply.json())[-count:]
    return [at - begun for begun, at in zip(sent, seen, strict=True)]


def _fsync(path: Path, count: int) -> list[float]:
    """The raw limit of anything durable: 4 KiB at the file's end, and fdatasync."""
    page, waits = os.urandom(4096), []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for _ in range(count):
            begun = time.monotonic()
            os.write(file, page)
            os.fdatasync(file)
            waits.append(time.monotonic() - begun)
    finally:
        os.close(file)
    return waits


if __name__ == "__main__":
    print(json.dumps(asyncio.run(bench_press(30, 60, 5_000)), indent=1))
