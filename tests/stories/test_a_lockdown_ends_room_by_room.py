"""It ends by release, not by message; then everybody who was alerted hears that it is over."""

import pytest

from notifier.errors import Refused
from notifier.testing.story import Story, story


async def all_clear(campus: Story) -> None:
    await campus.person("kim").asks_all_clear()
    await campus.person("ada").approves()


async def test_nothing_is_told_before_the_last_room_is_released() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        with pytest.raises(Refused, match="after the all-clear"):
            await campus.person("kim").releases("r1")
        await all_clear(campus)
        await campus.person("kim").releases("r1", "r2")
        await campus.advance("5m")
        campus.is_("releasing")
        campus.phone("Ben").has_not("ended")
        campus.door("d7").is_secured()
        await campus.person("lee").releases("desk")
        await campus.advance("1m")
        campus.is_("closed")
        for name in ("Ada", "Ben", "Officer Diaz", "Kim", "Lee"):
            campus.phone(name).has("the lockdown ended", by="sms", times=1)
        campus.phone("Carla").has("fin del lockdown", by="sms", times=1)


async def test_a_named_person_overrides_with_a_reason_and_the_rest_is_named() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await all_clear(campus)
        await campus.person("kim").releases("r1", override="police have swept the building")
        await campus.advance("1m")
        campus.is_("closed")
        from notifier.model.events import EventKind

        moved = [data for data in campus.log.told(EventKind.INCIDENT_MOVED) if data["word"] == "rooms_released"]
        assert set(moved[0]["not_released"]) == {"r2", "desk"}
        assert moved[0]["override"] == "police have swept the building"


async def test_whoever_was_alerted_by_a_typed_message_hears_the_end_too() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await campus.person("kim").writes("group:guardians", text="Please stay away from the school.")
        await campus.advance("5s")
        campus.phone("Gus").has("Please stay away")
        await all_clear(campus)
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        campus.phone("Gus").has("the lockdown ended", by="sms", times=1)


async def test_danger_that_returns_leads_back_to_the_response_and_asks_every_room_again() -> None:
    async with story() as campus:
        first = await campus.press("front-office")
        await campus.advance("20s")
        await all_clear(campus)
        await campus.person("kim").releases("r1", "r2")
        again = await campus.press("north-hall")
        assert again.incident == first.incident
        await campus.advance("10s")
        campus.is_("active")
        rooms = {row["id"]: row["state"] for row in campus.log.read("rooms_of_incident", incident=campus.incident)}
        assert rooms["r1"] == rooms["r2"] == "unknown"
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.phone("Ben").has_not("ended")


async def test_other_actions_close_without_rooms() -> None:
    async with story() as campus:
        await campus.press("north-hold")
        await campus.advance("20s")
        await all_clear(campus)
        await campus.advance("1m")
        campus.is_("closed")
        campus.phone("Ben").has("the hold is released")


async def test_no_text_of_any_end_tells_anybody_to_open_a_door() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await all_clear(campus)
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        for text in campus.sender("sms").sent("ended"):
            assert "open" not in text.lower()
            assert "unlock" not in text.lower()
