"""While the fire alarm is on, no locking command and no retry goes to a door that it releases."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_a_press_during_a_fire_alarm_leaves_fire_release_doors_alone_and_says_so() -> None:
    async with story() as campus:
        campus.fire_panel.alarms()
        await campus.advance("2s")
        await campus.press("front-office")
        await campus.advance("1m")
        assert campus.door("d2").lock_commands() == 0
        for door in ("d1", "d7", "d8"):
            campus.door(door).is_secured()
        campus.door("d2").is_named_not_secured()
        campus.phone("Officer Diaz").has("NOT secured: Door 2 North exit")


async def test_a_fire_alarm_in_mid_lockdown_ends_the_retries_at_once() -> None:
    async with story() as campus:
        campus.door("d2").jams()
        await campus.press("front-office")
        await campus.advance("10s")
        assert campus.door("d2").lock_commands() > 2
        campus.fire_panel.alarms()
        await campus.advance("1.5s")
        since = campus.now()
        await campus.advance("2m")
        assert campus.door("d2").lock_commands(since) == 0
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.FIRE_ALARM)
        for door in ("d1", "d7", "d8"):
            campus.door(door).is_secured()


async def test_a_door_that_the_fire_panel_lets_go_is_not_locked_against_it() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        campus.fire_panel.alarms()
        await campus.advance("2s")
        campus.door("d2").is_unlocked_by_key()  # as the panel cuts its power
        since = campus.now()
        await campus.advance("1m")
        assert campus.door("d2").lock_commands(since) == 0
        campus.door("d2").is_named_not_secured()
        campus.fire_panel.is_reset()
        await campus.advance("10s")
        campus.door("d2").is_secured()


async def test_a_silent_fire_panel_is_a_trouble() -> None:
    async with story() as campus:
        campus.fire_panel.goes_dead()
        await campus.advance("3s")
        campus.log.has_trouble("fire_alarm")


async def test_a_fire_alarm_starts_nothing_by_itself() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        pages = len(campus.speaker("north-rooms").said())
        campus.fire_panel.alarms()
        await campus.advance("30s")
        campus.is_("active")
        assert len(campus.speaker("north-rooms").said()) == pages


async def test_during_a_lockdown_people_are_asked_whether_to_stay_or_go() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        campus.fire_panel.alarms()
        await campus.advance("5s")
        campus.log.has_task("stay_or_go", "Stay or go?")
        for who in ("Ada", "Officer Diaz"):
            campus.phone(who).has("Stay or go?", by="sms", times=1)
        campus.phone("Ben").has_not("Stay or go?")
        campus.is_("active")
        campus.fire_panel.is_reset()
        await campus.advance("5s")
        assert not [task for task in campus.daemon.views.state("tasks")["items"] if task["kind"] == "stay_or_go"]
