"""Who is asking, and from where."""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from notifier.access.sessions import Session, Sessions
from notifier.interfaces import Accounts
from notifier.model.rights import ANONYMOUS, Caller, Right

_PEER = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid

SESSION_COOKIE = "__Host-notifier-session"
"""A person who has signed in."""
KIOSK_COOKIE = "__Host-notifier-kiosk"
"""A browser that was enrolled as a press device; it may press and nothing else."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def bearer_of(request: web.BaseRequest) -> str | None:
    """The token of the Authorization header (RFC 6750 section 2.1), never of the query or a body."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass(frozen=True, slots=True)
class Known:
    """Who is asking, and by which session if by one."""

    caller: Caller
    session: Session | None = None


def caller_of(request: web.BaseRequest, accounts: Accounts, sessions: Sessions | None) -> Known:
    """By token if one was sent (a wrong one is anonymous), else by a browser's session, else as an enrolled screen,
    else by the user at the other end of the Unix socket.

    No secret counts in the place of another: a token in a cookie is nobody, and so is a cookie sent as a token.
    """
    token = bearer_of(request)
    if token is not None:
        return Known(accounts.caller_of(token) or ANONYMOUS)
    kept = request.cookies.get(SESSION_COOKIE)
    if kept and sessions and (session := sessions.of(kept)) and (known := sessions.caller(session)):
        return Known(known, session)
    uid = peer_uid(request)
    return Known(ANONYMOUS if uid is None else accounts.caller_of_os_user(uid))


def device_of(request: web.BaseRequest, accounts: Accounts) -> tuple[Caller, Mapping[str, Any]] | None:
    """The enrolled screen that sent it, and what it may press. It counts on the press pages and nowhere else."""
    kept = request.cookies.get(KIOSK_COOKIE, "")
    row = accounts.kiosk_of(kept) if kept else None
    if row is None:
        return None
    rights, sites = frozenset({Right.PRESS}), frozenset({str(row["site"])})
    return Caller(str(row["kiosk"]), str(row["device"]), None, rights, sites), row


def peer_uid(request: web.BaseRequest) -> int | None:
    """The user id of the process at the other end of a Unix socket (SO_PEERCRED, unix(7)), as the kernel says it."""
    sock = request.get_extra_info("socket")
    if sock is None or sock.family != socket.AF_UNIX:
        return None
    _pid, uid, _gid = _PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def networks_of(written: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError for one that is none."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in written)


def inside(address: Address | None, networks: Iterable[Network]) -> bool:
    return address is not None and any(address.version == net.version and address in net for net in networks)


def peer_address(request: web.BaseRequest) -> Address | None:
    """The other end of the connection; None for a Unix socket."""
    peer = request.get_extra_info("peername")
    return _address(str(peer[0])) if isinstance(peer, tuple) and peer else None


def client_address(request: web.BaseRequest, proxies: Iterable[Network]) -> Address | None:
    """Who it is behind the proxies we named: the last X-Forwarded-For entry that is not one of them.

    Anybody may write that header, so it counts only as far as named proxies have added to it.
    """
    address = peer_address(request)
    told = [one for line in request.headers.getall("X-Forwarded-For", []) for one in line.split(",")]
    trusted = tuple(proxies)
    while told and inside(address, trusted):
        address = _address(told.pop())
    return address


def over_tls(request: web.BaseRequest, proxies: Iterable[Network]) -> bool:
    """Whether the one who asked speaks TLS: with us, or with a proxy we named that says so."""
    named = inside(peer_address(request), proxies) and request.headers.get("X-Forwarded-Proto", "") == "https"
    return request.secure or named


def public_address(request: web.BaseRequest, public_url: str | None, proxies: Iterable[Network]) -> str:
    """The address of this request as the one who sent it saw it: what providers sign."""
    if public_url is not None:
        return public_url.rstrip("/") + request.rel_url.raw_path_qs
    scheme, host = request.scheme, request.host
    if inside(peer_address(request), proxies):
        scheme = request.headers.get("X-Forwarded-Proto", scheme)
        host = request.headers.get("X-Forwarded-Host", host)
    return f"{scheme}://{host}{request.rel_url.raw_path_qs}"


def _address(written: str) -> Address | None:
    try:
        address = ipaddress.ip_address(written.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
