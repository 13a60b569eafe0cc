"""How long a browser stays signed in, by role. Devices are no browsers: a button or kiosk never runs out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HOUR = 3600.0
FRESH = 300.0
"""Seconds for which a proof of who somebody is counts as fresh: administration, publishing, ending alone."""


@dataclass(frozen=True, slots=True)
class Limit:
    idle: float
    """Seconds without a request; an open board counts as use."""
    whole: float
    """Seconds in all."""


LIMITS: dict[str, Limit] = {
    "staff": Limit(14 * HOUR, 7 * 24 * HOUR),
    "responder": Limit(14 * HOUR, 7 * 24 * HOUR),
    "operator": Limit(14 * HOUR, 36 * HOUR),
    "commander": Limit(14 * HOUR, 36 * HOUR),
    "administrator": Limit(0.5 * HOUR, 12 * HOUR),
    "technician": Limit(0.5 * HOUR, 12 * HOUR),
}
"""A commander's board must live through the longest school day and its night; who changes rights is asked soon."""
OTHERS = Limit(12 * HOUR, 24 * HOUR)


def limit_of(roles: Iterable[str]) -> Limit:
    """The strictest of somebody's roles counts."""
    found = [LIMITS.get(role, OTHERS) for role in roles] or [OTHERS]
    return Limit(min(one.idle for one in found), min(one.whole for one in found))
