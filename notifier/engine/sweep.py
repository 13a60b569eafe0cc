"""Every open incident is looked at again and again, so that a missed nudge costs little and is never for ever.

What a look finds follows from what has happened to the incident. So one to which nothing has happened since its last
look is looked at less often: each look is a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from notifier.clock import Clock
from notifier.model.facts import Event

EVERY = 2.0
"""Seconds between rounds: what a missed nudge can cost at most."""
QUIET_ROUNDS = 15
"""Rounds between looks at an incident to which nothing has happened: half a minute."""


class Sweep:
    def __init__(self) -> None:
        self._quiet: dict[str, int] = {}
        """Incident to the rounds since its last look, if nothing has happened to it since."""

    @contextmanager
    def look(self, incident: str) -> Iterator[None]:
        """A look at it; one that fails is made again with the next round."""
        self._quiet[incident] = 0
        try:
            yield
        except BaseException:
            self._quiet.pop(incident, None)
            raise

    def heard(self, events: Iterable[Event]) -> None:
        """Something has happened to their incidents."""
        for event in events:
            if event.incident is not None:
                self._quiet.pop(event.incident, None)

    def due(self, incidents: Iterable[str]) -> list[str]:
        """One round."""
        rounds = {incident: self._quiet.get(incident, QUIET_ROUNDS) + 1 for incident in incidents}
        self._quiet = {incident: count for incident, count in rounds.items() if incident in self._quiet}
        return [incident for incident, count in rounds.items() if count >= QUIET_ROUNDS]

    async def run(self, clock: Clock, incidents: Callable[[], Iterable[str]], nudge: Callable[[str], None]) -> None:
        """Until cancelled."""
        while True:
            await clock.sleep(EVERY)
            for incident in self.due(list(incidents())):
                nudge(incident)
