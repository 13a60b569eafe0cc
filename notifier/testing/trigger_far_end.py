"""The far end of a trigger under test: a button, a broker or a feed in small, which can be told what to send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from notifier.model.states import State


class Unable(State):
    """What a protocol cannot do; promises about it are not asked for."""

    REPEATS = "repeats", "Its device never sends the same press twice by itself."
    BREAKS_OFF = "breaks_off", "A press is one datagram: there is no half of one."
    ANSWERS = "answers", "It never hears whether a press was taken."
    DRILLS = "drills", "Nothing that it can say means a drill."


@dataclass(frozen=True, slots=True)
class Hostile:
    """Content that no honest device sends."""

    content: bytes
    is_a_press: bool
    """True: whoever sends this has pressed all the same (a button). False: it means nothing (a line of a feed)."""


class TriggerFarEnd(ABC):
    """What a trigger's author writes beside the trigger.

    `async with AcmeBroker() as far: await promise(lambda: Acme(far.address), far)`. The trigger under test listens to
    one device, whose presses carry `source`, `playbook` and `zone`.
    """

    source: str
    """Whom a press of it is recorded as: `button:ID`."""
    playbook: str
    """The playbook that its press starts, and no other."""
    zone: str | None = None
    repeats_within: float = 0.0
    """Seconds in which the device has sent its last repetition of one press; what intake may take for the same."""
    hostile: Sequence[Hostile] = ()
    noise: Sequence[bytes] = ()
    """What reaches the trigger in everyday life and is no press: a heartbeat, a preview, a retained message."""
    cannot: Collection[Unable] = ()
    secrets: Sequence[str] = ()
    """What the trigger is given as passwords, tokens and secret parts of addresses."""
    loggers: Sequence[str] = ()
    """Loggers of the fake itself; what they write is not the trigger's doing."""

    @abstractmethod
    async def start(self) -> None:
        """Be there; after `stop`, be there again under the same address."""

    @abstractmethod
    async def stop(self) -> None:
        """Go away without a word: connections are dropped, half a press stays half."""

    @abstractmethod
    async def reached(self) -> None:
        """Returns when the trigger hears this far end: it has connected, or it can be connected to."""

    @abstractmethod
    async def press(self) -> bool:
        """Press once; True if the device was told that it was taken, or if it is never told. A no is no exception."""

    @abstractmethod
    async def say(self, content: bytes) -> None:
        """Send this, whatever it is; returns when the trigger has dealt with it, as far as the protocol tells."""

    async def repeat(self) -> None:
        """Send the last press once more, exactly as the device repeats it by itself."""
        raise NotImplementedError

    async def break_off(self) -> None:
        """Begin a press and drop the line in its middle."""
        raise NotImplementedError

    async def drill(self) -> None:
        """Say what means a drill in this protocol."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
