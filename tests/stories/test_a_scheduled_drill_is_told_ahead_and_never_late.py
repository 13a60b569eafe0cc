"""Scheduled drills: told ahead, on time, never over a live response, never late; their timer survives restarts."""

from datetime import UTC, datetime, timedelta

from notifier.model.events import EventKind
from notifier.testing.schools import small_school
from notifier.testing.story import Story, story

SOON = "drills:\n  - {id: monthly, name: Monthly lockdown, playbook: lockdown, cron: '30 10 * * *', told_ahead: 10m}\n"


def school() -> dict[str, bytes]:
    files = small_school()
    return files | {"site.yaml": files["site.yaml"] + SOON.encode()}


def before_it(campus: Story) -> timedelta:
    """How long it is until 10:30 in Chicago."""
    wall = datetime.fromtimestamp(campus.clock.machine.wall, UTC)
    at = campus.daemon.views.state("drills")["items"][0]["at"]
    return datetime.fromisoformat(at) - wall


def kinds(campus: Story) -> list[EventKind]:
    return [kind for kind, _ in campus.log.all_events()]


async def until(campus: Story, before: str) -> None:
    minutes = float(before.removesuffix("m"))
    await campus.advance(before_it(campus).total_seconds() - minutes * 60)


async def test_people_are_told_ahead_and_it_begins_on_time() -> None:
    async with story(school()) as campus:
        await campus.advance("2s")
        await until(campus, "11m")
        campus.phone("Officer Diaz").is_silent()
        await campus.advance("2m")
        campus.phone("Officer Diaz").has("a drill of Lockdown begins at 10:30", by="sms", times=1)
        campus.phone("Officer Diaz").has("DRILL", by="sms")
        assert EventKind.INCIDENT_OPENED not in kinds(campus)
        await campus.advance("9m2s")
        opened = [data for kind, data in campus.log.all_events() if kind is EventKind.INCIDENT_OPENED]
        assert [(data["drill"], data["source"]) for data in opened] == [(True, "schedule:monthly")]
        assert campus.door("d1").lock_commands() == 0
        await campus.advance("10s")
        campus.phone("Ben").has("DRILL")
        assert before_it(campus) > timedelta(hours=23)


async def test_over_a_live_response_it_does_not_begin_and_somebody_hears_why() -> None:
    async with story(school()) as campus:
        await campus.advance("2s")
        await until(campus, "1m")
        await campus.press("front-office")
        await campus.advance("2m")
        campus.log.has_task("drill_not_started", "A live incident is running")
        assert len([kind for kind in kinds(campus) if kind is EventKind.INCIDENT_OPENED]) == 1


async def test_more_than_ten_minutes_late_it_is_reported_and_not_started() -> None:
    async with story(school()) as campus:
        await campus.advance("2s")
        await until(campus, "1m")
        await campus.restarts(after="12m")
        await campus.advance("5s")
        campus.log.has_task("drill_not_started", "its time passed 11 min before")
        assert EventKind.INCIDENT_OPENED not in kinds(campus)


async def test_a_short_absence_does_not_lose_it() -> None:
    async with story(school()) as campus:
        await campus.advance("2s")
        await until(campus, "1m")
        await campus.restarts(after="4m")
        await campus.advance("5s")
        assert kinds(campus).count(EventKind.INCIDENT_OPENED) == 1


async def test_a_drill_of_one_day_begins_once_and_stands_on_no_calendar_any_more() -> None:
    files = small_school()
    once = 'drills:\n  - {id: one-day, playbook: lockdown, at: "2026-09-01 10:30", told_ahead: 5m}\n'
    async with story(files | {"site.yaml": files["site.yaml"] + once.encode()}) as campus:
        await campus.advance("2s")
        await until(campus, "1m")
        await campus.advance("2m")
        assert kinds(campus).count(EventKind.INCIDENT_OPENED) == 1
        assert campus.daemon.views.state("drills")["items"] == []
        await campus.advance("5m")
        assert kinds(campus).count(EventKind.INCIDENT_OPENED) == 1
