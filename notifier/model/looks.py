"""What one look through a camera proves: that a picture came, that it is new, that something is on it. Pure.

Which way the camera points, and whether what it shows is the right place, only a person can say (decision 0025).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from notifier.model.picture import Picture

AHEAD = 5.0
"""Seconds that a camera's own clock may be ahead of ours before its times are not believed."""


@dataclass(frozen=True, slots=True)
class LookRules:
    """What a camera's settings make of a picture."""

    frozen_after: float = 20.0
    """Seconds after which the same bytes are a frozen picture: no sensor sees the same noise twice. Less than the 30 s
    between two looks of supervision, so that the second one shows it."""
    may_be_blank: bool = False
    """For a camera that truly sees nothing at night."""
    oldest: float = 60.0
    """Seconds that a picture may be old by the camera's own word."""


@dataclass(frozen=True, slots=True)
class Verdict:
    well: bool
    text: str
    sure: bool = False
    """Nothing that a lost packet could have made up: one look is enough."""


class SamePictures:
    """For how long each camera has sent the same bytes; keeps their hash, never a picture."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[bytes, float]] = {}

    def same_for(self, camera: str, jpeg: bytes, now: float) -> float:
        """Seconds since these bytes were seen first; 0: they are new."""
        mark = hashlib.blake2b(jpeg, digest_size=16).digest()
        before = self._first.get(camera)
        if before is None or before[0] != mark:
            self._first[camera] = (mark, now)
            return 0.0
        return now - before[1]


def age_of(taken_at: datetime | None, wall: datetime) -> float | None:
    """Seconds that a picture is old; None: the camera does not say, or its clock is ahead of ours."""
    if taken_at is None:
        return None
    age = (wall - taken_at).total_seconds()
    return None if age < -AHEAD else max(0.0, age)


def judged(rules: LookRules, picture: Picture, same_for: float, taken_at: datetime | None, wall: datetime) -> Verdict:
    """What is wrong with a picture that came, with what to do; well if nothing is."""
    size = f"{picture.width} x {picture.height}"
    if same_for >= rules.frozen_after:
        text = f"its picture is frozen: the very same bytes for {span(same_for)}. Restart the camera, or its recorder."
        return Verdict(False, text, sure=True)
    age = age_of(taken_at, wall)
    if age is not None and age > rules.oldest:
        text = f"its newest picture is {span(age)} old by its own word. Look at the camera behind it, and at its clock."
        return Verdict(False, text, sure=True)
    if picture.blank and not rules.may_be_blank:
        return Verdict(False, "its picture is one colour all over. Look at its lens, its light and its sensor.")
    if age is not None:
        return Verdict(True, f"a picture of {size}, {span(age)} old by the camera's word")
    if taken_at is not None:
        return Verdict(True, f"a picture of {size}; the camera's clock is ahead of ours, so its age is not known")
    return Verdict(True, f"a picture of {size}; the camera does not say when it was taken")


def span(seconds: float) -> str:
    """In words: "40 s", "5 min", "3 h", "2 days"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
