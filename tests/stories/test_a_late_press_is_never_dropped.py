"""A press that arrives long after it was made asks before it fires, and after an end it only asks."""

from notifier.model.events import EventKind
from notifier.testing.story import Story, story


async def ended(campus: Story) -> None:
    await campus.press("north-hall")
    await campus.advance("20s")
    await campus.person("kim").asks_all_clear()
    await campus.person("ada").approves()
    await campus.person("kim").releases("r1", "r2", "desk")
    await campus.advance("1m")
    campus.is_("closed")


async def test_nobody_stops_it_and_it_fires_after_fifteen_seconds() -> None:
    async with story() as campus:
        late = await campus.press("front-office", late="5m")
        assert late.incident == ""
        await campus.advance("14s")
        assert campus.door("d1").lock_commands() == 0
        campus.log.has_task("late_press", "It starts in 15 s unless stopped")
        await campus.advance("7s")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.phone("Officer Diaz").has("is in LOCKDOWN")


async def test_before_it_fires_the_office_is_told_by_message() -> None:
    async with story() as campus:
        await campus.press("front-office", late="5m")
        await campus.advance("2s")
        campus.phone("Ada").has("was made 5 min ago and arrived only now", by="sms", times=1)
        campus.phone("Ben").is_silent()
        campus.phone("Officer Diaz").is_silent()


async def test_a_person_stops_it() -> None:
    async with story() as campus:
        late = await campus.press("front-office", late="5m")
        await campus.advance("5s")
        await campus.person("Ada").decides_late_press(late.activation, fire=False)
        await campus.advance("5m")
        assert campus.door("d1").lock_commands() == 0
        campus.phone("Ben").is_silent()


async def test_after_an_all_clear_it_only_asks_again_and_again() -> None:
    async with story() as campus:
        await ended(campus)
        since = campus.now()
        texts = len(campus.sender("sms").sent("LOCKDOWN"))
        late = await campus.press("front-office", late="10m")
        await campus.advance("10m")
        assert campus.door("d1").lock_commands(since) == 0
        assert len(campus.sender("sms").sent("LOCKDOWN")) == texts
        task = campus.log.has_task("late_press", "Is there danger? It will not start by itself")
        assert task["state"] == "open"
        again = [data for kind, data in campus.log.all_events() if kind is EventKind.LATE_PRESS]
        assert len(again) >= 10
        await campus.person("Kim").decides_late_press(late.activation, fire=True)
        await campus.advance("10s")
        campus.door("d1").is_secured()
        assert len(campus.sender("sms").sent("LOCKDOWN")) > texts


async def test_office_and_district_are_asked_by_message_and_police_informed_once() -> None:
    async with story() as campus:
        await ended(campus)
        await campus.press("front-office", late="10m")
        await campus.advance("3m30s")
        campus.phone("Officer Diaz").has("Is there danger?", by="sms", times=1)
        campus.phone("Ada").has("Is there danger?", by="sms", times=4)
        campus.phone("Kim").has("Is there danger?", by="sms", times=4)
        campus.phone("Ben").has_not("Is there danger?")


async def test_asking_outlives_a_restart() -> None:
    async with story() as campus:
        await ended(campus)
        await campus.press("front-office", late="10m")
        await campus.restarts()
        await campus.advance("2m30s")
        campus.phone("Ada").has("Is there danger?", by="sms", times=3)


async def test_a_late_press_that_waits_outlives_a_restart() -> None:
    async with story() as campus:
        await campus.press("front-office", late="5m")
        await campus.advance("5s")
        await campus.restarts(after="3s")
        await campus.advance("15s")
        campus.door("d1").is_secured()


async def test_during_a_live_incident_it_is_a_place_at_once() -> None:
    async with story() as campus:
        first = await campus.press("front-office")
        await campus.advance("20s")
        late = await campus.press("north-hall", late="5m")
        assert late.incident == first.incident
        await campus.advance("1s")
        campus.phone("Officer Diaz").has("now also reported from North wing")


async def test_a_clock_that_runs_ahead_on_the_button_is_now() -> None:
    async with story() as campus:
        await campus.press("front-office", late="-10m")
        await campus.advance("2s")
        campus.door("d1").is_secured()
