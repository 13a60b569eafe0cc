"""What is written of looks and refusals: the same by the same reader once a minute, and of one reader only so many.

Each reader's are counted for themselves: whoever makes a script look at thousands of pages fills neither the record
nor the room that is kept for everybody else's.
"""

from __future__ import annotations

QUIET = 60.0  # seconds in which the same look, or the same refusal, is written down once
MOST_OF_ONE = 300  # of one reader in a minute: more pages than anybody reads; the rest is somebody's script
MOST_OF_STRANGERS = 50  # of all strangers together in a minute
AND_MORE = "more than is written down one by one"


class OnceAMinute:
    def __init__(self) -> None:
        self._said: dict[str, dict[tuple[str, ...], float]] = {}

    def says(self, reader: str, what: str, key: tuple[str, ...], now: float, most: int = MOST_OF_ONE) -> str | None:
        """`what`, if it is to be written now; `AND_MORE`, once, when there are too many; None: not now.

        `now`: steady time in seconds.
        """
        said = self._said.setdefault(reader, {})
        if now - said.get(key, now - QUIET) < QUIET:
            return None
        if len(said) >= most:
            said = self._said[reader] = {one: at for one, at in said.items() if now - at < QUIET}
        if len(said) < most:
            said[key] = now
            return what
        if now - said.get((), now - QUIET) < QUIET:
            return None
        said[()] = now
        return AND_MORE
