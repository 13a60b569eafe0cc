"""Speaks to a node under measurement as a school would: over its own HTTP interface, with enrolled buttons."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.processes import running


@contextmanager
def far_end() -> Iterator[str]:
    """The address of a stamping sink in its own process."""
    with running("tests.bench.sink") as (_process, port):
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def node(folder: Path) -> AsyncIterator[Node]:
    """A daemon in its own process, serving the school in `folder`."""
    with running("tests.bench.node", str(folder)) as (process, line):
        assert line, "the node did not start; what it said stands above"
        async with aiohttp.ClientSession() as http:
            yield Node(http, process.pid, json.loads(line))


class Node:
    def __init__(self, http: aiohttp.ClientSession, pid: int, told: dict[str, Any]) -> None:
        self.http, self.pid, self.url, self.buttons = http, pid, told["url"], told["buttons"]
        self.tokens = told["tokens"]
        self._presses = 0

    @property
    def headers(self) -> dict[str, str]:
        """Of somebody who may look and act."""
        return {"Authorization": f"Bearer {self.tokens[0]}"}

    async def press(self, button: str) -> tuple[dict[str, Any], float, float]:
        """(answer, when the press left, when its answer was here)."""
        self._presses += 1
        begun = time.monotonic()
        async with self.http.post(
            f"{self.url}/press/{self.buttons[button]}", headers={"Idempotency-Key": f"press-{self._presses}"}
        ) as reply:
            answer = await reply.json()
            assert reply.status == 202, answer
        return answer, begun, time.monotonic()

    async def say(self, path: str, who: int = 0, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        async with self.http.post(f"{self.url}/api/v1{path}", json=body or None, headers=headers) as reply:
            answer = await reply.json()
            assert reply.status < 300, answer
            return dict(answer)

    async def end(self, incident: str, how: str) -> float:
        """Two people end it; returns when the second one had the answer."""
        asked = await self.say(f"/incidents/{incident}/{how}", reason="benchmark")
        await self.say(f"/approvals/{asked['approval']}", who=1, grant=True)
        return time.monotonic()

    async def incident(self, incident: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.tokens[0]}"}
        async with self.http.get(f"{self.url}/api/v1/incidents/{incident}", headers=headers) as reply:
            return dict(await reply.json())

    async def until_closed(self, incident: str) -> None:
        while (asked := time.monotonic()) and (await self.incident(incident))["state"] != "closed":
            await asyncio.sleep(max(0.01, 10 * (time.monotonic() - asked)))

    async def until_counted(self, incident: str, wanted: int, states: Sequence[str] = ("sent",)) -> dict[str, int]:
        """Until as many of its messages are in one of these states."""
        while True:
            asked = time.monotonic()
            counts = (await self.incident(incident))["deliveries"].get("push", {})
            if sum(counts.get(state, 0) for state in states) >= wanted:
                return dict(counts)
            # Counting reads every row, so asking all the time would be a load of its own.
            await asyncio.sleep(max(0.05, 10 * (time.monotonic() - asked)))


async def count_at(http: aiohttp.ClientSession, sink: str) -> int:
    async with http.get(f"{sink}/count") as reply:
        return int(json.loads(await reply.text())["taken"])


async def stamps_at(http: aiohttp.ClientSession, sink: str, start: int = 0) -> list[tuple[float, str, str]]:
    async with http.get(f"{sink}/stamps?from={start}") as reply:
        return [(at, to, words) for at, to, words in json.loads(await reply.text())]


def shares(values: Sequence[float], unit: float = 1e3) -> dict[str, float]:
    """Median, 99th percentile and largest, in milliseconds unless `unit` says otherwise."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    at = {"p50": 0.5, "p99": 0.99}
    found = {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * unit, 2) for name, share in at.items()
    }
    return found | {"max": round(ordered[-1] * unit, 2), "n": len(ordered)}
