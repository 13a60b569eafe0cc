"""Which sender is the slowest, when the last message of the main phase is handed over, and whose day is too small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notifier.engine.deliveries import REFILL, RESERVE
from notifier.model.settings import Sender


def slowest(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """`sender`, `step`, `at` (seconds after the press) of the last message that a limited sender hands over.

    `steps`: the items of one phase in the order in which they begin. Approvals and answers wait longer than this, and
    carriers take longer than senders.
    """
    free: dict[str, float] = {}
    last: dict[str, Any] | None = None
    for step in steps:
        for each in step.get("senders", ()):
            if not each["rate"]:
                continue
            name = each["sender"]
            free[name] = max(free.get(name, 0.0), step["begins"]) + each["segments"] / (each["rate"] * REFILL)
            if last is None or free[name] > last["at"]:
                last = {"sender": name, "step": step["step"], "at": round(free[name], 1)}
    return last


def over_the_day(
    phases: Mapping[str, Sequence[Mapping[str, Any]]], senders: Mapping[str, Sender], *, drill: bool
) -> Iterator[str]:
    """Warnings for senders whose daily cap is less than one press needs, with its longer ending."""
    needs = {phase: _load(steps) for phase, steps in phases.items()}
    main = needs.get("main", {})
    endings = [load for phase, load in needs.items() if phase != "main"]
    for name, sender in senders.items():
        if sender.daily_cap is None:
            continue
        whole = main.get(name, 0) + max((load.get(name, 0) for load in endings), default=0)
        allowed = sender.daily_cap - (int(sender.daily_cap * RESERVE) if drill else 0)
        if whole > allowed:
            kept = ", the rest being kept for an emergency" if drill else ""
            yield (
                f"{name} would need {whole} segments and may send {allowed} a day{kept}: "
                "what is over goes to the next sender or address."
            )


def _load(steps: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    load: dict[str, int] = {}
    for step in steps:
        for each in step.get("senders", ()):
            load[each["sender"]] = load.get(each["sender"], 0) + int(each["segments"])
    return load
