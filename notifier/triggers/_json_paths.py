"""Where things stand in a message of somebody else, and the times that it names. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

OLDEST_CLOCK = 1_577_836_800.0
"""2020-01-01: a device that names an earlier time has no clock, and its time is none."""


def at(said: Any, path: str) -> Any:
    """The value at "a.b.0.c", a key with dots or a colon in it included; None if there is none."""
    if not path:
        return None
    if isinstance(said, dict):
        if path in said:
            return said[path]
        head, _, rest = path.partition(".")
        return at(said[head], rest) if rest and head in said else None
    if isinstance(said, list):
        head, _, rest = path.partition(".")
        if head.isdecimal() and len(head) < 6 and int(head) < len(said):
            found = said[int(head)]
            return at(found, rest) if rest else found
    return None


def when(written: Any) -> float | None:
    """Seconds since 1970 from seconds, milliseconds or ISO 8601 with its offset; None for what is no time."""
    moment: float | None = None
    if isinstance(written, int | float) and not isinstance(written, bool):
        moment = float(written) / 1000 if abs(written) > 1e11 else float(written)
    elif isinstance(written, str):
        try:
            parsed = datetime.fromisoformat(_microseconds(written))
        except ValueError:
            return None
        moment = parsed.timestamp() if parsed.tzinfo is not None else None
    return moment if moment is not None and OLDEST_CLOCK < moment < 1e11 else None


def _microseconds(written: str) -> str:
    """Go writes nanoseconds, and Python 3.11 reads up to six digits."""
    head, dot, tail = written.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}" if dot and digits else written
