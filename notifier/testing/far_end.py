"""The far end of a channel under test: a small fake provider that can be told how to behave and what it has seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from notifier.model.states import State


class Far(State):
    """How a far end behaves to every request until it is told otherwise."""

    WELL = "well", "It takes messages, and refuses `bad_address` as the real one does."
    BUSY = "busy", "It takes nothing and asks to wait `busy_delay` seconds."
    STRANGER = "stranger", "It refuses our credentials."
    BROKEN = "broken", "It answers that something is wrong on its side; takes nothing."
    NONSENSE = "nonsense", "It takes the message and answers something that cannot be read."
    RESET = "reset", "It reads the request, takes nothing and drops the connection."
    HANGS = "hangs", "It reads the request, takes nothing and never answers."
    TAKES_AND_HANGS = "takes_and_hangs", "It takes the message and never answers."


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as the far end would show it to a person: decoded from the bytes of the wire, not from our objects."""

    address: str
    text: str
    title: str | None = None
    """None: this kind of message has no title."""


class FarEnd(ABC):
    """What a driver's author writes beside the driver; most of it is a few lines over a socket server.

    A test makes one, enters it and hands it to the suite: `async with AcmeServer() as far: await promise(make, far)`.
    """

    good_address: str
    """An address that it takes messages for."""
    bad_address: str | None
    """An address that it refuses while we wait; None if it only finds out later."""
    busy_delay: float | None = None
    """Seconds that it asks us to wait when BUSY; None if its protocol cannot say."""
    cannot: Collection[Far] = ()
    """What its protocol cannot do: promises about it are not asked for."""
    secrets: Sequence[str] = ()
    """What the channel is given as passwords, tokens and secret parts of URLs."""
    loggers: Sequence[str] = ()
    """Loggers of the fake itself; what they write is not the channel's doing."""

    @abstractmethod
    async def start(self) -> None:
        """Listen; after `stop`, listen again on the same address."""

    @abstractmethod
    async def stop(self) -> None:
        """Drop every connection and let go of what hangs; connecting is refused from now on."""

    @abstractmethod
    def behave(self, how: Far) -> None:
        """From the next request on; what hangs already goes on hanging."""

    @abstractmethod
    def taken(self) -> Sequence[Taken]:
        """Every message taken since it was made, in order, over restarts."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
