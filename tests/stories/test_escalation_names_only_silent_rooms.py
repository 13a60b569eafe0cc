"""Too few answers: people outside hear of the rooms that are silent, and of no other."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_only_silent_rooms_are_named_to_people_outside() -> None:
    async with story() as campus:
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("1")
        campus.phone("Ada").expects_sms("LOCKDOWN").replies("1")
        await campus.press("front-office")
        await campus.advance("59s")
        campus.phone("Kim").has_not("no answer from")
        await campus.advance("3s")
        campus.phone("Kim").has("no answer from Room 2").has_not("Room 1,").has_not("from Room 1")
        campus.phone("Officer Diaz").has("no answer from Room 2", by="sms")
        campus.phone("Carla").has("LOCKDOWN", by="sms", times=1)  # hiding people are not called again
        (level,) = campus.log.told(EventKind.ESCALATED)
        assert level["silent_rooms"] == ["r2"]


async def test_nobody_is_escalated_to_when_everybody_has_answered() -> None:
    async with story() as campus:
        for name in ("Ada", "Ben", "Carla"):
            campus.phone(name).expects_sms("LOCKDOWN").replies("1")
        await campus.press("front-office")
        await campus.advance("3m")
        campus.log.never_tells(EventKind.ESCALATED)
        campus.phone("Kim").has_not("no answer from")
        assert campus.log.steps()["staff"] == "satisfied"


async def test_a_card_answers_for_the_people_of_its_room() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes("NKX7Y 1")
        campus.phone("Gus").writes("NTYX7 1")  # a card may be read from any phone
        campus.phone("Ada").writes("1")
        await campus.advance("2m")
        campus.log.never_tells(EventKind.ESCALATED)


async def test_an_end_before_its_time_stops_the_escalation() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("30s")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.advance("2m")
        campus.log.never_tells(EventKind.ESCALATED)
