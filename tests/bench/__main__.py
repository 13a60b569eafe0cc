"""The promised numbers, each beside its raw limit in the same run: `python -m tests.bench [NAME…] [--quick]`.

Prints one table and writes `bench-output/bench.json`. A number that is not met is said to be so and fails nothing:
whoever reads it knows the machine and its load, which stand above the table.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.board import BEFORE_DATA, bench_board
from tests.bench.editor import bench_editor
from tests.bench.fan_out import bench_fan_out
from tests.bench.files import bench_files
from tests.bench.ledger import bench_commits
from tests.bench.limits import bench_limit, bench_recall
from tests.bench.pa_beside import bench_pa_beside
from tests.bench.peers import bench_peers, installed
from tests.bench.press import bench_press
from tests.bench.restart import bench_restart
from tests.bench.stranger import bench_stranger, said_of_strangers
from tests.bench.timers import bench_timers
from tests.postgres_server import server

OUTPUT = Path("bench-output")


class Line(NamedTuple):
    """One promise beside what was measured."""

    promise: str
    ours: str
    raw: str
    ratio: str
    number: str
    """What PRODUCT 4 says."""
    met: bool | None
    """None: measured, and nothing is promised about it."""


def press(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_press(40, 100, 5_000) if quick else bench_press(200, 500, 30_000))


def press_lines(found: dict[str, Any]) -> list[Line]:
    fsync = found["raw_fsync"]["p50"]
    raw = f"fdatasync {_ms(found['raw_fsync'])}, bare 202 {_ms(found['raw_press'])}"
    door = f"bare client {_ms(found['raw_door'])}"
    return [
        _pressed("press that opens, answered durable", found["answered_opening"], raw, fsync),
        _pressed("press that joins, answered durable", found["answered_joining"], raw, fsync),
        _timed("first door request, idle", found["door_idle"], door, 3.0, 10.0),
        _timed("first door request, full fan-out", found["door_loaded"], door, None, 20.0),
        _timed("press answered, full fan-out", found["answered_loaded"], raw, None, None),
    ]


def press_postgres(quick: bool) -> dict[str, Any]:
    """The same on a PostgreSQL server of its own, beside it on this machine, that syncs each commit."""
    with server("fsync=on", "synchronous_commit=on") as ours:
        database = ours.database()
        return asyncio.run(bench_press(*((40, 100, 5_000) if quick else (200, 500, 30_000)), store=database))


def press_postgres_lines(found: dict[str, Any]) -> list[Line]:
    raw = f"fdatasync {_ms(found['raw_fsync'])}, bare 202 {_ms(found['raw_press'])}"
    door = f"bare client {_ms(found['raw_door'])}"
    return [
        _timed("PostgreSQL: press that opens, answered durable", found["answered_opening"], raw, None, 12.0),
        _timed("PostgreSQL: press that joins, answered durable", found["answered_joining"], raw, None, 12.0),
        _timed("PostgreSQL: first door request, idle", found["door_idle"], door, None, None),
        _timed("PostgreSQL: press answered, full fan-out", found["answered_loaded"], raw, None, None),
    ]


def _pressed(promise: str, ours: dict[str, float], raw: str, fsync: float) -> Line:
    met = ours["p50"] <= fsync + 2.0 and ours["p99"] <= 10.0
    return Line(promise, _ms(ours), raw, f"+{ours['p50'] - fsync:.1f} ms", "p50 <= fsync + 2 ms, p99 <= 10 ms", met)


def _timed(promise: str, ours: dict[str, float], raw: str, p50: float | None, p99: float | None) -> Line:
    limits = [f"{name} <= {limit:g} ms" for name, limit in (("p50", p50), ("p99", p99)) if limit]
    within = [ours[name] <= limit for name, limit in (("p50", p50), ("p99", p99)) if limit]
    return Line(promise, _ms(ours), raw, "", ", ".join(limits) or "none", all(within) if within else None)


def fan_out(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_fan_out(3_000 if quick else 10_000))


def fan_out_lines(found: dict[str, Any]) -> list[Line]:
    return [
        Line(
            f"fan-out of {found['people']}, ntfy", f"{found['rate']}/s", f"bare client {found['raw_rate']}/s",
            f"{found['ratio']:.2f}", "first >= 0.60, then >= 0.85", found["ratio"] >= 0.60,
        ),
        Line(
            "CPU per delivery", f"{found['cpu_us']} us", f"bare client {found['raw_cpu_us']} us",
            f"{found['cpu_ratio']:.2f}", "<= 1.6, aim 1.2", found["cpu_ratio"] <= 1.6,
        ),
        Line(f"memory, {found['people']} people", f"{found['memory_mb']} MB", "", "", "none", None),
    ]  # fmt: skip


def texts(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_fan_out(1_000 if quick else 3_000, by="sms"))


def texts_lines(found: dict[str, Any]) -> list[Line]:
    return [
        Line(
            f"fan-out of {found['people']}, Twilio", f"{found['rate']}/s", f"bare SDK {found['raw_rate']}/s",
            f"{found['ratio']:.2f}", ">= 0.85", found["ratio"] >= 0.85,
        )
    ]  # fmt: skip


def limit(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_limit(100.0, 15.0 if quick else 60.0))


def limit_lines(found: dict[str, Any]) -> list[Line]:
    per_second = f"{found['limit_per_s']:g}/s"
    return [
        Line(
            f"a limited sender over {found['seconds']:g} s", f"{found['rate']:.2f}/s", f"its limit {per_second}",
            f"{found['of_limit']:.3f}", ">= 0.97", found["of_limit"] >= 0.97,
        ),
        Line(
            "most of it in any 10 s", str(found["most_in_10s"]), f"limit x 10 {found['allowed_in_10s'] - 1:g}", "",
            "<= limit x 10 + 1", found["most_in_10s"] <= found["allowed_in_10s"],
        ),
    ]  # fmt: skip


def recall(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_recall(5_000 if quick else 100_000, 50.0, 10 if quick else 40))


def recall_lines(found: dict[str, Any]) -> list[Line]:
    queued = f"{found['queued']} queued"
    return [
        Line(
            f"answer -> last request, {queued}", f"{found['answer_to_last_ms']} ms",
            f"{found['answers']} answers", "", "<= 50 ms", found["answer_to_last_ms"] <= 50,
        ),
        Line(
            f"recall -> last request, {queued}", f"{found['recall_to_last_ms']} ms",
            f"{found['sent_after_recall']} left after it", "", "<= 50 ms", found["recall_to_last_ms"] <= 50,
        ),
        Line(
            f"memory, {found['queued']} people", f"{found['memory_mb']} MB", "", "", "<= 300 MB at 100,000",
            found["memory_mb"] <= 300,
        ),
        Line(f"{found['queued']} messages written", f"{found['written_s']} s", "", "", "none", None),
    ]  # fmt: skip


def timers(quick: bool) -> dict[str, Any]:
    return bench_timers(200 if quick else 1_000)


def timers_lines(found: dict[str, Any]) -> list[Line]:
    ours, raw = found["ours"], found["raw"]
    return [
        Line(
            f"{found['timers']} escalations due together, late", _ms(ours["late"]), f"call_at {_ms(raw['late'])}", "",
            "p99 <= 20 ms", ours["late"]["p99"] <= 20,
        ),
        Line(
            "longest stall of the loop meanwhile", f"{ours['stall_ms']} ms", f"idle loop {raw['stall_ms']} ms", "",
            "<= 5 ms", ours["stall_ms"] <= 5,
        ),
    ]  # fmt: skip


def pa(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_pa_beside(5_000 if quick else 20_000))


def pa_lines(found: dict[str, Any]) -> list[Line]:
    def spaced(where: str) -> Line:
        ours, bare = found[f"spacing_{where}"], found[f"spacing_bare_{where}"]
        return Line(
            f"PA packets, {where.replace('_', '-')}", f"p95 {ours['p95']:.1f}, max {ours['max']:.1f} ms",
            f"bare p95 {bare['p95']:.1f}, max {bare['max']:.1f} ms", "", "p95 <= 25 ms, max <= 60 ms",
            ours["p95"] <= 25 and ours["max"] <= 60,
        )  # fmt: skip

    first = found["first_packet_fan_out"]
    return [
        spaced("idle"),
        spaced("fan_out"),
        Line("first PA packet after the call, fan-out", _ms(first), "", "", "p99 <= 50 ms", first["p99"] <= 50),
    ]


def commits(quick: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        found = bench_commits(Path(folder))
    return found | {"quick": quick}


def commits_lines(found: dict[str, Any]) -> list[Line]:
    raw = f"fdatasync {found['raw fdatasync']['known blocks']['per_second']:.0f}/s"
    ratios = found["commits per second, of the raw rate over known blocks"]
    return [
        Line(f"commits, {many} at once", f"{each['per_second']:.0f}/s", raw, f"{ratios[str(many)]:.2f}", "none", None)
        for many, each in found["commits"].items()
    ]


def restart(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_restart(5_000 if quick else 20_000))


def restart_lines(found: dict[str, Any]) -> list[Line]:
    return [
        Line(
            f"kill -9 in a fan-out of {found['people']}: running again", f"{found['ready_s']} s",
            f"imports alone {found['import_s']} s", "", "<= 1 s", found["ready_s"] <= 1.0,
        ),
        Line("lost by it", str(found["lost"]), "", "", "0", found["lost"] == 0),
        Line(
            "left twice by it", str(found["doubles"]), f"window {found['window']}", "", "<= the window",
            found["doubles"] <= found["window"],
        ),
    ]  # fmt: skip


def files(quick: bool) -> dict[str, Any]:
    return bench_files()


def files_lines(found: dict[str, Any]) -> list[Line]:
    return [
        Line(
            f"{found['files']} hostile files, the slowest to be refused ({found['slowest']})", f"{found['worst_s']} s",
            f"a good school read {found['good_s']} s", "", "<= 1 s", found["worst_s"] <= 1.0,
        ),
    ]  # fmt: skip


def board(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_board(5_000 if quick else 100_000, 20, 5))


def board_lines(found: dict[str, Any]) -> list[Line]:
    opened, many, patch = found["opened"], found["people"], found["patch_bytes_p50"]
    return [
        Line(
            f"board opened, {many} messages, {found['screens']} screens", f"{_ms(opened)}, max {opened['max']:g} ms",
            "", "", "<= 1 s", opened["max"] <= 1000,
        ),
        Line(
            "a board's bytes, styles and scripts in it", f"{found['bytes']}", "", "", f"<= {BEFORE_DATA}",
            found["bytes"] <= BEFORE_DATA,
        ),
        Line("bytes of a patch, median", f"{patch}", "", "", "<= 2000", patch <= 2000),
        Line("another request meanwhile", _ms(found["health"]), "", "", "none", None),
    ]  # fmt: skip


def editor(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_editor(20_000, 100 if quick else 400))


def editor_lines(found: dict[str, Any]) -> list[Line]:
    alone, beside = found["alone"], found["beside"]
    return [
        Line(
            f"press that joins, while drafts of {found['people']} people are checked", _ms(beside),
            f"alone {_ms(alone)}", f"{beside['p50'] / alone['p50']:.2f}", "none", None,
        ),
        Line("a draft kept, checked and planned meanwhile", _ms(found["look"]), "", "", "none", None),
    ]  # fmt: skip


def stranger(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_stranger(3 if quick else 12))


def stranger_lines(found: dict[str, Any]) -> list[Line]:
    return [Line(*each) for each in said_of_strangers(found)]


def peers(quick: bool) -> dict[str, Any]:
    return asyncio.run(bench_peers(20 if quick else 100, 1_000 if quick else 5_000))


def peers_lines(found: dict[str, Any]) -> list[Line]:
    return [
        Line("Alertmanager: first webhook after a trigger", _ms(found["first"]), "", "", "none", None),
        Line(f"Alertmanager: {found['many']} webhooks", f"{found['rate']}/s", "", "", "none", None),
    ]


Part = tuple[Callable[[bool], dict[str, Any]], Callable[[dict[str, Any]], list[Line]]]
PARTS: dict[str, Part] = {
    "files": (files, files_lines),
    "commits": (commits, commits_lines),
    "press": (press, press_lines),
    "press_postgres": (press_postgres, press_postgres_lines),
    "fan_out": (fan_out, fan_out_lines),
    "texts": (texts, texts_lines),
    "limit": (limit, limit_lines),
    "recall": (recall, recall_lines),
    "timers": (timers, timers_lines),
    "pa": (pa, pa_lines),
    "restart": (restart, restart_lines),
    "board": (board, board_lines),
    "editor": (editor, editor_lines),
    "stranger": (stranger, stranger_lines),
}
if os.environ.get("PEERS") and installed():
    PARTS["peers"] = (peers, peers_lines)


def _ms(ours: dict[str, float]) -> str:
    return f"{ours['p50']:g} / {ours['p99']:g} ms" if ours.get("n", 1) else "none"


def machine() -> dict[str, Any]:
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "cores": os.cpu_count(),
        "load_average_before": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "commit": git.stdout.strip() or None,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def table(lines: list[Line]) -> str:
    rows = [["promise", "ours (p50 / p99)", "raw limit, same run", "ratio", "number", ""]]
    said = {True: "met", False: "NOT MET", None: ""}
    rows += [[each.promise, each.ours, each.raw, each.ratio, each.number, said[each.met]] for each in lines]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main(args: list[str]) -> int:
    quick = "--quick" in args
    names = [arg for arg in args if arg != "--quick"] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"There is no part {', '.join(unknown)}. There are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    facts: dict[str, Any] = machine() | {"quick": quick}
    found: dict[str, Any] = {}
    lines: list[Line] = []
    for name in names:
        measure, said = PARTS[name]
        print(f"{name} ...", file=sys.stderr, flush=True)
        load = os.getloadavg()[0]
        found[name] = measure(quick) | {"load_average_before": round(load, 2)}
        lines += said(found[name])
    facts["load_average_after"] = [round(each, 2) for each in os.getloadavg()]
    print(json.dumps(facts))
    print(table(lines))
    OUTPUT.mkdir(exist_ok=True)
    whole = {"machine": facts, "lines": [each._asdict() for each in lines], "parts": found}
    (OUTPUT / "bench.json").write_text(json.dumps(whole, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
