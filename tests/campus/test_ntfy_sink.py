"""The sink of benchmarks counts every message once, however its bytes arrive."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from notifier.campus.ntfy_sink import SinkCount, start_sink
from notifier.channels.ntfy import Ntfy, NtfySettings
from notifier.clock import SystemClock
from notifier.interfaces import Tools
from notifier.model.delivery import Purpose
from notifier.model.message import Message

WORDS = Message("Lockdown", "Locks, lights, out of sight.", "en", Purpose.EMERGENCY, drill=False)


@pytest.fixture
async def sink() -> AsyncIterator[tuple[int, SinkCount]]:
    server, count = await start_sink()
    yield server.sockets[0].getsockname()[1], count
    server.close()
    await server.wait_closed()


async def test_the_real_channel_takes_it_for_a_server(sink: tuple[int, SinkCount], tmp_path: Path) -> None:
    port, count = sink
    async with aiohttp.ClientSession() as http:
        settings = NtfySettings.model_validate({"url": f"http://127.0.0.1:{port}"})
        channel = Ntfy("push", settings, Tools(http, SystemClock(), str(tmp_path)))
        assert (await channel.check()).well
        receipts = await asyncio.gather(*(channel.send(f"topic{n}", WORDS, f"d{n}") for n in range(50)))
        assert len({receipt.ref for receipt in receipts}) == 50
        async with http.get(f"http://127.0.0.1:{port}/count") as reply:
            assert json.loads(await reply.read())["taken"] == 50 == count.taken
        await channel.close()


async def test_messages_cut_anywhere_and_messages_glued_together_are_counted_once(
    sink: tuple[int, SinkCount],
) -> None:
    port, count = sink
    one = b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{"topic":"x"}'
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for cut in range(1, len(one)):
        writer.write(one[:cut])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(one[cut:])
        await reader.readuntil(b"}\n")
    writer.write(one * 3)
    for _ in range(3):
        await reader.readuntil(b"}\n")
    assert count.taken == len(one) - 1 + 3
    writer.close()
    await writer.wait_closed()


async def test_it_runs_in_a_process_of_its_own_and_says_where(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notifier.campus.ntfy_sink", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/count") as reply:
        assert json.loads(await reply.read())["taken"] == 0
    process.send_signal(signal.SIGTERM)
    await process.wait()
