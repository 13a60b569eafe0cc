"""What pages at a desk show of the site and its people: the part of `interfaces.Views` that is about no incident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.contact_view import ContactView
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.site_view import SiteView


class DeskViews:
    def __init__(self, engine: Orchestrator) -> None:
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
