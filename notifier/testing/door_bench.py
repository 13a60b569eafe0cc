"""The bench a door or signal driver is tested on: a small fake device whose lock and wire can be broken on order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Self

from notifier.model.site import Door, Signal
from notifier.model.states import State


class Trouble(State):
    """What is wrong with the device or its wire until `mend`."""

    CUT = "cut", "Nobody takes a connection."
    HANGS = "hangs", "It takes requests, does nothing and never answers."
    HOLDS_READS = "holds_reads", "It obeys commands at once and answers no question before `mend`."
    BROKEN = "broken", "It answers that something is wrong on its side, and does nothing."
    RESET = "reset", "It drops the connection in the middle of its answer."
    NONSENSE = "nonsense", "It answers something that is not its protocol."
    LIES = "lies", "Its relay says what it was told; nothing reaches the lock."
    DEAF = "deaf", "It answers that it obeyed, and does nothing at all."
    SILENT_CONTACT = "silent_contact", "The lock's contact says nothing."


class Arrived(StrEnum):
    """A request as it reached the device."""

    ON = "on"
    OFF = "off"
    READ = "read"


class Bench(ABC):
    """One fake device, well and unlocked or dark when entered. A driver's author writes one beside the driver."""

    secrets: Sequence[str] = ()
    """Passwords and tokens that the driver is given."""
    loggers: Sequence[str] = ()
    """Loggers of the fake itself; what they write is not the driver's doing."""
    cannot: frozenset[Trouble] = frozenset()
    """What its protocol cannot do: promises about it are not asked for."""

    async def __aenter__(self) -> Self:
        return self

    @abstractmethod
    async def __aexit__(self, *_: object) -> None: ...

    @abstractmethod
    def inflict(self, trouble: Trouble) -> None: ...

    @abstractmethod
    def mend(self) -> None:
        """Everything well again."""

    @abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """Every request that reached the device with a good login, in order."""

    @abstractmethod
    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; asked again after every request that arrives."""


class DoorBench(Bench):
    door: Door
    """A door with a working lock, a working contact (`sensed_by`) and the right login."""
    proves: bool = True
    """False: nothing that this device reports senses a lock, so its driver may never say more than unknown."""
    schedule_wins: bool = False
    """True: no word of its protocol locks a door that its own schedule opens when a lockdown ends."""

    def blind(self) -> Door | None:
        """The same door with no sensor declared; None if there is none to declare."""
        return self.door.model_copy(update={"sensed_by": None})

    def rewired(self) -> Door | None:
        """The same door with the other polarity; None if the device takes words like "lock" and has no polarity."""
        other = "relay_off" if self.door.secured_when == "relay_on" else "relay_on"
        return self.door.model_copy(update={"secured_when": other})

    @abstractmethod
    def stranger(self) -> Door | None:
        """The same door with a wrong login; None if the device knows none."""

    @abstractmethod
    def holds(self) -> bool:
        """Whether the lock is really secured: the truth, which the driver cannot see."""

    def stands_locked(self) -> None:
        """Of devices that lock by a mode: locked, and badges work, as at night."""
        raise NotImplementedError

    def shuts_out(self) -> bool:
        """Of devices that lock by a mode: whether a good badge is refused now."""
        raise NotImplementedError

    def schedule_would_open(self) -> None:
        """Of devices that lock by a mode: their own schedule holds the door open as soon as nothing else does."""
        raise NotImplementedError

    @abstractmethod
    async def let_it_travel(self) -> None:
        """Time passes until the bolt has arrived where it was told to go."""


class SignalBench(Bench):
    signal: Signal

    @abstractmethod
    def stranger(self) -> Signal | None:
        """The same signal with a wrong login; None if the device knows none."""

    @abstractmethod
    def lit(self) -> bool:
        """Whether the output is really on."""
