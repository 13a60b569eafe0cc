"""Guessing, slowed down: per name and per address. Nothing here is ever asked on the way of a press.

A name that is not known is slowed down exactly like one that is, or the wait would tell which names exist.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from notifier.access.secrets import hashed
from notifier.errors import Refused

FREE = 2  # wrong tries without a wait: people mistype
LOCKS_AFTER = 10  # wrong tries in a row, then the name waits
LOCKED = 900.0  # seconds
LONGEST_WAIT = 30.0  # seconds between two tries before that
FORGET = 3600.0  # seconds without a try after which a name starts anew
BURST = 20.0  # tries of one address at once: a school behind one address signs in together in the morning
REFILL = 1 / 6  # tries per second of one address
NEVER_TYPED = "\x1f"
"""Stands in the names of tries that are not at the door: no name typed there can be one of them."""
MOST = 10_000  # names and addresses that are remembered; the oldest is forgotten first


@dataclass(slots=True)
class _Tries:
    failures: int
    until: float
    at: float


class Guesses:
    """In memory; a name that is locked is also kept in the ledger, so that a restart frees nobody."""

    def __init__(self, locked: Iterable[Mapping[str, Any]] = ()) -> None:
        self._names: OrderedDict[str, _Tries] = OrderedDict()
        self._addresses: OrderedDict[str, tuple[float, float]] = OrderedDict()
        for row in locked:
            self.locked(row)

    def locked(self, row: Mapping[str, Any]) -> None:
        """A row of the table `lockout`, of this node or another one."""
        until = float(row["until"])
        self._names[str(row["id"])] = _Tries(int(row["failures"]), until, until - LOCKED)

    def may_try(self, name: str, address: str, now: float) -> None:
        """Count a try. Raises Refused (429) with the seconds to wait."""
        place = _network(address)
        tokens, at = self._addresses.pop(place, (BURST, now))
        tokens = min(BURST, tokens + (now - at) * REFILL)
        self._addresses[place] = (max(0.0, tokens - 1), now)
        _forget(self._addresses)
        if tokens < 1:
            raise Refused(_wait((1 - tokens) / REFILL, "Too many tries from here."), 429)
        known = self._names.get(key_of(name))
        if known and known.until > now:
            raise Refused(_wait(known.until - now, "This name waits after wrong tries."), 429)

    def failed(self, name: str, now: float) -> Mapping[str, Any] | None:
        """It was wrong. Returns what belongs into the ledger if the name is locked by it."""
        key = key_of(name)
        known = self._names.pop(key, None)
        failures = known.failures + 1 if known and now - known.at < FORGET else 1
        if failures >= LOCKS_AFTER:
            wait = LOCKED
        else:
            wait = min(LONGEST_WAIT, 2.0 ** (failures - FREE)) if failures > FREE else 0.0
        self._names[key] = _Tries(failures, now + wait, now)
        self._forget_a_name(now)
        return {"id": key, "failures": failures, "until": now + wait} if failures >= LOCKS_AFTER else None

    def _forget_a_name(self, now: float) -> None:
        """One that waits is forgotten last: or ten thousand names that nobody has would free it."""
        if len(self._names) > MOST:
            free = next((key for key, one in self._names.items() if one.until <= now), next(iter(self._names)))
            del self._names[free]

    def worked(self, name: str) -> None:
        self._names.pop(key_of(name), None)

    def said(self, name: str, now: float) -> str:
        """What the one who tried is told of the next try."""
        known = self._names.get(key_of(name))
        if known is None or known.until <= now:
            return "Try again."
        left = LOCKS_AFTER - known.failures
        then = f" {left} more and this name waits 15 minutes." if left > 0 else ""
        return f"Next try in {known.until - now:.0f} seconds.{then}"


def key_of(name: str) -> str:
    """A name as it is remembered: people also type their passwords into the field for it."""
    return hashed(name.strip().casefold())


def typed(name: str) -> str:
    """A name as it was typed at the door: no other tries are meant by it, whatever was typed."""
    return name.replace(NEVER_TYPED, " ")


def _network(address: str) -> str:
    """One machine has a whole /64 of IPv6 addresses (RFC 4291 section 2.5.1)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


def _wait(seconds: float, why: str) -> str:
    shown = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    return f"{why} Try again in {shown}. Buttons, kiosks and passkeys never wait."


def _forget(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > MOST:
        kept.popitem(last=False)
