"""Doors for benchmarks: Shelly relays on real sockets in a process of their own, each command stamped as it arrives.

`python -m tests.bench.door_double COUNT` says on its first line where they are: {"doors": [url…], "stamps": url}.
Times are CLOCK_MONOTONIC, which the presser shares.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

from aiohttp import web

from notifier.campus.door_model import DoorModel
from notifier.campus.relay_device import RelayDevice
from notifier.campus.shelly_server import ShellyServer
from notifier.clock import Clock


class Monotonic(Clock):
    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def main(count: int) -> None:
    devices = [RelayDevice(f"shellyplus1-{n:012x}", {0: DoorModel()}) for n in range(count)]

    async def stamps(_request: web.BaseRequest) -> web.Response:
        """When each switching request came, oldest first."""
        found = [seen.at for device in devices for seen in device.requests if seen.method == "Switch.Set"]
        return web.json_response(sorted(found))

    async with ShellyServer(Monotonic()) as server:
        doors = [server.add(device) for device in devices]
        told = await asyncio.get_running_loop().create_server(web.Server(stamps), "127.0.0.1", 0)
        where = {"doors": doors, "stamps": f"http://127.0.0.1:{told.sockets[0].getsockname()[1]}"}
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()
        await told.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
