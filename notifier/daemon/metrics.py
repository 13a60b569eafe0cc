"""The numbers of this node for `/metrics`: counted as things happen, or read when somebody asks. Nothing personal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from notifier import __version__
from notifier.clock import Clock, stopwatch
from notifier.console.parts import Metric
from notifier.daemon.supervision import Supervision
from notifier.daemon.watched_node import WatchedNode
from notifier.daemon.watches import Watches
from notifier.engine.deliveries import Settled
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.presses import Intake
from notifier.engine.supervision import Kind
from notifier.interfaces import Ledger
from notifier.model.delivery import DeliveryState, move_delivery
from notifier.model.door import Lock
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.model.incident import Activation
from notifier.model.measured import MEASURED, Histogram

TOLD = frozenset({EventKind.DELIVERIES_QUEUED, EventKind.DELIVERIES_REPORTED})


class MeasuredEngine(Orchestrator):
    """The engine, with a watch on its presses and a count of its outcomes."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self.presses = Histogram()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        super().__init__(*args, **named)

    async def press(self, activation: Activation, incident_id: str) -> Intake:
        began = stopwatch()
        try:
            return await super().press(activation, incident_id)
        finally:
            self.presses.add(stopwatch() - began)

    def _settled(self, settled: Sequence[Settled], rows: Mapping[str, Mapping[str, Any]]) -> None:
        for each in settled:
            state = each.state or move_delivery(DeliveryState.SENDING, each.word)
            self.outcomes[rows[each.id]["lane"], str(state)] += 1
        super()._settled(settled, rows)


class Metrics:
    def __init__(
        self,
        engine: MeasuredEngine,
        ledger: Ledger,
        clock: Clock,
        store: Path,
        parts: tuple[Supervision, WatchedNode, Watches],
    ) -> None:
        self._engine, self._ledger, self._clock, self._store = engine, ledger, clock, store
        self._supervision, self._node, self._watches = parts
        self._began = clock.wall().timestamp()
        self._offset = self._began - clock.now()
        self._commits = self._events = 0
        self._gaps: dict[str, float] = {}

    def heard(self, events: Sequence[Event]) -> None:
        """One group of committed events."""
        self._commits += 1
        self._events += len(events)
        for event in events:
            if event.kind in TOLD:
                for row in event.rows:
                    if row.table == "delivery":
                        values = row.values
                        self._engine.outcomes[str(values.get("lane") or "unknown"), str(values["state"])] += 1
            elif event.kind is EventKind.PAGE_OVER:
                self._gaps[str(event.data["kind"])] = float(event.data["worst_gap_ms"]) / 1000

    def told(self) -> list[Metric]:
        """Everything in the table but what the console counts itself."""
        return [
            Metric(name, MEASURED[name].text, list(samples), str(MEASURED[name].kind))
            for name, samples in self._samples()
        ] + [Metric("press_seconds", MEASURED["press_seconds"].text, (), "histogram", self._engine.presses)]

    def _samples(self) -> Iterable[tuple[str, Iterable[tuple[Mapping[str, str], float]]]]:
        engine, desk = self._engine, self._engine.desk
        wall, now = self._clock.wall().timestamp(), self._clock.now()
        yield "build_info", _one(1, version=__version__, node=self._ledger.node, site=desk.site)
        yield "start_timestamp_seconds", _one(self._began)
        yield "incidents_open", _one(len(desk.incidents))
        yield "drills_open", _one(sum(bool(row["drill"]) for row in desk.incidents.values()))
        yield "commits_total", _one(self._commits)
        yield "events_total", _one(self._events)
        yield "recorded", _one(self._ledger.recorded)
        yield "store_bytes", _one(_size(self._store))
        if self._node.disk_free is not None:
            yield "store_free_bytes", _one(self._node.disk_free)
        yield "last_seal_left_timestamp_seconds", _one(self._watches.out.last_left)
        yield "last_seal_timestamp_seconds", _one(self._watches.sealed_at)
        if self._node.backup is not None:
            yield "last_backup_timestamp_seconds", _one(datetime.fromisoformat(self._node.backup[0]).timestamp())
        counted = sorted(engine.outcomes.items())
        yield "deliveries_total", [({"sender": lane, "state": state}, count) for (lane, state), count in counted]
        yield "deliveries_in_flight", [({"sender": lane.name}, lane.busy) for lane in engine.lanes]
        yield "sender_passed_over", [({"sender": lane.name}, lane.passed_over) for lane in engine.lanes]
        watched = self._supervision.watched
        senders = [(key.partition(":")[2], well) for key, well in watched.items() if key.startswith(Kind.PROVIDER)]
        yield "sender_well", [({"sender": name}, well) for name, well in senders if well is not None]
        yield from self._doors()
        yield (
            "watched",
            _counted(((key.partition(":")[0], _said(well)) for key, well in watched.items()), ("kind", "well")),
        )
        troubles = self._ledger.read("troubles", site=desk.site)
        yield "troubles", _counted(((row["kind"], row["state"]) for row in troubles), ("kind", "state"))
        yield "page_gap_seconds", [({"output": name}, gap) for name, gap in sorted(self._gaps.items())]
        yield "loop_stall_seconds", _one(self._watches.stall)
        yield "clock_offset_seconds", _one(wall - now - self._offset)
        kept = self._clock.kept()
        if kept is not None:
            yield "clock_error_seconds", _one(kept.error)
            yield "clock_kept", _one(kept.right)
        if self._node.certificate_ends is not None:
            yield "certificate_expiry_timestamp_seconds", _one(self._node.certificate_ends)

    def _doors(self) -> Iterable[tuple[str, Iterable[tuple[Mapping[str, str], float]]]]:
        held = self._engine.desk.held
        rows = {row["id"]: row for row in self._ledger.read("doors_of_site", site=held.id)}
        locks = Counter(str(rows[door]["lock"]) if door in rows else str(Lock.UNKNOWN) for door in held.doors)
        yield "doors", [({"lock": str(lock)}, locks[str(lock)]) for lock in Lock]
        yield "doors_held", _one(sum(row["held_by"] is not None for row in rows.values()))


def _one(value: float, **labels: str) -> list[tuple[Mapping[str, str], float]]:
    return [(labels, float(value))]


def _counted(found: Iterable[tuple[str, str]], names: tuple[str, str]) -> list[tuple[Mapping[str, str], float]]:
    return [(dict(zip(names, key, strict=True)), count) for key, count in sorted(Counter(found).items())]


def _said(well: bool | None) -> str:
    return "unknown" if well is None else "yes" if well else "no"


def _size(store: Path) -> int:
    """Of the store with its journal and index beside it."""
    return sum(path.stat().st_size for path in store.parent.glob(f"{store.name}*") if path.is_file())
