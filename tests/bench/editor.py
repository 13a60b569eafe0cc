"""Presses until they are answered, alone and while an administrator's drafts are checked without a pause."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.client import Node, far_end, node, shares
from tests.bench.press import joins
from tests.bench.school import everybody, write_school

WRITER = 2
"""Which of the node's tokens is an administrator's."""


async def bench_editor(people: int, presses: int) -> dict[str, Any]:
    """Milliseconds. `people`: everybody of the school, whom each look plans for."""
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        school = Path(name) / "s"
        write_school(school, people=people, sink=sink, rate=None, doors=[])
        async with node(school) as ours:
            await joins(ours, 5)  # connections are warm and every statement is compiled
            alone = shares(await joins(ours, presses))
            looks: list[float] = []
            await _look(ours, 0)  # its process runs, and has read the people
            typist = asyncio.create_task(_type(ours, looks))
            beside = []
            while len(looks) < 3 or len(beside) < presses:
                beside += await joins(ours, presses // 4)
                if typist.done():
                    break
            typist.cancel()
            await asyncio.gather(typist, return_exceptions=True)
    return {"people": people, "alone": alone, "beside": shares(beside), "look": shares(looks)}


async def _type(ours: Node, looks: list[float]) -> None:
    while True:
        looks.append(await _look(ours, len(looks) + 1))


async def _look(ours: Node, number: int) -> float:
    """One draft kept, checked and planned; seconds."""
    begun = time.monotonic()
    headers = {"Authorization": f"Bearer {ours.tokens[WRITER]}"}
    text = f"# {number}\n{everybody()}"
    async with ours.http.post(f"{ours.url}/playbooks/all/check", data={"text": text}, headers=headers) as reply:
        said = await reply.text()
        assert reply.status == 200, said[:500]
        assert "no fault" in said, said[:500]
    return time.monotonic() - begun
