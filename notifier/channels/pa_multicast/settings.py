"""What an administrator writes under `public_address: pa_multicast:`, and which addresses a speaker may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from notifier.channels._pa.addresses import card, group_of
from notifier.model.site import Speaker
from notifier.model.words import Written


class Settings(Written):
    """Where and how multicast leaves this machine."""

    interface: Annotated[str | None, AfterValidator(card)] = None
    """IPv4 address of the card that reaches the speakers. None: the route of the operating system, which may be the
    wrong card on a machine that has two."""
    ttl: int = Field(default=1, ge=0, le=255)
    """How many routers, plus one, a packet may pass. With 1 it stays in its network: too small is noticed in the walk
    test, too large is heard at the neighbouring school."""
    loop: bool = True
    """Whether listeners on this machine hear it too (IP_MULTICAST_LOOP)."""
    dscp: int = Field(default=46, ge=0, le=63)
    """46 is Expedited Forwarding (RFC 3246): switches that know it send it before other traffic."""
    packet_ms: Literal[10, 20, 30, 40] = 20
    """Milliseconds of speech in a packet; many devices take nothing but 20."""
    payload_type: int = Field(default=0, ge=0, le=127)
    """0 is PCMU (RFC 3551 table 4); another number only for devices set up for one. The coding stays mu-law."""
    speech_program: str = "espeak-ng"
    """Program of the voice of last resort, looked up on PATH; empty: no synthetic voice."""

    @staticmethod
    def address_fault(address: str, _allowed: Sequence[str] | None) -> str:
        """What is wrong with a speaker's address, or nothing: asked by `notifier check`."""
        try:
            group_of(address)
        except ValueError as error:
            return str(error)
        return ""


def groups_of(speakers: Sequence[Speaker]) -> tuple[list[str], list[str]]:
    """(the distinct groups in the order of the speakers, a sentence for each speaker that has no usable address)."""
    groups: dict[str, None] = {}
    faults: list[str] = []
    for speaker in speakers:
        try:
            groups.setdefault(group_of(speaker.address))
        except ValueError as fault:
            faults.append(f"speaker {speaker.id}: {fault}")
    return list(groups), faults
