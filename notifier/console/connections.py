"""How many connections may be open at once, and which one gives way: a press always finds room.

Every connection costs a file descriptor, and doors, messages and the store need theirs too: whoever opens thousands of
connections must not be able to take those. So there is a limit, and at the limit the newest takes the place of the
one that has been idle for longest; a press is served in milliseconds, long before its turn to go would come.
"""

from __future__ import annotations

import resource
from typing import Protocol

MOST = 1024
"""Connections; a district's phones that open answer pages together, and some 40 MB at worst."""
SHARE = 0.5
"""Of the process' file descriptors: the other half is for doors, senders, speakers and the store."""
WANTED_FILES = 65_536
"""File descriptors that a process asks for; service managers start it with 1024 and allow far more."""


class Held(Protocol):
    """A connection."""

    @property
    def idle(self) -> bool:
        """Whether it waits for a request."""

    def let_go(self) -> None:
        """End it at once."""


def more_files() -> int:
    """Raise this process' limit of file descriptors as far as it may; returns what it is now (getrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return soft
        return wanted
    return WANTED_FILES if soft == resource.RLIM_INFINITY else soft


class Connections:
    """The open connections of all listeners, the one that was used longest ago first."""

    def __init__(self, most: int | None = None) -> None:
        self.most = min(MOST, int(more_files() * SHARE)) if most is None else most
        self._held: dict[Held, None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def take(self, connection: Held) -> None:
        """A new one; at the limit another gives way."""
        if len(self._held) >= self.most:
            oldest = next((one for one in self._held if one.idle), None) or next(iter(self._held))
            del self._held[oldest]
            oldest.let_go()
        self._held[connection] = None

    def used(self, connection: Held) -> None:
        """It has just brought a request."""
        if connection in self._held:
            del self._held[connection]
            self._held[connection] = None

    def gone(self, connection: Held) -> None:
        self._held.pop(connection, None)
