"""A room's printed card: its link, which room a link belongs to, and which incident it answers now."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.errors import NotFound
from notifier.interfaces import CanBePolled, TakesCallbacks
from notifier.model.incident import LADDER, Action
from notifier.model.site import Room

MARK = "card."
"""No personal link begins so: theirs have no dot."""


class RoomCards:
    """Links are derived, as those of people are (docs/decisions/0009). One dies when the room's `card` code changes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def token(self, room: Room) -> str:
        """144 bits that only this site can make; the same until the room gets another code."""
        said = f"card\x00{self._desk.site}\x00{room.id}\x00{room.card or ''}"
        mac = hmac.new(self._desk.link_key, said.encode(), hashlib.sha256).digest()
        return MARK + base64.urlsafe_b64encode(mac[:18]).decode()

    def room_of(self, token: str) -> Room:
        """Raises NotFound for a card that was never printed or was replaced."""
        given = token.encode("utf-8", "replace")
        for room in self._desk.held.site.rooms:
            if room.card and hmac.compare_digest(self.token(room).encode(), given):
                return room
        raise NotFound("This card is not known any more: the office has newer ones.")

    def open_incident(self) -> Mapping[str, Any] | None:
        """What a card answers now: what is real before a drill, then the highest rung, then the newest.

        A room that is locked down stays silent on the board if its card answers for the nurse's call beside it.
        """
        return max(
            self._desk.incidents.values(),
            key=lambda row: (not row["drill"], LADDER.get(Action(row["action"]), 0), float(row["raised_at"])),
            default=None,
        )

    def sheet(self) -> dict[str, Any]:
        """What stands on each card; rooms without a code have none and are named."""
        held = self._desk.held
        public = (self._desk.public_url or "").rstrip("/")
        rooms = [room for room in held.site.rooms if room.occupied != "never" or room.card]
        return {
            "site": held.site.name,
            "languages": sorted({*held.site.languages, "en"}),
            "numbers": self._numbers(),
            "items": [
                {
                    "id": room.id,
                    "room": room.name or room.id,
                    "zone": held.zone_names.get(room.zone, room.zone),
                    "code": room.card,
                    "link": f"{public}/r/{self.token(room)}" if public else "",
                }
                for room in rooms
                if room.card
            ],
            "without_code": [room.name or room.id for room in rooms if not room.card],
        }

    def _numbers(self) -> list[str]:
        """Our numbers that a text can be sent to, in order of preference."""
        gear = self._desk.gear
        names = [
            name for name in gear.senders_for("sms") if isinstance(gear.channels[name], (TakesCallbacks, CanBePolled))
        ]
        found = [gear.senders[name].settings.get("from_number") for name in names if name in gear.senders]
        return [str(number) for number in found if number]


def is_card(token: str) -> bool:
    return token.startswith(MARK)
