"""What is half done: a challenge that a passkey answers, a password that waits for its code, a way to a provider.

Held in the memory of the node that began it, a few minutes, and given out once: whoever comes back later begins anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.access.secrets import hashed, new_one_time
from notifier.clock import Clock
from notifier.errors import Refused

LIVES = 600.0  # seconds: long enough to find one's phone
MOST = 20_000  # half-done things of one kind on one node, some 10 MB; the oldest goes first
GONE = "That took too long, or was begun elsewhere. Begin again."


@dataclass(frozen=True, slots=True)
class Ticket:
    kind: str
    account: str
    at: float
    detail: Mapping[str, Any] = field(default_factory=dict)


class Tickets:
    """Random names for half-done things; only their hashes are held."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # By kind: a stranger who opens the sign-in page all day must not push out a password that waits for its code.
        self._held: dict[str, OrderedDict[str, Ticket]] = {}

    def give(self, kind: str, account: str = "", **detail: Any) -> str:
        name = new_one_time()
        held = self._held.setdefault(kind, OrderedDict())
        held[hashed(name)] = Ticket(kind, account, self._clock.now(), detail)
        while len(held) > MOST:
            held.popitem(last=False)
        return name

    def look(self, kind: str, name: str) -> Ticket:
        """Without using it up. Raises Refused."""
        found = self._held.setdefault(kind, OrderedDict()).get(hashed(name))
        if found is None or self._clock.now() - found.at > LIVES:
            raise Refused(GONE, 410)
        return found

    def take(self, kind: str, name: str) -> Ticket:
        """Once. Raises Refused."""
        found = self.look(kind, name)
        del self._held[kind][hashed(name)]
        return found
