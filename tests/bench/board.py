"""A board of a large incident: how soon it is there, how much is sent, and whether it holds the loop up."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.client import Node, far_end, node, shares
from tests.bench.school import everybody, write_school

BEFORE_DATA = 120_000
"""Bytes of a board's page, styles and scripts (DESIGN 6)."""


async def bench_board(people: int, looks: int, screens: int) -> dict[str, Any]:
    """A page opened `looks` times while `screens` others ask for what changed, beside a fan-out to `people`."""
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        asks = everybody(answers="safe, need_help")
        write_school(Path(name) / "s", people=people, sink=sink, rate=None, doors=[], playbook=asks)
        async with node(Path(name) / "s") as ours:
            incident = (await ours.press("office"))[0]["incident"]
            await ours.until_counted(incident, people, ("queued", "sending", "sent", "delivered"))
            watched = [asyncio.create_task(_watch(ours, incident)) for _ in range(screens)]
            opened, size = await _open(ours, incident, looks)
            answered = await _answers(ours, looks)
            patches = [size for task in watched for size in await _end(task)]
    changed = [one for one in patches if one]
    return {
        "people": people, "screens": screens, "opened": shares(opened), "bytes": size, "health": shares(answered),
        "patches": len(patches), "patch_bytes_p50": int(sorted(changed)[len(changed) // 2]) if changed else 0,
    }  # fmt: skip


async def _open(ours: Node, incident: str, looks: int) -> tuple[list[float], int]:
    took, size = [], 0
    for _ in range(looks):
        begun = time.monotonic()
        text = await _get(ours, f"/board/{incident}")
        took.append(time.monotonic() - begun)
        files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', text)
        size = len(text.encode()) + sum([len((await _get(ours, each)).encode()) for each in files])
    return took, size


async def _watch(ours: Node, incident: str) -> list[int]:
    """As a screen does: four times a second at most, from the version that it shows."""
    sizes: list[int] = []
    version = ""
    try:
        while True:
            text = await _get(ours, f"/board/{incident}/patch?v={version}")
            sizes.append(len(text.encode()) if version else 0)
            found = re.search(r"patch\?v=(\w+)", text)
            version = found[1] if found else version
            await asyncio.sleep(0.25)
    except asyncio.CancelledError:
        return sizes


async def _answers(ours: Node, looks: int) -> list[float]:
    """Something small asked meanwhile: what a held-up loop would make late."""
    took = []
    for _ in range(looks):
        begun = time.monotonic()
        await _get(ours, "/healthz")
        took.append(time.monotonic() - begun)
        await asyncio.sleep(0.02)
    return took


async def _end(task: asyncio.Task[list[int]]) -> list[int]:
    task.cancel()
    return await task


async def _get(ours: Node, path: str) -> str:
    async with ours.http.get(f"{ours.url}{path}", headers=ours.headers) as reply:
        assert reply.status == 200, f"{path}: {reply.status}"
        return await reply.text()


if __name__ == "__main__":
    for many in (5_000, 100_000):
        print(asyncio.run(bench_board(many, 20, 5)))
