"""The devices of one driver, each with one line, on connections that nobody else uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import aiohttp

from notifier.wire.device_http import device_session, device_url


class HasAddress(Protocol):
    """How to speak to one device; two things on one device with equal logins share its line."""

    @property
    def address(self) -> str: ...


L = TypeVar("L", bound=HasAddress)
D = TypeVar("D")


class DeviceNetwork(Generic[L, D]):
    def __init__(self, allowed: tuple[str, ...], make: Callable[[aiohttp.ClientSession, str, L], D]) -> None:
        """`make` is handed the session, the device's checked address and the login."""
        self._allowed, self._make = allowed, make
        self._devices: dict[L, D] = {}
        self._session: aiohttp.ClientSession | None = None

    def device(self, login: L) -> D:
        """The one line to this device; raises WillNotWork(BAD_ADDRESS)."""
        if login not in self._devices:
            url = device_url(login.address, self._allowed)
            if self._session is None:
                self._session = device_session(self._allowed)
            self._devices[login] = self._make(self._session, url, login)
        return self._devices[login]

    async def close(self) -> None:
        session, self._session = self._session, None
        self._devices.clear()
        if session is not None:
            await session.close()
