"""Alertmanager (Debian's package) on the same machine in the same run: its first webhook, and 5,000 of them.

`PEERS=1 make bench` runs it beside ours where it is installed. It writes nothing to disk before it sends, and a kill
loses what has not left; ours journals every delivery. Its webhooks go to a sink in this process.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.bench.client import shares

PROGRAM = "prometheus-alertmanager"
CONFIGURATION = """
route:
  receiver: sink
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 24h
receivers:
  - name: sink
    webhook_configs: [{{url: "http://127.0.0.1:{port}/", send_resolved: false}}]
"""
PATIENCE = 120.0


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


class _Sink:
    def __init__(self) -> None:
        self.got: dict[str, float] = {}
        self.news = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        now = time.perf_counter()
        for alert in (await request.json())["alerts"]:
            self.got.setdefault(alert["labels"]["alertname"], now)
        self.news.set()
        return web.Response()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.got) < count:
                self.news.clear()
                await self.news.wait()


async def bench_peers(triggers: int, many: int) -> dict[str, Any]:
    """Milliseconds from a trigger to its webhook, and webhooks a second for `many` of them at once."""
    sink = _Sink()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/", sink.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    with socket.socket() as free, tempfile.TemporaryDirectory() as made:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
        free.close()
        folder = Path(made)
        (folder / "config.yml").write_text(CONFIGURATION.format(port=port))
        process = await asyncio.create_subprocess_exec(
            PROGRAM, f"--config.file={folder}/config.yml", f"--storage.path={folder}",
            f"--web.listen-address=127.0.0.1:{own}", "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with aiohttp.ClientSession() as http:
                url = f"http://127.0.0.1:{own}/api/v2/alerts"
                await _ready(http, f"http://127.0.0.1:{own}/-/ready")
                first = await _first(http, url, sink, triggers)
                rate = await _many(http, url, sink, many)
        finally:
            process.terminate()
            await process.wait()
            await runner.cleanup()
    return {"first": first, "many": many, "rate": round(rate)}


async def _ready(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with http.get(url) as reply:
                    if reply.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def _first(http: aiohttp.ClientSession, url: str, sink: _Sink, triggers: int) -> dict[str, float]:
    times = []
    for number in range(triggers):
        before, name = len(sink.got), f"first-{number}"
        began = time.perf_counter()
        async with http.post(url, json=[{"labels": {"alertname": name}}]) as reply:
            reply.raise_for_status()
        await sink.wait_for(before + 1)
        times.append(sink.got[name] - began)
    return shares(times)


async def _many(http: aiohttp.ClientSession, url: str, sink: _Sink, many: int) -> float:
    before = len(sink.got)
    began = time.perf_counter()
    async with http.post(url, json=[{"labels": {"alertname": f"many-{number}"}} for number in range(many)]) as reply:
        reply.raise_for_status()
    await sink.wait_for(before + many)
    return many / (time.perf_counter() - began)
