"""Who is told of troubles and when, and the canary: what the site file says under `troubles:` and `canary:`."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from notifier.model.words import Duration, Identifier, Selector, Written


class When(StrEnum):
    """When a trouble may disturb somebody."""

    NOW = "now"  # at any hour
    BEFORE_SCHOOL = "before_school"  # so that it can be mended before people are in the building
    NEXT_WORKDAY = "next_workday"  # when the school day begins
    NEVER = "never"  # it stands on the console


def _clock_time(written: str) -> str:
    try:
        time.fromisoformat(written)
    except ValueError:
        raise ValueError(f'a time of day like "07:30" is needed, in quotes, not {written!r}') from None
    return written


TimeOfDay = Annotated[str, AfterValidator(_clock_time)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SchoolDay(Written):
    """When people are in the building; outside it is quiet, and only `now` disturbs."""

    days: tuple[Weekday, ...] = Field(default=WEEK[:5], min_length=1)
    begins: TimeOfDay = "07:30"
    ends: TimeOfDay = "16:30"
    mend_within: Duration = Field(default=5400.0, ge=0.0, le=6 * 3600.0)
    """How long before it begins `before_school` tells: what it takes to get there and change a fuse."""


class Telling(Written):
    """What becomes of one kind of trouble."""

    when: When = When.BEFORE_SCHOOL
    to: tuple[Selector, ...] = Field(default=("role:technician",), min_length=1)


_NOW, _NEXT = When.NOW, When.NEXT_WORKDAY
DEFAULTS: dict[str, Telling] = {
    **{kind: Telling(when=_NOW) for kind in ("store", "our_fault", "fire_alarm")},
    **{kind: Telling(when=_NEXT) for kind in ("certificate", "clock", "seal", "files", "settings", "pages", "poll")},
}
"""Kinds that are not told before school. Nothing is recorded, a part of us failed, a fire alarm would not be noticed:
these may wake somebody. What the next press does not need waits for a workday."""


class TroublePolicy(Written):
    school_day: SchoolDay = SchoolDay()
    by: tuple[str, ...] = ("push", "sms", "email")
    """Every address of these kinds that the person has."""
    otherwise: Telling = Telling()
    """Kinds that are not named."""
    tell: dict[Identifier, Telling] = Field(default_factory=dict)
    """Kind of trouble, as `notifier troubles` names it, to who is told and when."""
    not_oftener: Duration = Field(default=600.0, ge=60.0)
    """Seconds between two messages to the same people; what comes between is one message then."""

    def of(self, kind: str) -> Telling:
        return self.tell.get(kind) or DEFAULTS.get(kind) or self.otherwise


class Canary(Written):
    """A message on the real paths, to test addresses only: that it leaves shows that others would."""

    to: tuple[Identifier, ...] = Field(min_length=1, max_length=10)
    """Ids of contacts that exist for this; no agency, no guardian."""
    cron: str = Field(default="0 6 * * mon-fri", max_length=200)
    """Minute, hour, day of month, month, day of week, in the site's time."""
    by: tuple[str, ...] = ("push", "sms", "email")
    within: Duration = Field(default=120.0, ge=10.0, le=3600.0)
    """Seconds until every message must have left."""
