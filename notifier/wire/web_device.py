"""One device that is spoken to over HTTP: its login, its limits, its line, and its faults in our words.

Every command that is sent here is harmless to repeat (`DoorDriver.secure` promises it), so a request whose connection
turns out to be dead before a byte of the answer came is said once more: a connection kept warm dies unseen when the
device restarts, and aiohttp repeats only GETs by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.wire.device_http import LONGEST_REPLY, Forbidden, TooLong, read_all
from notifier.wire.device_line import DeviceLine
from notifier.wire.device_network import DeviceNetwork

T = TypeVar("T")
Scheme = Literal["none", "basic", "digest", "bearer"]


@dataclass(frozen=True, slots=True)
class Login:
    """How to speak to one device. Two doors with equal logins share one device and its line."""

    address: str
    scheme: Scheme = "none"
    user: str = ""
    password: str | None = None
    connect_limit: float = 1.5
    reply_limit: float = 4.0
    fingerprint: str | None = None
    """SHA-256 of the device's certificate in hexadecimal digits, for https without a site CA."""
    unit: str = ""
    """What behind this address has a line of its own, where one server stands before many devices."""
    longest: int = LONGEST_REPLY
    """Bytes of an answer after which it is broken off."""

    def __repr__(self) -> str:
        return f"Login({self.address!r})"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """As the device wrote them, in any case."""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """None if it is no JSON, or nested without end."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    value: T | None
    fault: AdapterError | None = None


class WebDevice:
    """One device; `called` is what a technician calls its kind: "Tasmota relay"."""

    def __init__(self, session: aiohttp.ClientSession, url: str, login: Login, called: str) -> None:
        self._session, self._url, self._login, self.called = session, url, login, called
        self.name = f"The {called} at {urlsplit(url).netloc}"
        self._limits = aiohttp.ClientTimeout(total=login.reply_limit, sock_connect=login.connect_limit)
        self._line: DeviceLine[_Answer[Any]] = DeviceLine()
        pin = None if login.fingerprint is None else bytes.fromhex(login.fingerprint.replace(":", ""))
        self._ssl = True if pin is None else aiohttp.Fingerprint(pin)
        # Kept for the device's life: it remembers the challenge, so only the first request pays a 401.
        self._digest: tuple[aiohttp.DigestAuthMiddleware, ...] = ()
        self._headers: dict[str, str] = {}
        if login.scheme == "digest" and login.password is not None:
            self._digest = (aiohttp.DigestAuthMiddleware(login.user, login.password),)
        elif login.scheme == "basic" and login.password is not None:
            self._headers["Authorization"] = aiohttp.encode_basic_auth(login.user, login.password)
        elif login.scheme == "bearer" and login.password is not None:
            self._headers["Authorization"] = f"Bearer {login.password}"

    @property
    def login(self) -> Login:
        """How it is spoken to."""
        return self._login

    async def command(self, exchange: Callable[[], Awaitable[T]]) -> T:
        """Run `exchange` after earlier commands, before any question that waits; raises AdapterError."""
        return await self._line.command(exchange)

    async def ask(self, what: str, question: Callable[[], Awaitable[T]]) -> T:
        """What `question` brings back; those who wait for the same `what` share it. Raises AdapterError."""

        async def as_value() -> _Answer[T]:
            try:
                return _Answer(await question())
            except AdapterError as fault:
                return _Answer(None, fault)

        answer: _Answer[T] = await self._line.ask(what, as_value)
        if answer.fault is not None:
            raise answer.fault
        return answer.value  # type: ignore[return-value]  # a T, None included: the question's own answer

    async def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | str | None = None
    ) -> Reply:
        """One request, whatever its status; `path` is sent as it is written. Raises AdapterError."""
        try:
            return await self._once(method, path, headers, body)
        except (aiohttp.ClientError, OSError) as error:  # OSError: TimeoutError is one
            if not _nothing_came_back(error):
                raise self._fault_of(error) from None
        try:
            return await self._once(method, path, headers, body)
        except (aiohttp.ClientError, OSError) as error:
            raise self._fault_of(error) from None

    async def get(self, path: str, doing: str) -> Reply:
        """A GET that must answer 200; `doing` completes "refused to …". Raises AdapterError."""
        reply = await self.exchange("GET", path)
        if reply.status != 200:
            raise self.refusal(reply.status, doing)
        return reply

    async def fields(self, path: str, doing: str) -> Mapping[str, Any]:
        """The JSON object that a GET brings back; raises AdapterError."""
        found = (await self.get(path, doing)).json
        if not isinstance(found, dict):
            raise self.stranger()
        return found

    def refusal(self, status: int, doing: str) -> AdapterError:
        """What a status other than success means (RFC 9110)."""
        if status in (401, 403):
            what = "asks for a login: give one" if self._login.password is None else "refuses the login"
            return WillNotWork(f"{self.name} {what} (settings).", Reason.CREDENTIALS)
        if status in (408, 429) or status >= 500:
            return TryAgain(f"{self.name} could not {doing} now (status {status}).")
        if 300 <= status < 400:
            return WillNotWork(f"{self.name} sends us elsewhere, which a device does not do.", Reason.BAD_ADDRESS)
        if status == 404:
            return WillNotWork(f"{self.name} does not know how to {doing} (status 404).", Reason.NOT_SUPPORTED)
        return WillNotWork(f"{self.name} refused to {doing} (status {status}).", Reason.REFUSED)

    def stranger(self) -> WillNotWork:
        """What answers does not speak this device's language."""
        return WillNotWork(f"What answers instead of {_lower(self.name)} is none.", Reason.NOT_SUPPORTED)

    async def _once(self, method: str, path: str, headers: Mapping[str, str] | None, body: bytes | str | None) -> Reply:
        async with self._session.request(
            method,
            URL(f"{self._url}{path}", encoded=True),
            headers={**self._headers, **(headers or {})},
            data=body,
            timeout=self._limits,
            middlewares=self._digest,
            allow_redirects=False,
            ssl=self._ssl,
        ) as reply:
            return Reply(reply.status, await read_all(reply, self._login.longest), reply.headers)

    def _fault_of(self, error: Exception) -> AdapterError:
        if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Forbidden):
            return WillNotWork(f"{self.name} is not spoken to: {error.os_error}.", Reason.BAD_ADDRESS)
        if isinstance(error, aiohttp.ServerFingerprintMismatch):
            return WillNotWork(f"{self.name} shows another certificate than the settings name.", Reason.BAD_ADDRESS)
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return WillNotWork(f"{self.name} shows a certificate nobody vouches for: name its fingerprint.",
                               Reason.BAD_ADDRESS)  # fmt: skip
        if isinstance(error, aiohttp.InvalidURL):
            return WillNotWork(f"{self.name} cannot be asked: its path cannot be read.", Reason.BAD_ADDRESS)
        if isinstance(error, aiohttp.ClientConnectorError):
            return TryAgain(f"{self.name} cannot be reached: check its power and network.")
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return TryAgain(f"{self.name} took no connection within {self._login.connect_limit:g} s.")
        if isinstance(error, TimeoutError | asyncio.TimeoutError):
            return OutcomeUnknown(f"{self.name} did not answer within {self._login.reply_limit:g} s.")
        if isinstance(error, TooLong):
            return WillNotWork(f"What answers is no {self.called}: it sent {error}.", Reason.NOT_SUPPORTED)
        return OutcomeUnknown(f"{self.name} broke off before its answer was complete.")


class WebNetwork(DeviceNetwork[Login, WebDevice]):
    """`called`: what its devices are, in what a person reads."""

    def __init__(self, allowed: tuple[str, ...], called: str) -> None:
        super().__init__(allowed, lambda session, url, login: WebDevice(session, url, login, called))


def _nothing_came_back(error: Exception) -> bool:
    """Not one byte of an answer, and the connection stood: mostly one kept warm that was dead."""
    gone = isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    return gone and not isinstance(error, aiohttp.ClientConnectorError)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
