"""Public address: how even the packets leave, and how soon the first one, beside what the machine can do at best.

Arrivals are stamped by the kernel, so the listener's own delays do not count. "Loaded" is a parent whose event loop
never rests and a second busy process: two processors' worth of work beside the pacing child.

    python -m tests.bench.pa
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from notifier.campus.rtp_listener import RtpListener, Stream
from notifier.channels.pa_multicast import PaMulticast, Settings
from notifier.clock import SystemClock
from notifier.interfaces import PageWords, Tools
from notifier.model.site import Speaker

SECONDS = 8
"""Of speech per measurement: 400 packets, so p95 stands on 20 of them."""
PRESSES = 60

BARE = """
import select, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
begun = time.monotonic()
for n in range(count):
    select.select([], [], [], max(0, begun + n * 0.02 - time.monotonic()))
    out.sendto(b"\\x80\\x00" + n.to_bytes(2, "big") + bytes(168), (host, port))
"""


def bench_pa(loads: tuple[str, ...] = ("idle", "loaded")) -> dict[str, Any]:
    """Milliseconds: `spacing_*` between neighbouring packets, `first_packet_*` from the call of `page` to the wire."""
    return asyncio.run(_measure(loads))


async def _measure(loads: tuple[str, ...]) -> dict[str, Any]:
    port = 20_000 + os.getpid() % 10_000 * 2
    groups = [f"239.255.20.1:{port}", f"239.255.20.2:{port}", f"239.255.20.3:{port}"]
    found: dict[str, Any] = {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory() as folder:
        tools = Tools(None, SystemClock(), folder)
        pa = PaMulticast("bench", Settings(interface="127.0.0.1", ttl=0, speech_program=""), tools)
        ears = RtpListener(groups)
        await ears.open()
        await pa.open()
        long = PageWords("long", "shelter", {}, {}, 2, drill=False)
        await pa.prepare(long)
        await pa.prepare(PageWords("short", "attention", {}, {}, 1, drill=False))
        # As the daemon does after its start (ARCHITECTURE, decision 16).
        gc.collect()
        gc.freeze()
        for name in loads:
            async with _load(name == "loaded"):
                found[f"spacing_bare_{name}"] = await _bare(ears, groups[2])
                found[f"spacing_{name}"] = await _spacing(pa, ears, groups[:2], long)
                found[f"first_packet_{name}"] = await _first_packets(pa, ears, groups[0])
                found[f"first_packet_bare_{name}"] = await _first_bare(ears, groups[2])
        found["first_in_line"] = pa.first_in_line
        await pa.close()
        await ears.close()
    found["promise"] = "spacing p95 <= 25, max <= 60; first packet p99 <= 50"
    return found


async def _spacing(pa: PaMulticast, ears: RtpListener, groups: list[str], words: PageWords) -> dict[str, float]:
    before = len(ears.streams())
    speakers = [Speaker(id=f"s{n}", zone="z", address=group) for n, group in enumerate(groups)]
    report = await pa.page(speakers, words, 50, _nothing)
    await ears.until(lambda: sum(stream.packets for stream in ears.streams()[before:]) >= report.packets)
    gaps = [gap for stream in ears.streams()[before:] for gap in stream.gaps_ms]
    return _shares(gaps) | {"packets": float(report.packets), "reported_worst": report.worst_gap_ms}


async def _first_packets(pa: PaMulticast, ears: RtpListener, group: str) -> dict[str, float]:
    speaker = [Speaker(id="s", zone="z", address=group)]
    words = PageWords("short", "attention", {}, {}, 1, drill=False)
    waits = []
    for _ in range(PRESSES):
        before = len(ears.streams(group))
        pressed = time.time()
        begun = asyncio.Event()
        page = asyncio.create_task(pa.page(speaker, words, 50, begun.set))
        await begun.wait()
        await ears.until(lambda before=before: len(ears.streams(group)) > before)
        await pa.stop(speaker)
        await page
        waits.append((ears.streams(group)[-1].arrivals[0] - pressed) * 1000)
    return _shares(waits)


async def _first_bare(ears: RtpListener, group: str) -> dict[str, float]:
    """The raw limit: a datagram sent at once by this process itself."""
    host, _, port = group.rpartition(":")
    waits = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        for _ in range(PRESSES):
            before = len(ears.streams(group))
            pressed = time.time()
            out.sendto(b"\x80\x80" + bytes(6) + os.urandom(4) + bytes(160), (host, int(port)))
            await ears.until(lambda before=before: len(ears.streams(group)) > before)
            waits.append((ears.streams(group)[-1].arrivals[0] - pressed) * 1000)
    return _shares(waits)


async def _bare(ears: RtpListener, group: str) -> dict[str, float]:
    """The raw limit: a process that does nothing but wait for the clock and send."""
    host, _, port = group.rpartition(":")
    count = SECONDS * 50
    held = sum(stream.packets for stream in ears.streams(group))
    sender = await asyncio.create_subprocess_exec(sys.executable, "-I", "-S", "-c", BARE, host, port, str(count))
    await ears.until(lambda: sum(stream.packets for stream in ears.streams(group)) >= held + count)
    await sender.wait()
    stream: Stream = next(each for each in ears.streams(group) if each.ssrc == 0)
    return _shares(stream.gaps_ms[-count + 1 :])


@asynccontextmanager
async def _load(on: bool) -> AsyncIterator[None]:
    if not on:
        yield
        return
    busy = True
    people = [{"name": f"Person {n}", "sms": f"+1555000{n:04}"} for n in range(200)]

    async def never_rest() -> None:
        while busy:
            json.loads(json.dumps(people))  # about a millisecond, as much as a batch of deliveries
            await asyncio.sleep(0)

    burner = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
    spinners = [asyncio.create_task(never_rest()) for _ in range(4)]
    try:
        yield
    finally:
        busy = False
        burner.kill()
        await burner.wait()
        await asyncio.gather(*spinners)


def _shares(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    shares = {name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) for name, share in at.items()}
    return shares | {"max": round(ordered[-1], 3)}


def _nothing() -> None: ...


if __name__ == "__main__":
    print(json.dumps(bench_pa(tuple(sys.argv[1:]) or ("idle", "loaded")), indent=2))
