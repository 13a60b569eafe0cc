"""The wire to Shelly Gen2, Gen3 and Gen4 devices: `GET /rpc/Method?parameters`, digest SHA-256, errors in our words.

Why GET on the method's own path and not frames to `/rpc`: faults come as HTTP statuses, so one place reads them; the
request fits one packet; and `Switch.Set` with a plain on or off is idempotent, so aiohttp may say it once more by
itself when a connection kept warm turns out to be dead, which a POST would turn into "outcome unknown".
Sources: shelly-api-docs.shelly.cloud gen2 General/RPCChannels, Authentication, CommonErrors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.wire.device_http import Forbidden, TooLong, read_all
from notifier.wire.device_line import DeviceLine

# Codes of the error object (CommonErrors; the last three are not on our copy of that page, so they only mean "later").
INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = -103, -104, -105
LATER = (DEADLINE_EXCEEDED, -108, -109, -114)


@dataclass(frozen=True, slots=True)
class Login:
    """How to speak to one device. Two doors on one device with equal logins share its line."""

    address: str
    user: str
    password: str | None
    connect_limit: float
    reply_limit: float

    def __repr__(self) -> str:
        return f"Login({self.address!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought back: the fields, or why there are none."""

    fields: Mapping[str, Any]
    fault: AdapterError | None = None


class ShellyDevice:
    """One device: its digest state, its line, its limits."""

    def __init__(self, session: aiohttp.ClientSession, url: str, login: Login) -> None:
        self._session, self._url, self._login = session, url, login
        self._name = f"The relay device at {urlsplit(url).netloc}"
        self._limits = aiohttp.ClientTimeout(total=login.reply_limit, sock_connect=login.connect_limit)
        self._line: DeviceLine[Answer] = DeviceLine()
        # Kept for the device's life: it remembers the challenge, so only the first request pays a 401.
        self._digest = () if login.password is None else (aiohttp.DigestAuthMiddleware(login.user, login.password),)

    async def switch(self, relay: int, on: bool) -> None:
        """Tell relay `relay`; raises AdapterError. Its answer proves nothing, so it is not looked at."""
        written = urlencode({"id": relay, "on": "true" if on else "false"})
        await self._line.command(lambda: self._call("Switch.Set", written))

    async def ask(self, method: str) -> Answer:
        """Ask for `Shelly.GetStatus` or `Shelly.GetConfig`: everything in one round trip."""

        async def question() -> Answer:
            try:
                return Answer(await self._call(method, ""))
            except AdapterError as fault:
                return Answer({}, fault)

        return await self._line.ask(method, question)

    async def _call(self, method: str, query: str) -> Mapping[str, Any]:
        url = f"{self._url}/rpc/{method}{'?' if query else ''}{query}"
        try:
            async with self._session.get(
                url, timeout=self._limits, middlewares=self._digest, allow_redirects=False
            ) as reply:
                status, body = reply.status, await read_all(reply)
        except (aiohttp.ClientError, OSError) as error:  # OSError: TimeoutError is one
            raise self._fault_of(error) from None
        fields = _object(body)
        if status == 200 and fields is not None:
            return fields
        raise self._refusal(method, status, fields or {})

    def _fault_of(self, error: Exception) -> AdapterError:
        if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Forbidden):
            return WillNotWork(f"{self._name} is not spoken to: {error.os_error}.", Reason.BAD_ADDRESS)
        if isinstance(error, aiohttp.ClientConnectorError):
            return TryAgain(f"{self._name} cannot be reached: check its power and network.")
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return TryAgain(f"{self._name} took no connection within {self._login.connect_limit:g} s.")
        if isinstance(error, TimeoutError):
            return OutcomeUnknown(f"{self._name} did not answer within {self._login.reply_limit:g} s.")
        if isinstance(error, TooLong):
            return WillNotWork(f"What answers is no Shelly: it sent {error}.", Reason.NOT_SUPPORTED)
        return OutcomeUnknown(f"{self._name} broke off before its answer was complete.")

    def _refusal(self, method: str, status: int, fields: Mapping[str, Any]) -> AdapterError:
        code = fields.get("code", status)
        if status in (401, 403):
            what = "asks for a password: give one" if self._login.password is None else "refuses the user or password"
            return WillNotWork(f"{self._name} {what} (settings: user, password).", Reason.CREDENTIALS)
        if code in (NOT_FOUND, 404):
            return WillNotWork(f"{self._name} has no such relay, or does not know {method}.", Reason.NOT_SUPPORTED)
        if code == INVALID_ARGUMENT:
            return WillNotWork(f"{self._name} refused what {method} asked of it.", Reason.REFUSED)
        if code in LATER or status in (408, 429) or status >= 500:
            return TryAgain(f"{self._name} could not do it now (status {status}).")
        if status == 200:
            return WillNotWork(f"What answers instead of {self._name.lower()} is no Shelly.", Reason.NOT_SUPPORTED)
        if 300 <= status < 400:
            return WillNotWork(f"{self._name} sends us elsewhere, which a relay does not do.", Reason.BAD_ADDRESS)
        return WillNotWork(f"{self._name} refused {method} (status {status}).", Reason.REFUSED)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):  # nested without end: no relay, but it must not take a door's task along
        return None
    return fields if isinstance(fields, dict) else None
