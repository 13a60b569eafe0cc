"""A drill is never taken for the real thing, and the real thing always wins over a drill."""

import pytest

from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.segments import parts
from notifier.testing.story import Story, story

WORDS = ("DRILL", "SIMULACRO")


def said_drill(text: str) -> bool:
    return any(word in text for word in WORDS)


async def end(campus: Story) -> None:
    await campus.person("kim").stops_drill()
    await campus.advance("1m")
    campus.is_("closed")


async def test_every_message_page_and_subject_of_a_drill_carries_its_word() -> None:
    async with story() as campus:
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("1")
        await campus.drill("lockdown")
        await campus.advance("90s")
        await end(campus)
        sms = campus.sender("sms").sent()
        assert sms
        for text in sms:
            for part in parts(text):
                assert said_drill(part), f"A segment of an SMS does not say that it is a drill: {part!r}"
        for text in (*campus.sender("push").sent(), *campus.sender("email").sent()):
            title, _, body = text.partition("\n")
            assert said_drill(title), f"A title does not say that it is a drill: {title!r}"
            assert said_drill(body), f"A body does not say that it is a drill: {body!r}"
        pages = campus.speaker("north-rooms").said()
        assert pages
        for page in pages:
            assert all(word in page for word in WORDS), f"A page does not say it in each language: {page!r}"
        campus.phone("Carla").has("SIMULACRO", by="sms")


async def test_a_drill_touches_no_door_no_strobe_and_nobody_outside() -> None:
    async with story() as campus:
        await campus.drill("lockdown")
        await campus.advance("10m")
        for door in ("d1", "d2", "d7", "d8"):
            assert campus.door(door).lock_commands() == 0
            campus.door(door).is_unlocked()
        campus.signal("strobe-north").is_off()
        for name in ("Kim", "Lee", "Officer Diaz", "Gus", "Gloria"):
            campus.phone(name).is_silent()
        campus.phone("Ben").has("DRILL", by="sms")


async def test_a_live_press_during_a_drill_wins_and_says_so() -> None:
    async with story() as campus:
        drill = await campus.drill("lockdown")
        await campus.advance("20s")
        live = await campus.press("front-office")
        assert live.incident != drill.incident
        await campus.advance("10s")
        campus.is_("closed", drill.incident)
        campus.is_("active", live.incident)
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.phone("Ben").has("The drill has ended. REAL:", by="sms")
        campus.phone("Carla").has("El simulacro ha terminado. REAL:", by="sms")
        campus.phone("Officer Diaz").has("is in LOCKDOWN")
        live_pages = [page for page in campus.speaker("north-rooms").said() if not said_drill(page)]
        assert live_pages
        since = len(campus.sender("sms").sent())
        await campus.advance("3m")
        assert not [text for text in campus.sender("sms").sent()[since:] if said_drill(text)]


async def test_no_drill_starts_during_a_live_incident() -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match="No drill can start now"):
            await campus.drill("lockdown")
        campus.is_("active")


async def test_one_person_stops_a_drill() -> None:
    async with story() as campus:
        await campus.drill("lockdown")
        await campus.advance("10s")
        outcome = await campus.person("Ada").stops_drill()
        assert outcome.done
        await campus.advance("1m")
        campus.is_("closed")
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.INCIDENT_MOVED)
