"""When a trouble may be told: at once, before school, on the next workday. Pure: a calendar and a moment in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifier.model.watching import WEEK, SchoolDay, When

FURTHEST = 8
"""Days to look ahead: a school day comes within a week."""


def told_at(when: When, raised: datetime, day: SchoolDay, zone: ZoneInfo) -> datetime | None:
    """The first moment from `raised` on at which it may be told, in the zone of the site; None: never.

    While the building is in use everything is told at once.
    """
    here = raised.astimezone(zone)
    if when is When.NEVER:
        return None
    if when is When.NOW:
        return here
    lead = timedelta(seconds=day.mend_within) if when is When.BEFORE_SCHOOL else timedelta()
    for ahead in range(FURTHEST + 1):
        date = here.date() + timedelta(days=ahead)
        if WEEK[date.weekday()] not in day.days:
            continue
        begins = datetime.combine(date, time.fromisoformat(day.begins), zone) - lead
        ends = datetime.combine(date, time.fromisoformat(day.ends), zone)
        if here <= begins:
            return begins
        if here < ends:
            return here
    return None


def mend_by(when: When, at: datetime, day: SchoolDay, zone: ZoneInfo) -> datetime | None:
    """When it must be well again: `now` now, `before_school` when the next school day begins (now, while one runs),
    `next_workday` when that one ends; None: whenever.
    """
    here = at.astimezone(zone)
    if when is When.NEVER:
        return None
    if when is When.NOW:
        return here
    for ahead in range(FURTHEST + 1):
        date = here.date() + timedelta(days=ahead)
        if WEEK[date.weekday()] not in day.days:
            continue
        begins = datetime.combine(date, time.fromisoformat(day.begins), zone)
        ends = datetime.combine(date, time.fromisoformat(day.ends), zone)
        if here >= ends:
            continue
        if when is When.NEXT_WORKDAY:
            return ends
        return max(begins, here)
    return None
