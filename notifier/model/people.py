"""People: whom messages can reach, by what, and what they are at the site."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

ADDRESS_KINDS = ("push", "web_push", "sms", "email", "voice", "chat")
"""In the order in which the first ones are tried where not all go at once."""

OUTSIDE_ROLES = frozenset({"police", "ems", "fire", "dispatch", "district", "guardian"})
AGENCY_ROLES = frozenset({"police", "ems", "fire", "dispatch"})
"""Never paused, never drained without a correction (PRODUCT 3)."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """That an agency agreed to be messaged: who said so, when, and when it was last tested."""

    who: str
    date: dt.date
    last_tested: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    site: str
    room: str | None = None
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    language: str = "en"
    on_site: bool = True
    addresses: dict[str, str] = field(default_factory=dict)
    """Kind (`push`, `sms`, `email`, `voice`, `chat`) to address; numbers in E.164."""
    agreement: Agreement | None = None
    consent: frozenset[str] = frozenset()
    """Kinds of address at which the person agreed to routine messages; emergencies and drills need none."""

    @property
    def agency(self) -> bool:
        return bool(self.roles & AGENCY_ROLES)


def masked(address: str) -> str:
    """An address as logs and people without the right may see it: "••• 0142", "d…@example.org"."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"••• {address[-4:]}" if len(address) > 4 else "•••"
