"""Kind `poly_page`: Poly, Polycom and Spectralink phones by their own group paging (docs/how_to/set_up_poly_paging.md).

Not RTP: alerts, then speech where each packet repeats the frame before it, then ends, all to one multicast address and
marked with the channel of the paging group. Format: Poly Engineering Advisory 70568.
Seen to work with our own double only; no phone was run. Unverified, and settings therefore: how many alerts and ends a
phone wants, the pause before the ends, and the flags byte. G.722 is not spoken, only G.711 mu-law.
A phone answers nothing, so "sent" is all that this channel can ever say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from notifier.channels._pa.addresses import card, group_of
from notifier.channels._pa.paced import PacedOutput
from notifier.interfaces import SpeakerChannel, Tools
from notifier.model.site import Speaker
from notifier.model.words import Written

GROUPS = 25
"""Paging groups of a phone; their channel bytes come after the 25 of push-to-talk. 24 is priority, 25 emergency."""


class PolySettings(Written):
    """What an administrator writes under `public_address: poly_page:`."""

    address: Annotated[str, AfterValidator(group_of)] = "224.0.1.116:5001"
    """Where the phones listen; the same on all of them."""
    interface: Annotated[str | None, AfterValidator(card)] = None
    """IPv4 address of the card that reaches the phones."""
    ttl: int = Field(default=1, ge=0, le=255)
    loop: bool = True
    dscp: int = Field(default=46, ge=0, le=63)
    caller_id: str = Field(default="Emergency", pattern=r"^[ -~]{1,13}$")
    """What the phones show."""
    serial: int = Field(default=0x6E6F7469, ge=0, le=0xFFFFFFFF)
    """Tells this sender from others; phones use the end of their hardware address."""
    alerts: int = Field(default=32, ge=1, le=100)
    ends: int = Field(default=12, ge=1, le=100)
    signal_ms: int = Field(default=30, ge=10, le=100)
    """Milliseconds between alerts, and between ends."""
    pause_ms: int = Field(default=50, ge=0, le=500)
    """Milliseconds between the last word and the first end."""
    flags: int = Field(default=0, ge=0, le=255)
    speech_program: str = "espeak-ng"


class PolyPage(PacedOutput, SpeakerChannel):
    """Pages to paging groups. A speaker's `address` is the number of its group, 1 to 25."""

    Settings: ClassVar[type[BaseModel]] = PolySettings

    def __init__(self, name: str, settings: PolySettings, tools: Tools) -> None:
        options = {
            "format": "poly", "interface": settings.interface, "ttl": settings.ttl, "loop": int(settings.loop),
            "dscp": settings.dscp, "packet_ms": 20, "alerts": settings.alerts, "ends": settings.ends,
            "signal_ms": settings.signal_ms, "pause_ms": settings.pause_ms, "flags": settings.flags,
            "serial": settings.serial, "caller_id": settings.caller_id,
        }  # fmt: skip
        super().__init__(name, settings, tools, options, settings.speech_program)
        self.settings = settings

    def _groups(self, speakers: Sequence[Speaker]) -> tuple[list[str], list[str]]:
        places: dict[str, None] = {}
        faults = []
        for speaker in speakers:
            number = speaker.address.strip()
            if number.isascii() and number.isdigit() and 1 <= int(number) <= GROUPS:
                places.setdefault(f"{self.settings.address}/{GROUPS + int(number)}")
            else:
                faults.append(f"speaker {speaker.id}: {speaker.address!r} is not a paging group; write 1 to {GROUPS}")
        return list(places), faults

    def _way_out(self) -> str:
        return self.settings.interface or "the default route"
