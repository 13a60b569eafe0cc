"""What carriers make of a plan: later than the sender hands over, and beyond a carrier's day not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notifier.engine.deliveries import REFILL
from notifier.model.settings import Sender

MAIN = "main"
Phases = Mapping[str, Sequence[Mapping[str, Any]]]


def by_carrier(phases: Phases, senders: Mapping[str, Sender]) -> list[dict[str, Any]]:
    """Per registered sender and carrier: when the last message of the main phase has passed it, and what it drops.

    The worst case: everybody with a number in the USA is this carrier's customer. `last_at`: seconds after the press.
    `dropped`: segments of one press with its longer ending that are over the carrier's day.
    """
    found = []
    for name, sender in senders.items():
        whole = _segments(phases, name)
        if sender.registration is None or not whole:
            continue
        for carrier in sender.registration.carriers():
            found.append(  # noqa: PERF401 one row of a table, as people read it
                {
                    "sender": name,
                    "class": str(sender.registration.number_class),
                    "verified": sender.registration.verified,
                    "carrier": carrier.name,
                    "per_second": carrier.per_second,
                    "per_day": carrier.per_day,
                    "segments": sum(int(each["to_usa"]) for _, each in _of(phases.get(MAIN, ()), name)),
                    "last_at": _last_at(phases.get(MAIN, ()), name, sender.rate, carrier.per_second),
                    "dropped": max(0, whole - carrier.per_day) if carrier.per_day is not None else 0,
                }
            )
    return found


def over_a_carriers_day(phases: Phases, senders: Mapping[str, Sender]) -> Iterator[str]:
    for each in by_carrier(phases, senders):
        if each["dropped"]:
            yield (
                f"{each['sender']}: one press with its ending takes up to {each['dropped'] + each['per_day']} "
                f"segments, and {each['carrier']} takes {each['per_day']} a day from a number of the class "
                f"{each['class']}: it drops up to {each['dropped']}, and everything after them until its midnight."
            )


def not_registered(phases: Phases, senders: Mapping[str, Sender]) -> Iterator[str]:
    for name, sender in senders.items():
        if sender.registration is not None and not sender.registration.carries and _segments(phases, name):
            yield (
                f"{name} is not registered and verified: carriers in the USA drop what it sends, after the provider "
                "has taken it. These messages would be *sent* and never arrive."
            )


def _last_at(steps: Sequence[Mapping[str, Any]], name: str, rate: float | None, per_second: float | None) -> float:
    """The slower of the two passes one message after another; a step's begin before it is free."""
    limits = [rate * REFILL if rate else None, per_second]
    slower = min((limit for limit in limits if limit), default=None)
    free = 0.0
    for step, each in _of(steps, name):
        free = max(free, float(step["begins"]))
        free += each["to_usa"] / slower if slower else 0.0
    return round(free, 1)


def _segments(phases: Phases, name: str) -> int:
    """Of one press: the main phase and the longer of its endings."""
    loads = {phase: sum(int(each["to_usa"]) for _, each in _of(steps, name)) for phase, steps in phases.items()}
    return loads.get(MAIN, 0) + max((load for phase, load in loads.items() if phase != MAIN), default=0)


def _of(steps: Sequence[Mapping[str, Any]], name: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return ((step, each) for step in steps for each in step.get("senders", ()) if each["sender"] == name)
