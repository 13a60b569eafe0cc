"""Whether it lives, whether it is ready, and its numbers in the Prometheus text format 0.0.4."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from notifier.clock import stopwatch
from notifier.console.headers import secure
from notifier.console.parts import Metric
from notifier.console.route import Call
from notifier.errors import Refused
from notifier.model.measured import MEASURED, Histogram

TICK = 0.05  # seconds; finer than the 5 ms promise needs a tick that costs more than it tells


class LoopWatch:
    """How late the loop is: the largest delay of a tick since the last reading."""

    def __init__(self) -> None:
        self._worst = 0.0
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._due = stopwatch() + TICK
        self._handle = asyncio.get_running_loop().call_later(TICK, self._tick)

    def stop(self) -> None:
        if self._handle:
            self._handle.cancel()

    def take(self) -> float:
        """Seconds; starts a new reading."""
        worst, self._worst = max(self._worst, stopwatch() - self._due), 0.0
        return max(0.0, worst)

    def _tick(self) -> None:
        self._worst = max(self._worst, stopwatch() - self._due)
        self.start()


async def alive(_call: Call) -> Mapping[str, bool]:
    """The loop turns: nothing more is claimed."""
    return {"alive": True}


async def ready(call: Call) -> web.Response:
    """Whether a press here would be answered and written down. 503 while not ready, for those who watch."""
    health = call.parts.views.health()
    status = 200 if health["ready"] else 503
    return web.json_response({"ready": bool(health["ready"]), "recorded": bool(health["recorded"])}, status=status)


async def metrics(call: Call) -> web.Response:
    own = [
        Metric("live_streams", MEASURED["live_streams"].text, [({}, len(call.streams))]),
        Metric("loop_stall_seconds", MEASURED["loop_stall_seconds"].text, [({}, call.stall())]),
    ]
    handed = list(call.parts.metrics())
    known = {metric.name for metric in handed}  # a name may stand once only in the format
    told = [*(metric for metric in own if metric.name not in known), *handed]
    return web.Response(text=prometheus(told), headers={"Content-Type": CONTENT_TYPE})


async def verify(call: Call) -> Mapping[str, Any]:
    """What does not hold in the record; an empty list if all of it does."""
    if call.parts.verify is None:
        raise Refused("This daemon cannot verify its record.", 501)
    return {"items": list(await call.parts.verify()), "next": None}


async def replay(call: Call) -> Mapping[str, Any]:
    """One incident from the record, each decision made again; reads only."""
    if call.parts.replay is None:
        raise Refused("This daemon cannot replay its record.", 501)
    incident = call.path["incident"]
    call.parts.views.incident(incident)  # raises NotFound
    one = call.parts.kept.setdefault("replay", asyncio.Lock())
    # The record says what was done under duress: whoever is made to show their screen hears that it is busy.
    if one.locked() or call.parts.views.pretends(incident):
        raise Refused("The record is being told again to somebody else. Ask again when that is done.", 503)
    async with one:
        return await call.parts.replay(incident)


async def backup(call: Call) -> web.StreamResponse:
    """Record, seals, keys and files of this node in one file, as of now; it stays nowhere here."""
    if call.parts.backup is None:
        raise Refused("This daemon cannot make a backup.", 501)
    async with call.parts.backup() as path:
        size = (await asyncio.to_thread(path.stat)).st_size
        response = web.StreamResponse(headers={"Content-Type": ARCHIVE, "Content-Length": str(size)})
        secure(response, call.request.secure)
        await response.prepare(call.request)
        file = await asyncio.to_thread(path.open, "rb")
        try:
            while block := await asyncio.to_thread(file.read, BLOCK):
                await response.write(block)
        finally:
            file.close()
        await response.write_eof()
    call.parts.backed_up(call.caller.name)
    return response


ARCHIVE = "application/gzip"
BLOCK = 1 << 18
"""Bytes read and sent at once: more would only fill the socket's buffer."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def prometheus(metrics: Iterable[Metric]) -> str:
    lines = []
    for metric in metrics:
        lines.append(f"# HELP notifier_{metric.name} {_escaped(metric.text)}")
        lines.append(f"# TYPE notifier_{metric.name} {metric.kind}")
        for labels, value in metric.samples:
            said = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            labelled = f"{{{said}}}" if said else ""
            lines.append(f"notifier_{metric.name}{labelled} {_number(value)}")
        if metric.histogram is not None:
            lines += _buckets(f"notifier_{metric.name}", metric.histogram)
    return "\n".join(lines) + "\n"


def _buckets(name: str, histogram: Histogram) -> Iterable[str]:
    cumulated = histogram.cumulated()
    for bound, count in cumulated:
        said = "+Inf" if math.isinf(bound) else f"{bound:g}"
        yield f'{name}_bucket{{le="{said}"}} {count}'
    yield f"{name}_sum {_number(histogram.total)}"
    yield f"{name}_count {cumulated[-1][1]}"


def _number(value: float) -> str:
    """Whole, or with every digit that it has: seconds since 1970 do not fit into six."""
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
