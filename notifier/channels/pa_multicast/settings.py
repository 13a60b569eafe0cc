"""What an administrator writes under `public_address: pa_multicast:`, and which addresses a speaker may have."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from notifier.model.site import Speaker
from notifier.model.words import Written

LINK_CONTROL = IPv4Network("224.0.0.0/24")
"""Routing protocols live here and switches flood it whole (RFC 5771 §4)."""


def _interface(written: str | None) -> str | None:
    if written is None:
        return None
    try:
        return str(IPv4Address(written))
    except AddressValueError:
        raise ValueError(
            f"{written!r} is not an IPv4 address; write the address of the card that reaches the speakers"
        ) from None


class Settings(Written):
    """Where and how multicast leaves this machine."""

    interface: Annotated[str | None, AfterValidator(_interface)] = None
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


def group_of(address: str) -> str:
    """`address` ("239.10.0.1:5004") in its one spelling; raises ValueError that says what is wrong with it."""
    host, colon, port = address.strip().rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f'{address!r} is not a group and port like "239.10.0.1:5004"')
    try:
        group = IPv4Address(host)
    except AddressValueError:
        raise ValueError(f"{host!r} is not an IPv4 address") from None
    if not group.is_multicast:
        raise ValueError(f"{host} is not a multicast group; use one between 239.0.0.0 and 239.255.255.255")
    if group in LINK_CONTROL:
        raise ValueError(f"{host} belongs to routing protocols; use one between 239.0.0.0 and 239.255.255.255")
    return f"{group}:{int(port)}"


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
