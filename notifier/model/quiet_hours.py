"""When routine messages wait: the site's quiet hours, on the site's own clock. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from notifier.model.words import Written

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Such as "21:00", quoted."""


class QuietHours(Written):
    """Only routine messages keep them: emergencies, drills, all-clears and corrections never do."""

    begin: ClockTime = Field(alias="from")
    end: ClockTime = Field(alias="until")
    then: Literal["wait", "refuse"] = "wait"
    """wait: they leave when the quiet hours end, if their incident is still open; refuse: they are not sent at all."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.begin == self.end:
            raise ValueError("from and until are the same time: write when the quiet hours end")
        return self


def quiet_until(hours: QuietHours | None, wall: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which `wall` lies, UTC; None: it lies in none.

    An end that a clock change leaves out comes when the clocks have moved on; one that comes twice ends at the first
    that is still to come.
    """
    if hours is None:
        return None
    begin, end, local = time.fromisoformat(hours.begin), time.fromisoformat(hours.end), wall.astimezone(zone)
    now = local.time().replace(tzinfo=None, fold=0)
    if not (begin <= now < end if begin < end else now >= begin or now < end):
        return None
    day = local.date() if now < end else local.date() + timedelta(days=1)
    ends = [datetime.combine(day, end, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return next((one for one in sorted(ends) if one > wall and one.astimezone(zone).time() >= end), None)
