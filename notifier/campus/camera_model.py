"""A camera of the virtual campus: what it sees, what is wrong with it, a password, a wire that may fail. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import count
from random import Random

from notifier.campus.camera_picture import BLOCK, corridor, jpeg, one_colour
from notifier.campus.relay_device import Wire

WALK = 20
"""Seconds that somebody takes to walk down the corridor; as long again nobody is there."""
BLACK = 16


class Sight(StrEnum):
    """What is in front of the sensor and behind it."""

    CLEAR = "clear"
    FROZEN = "frozen"  # the picture that it took when this began, again and again
    DARK = "dark"  # one colour all over: a dead sensor, or a cap on the lens


@dataclass(eq=False, slots=True)
class CameraModel:
    """One camera at one address."""

    id: str
    columns: int = 80
    rows: int = 45
    user: str = "viewer"
    password: str | None = None
    sight: Sight = Sight.CLEAR
    wire: Wire = Wire.WELL
    pictures: int = 0
    """How many it has handed out."""
    listeners: list[Callable[[], None]] = field(default_factory=list)
    """Called after every change of `wire` made by `set_wire`."""
    _seeds: Iterator[int] = field(default_factory=count)
    _frozen: bytes = b""

    @property
    def size(self) -> tuple[int, int]:
        return self.columns * BLOCK, self.rows * BLOCK

    def set_wire(self, wire: Wire) -> None:
        self.wire = wire
        for listener in tuple(self.listeners):
            listener()

    def picture(self, wall: datetime) -> bytes:
        """A JPEG of now; `wall` is the time that stands in its corner."""
        self.pictures += 1
        if self.sight is Sight.FROZEN:
            self._frozen = self._frozen or self._drawn(wall)
            return self._frozen
        self._frozen = b""
        if self.sight is Sight.DARK:
            return jpeg(self.columns, self.rows, one_colour(BLACK), None)
        return self._drawn(wall)

    def _drawn(self, wall: datetime) -> bytes:
        at = wall.timestamp() % (2 * WALK)
        scene = corridor(self.columns, self.rows, at / WALK if at < WALK else None, wall.strftime("%H:%M:%S"))
        grain = Random(next(self._seeds))
        return jpeg(self.columns, self.rows, scene, iter(lambda: grain.getrandbits(8), -1))
