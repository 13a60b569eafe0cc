"""Everything that `/metrics` tells, in one table; the reference, the board and the alert rules hold to it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

PREFIX = "notifier_"


class MetricKind(StrEnum):
    """As in the Prometheus text format 0.0.4."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric: its name without our prefix, with its unit at the end."""

    name: str
    text: str
    kind: MetricKind = MetricKind.GAUGE
    labels: tuple[str, ...] = ()


_C, _H = MetricKind.COUNTER, MetricKind.HISTOGRAM
MEASURED: dict[str, Measured] = {each.name: each for each in (
    Measured("build_info", "Always 1; the labels say what runs.", labels=("version", "node", "site")),
    Measured("start_timestamp_seconds", "When this process began to run, seconds since 1970."),
    Measured("press_seconds", "From a press to its durable record, seconds.", _H),
    Measured("incidents_open", "Incidents that are not closed, drills among them."),
    Measured("drills_open", "Drills that are not closed."),
    Measured("commits_total", "Groups of transactions made durable together, since the start.", _C),
    Measured("events_total", "Events written to the record since the start.", _C),
    Measured("recorded", "1 while everything is written down, 0 while it runs in memory only."),
    Measured("store_bytes", "Size of the store's files on this machine."),
    Measured("store_free_bytes", "Free space of the disk that holds the store."),
    Measured("last_seal_left_timestamp_seconds", "When a seal last left by HTTP or mail, since 1970; 0: not yet."),
    Measured("last_seal_timestamp_seconds", "When the record was sealed last, seconds since 1970; 0: not yet."),
    Measured("last_backup_timestamp_seconds", "When the last backup was made, seconds since 1970; none: not yet."),
    Measured("deliveries_total", "Moves of messages to a state since the start, by sender.", _C, ("sender", "state")),
    Measured("deliveries_in_flight", "Messages claimed and not settled.", labels=("sender",)),
    Measured("sender_passed_over", "1 while a sender's messages go another way.", labels=("sender",)),
    Measured("sender_well", "1 if the sender's provider answered the last look well.", labels=("sender",)),
    Measured("doors", "Doors of the site by what is sensed of their lock.", labels=("lock",)),
    Measured("doors_held", "Doors that a response holds now."),
    Measured("watched", "Things that supervision looks at, by whether the last look was well.",
             labels=("kind", "well")),
    Measured("troubles", "Troubles that are not cleared, by kind and state.", labels=("kind", "state")),
    Measured("page_gap_seconds", "Largest gap between two packets of the last page, by output.", labels=("output",)),
    Measured("live_streams", "Open streams of live events."),
    Measured("loop_stall_seconds", "Longest time that the event loop was blocked lately."),
    Measured("clock_offset_seconds", "How far the wall clock has moved against steady time since the start."),
    Measured("clock_error_seconds", "How far off the kernel thinks the wall clock may be."),
    Measured("clock_kept", "1 while something keeps the wall clock right."),
    Measured("certificate_expiry_timestamp_seconds", "When the certificate of our address ends, seconds since 1970."),
)}  # fmt: skip

PRESS_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Seconds; the promise is 10 ms at p99 on a quiet machine, and 250 ms is when the store counts as gone."""


@dataclass(slots=True)
class Histogram:
    """Counts by upper bound; cumulated only when it is told."""

    bounds: Sequence[float] = PRESS_BOUNDS
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def cumulated(self) -> list[tuple[float, int]]:
        """(upper bound, how many at most that), the last one without bound."""
        found, so_far = [], 0
        for bound, count in zip((*self.bounds, math.inf), self.counts, strict=True):
            so_far += count
            found.append((bound, so_far))
        return found


def metrics_markdown() -> str:
    """`docs/reference/metrics.md`, drawn from the table."""
    lines = [
        "# Metrics",
        "",
        "Drawn from `notifier/model/measured.py`; a test holds that `/metrics` tells exactly these.",
        "",
        "`GET /metrics` gives them in the Prometheus text format to whoever has the right to view.",
        "They hold no name, address or message text of anybody.",
        "[Watch it](../how_to/watch_it.md) says how to collect them; a board and alert rules are in `deploy/`.",
        "Counters begin at 0 with each start of the daemon.",
        "",
        "| name | kind | labels | what it says |",
        "|---|---|---|---|",
    ]
    for each in MEASURED.values():
        labels = ", ".join(f"`{label}`" for label in each.labels) or "–"
        lines.append(f"| `{PREFIX}{each.name}` | {each.kind} | {labels} | {each.text} |")
    return "\n".join(lines) + "\n"
