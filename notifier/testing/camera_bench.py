"""The bench a camera driver is tested on: a small fake camera whose sight and wire can be broken on order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from notifier.model.site import Camera
from notifier.model.states import State


class CameraTrouble(State):
    """What is wrong with the camera or its wire until `mend`."""

    CUT = "cut", "Nobody takes a connection."
    HANGS = "hangs", "It takes requests and never answers."
    HANGS_MIDWAY = "hangs_midway", "It sends half a picture and never the rest."
    BROKEN = "broken", "It answers that something is wrong on its side."
    CUT_SHORT = "cut_short", "It ends its answer in the middle of the picture, and says that it was whole."
    LOGIN_PAGE = "login_page", "It answers a login page, and calls that a success."
    ELSEWHERE = "elsewhere", "It sends us to an address that no device has."
    TOO_LONG = "too_long", "Its answer does not end within 5 MB."
    FROZEN = "frozen", "It answers the very same picture each time."
    BLANK = "blank", "Its picture is one colour all over."


class CameraBench(ABC):
    """One fake camera, well and in the light when entered. A driver's author writes one beside the driver."""

    camera: Camera
    """With the right login and small limits."""
    size: tuple[int, int]
    """Width and height of its pictures."""
    secrets: Sequence[str] = ()
    """Passwords and tokens that the driver is given."""
    loggers: Sequence[str] = ()
    """Loggers of the fake itself; what they write is not the driver's doing."""
    patience: float = 5.0
    """Seconds within which any call must end; more for a driver whose program takes its time on a busy machine."""
    cannot: frozenset[CameraTrouble] = frozenset()
    """What its protocol cannot do: promises about it are not asked for."""

    async def __aenter__(self) -> Self:
        return self

    @abstractmethod
    async def __aexit__(self, *_: object) -> None: ...

    @abstractmethod
    def stranger(self) -> Camera | None:
        """The same camera with a wrong login; None if it knows none."""

    @abstractmethod
    def inflict(self, trouble: CameraTrouble) -> None: ...

    @abstractmethod
    def mend(self) -> None:
        """Everything well again."""

    @abstractmethod
    def let_pass(self, seconds: float) -> None:
        """Time passes on the clock that the driver was given."""

    @abstractmethod
    def did(self) -> Sequence[str]:
        """Requests that were more than a question: a camera that was moved, set or started."""

    @abstractmethod
    def most_at_once(self) -> int:
        """The most pictures that it was asked for at the same time."""
