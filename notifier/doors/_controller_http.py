"""HTTP to door controllers and their clouds: one exchange, its faults in our words. Shared by drivers.

Most commands here are POST or PUT, which aiohttp never repeats by itself. A connection kept warm may turn out to be
dead, and then the answer is missing although nothing was done; commands to doors are harmless to repeat, so such a
one is said once more at once, on a new connection, and "outcome unknown" stays for the case that is really unknown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic import Field, ValidationError

from notifier.doors._device_http import Forbidden, TooLong, device_session, device_url, read_all
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.model.settings import Secret
from notifier.model.words import Duration, Written

S = TypeVar("S", bound=Written)
D = TypeVar("D")
BUSY = (408, 423, 425, 429)
"""Statuses that mean "later" (RFC 9110, 4918, 6585)."""


class ControllerSettings(Written):
    """What every controller's settings hold."""

    connect_limit: Duration = Field(default=1.5, gt=0, le=10)
    """Seconds for the connection. On a local network it takes milliseconds; one lost packet costs TCP one second."""
    reply_limit: Duration = Field(default=4.0, gt=0, le=15)
    """Seconds for one exchange. Within the 10 s for a verified or named door there must be room for a retry."""
    tls_fingerprint: str | None = Field(default=None, pattern=r"^([0-9A-Fa-f]{2}:?){32}$")
    """SHA-256 of the device's own certificate: that one and no other is trusted. None: a public authority's is."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes

    @property
    def fields(self) -> dict[str, Any] | None:
        """The body as a JSON object; None if it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):  # nested without end: no device, but it must not take a door's task along
            return None
        return found if isinstance(found, dict) else None


class Wire:
    """How one far end is spoken to: limits, certificate, login; every failure becomes an AdapterError."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        name: str,
        settings: ControllerSettings,
        middlewares: Sequence[aiohttp.ClientMiddlewareType] = (),
    ) -> None:
        """`name`: what the far end is called at the beginning of a sentence."""
        self.name = name
        self._session, self._middlewares = session, tuple(middlewares)
        self._connect, self._reply = settings.connect_limit, settings.reply_limit
        self._limits = aiohttp.ClientTimeout(total=self._reply, sock_connect=self._connect)
        pin = settings.tls_fingerprint
        self._ssl: aiohttp.Fingerprint | bool = (
            aiohttp.Fingerprint(bytes.fromhex(pin.replace(":", ""))) if pin is not None else True
        )

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """One exchange; any status is a Reply. Raises AdapterError."""
        try:
            return await self._exchange(method, url, headers, body)
        except (aiohttp.ClientError, OSError) as error:  # OSError: TimeoutError is one
            if not _nothing_came_back(error):
                raise self._fault_of(error) from None
        try:
            return await self._exchange(method, url, headers, body)
        except (aiohttp.ClientError, OSError) as error:
            raise self._fault_of(error) from None

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None) -> Reply:
        async with self._session.request(
            method,
            url,
            headers=headers,
            data=body,
            timeout=self._limits,
            middlewares=self._middlewares,
            ssl=self._ssl,
            allow_redirects=False,
        ) as reply:
            return Reply(reply.status, await read_all(reply))

    def refusal(self, status: int, words: str = "") -> AdapterError:
        """What an HTTP status means that is no success; `words`: what the far end said about it."""
        said = f": {words}" if words else ""
        if status in (401, 403):
            return WillNotWork(f"{self.name} refuses our login{said} (see settings).", Reason.CREDENTIALS)
        if status in BUSY or status >= 500:
            return TryAgain(f"{self.name} could not do it now (status {status}{said}).")
        if status == 404:
            return WillNotWork(f"{self.name} does not know what we ask for{said}.", Reason.NOT_SUPPORTED)
        if 300 <= status < 400:
            return WillNotWork(f"{self.name} sends us elsewhere, which we do not follow.", Reason.BAD_ADDRESS)
        return WillNotWork(f"{self.name} refused it (status {status}{said}).", Reason.REFUSED)

    def nonsense(self) -> AdapterError:
        return WillNotWork(
            f"What answers instead of {_lower(self.name)} speaks another language.", Reason.NOT_SUPPORTED
        )

    def _fault_of(self, error: Exception) -> AdapterError:
        if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Forbidden):
            return WillNotWork(f"{self.name} is not spoken to: {error.os_error}.", Reason.BAD_ADDRESS)
        if isinstance(error, aiohttp.ServerFingerprintMismatch):
            return WillNotWork(
                f"{self.name} shows another certificate than the one pinned: compare it at the device, then "
                "write its SHA-256 into tls_fingerprint.",
                Reason.CREDENTIALS,
            )
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return WillNotWork(
                f"{self.name} has a certificate that nobody vouches for: pin it with tls_fingerprint.",
                Reason.CREDENTIALS,
            )
        if isinstance(error, aiohttp.ClientConnectorError):
            return TryAgain(f"{self.name} cannot be reached: check its power and network.")
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return TryAgain(f"{self.name} took no connection within {self._connect:g} s.")
        if isinstance(error, TimeoutError):
            return OutcomeUnknown(f"{self.name} did not answer within {self._reply:g} s.")
        if isinstance(error, TooLong):
            return WillNotWork(f"{self.name} sent {error}: it is no door controller.", Reason.NOT_SUPPORTED)
        return OutcomeUnknown(f"{self.name} broke off before its answer was complete.")


class Network(Generic[S, D]):
    """The far ends of one driver, each with one line, on connections that nobody else uses."""

    def __init__(self, allowed: Sequence[str], make: Callable[[aiohttp.ClientSession, str, S], D]) -> None:
        """`make`: the far end at this address, spoken to as these settings say."""
        self._allowed, self._make = tuple(allowed), make
        self._known: dict[tuple[str, str], D] = {}
        self._session: aiohttp.ClientSession | None = None

    def at(self, address: str, settings: S, key: str) -> D:
        """The one line to it; doors with equal `key` share it. Raises WillNotWork(BAD_ADDRESS)."""
        known = self._known.get((address, key))
        if known is None:
            url = device_url(address, self._allowed)
            if self._session is None:
                self._session = device_session(self._allowed)
            known = self._known[address, key] = self._make(self._session, url, settings)
        return known

    @property
    def everyone(self) -> Sequence[D]:
        return tuple(self._known.values())

    async def close(self) -> None:
        session, self._session = self._session, None
        self._known.clear()
        if session is not None:
            await session.close()


def read_settings(kind: type[S], written: Mapping[str, Any]) -> S:
    """Raises WillNotWork(OUR_FAULT), without what was written: that may be a password."""
    try:
        return kind.model_validate(written)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise WillNotWork(f"The settings of this device are wrong: {'; '.join(faults)}.", Reason.OUR_FAULT) from None


def plain(secret: str | None) -> str:
    """The secret itself, for the wire only."""
    return secret.reveal() if isinstance(secret, Secret) else secret or ""


def host_of(url: str) -> str:
    return urlsplit(url).netloc


def _nothing_came_back(error: Exception) -> bool:
    """Not one byte of an answer, mostly because the warm connection was dead."""
    gone = isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    return gone and not isinstance(error, aiohttp.ClientConnectorError)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
