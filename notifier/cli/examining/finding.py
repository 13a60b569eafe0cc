"""What a check of `notifier doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    FAULT = "fault"  # it does not work like this
    WARNING = "warning"  # it works, and something is missing or near its end
    FINE = "fine"  # looked at, and well


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    """A word a script can match: `port`, `clock`, `door:d7`."""
    level: Level
    text: str
    """One sentence: what is so."""
    do: str = ""
    """What to type or to do; empty where there is nothing to do."""


def fault(check: str, text: str, do: str) -> Finding:
    return Finding(check, Level.FAULT, text, do)


def warning(check: str, text: str, do: str) -> Finding:
    return Finding(check, Level.WARNING, text, do)


def fine(check: str, text: str) -> Finding:
    return Finding(check, Level.FINE, text)
