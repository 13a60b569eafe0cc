"""The controllers of one driver that are more than a wire: each keeps what it knows, such as a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from notifier.model.settings import Secret
from notifier.wire.web_device import Login, WebDevice, WebNetwork

C = TypeVar("C")


def plain(secret: str | None) -> str:
    """The secret itself, for the wire only."""
    return secret.reveal() if isinstance(secret, Secret) else secret or ""


class Controllers(Generic[C]):
    """One of them per login, so that doors on one controller share its line and what it knows."""

    def __init__(self, allowed: tuple[str, ...], called: str, make: Callable[[WebDevice, Any], C]) -> None:
        """`make`: a controller behind this device, with the settings of the door that named it first."""
        self._network, self._make = WebNetwork(allowed, called), make
        self._known: dict[Login, C] = {}

    def at(self, login: Login, settings: Any) -> C:
        """Raises WillNotWork(BAD_ADDRESS)."""
        if login not in self._known:
            self._known[login] = self._make(self._network.device(login), settings)
        return self._known[login]

    def device(self, login: Login) -> WebDevice:
        """A device besides them on the same connections: where an account logs in. Raises WillNotWork(BAD_ADDRESS)."""
        return self._network.device(login)

    @property
    def everyone(self) -> Sequence[C]:
        return tuple(self._known.values())

    async def close(self) -> None:
        self._known.clear()
        await self._network.close()
