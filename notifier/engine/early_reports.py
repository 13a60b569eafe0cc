"""Reports of providers; one that overtakes the answer to its own message waits until that is written down."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.engine.deliveries import report_body
from notifier.engine.desk import Desk
from notifier.interfaces import Ledger
from notifier.model.delivery import Report
from notifier.model.facts import Rows

KEPT = 30.0
"""Seconds a report of something unknown is kept: no answer that it could belong to takes longer."""


class EarlyReports:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self._kept: list[tuple[float, Report]] = []

    @property
    def waiting(self) -> bool:
        return bool(self._kept)

    async def told(self, reports: Sequence[Report]) -> Rows:
        """Write down what they say; the deliveries that failed by it."""
        now = self._desk.clock.now()
        failed, unknown = await self._written(reports)
        self._kept = [each for each in self._kept if now - each[0] < KEPT] + [(now, each) for each in unknown]
        return failed

    async def told_again(self) -> None:
        """Something was settled since: what waited may be about it."""
        kept, self._kept = self._kept, []
        if not kept:
            return
        at = {id(report): when for when, report in kept}
        _failed, unknown = await self._written([report for _when, report in kept])
        now = self._desk.clock.now()
        self._kept += [(at[id(report)], report) for report in unknown if now - at[id(report)] < KEPT]

    async def _written(self, reports: Sequence[Report]) -> tuple[Rows, Sequence[Report]]:
        return await self._ledger.run(lambda: report_body(self._desk.site, reports, self._desk.clock.now()))
