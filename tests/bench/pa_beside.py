"""Public address while messages leave as fast as they can: packets of the pacing child beside a full fan-out."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

from tests.bench.fan_out import bench_fan_out
from tests.bench.pa import bench_pa


async def bench_pa_beside(people: int) -> dict[str, Any]:
    """`idle` and `loaded` as in `tests.bench.pa`; `fan_out`: the idle measurement while a node and its far end work.

    The node that fans out is another process than the pacing child's parent: what is shared is the two processors.
    """
    found = await asyncio.to_thread(bench_pa)
    pacing = subprocess.Popen([sys.executable, "-m", "tests.bench.pa", "idle"], stdout=subprocess.PIPE, text=True)
    rounds = 0
    while pacing.poll() is None:
        await bench_fan_out(people)
        rounds += 1
    assert pacing.stdout is not None
    beside = json.loads(pacing.stdout.read())
    return found | {
        "spacing_fan_out": beside["spacing_idle"],
        "first_packet_fan_out": beside["first_packet_idle"],
        "spacing_bare_fan_out": beside["spacing_bare_idle"],
        "fan_outs_beside": rounds,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(bench_pa_beside(20_000)), indent=1))
