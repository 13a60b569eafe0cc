"""STOP is kept: that address is not written to again, and the board says that the phone is gone."""

from notifier.model.events import EventKind
from notifier.testing.story import Story, story


def shown(campus: Story, person: str) -> bool:
    people = campus.daemon.views.people(campus.incident, limit=100, after=None)["items"]
    return bool(next(each for each in people if each["id"] == person)["phone_gone"])


async def test_stop_before_an_incident_is_respected_by_that_sender_and_the_others_are_used() -> None:
    async with story() as campus:
        campus.phone("Ben").writes("STOP")
        await campus.advance("2s")
        await campus.press("front-office")
        await campus.advance("30s")
        campus.phone("Ben").has_not("LOCKDOWN", by="sms").has("LOCKDOWN", by="push")
        assert shown(campus, "ben")
        assert not shown(campus, "carla")
        assert campus.log.deliveries(person="ben", kind="sms") == []


async def test_stop_in_mid_incident_is_kept_and_is_no_answer() -> None:
    async with story() as campus:
        campus.phone("Ada").expects_sms("LOCKDOWN").replies("1")
        campus.phone("Carla").expects_sms("LOCKDOWN").replies("1")
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes("STOP")
        await campus.advance("1m")
        assert shown(campus, "ben")
        (level,) = campus.log.told(EventKind.ESCALATED)
        assert level["silent_rooms"] == ["r1"], "An opt-out is not an answer: the room is still silent."


async def test_start_lifts_it() -> None:
    async with story() as campus:
        campus.phone("Ben").writes("STOP")
        await campus.advance("2s")
        campus.phone("Ben").writes("START")
        await campus.advance("2s")
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").has("LOCKDOWN", by="sms")


async def test_it_outlives_a_restart() -> None:
    async with story() as campus:
        campus.phone("Ben").writes("STOP")
        await campus.advance("2s")
        await campus.restarts()
        await campus.press("front-office")
        await campus.advance("5s")
        assert campus.log.deliveries(person="ben", kind="sms") == []
