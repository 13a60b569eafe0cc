"""A door with two ways to its lock is locked by the second when the first is dead."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_the_second_path_is_commanded_when_the_first_device_refuses() -> None:
    async with story() as campus:
        second = campus.campus.grounds.device_of("d8:second")
        campus.door("d8").lies()
        await campus.press("front-office")
        await campus.advance("10s")
        assert any(seen.on for seen in second.requests), "The second path was never tried."


async def test_a_door_whose_first_way_is_deaf_is_locked_by_its_second() -> None:
    async with story() as campus:
        first = campus.door("d8").device
        output = first.outputs.pop(0)  # the first device has lost its relay; the contact still answers
        first.contacts[0] = False
        await campus.press("front-office")
        await campus.advance("10s")
        assert output.on(campus.campus.clock.now())
        assert campus.door("d8").model.secured(campus.door("d8").now)
        first.contacts[0] = True
        await campus.advance("5s")
        campus.door("d8").is_known_as("secured")
        campus.log.tells(EventKind.NOT_SECURED, EventKind.COMMAND_OVER)
