"""When scheduled drills come, in the site's own time. Pure: APScheduler's cron fields, and no scheduler."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from notifier.model.site import ScheduledDrill, Site

ONCE = "%Y-%m-%d %H:%M"
"""How `at` is written: the local time of one day."""


def once(at: str, timezone: str) -> datetime:
    """The moment of `at`, UTC; one that the clocks leave out comes when they have moved on. Raises ValueError."""
    return datetime.strptime(at, ONCE).replace(tzinfo=zone_of(timezone)).astimezone(UTC)


def next_of(drill: ScheduledDrill, timezone: str, after: datetime) -> datetime | None:
    """When this drill comes next, later than `after`, UTC; None if it comes no more. Raises ValueError."""
    if not drill.at:
        return next_time(drill.cron, timezone, after)
    moment = once(drill.at, timezone)
    return moment if moment > after else None


def next_time(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The first moment later than `after`, UTC; None if there is none. Raises ValueError for what is no cron line.

    An hour that a clock change repeats counts once; a time that it leaves out comes when the clocks have moved on.
    """
    zone = zone_of(timezone)
    trigger = CronTrigger.from_crontab(cron, timezone=zone)
    local = after.astimezone(zone)
    moment = trigger.get_next_fire_time(None, local + timedelta(seconds=1))
    while moment is not None and (
        moment.replace(tzinfo=None, fold=0) <= local.replace(tzinfo=None, fold=0) or moment.astimezone(UTC) <= after
    ):
        later = moment.astimezone(UTC) + timedelta(seconds=60)
        moment = trigger.get_next_fire_time(None, later.astimezone(zone))
    return moment.astimezone(UTC) if moment is not None else None


def upcoming(site: Site, after: datetime, most: int = 5) -> list[dict[str, object]]:
    """Each drill's next times, the soonest first."""
    found: list[dict[str, object]] = []
    zone = zone_of(site.timezone)
    for drill in site.drills:
        for moment in _times(drill, site.timezone, after, most):
            found.append(  # noqa: PERF401 one line of a calendar, in the order that people read it
                {
                    "id": drill.id,
                    "name": drill.name or drill.id,
                    "playbook": drill.playbook,
                    "zone": drill.zone,
                    "at": moment.astimezone(zone).isoformat(timespec="minutes"),
                    "told_at": (moment - timedelta(seconds=drill.told_ahead))
                    .astimezone(zone)
                    .isoformat("T", "minutes"),
                }
            )
    return sorted(found, key=lambda item: datetime.fromisoformat(str(item["at"])))


def _times(drill: ScheduledDrill, timezone: str, after: datetime, most: int) -> Sequence[datetime]:
    times: list[datetime] = []
    moment: datetime | None = after
    while moment is not None and len(times) < most:
        moment = next_of(drill, timezone, moment)
        if moment is not None:
            times.append(moment)
    return times


def zone_of(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
