"""A relay device of the virtual campus: outputs, inputs, a password, a wire that may fail. Pure; two skins answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from notifier.campus.door_model import Output


class Wire(StrEnum):
    """How the device's network side behaves until it is told otherwise."""

    WELL = "well"
    UNPLUGGED = "unplugged"  # nobody takes the connection
    HANGS = "hangs"  # takes the request, does nothing, never answers
    HOLDS_READS = "holds_reads"  # does what it is told; answers no question until told otherwise
    SERVER_ERROR = "server_error"  # answers 500 and does nothing
    BUSY = "busy"  # answers 503 and does nothing
    RESET = "reset"  # does what it was told and drops the connection in mid-reply
    NONSENSE = "nonsense"  # answers 200 with a page that is not its own


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it reached the device, after its password was accepted."""

    method: str
    at: float
    """Steady seconds of the campus clock."""
    on: bool | None = None
    """What a switching request asked for."""
    relay: int = 0
    """Which output it was about, if it was about one."""


@dataclass(eq=False, slots=True)
class RelayDevice:
    """One device at one address."""

    id: str
    outputs: dict[int, Output] = field(default_factory=dict)
    contacts: dict[int, bool | None] = field(default_factory=dict)
    """Inputs that belong to no door: a fire panel's contact. Doors bring their own."""
    password: str | None = None
    wire: Wire = Wire.WELL
    slow: float = 0.0
    """Seconds it takes to answer anything."""
    requests: list[Seen] = field(default_factory=list)
    refused: int = 0
    """How often it answered 401."""
    listeners: list[Callable[[], None]] = field(default_factory=list)
    """Called after every request and every change of `wire` made by `set_wire`."""

    @property
    def last_request_at(self) -> float | None:
        return self.requests[-1].at if self.requests else None

    def set_wire(self, wire: Wire) -> None:
        self.wire = wire
        self._tell()

    def saw(self, seen: Seen) -> None:
        self.requests.append(seen)
        self._tell()

    def inputs(self, now: float) -> Mapping[int, bool | None]:
        found = dict(self.contacts)
        for output in self.outputs.values():
            found.update(output.inputs(now))
        return found

    def power_returns(self, now: float) -> None:
        for output in self.outputs.values():
            output.power_returns(now)

    def _tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()
