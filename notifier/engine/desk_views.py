"""What pages at a desk show of the site and its people, and whom an ending reaches: a part of `interfaces.Views`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.closing_reach import closing_reach
from notifier.engine.contact_view import ContactView
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.site_view import SiteView
from notifier.errors import NotFound
from notifier.model.step import Phase


class DeskViews:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine = engine
        self._equipment = SiteView(engine.desk, engine.ledger)
        self._contacts = ContactView(engine.desk, engine.ledger)

    def contacts(self, search: str, having: Mapping[str, str], *, limit: int, after: str | None) -> Mapping[str, Any]:
        return self._contacts.found(search, having, limit, after)

    def contact(self, person: str) -> Mapping[str, Any]:
        return self._contacts.one(person)

    def reach(self) -> Mapping[str, Any]:
        return self._contacts.reach()

    def equipment(self) -> Mapping[str, Any]:
        return self._equipment.equipment()

    def last_press(self, source: str) -> Mapping[str, Any] | None:
        return self._equipment.last_press(source)

    def closing_reach(self, incident: str, phase: str) -> Mapping[str, Any]:
        engine = self._engine
        rows = engine.ledger.read("incident_by_id", site=engine.desk.site, id=incident)
        if not rows:
            raise NotFound(f"There is no incident {incident}.")
        return closing_reach(engine.desk, engine.ledger, rows[0], Phase(phase))
