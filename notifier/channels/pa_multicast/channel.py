"""The public address channel: RTP multicast of G.711 mu-law (RFC 3550, RFC 3551).

Seen to work with: the listener of the virtual campus and loopback multicast on Linux. No vendor's speaker has been
tried; a speaker answers nothing over multicast, so "sent" is all that this channel can ever say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from notifier.channels._pa.paced import PacedOutput
from notifier.channels.pa_multicast.settings import Settings as PagingSettings
from notifier.channels.pa_multicast.settings import groups_of
from notifier.interfaces import SpeakerChannel, Tools
from notifier.model.site import Speaker


class PaMulticast(PacedOutput, SpeakerChannel):
    """Pages over RTP multicast."""

    Settings: ClassVar[type[BaseModel]] = PagingSettings

    def __init__(self, name: str, settings: PagingSettings, tools: Tools) -> None:
        options = {
            "format": "rtp", "interface": settings.interface, "ttl": settings.ttl, "loop": int(settings.loop),
            "dscp": settings.dscp, "packet_ms": settings.packet_ms, "payload_type": settings.payload_type,
        }  # fmt: skip
        super().__init__(name, settings, tools, options, settings.speech_program)
        self.settings = settings

    def _groups(self, speakers: Sequence[Speaker]) -> tuple[list[str], list[str]]:
        return groups_of(speakers)

    def _way_out(self) -> str:
        return self.settings.interface or "the default route"
