"""When everybody presses, the school is locked once."""

from notifier.testing.story import story


async def test_fifty_fingers_make_one_lockdown() -> None:
    async with story() as campus:
        buttons = ["front-office", "north-hall", *(f"phone-{n}" for n in range(48))]
        pressed = await campus.presses_at_once(*buttons)
        assert len({each.incident for each in pressed}) == 1
        assert sum(not each.joined for each in pressed) == 1
        await campus.advance("20s")
        assert len(campus.log.read("open_incidents")) == 1
        assert len(campus.log.read("activations_of_incident", incident=campus.incident)) == 50
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
            assert campus.door(door).lock_commands() == 1
        for name in ("Ada", "Ben"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        assert len(campus.speaker("north-rooms").said()) == 1
