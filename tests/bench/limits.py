"""A sender's own limit, held and used; and how soon nothing leaves any more after a recall or an answer."""

from __future__ import annotations

import asyncio
import bisect
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.client import far_end, node, shares, stamps_at
from tests.bench.processes import peak_mb
from tests.bench.school import everybody, write_school


async def bench_limit(rate: float, seconds: float) -> dict[str, Any]:
    """Messages a second at the sink over `seconds`, of the limit; and the most in any 10 s beyond limit x 10."""
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        people = int(rate * (seconds + 3))
        write_school(Path(name) / "s", people=people, sink=sink, rate=rate, doors=[])
        async with node(Path(name) / "s") as ours:
            await ours.press("office")
            await asyncio.sleep(seconds + 1)
            arrived = [at for at, _, _ in await stamps_at(ours.http, sink)]
    first = arrived[0]
    span = [at for at in arrived if at - first < seconds]
    most = max(bisect.bisect_left(arrived, at + 10.0) - place for place, at in enumerate(arrived))
    window = min(10.0, seconds)
    return {
        "limit_per_s": rate, "seconds": seconds, "rate": round(len(span) / seconds, 2),
        "of_limit": round(len(span) / seconds / rate, 4), "most_in_10s": most, "allowed_in_10s": window * rate + 1,
    }  # fmt: skip


async def bench_recall(people: int, rate: float, answers: int) -> dict[str, Any]:
    """With `people` queued behind a limited sender: milliseconds from an answer, then from the recall, to the last
    request that still left. 0 means that none left after it."""
    with tempfile.TemporaryDirectory() as name, far_end() as sink:
        asks = everybody(answers="safe, need_help")
        write_school(Path(name) / "s", people=people, sink=sink, rate=rate, doors=[], playbook=asks)
        async with node(Path(name) / "s") as ours:
            pressed, begun, _ = await ours.press("office")
            incident = pressed["incident"]
            await ours.until_counted(incident, people, ("queued", "sending", "sent"))
            written = time.monotonic() - begun
            answered: dict[str, float] = {}
            took = []
            for _ in range(answers):
                # whose turn is next: the queue leaves in its order, so it is whoever follows the last that arrived
                _, topic, _ = (await stamps_at(ours.http, sink))[-1]
                person = int(topic.rpartition("-")[2]) + 4
                asked = time.monotonic()
                await ours.say(f"/incidents/{incident}/people/p{person}/answer", answer="safe")
                answered[f"topic-{person}"] = time.monotonic()
                took.append(answered[f"topic-{person}"] - asked)
                await asyncio.sleep(3 / rate)
            recalled = await ours.end(incident, "recall")
            await asyncio.sleep(2.0)
            arrived = await stamps_at(ours.http, sink)
            memory = peak_mb(ours.pid)
            await ours.until_closed(incident)
            closed = time.monotonic() - recalled
    after_answer = [max(0.0, at - answered[to]) for at, to, _ in arrived if to in answered]
    after_recall = [at - recalled for at, _, words in arrived if words == "main" and at > recalled]
    return {
        "queued": people, "limit_per_s": rate, "written_s": round(written, 1), "memory_mb": round(memory),
        "answers": len(answered), "answer_took": shares(took), "sent_after_answer": sum(at > 0 for at in after_answer),
        "answer_to_last_ms": round(max(after_answer, default=0.0) * 1e3, 1),
        "sent_after_recall": len(after_recall), "recall_to_last_ms": round(max(after_recall, default=0.0) * 1e3, 1),
        "recall_to_closed_s": round(closed, 2),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(asyncio.run(bench_limit(100.0, 12.0)), indent=1))
    print(json.dumps(asyncio.run(bench_recall(5_000, 50.0, 10)), indent=1))
