"""HTTP to devices: connections of their own, kept warm; no redirects; no address that leads back to this machine."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.errors import Reason, WillNotWork
from notifier.model.outgoing import Outgoing, address_allowed, outgoing_allowed

# Longer than two rounds of supervision (30 s each), so that a command finds its connection open.
KEPT_WARM = 75.0
# The longest status of a four-relay device is a few kilobytes; what sends more is no relay. Pictures may be longer.
LONGEST_REPLY = 256 * 1024


class Forbidden(OSError):
    """A name leads to an address that may not be spoken to."""


class TooLong(aiohttp.ClientError):
    """What answers sends more than any device would."""


class GuardedResolver(AbstractResolver):
    """Judges what the name server answered, so that a name cannot lead where a written address may not."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = tuple(allowed)
        self._resolver = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(address_allowed(each["host"], self._allowed) for each in found):
            raise Forbidden(f"{host} leads to this machine itself or to a link-local address")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def device_session(allowed: Sequence[str]) -> aiohttp.ClientSession:
    """A session for devices alone: a fan-out that fills the shared session can never hold a door's connection."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_WARM, resolver=GuardedResolver(allowed))
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def device_url(address: str, allowed: Sequence[str]) -> str:
    """`address` without a closing slash; raises WillNotWork(BAD_ADDRESS) if it must not be opened."""
    verdict = outgoing_allowed(address, allowed)
    if verdict is not Outgoing.ALLOWED:
        shown = "The device's address" if verdict is Outgoing.HAS_SECRET else f"The address {address!r}"
        raise WillNotWork(f"{shown} cannot be used. {verdict.sentence}", Reason.BAD_ADDRESS)
    return address.rstrip("/")


async def read_all(reply: aiohttp.ClientResponse, longest: int = LONGEST_REPLY) -> bytes:
    """The whole body; raises TooLong past the longest that a device would send, in bytes."""
    body = bytearray()
    async for piece in reply.content.iter_any():
        body += piece
        if len(body) > longest:
            reply.close()
            raise TooLong(f"more than {longest} bytes")
    return bytes(body)
