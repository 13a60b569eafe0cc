"""Where we may connect to: addresses that only a mistake or an attack would name are refused unless allowed by name.

Loopback is this machine's own services, link-local holds the metadata services of clouds (169.254.169.254), and both
are how a written address is turned against the machine that opens it (OWASP, server-side request forgery).
Devices of a school live in private networks, which are fine.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from notifier.model.states import State

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses of metadata services that lie in none of the refused ranges: Azure's, Alibaba's, and AWS over IPv6.
METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254")))
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "metadata.google.internal")
WEB = frozenset({"http", "https"})


class Outgoing(State):
    """What became of an address that somebody wrote."""

    ALLOWED = "allowed", "It may be connected to."
    NOT_WEB = "not_web", 'It is not a web address: write it like "http://10.0.0.17".'
    HAS_SECRET = "has_secret", "It holds a name or password: write those under settings, which are kept out of logs."
    FORBIDDEN = "forbidden", "It leads to this machine or a link-local address: name its network in allow_addresses."


def outgoing_allowed(url: str, allowed_networks: Iterable[str] = ()) -> Outgoing:
    """Whether we may open `url` as it is written; `allowed_networks` like "127.0.0.0/8".

    Asks no name server: a name is judged again by `address_allowed` when it has become an address.
    Raises ValueError for an allowed network that is none.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        port_reads = parts.port is None or parts.port > 0
    except ValueError:
        return Outgoing.NOT_WEB
    # "①②⑦.0.0.1" is a name here and 127.0.0.1 to the client that connects (UTS 46 maps it).
    if parts.scheme not in WEB or not host or not port_reads or url != url.strip() or not url.isascii():
        return Outgoing.NOT_WEB
    if "@" in parts.netloc:
        return Outgoing.HAS_SECRET
    address = written_address(host)
    if address is None and not (host in LOCAL_NAMES or host.endswith(".localhost")):
        return Outgoing.ALLOWED
    if address is None:
        address = ipaddress.ip_address("169.254.169.254" if host.startswith("metadata") else "127.0.0.1")
    return Outgoing.ALLOWED if address_allowed(address, allowed_networks) else Outgoing.FORBIDDEN


def address_fault(url: str, allowed_networks: Iterable[str] | None) -> str:
    """What is wrong with `url` as a device's address, or nothing; None: nobody knows yet which networks are allowed."""
    verdict = outgoing_allowed(url, allowed_networks or ())
    unknown = verdict is Outgoing.FORBIDDEN and allowed_networks is None
    return "" if verdict is Outgoing.ALLOWED or unknown else verdict.sentence


def address_allowed(address: Address | str, allowed_networks: Iterable[str] = ()) -> bool:
    """Whether we may connect to this very address: for literals, and for what a name server answered."""
    found = _plain(ipaddress.ip_address(address.partition("%")[0]) if isinstance(address, str) else address)
    for written in allowed_networks:
        network = ipaddress.ip_network(written, strict=False)
        if found.version == network.version and found in network:
            return True
    return not (
        found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast or found in METADATA
    )


def stays_here(host: str) -> bool:
    """Whether what is sent to `host` never leaves this machine, so that it needs no encryption."""
    address = written_address(host.strip("[]"))
    return host.lower() == "localhost" if address is None else address.is_loopback


def written_address(host: str) -> Address | None:
    """The address a host name spells, also as "127.1", "0x7f000001" or "2130706433", which resolvers accept."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that leads to the same place."""
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address
