"""Which incidents are old enough to be forgotten, and how that is done: contents go, hashes stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from notifier.model.facts import Rows
from notifier.model.settings import Retention

YEAR = 365.25 * 86_400.0


class Erases(Protocol):
    """The part of a ledger that forgetting needs."""

    def read(self, query: str, **args: Any) -> Rows: ...

    async def erase(self, site: str, incident: str) -> int: ...


def due(closed: Iterable[Mapping[str, Any]], now: float, retention: Retention) -> Sequence[Mapping[str, Any]]:
    """Of these closed incidents those whose time is over; drills have a time of their own. `now`: ledger time."""

    def years(incident: Mapping[str, Any]) -> float:
        kept = retention.drills if incident["drill"] and retention.drills is not None else retention.incidents
        return float(kept)

    return [each for each in closed if now - float(each["closed_at"]) > years(each) * YEAR]


async def forget(ledger: Erases, site: str, now: float, retention: Retention) -> Sequence[str]:
    """Empty what is due, one incident a transaction; returns the codes of those that had contents. Raises StoreGone."""
    over = due(ledger.read("closed_incidents", site=site), now, retention)
    return [str(incident["code"]) for incident in over if await ledger.erase(site, incident["id"])]
