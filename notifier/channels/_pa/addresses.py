"""Multicast groups and network cards as people write them."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network

LINK_CONTROL = IPv4Network("224.0.0.0/24")
"""Routing protocols live here and switches flood it whole (RFC 5771 §4)."""


def card(written: str | None) -> str | None:
    if written is None:
        return None
    try:
        return str(IPv4Address(written))
    except AddressValueError:
        raise ValueError(
            f"{written!r} is not an IPv4 address; write the address of the card that reaches the speakers"
        ) from None


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
