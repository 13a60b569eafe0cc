"""A technician asks a door now; a try moves nothing unless asked to, and never leaves a door less locked."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from notifier.campus.relay_device import Wire
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.rights import Caller
from notifier.testing.story import Story, story
from notifier.testing.story_things import DoorInStory

TECHNICIAN = Caller("account:tess", "Tess Roe", "tess")

ANSWERS: dict[str, tuple[Callable[[DoorInStory], object], bool, str]] = {
    "well": (lambda door: door, True, "right for a door in daily use"),
    "unplugged": (DoorInStory.goes_dead, False, "no answer that can be used"),
    "hanging": (lambda door: door.goes_dead(Wire.HANGS), False, "no answer that can be used"),
    "without its contact": (DoorInStory.loses_its_contact, False, "its declared sensor says nothing"),
}


async def tries(campus: Story, door: str, *, command: bool = False) -> Mapping[str, Any]:
    return await campus.ask(lambda commands: commands.try_door(door, TECHNICIAN, command))


def tried(campus: Story) -> list[str]:
    items = campus.daemon.views.timeline(None, limit=200, after=None)["items"]
    return [item["text"] for item in items if item["kind"] == EventKind.DOOR_TRIED]


@pytest.mark.parametrize("state", ANSWERS)
async def test_a_try_says_what_the_device_answers_now_and_moves_nothing(state: str) -> None:
    breaks, well, meaning = ANSWERS[state]
    async with story() as campus:
        breaks(campus.door("d7"))
        found = await tries(campus, "d7")
        assert (found["well"], meaning in found["meaning"]) == (well, True)
        assert found["proof"]
        assert found["sensor"]["input"] == 0
        assert [seen.on for seen in campus.door("d7").device.requests if seen.on is not None] == []
        assert tried(campus) == []


async def test_a_command_locks_it_reads_it_back_and_puts_it_back_as_it_was() -> None:
    async with story() as campus:
        door = campus.door("d7")
        found = await tries(campus, "d7", command=True)
        assert found["command"]["lock"] == "secured"
        assert found["command"]["put_back"].startswith("put back, and it reads so")
        assert not door.model.thrown(door.now)
        assert [seen.on for seen in door.device.requests if seen.on is not None] == [True, False]
        asked, over = tried(campus)
        assert asked == "Tess Roe locks Door 7 Room 1 to try it."
        assert over.startswith("Door 7 Room 1 was tried: secured (relay on, the lock's contact says secured); put back")


async def test_a_door_that_was_locked_stays_locked() -> None:
    async with story() as campus:
        door = campus.door("d7")
        door.model.switch(True, door.now)
        await campus.advance("1s")
        found = await tries(campus, "d7", command=True)
        assert found["command"]["put_back"] == "it was locked before and stays locked"
        assert door.model.thrown(door.now)
        assert [seen.on for seen in door.device.requests if seen.on is not None] == [True]


@pytest.mark.parametrize("fault", [DoorInStory.lies, DoorInStory.jams], ids=["lying", "jammed"])
async def test_a_door_that_does_not_follow_is_found_out_by_the_command(fault: Callable[[DoorInStory], object]) -> None:
    async with story() as campus:
        fault(campus.door("d7"))
        assert (await tries(campus, "d7"))["well"]
        found = await tries(campus, "d7", command=True)
        assert not found["well"]
        assert found["command"]["lock"] == "unsecured"
        assert "told to lock, and its sensor says NOT secured" in found["command"]["meaning"]
        assert found["command"]["to_do"]


async def test_no_door_is_moved_for_a_try_while_a_response_is_open() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        told = len([seen for seen in campus.door("d7").device.requests if seen.on is not None])
        with pytest.raises(Refused, match="is open"):
            await tries(campus, "d7", command=True)
        assert len([seen for seen in campus.door("d7").device.requests if seen.on is not None]) == told
        assert (await tries(campus, "d7"))["held_by"]
        campus.door("d7").is_secured()


async def test_a_response_that_begins_during_a_try_keeps_the_door_locked() -> None:
    async with story() as campus:
        door = campus.door("d7").lags("2s")
        trying = campus.process.start(campus.daemon.commands.try_door("d7", TECHNICIAN, command=True))
        await campus.clock.settle()
        assert [seen.on for seen in door.device.requests if seen.on is not None] == [True]
        await campus.press("front-office")
        await campus.advance("10s")
        assert "NOT put back: a response began" in (await trying)["command"]["put_back"]
        assert not any(seen.on is False for seen in door.device.requests)
        door.is_secured()


async def test_a_device_that_does_not_answer_is_not_commanded() -> None:
    async with story() as campus:
        campus.door("d7").goes_dead()
        with pytest.raises(Refused, match="nothing was commanded"):
            await tries(campus, "d7", command=True)
        with pytest.raises(NotFound, match="no door 'd99'"):
            await tries(campus, "d99")
