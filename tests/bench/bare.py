"""The raw limit of a fan-out: a bare pooled aiohttp client posting the same bytes.

`python -m tests.bench.bare URL N WINDOW`
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import aiohttp


async def main(url: str, count: int, window: int) -> None:
    body = {
        "topic": "topic-1",
        "title": "Everybody",
        "message": "Bench School: Everybody at 10:41. Stay where you are. ABCD",
        "priority": 5,
        "tags": ["rotating_light"],
        "sequence_id": "x" * 40,
    }
    left = iter(range(count))
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    data = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}

    async def worker() -> None:
        for _ in left:
            async with session.post(url, data=data, headers=headers) as reply:
                await reply.read()

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(window)))
    told = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "count": count}
    await session.close()
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
