"""When drills come: in the site's own time, once where the clocks repeat an hour."""

from datetime import UTC, datetime

import pytest

from notifier.engine.drill_calendar import next_of, next_time
from notifier.model.site import ScheduledDrill

CHICAGO = "America/Chicago"


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("30 10 15 * *", "2026-11-23T12:00", "2026-12-15T16:30"),
        ("30 10 * * mon-fri", "2026-11-20T16:30", "2026-11-23T16:30"),
        # the same hour on the school's clock, before and after the change of March 8 and of November 1
        ("0 10 * * sun", "2026-03-01T17:00", "2026-03-08T15:00"),
        ("0 10 * * sun", "2026-10-31T12:00", "2026-11-01T16:00"),
        # 02:30 does not exist on March 8
        ("30 2 * * *", "2026-03-08T07:00", "2026-03-08T08:30"),
        # 01:30 comes twice on November 1 and is meant once
        ("30 1 * * *", "2026-11-01T06:00", "2026-11-01T06:30"),
        ("30 1 * * *", "2026-11-01T06:30", "2026-11-02T07:30"),
        ("0 10 30 feb *", "2026-01-01T00:00", None),
    ],
)
def test_the_next_time_is(cron: str, after: str, expected: str | None) -> None:
    assert next_time(cron, CHICAGO, utc(after)) == (utc(expected) if expected else None)


@pytest.mark.parametrize(
    ("at", "after", "expected"),
    [
        ("2026-12-03 10:30", "2026-11-23T12:00", "2026-12-03T16:30"),
        ("2026-12-03 10:30", "2026-12-03T16:30", None),
        ("2026-12-03 10:30", "2027-01-01T00:00", None),
        # in summer the school's clock is an hour further; 02:30 does not exist on March 8
        ("2026-07-01 10:30", "2026-01-01T00:00", "2026-07-01T15:30"),
        ("2026-03-08 02:30", "2026-01-01T00:00", "2026-03-08T08:30"),
    ],
)
def test_a_drill_of_one_day_comes_once(at: str, after: str, expected: str | None) -> None:
    drill = ScheduledDrill(id="december", playbook="lockdown", at=at)
    assert next_of(drill, CHICAGO, utc(after)) == (utc(expected) if expected else None)
