"""Doors of the virtual campus: relay, bolt, leaf and their contacts, on time that is handed in. No I/O, no clock.

A lock that is told is not yet a lock that is thrown: the bolt follows its relay after `travel` seconds, and may jam.
The bolt contact sits in the frame, so it says secured only while the bolt is thrown *and* the leaf stands closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

# A motor lock or electric bolt throws in about a tenth of a second; slower ones are set so.
TRAVEL = 0.12

Initial = Literal["off", "on", "restore_last", "match_input"]


class LockFault(StrEnum):
    """What may be wrong behind a relay."""

    JAMMED = "jammed"  # the relay works, the bolt stays where it is
    LYING = "lying"  # the relay reports what it was told, its contacts are burnt: nothing reaches the lock
    DEAF = "deaf"  # the device answers 200 and does nothing at all
    NO_CONTACT = "no_contact"  # the wire of the bolt contact is off: its input reads null


class Output:
    """One relay: what it was told, when, and when it flips back. A strobe or sign is an output and nothing more."""

    def __init__(self, *, on: bool = False) -> None:
        self.fault: LockFault | None = None
        self.initial_state: Initial = "restore_last"
        """What it does when power returns, as Shelly's Switch.SetConfig names it."""
        self.auto_off: float | None = None
        """Seconds after which the device switches it off by itself, if it is set up so."""
        self.in_mode = "detached"
        self._on = on
        self._flips_at: float | None = None

    def on(self, now: float) -> bool:
        """What it reports: what it was told, never whether anything followed."""
        self._flip_if_due(now)
        return self._on

    def switch(self, on: bool, now: float, toggle_after: float | None = None) -> bool:
        """Told to switch; returns what it was before, as the real one does."""
        was = self.on(now)
        if self.fault is LockFault.DEAF:
            return was
        self._set(on, now)
        after = toggle_after if toggle_after is not None else (self.auto_off if on else None)
        self._flips_at = None if after is None else now + after
        return was

    def power_returns(self, now: float) -> None:
        """Power was away and is back: a running timer is lost and `initial_state` rules."""
        self._flips_at = None
        if self.initial_state in ("off", "on"):
            self._set(self.initial_state == "on", now)

    def inputs(self, now: float) -> Mapping[int, bool | None]:
        """What the inputs beside it say; a bare output has none."""
        return {}

    def _flip_if_due(self, now: float) -> None:
        if self._flips_at is not None and now >= self._flips_at:
            due, self._flips_at = self._flips_at, None
            self._set(not self._on, due)

    def _set(self, on: bool, now: float) -> None:
        self._on = on


class DoorModel(Output):
    """A leaf with an electric bolt behind one relay."""

    def __init__(
        self,
        *,
        secured_when: Literal["relay_on", "relay_off"] = "relay_on",
        travel: float = TRAVEL,
        bolt_input: int | None = 0,
        secured_is: bool = True,
        leaf_input: int | None = None,
        closed_is: bool = True,
    ) -> None:
        """Stands unlocked and closed; `bolt_input` and `leaf_input` are where its contacts are wired, if they are."""
        super().__init__(on=secured_when == "relay_off")
        self.secured_when = secured_when
        self.travel = travel
        """Seconds the bolt takes; set it higher for a lagging lock."""
        self.bolt_input, self.secured_is = bolt_input, secured_is
        self.leaf_input, self.closed_is = leaf_input, closed_is
        self.leaf_open = False
        self.lockdown = False
        """Of a door behind an access controller: badges are refused."""
        self._thrown = False
        self._moves_at: float | None = None
        self._moves_to = False

    def thrown(self, now: float) -> bool:
        """Where the bolt is: the truth, which nobody outside the campus may ask for."""
        self._flip_if_due(now)
        self._arrive(now)
        return self._thrown

    def secured(self, now: float) -> bool:
        """Whether the door really holds: thrown into its frame."""
        return self.thrown(now) and not self.leaf_open

    def inputs(self, now: float) -> Mapping[int, bool | None]:
        found: dict[int, bool | None] = {}
        if self.bolt_input is not None:
            silent = self.fault is LockFault.NO_CONTACT
            found[self.bolt_input] = None if silent else self.secured(now) is self.secured_is
        if self.leaf_input is not None:
            found[self.leaf_input] = (not self.leaf_open) is self.closed_is
        return found

    def prop_open(self) -> None:
        """Somebody puts a chair in the door."""
        self.leaf_open = True

    def close_leaf(self) -> None:
        self.leaf_open = False

    def badge(self) -> bool:
        """Somebody holds a good badge to the reader; whether the controller opens to it."""
        return not self.lockdown

    def turn_key(self, now: float, *, lock: bool) -> None:
        """Somebody moves the bolt by key; the relay knows nothing of it."""
        self.thrown(now)
        self._thrown, self._moves_at = lock, None

    def mend(self, now: float) -> None:
        """The fault is gone; the bolt then goes where its relay was last told."""
        self._arrive(now)
        self.fault = None
        self._send_bolt(now)

    def _set(self, on: bool, now: float) -> None:
        self._arrive(now)
        super()._set(on, now)
        if self.fault is not LockFault.LYING:
            self._send_bolt(now)

    def _send_bolt(self, now: float) -> None:
        """Drives again also when told the same again, as motor locks with a controller of their own do."""
        going = self._on is (self.secured_when == "relay_on")
        if self._moves_at is None or going is not self._moves_to:
            self._moves_to, self._moves_at = going, now + self.travel

    def _arrive(self, now: float) -> None:
        if self._moves_at is not None and now >= self._moves_at and self.fault is not LockFault.JAMMED:
            self._thrown, self._moves_at = self._moves_to, None
