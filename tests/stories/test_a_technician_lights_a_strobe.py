"""A strobe is lit for a moment to try it: never beside a response, and dark again whatever happens."""

from collections.abc import Mapping
from typing import Any

import pytest

from notifier.campus.relay_device import Wire
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.rights import Caller
from notifier.testing.story import Story, story

TECHNICIAN = Caller("account:tess", "Tess Roe", "tess")


def strobe(campus: Story) -> str:
    return campus.held.site.signals[0].id


async def tries(campus: Story, *, command: bool = False) -> Mapping[str, Any]:
    name = strobe(campus)
    return await campus.ask(lambda commands: commands.try_signal(name, TECHNICIAN, command))


def told(campus: Story) -> list[bool]:
    """What its output was told, in order."""
    device = campus.campus.grounds.device_of(strobe(campus))
    return [seen.on for seen in device.requests if seen.on is not None]


def tried(campus: Story) -> list[str]:
    items = campus.daemon.views.timeline(None, limit=200, after=None)["items"]
    return [item["text"] for item in items if item["kind"] == EventKind.SIGNAL_TRIED]


async def test_asking_lights_nothing_and_leaves_no_line_in_the_record() -> None:
    async with story() as campus:
        found = await tries(campus)
        assert (found["well"], found["on"], found["command"]) == (True, False, None)
        assert told(campus) == []
        assert tried(campus) == []


async def test_it_comes_on_is_read_back_and_goes_dark_again() -> None:
    async with story() as campus:
        found = await tries(campus, command=True)
        assert found["well"]
        assert found["command"]["answered"] == "output on"
        assert found["command"]["afterwards"] == "dark again, and its output says so"
        assert any("only somebody who looks" in each for each in found["to_do"])
        assert told(campus) == [True, False]
        campus.signal(strobe(campus)).is_off()
        asked, over = tried(campus)
        assert asked.startswith("Tess Roe lights ")
        assert "output on; dark again" in over


async def test_it_is_not_lit_while_any_response_is_open() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        before = told(campus)
        with pytest.raises(Refused, match="is open"):
            await tries(campus, command=True)
        assert told(campus) == before
        campus.signal(strobe(campus)).is_on()
        assert (await tries(campus))["held_by"]


async def test_a_response_that_begins_during_a_try_keeps_it_on() -> None:
    async with story() as campus:
        trying = campus.process.start(campus.daemon.commands.try_signal(strobe(campus), TECHNICIAN, command=True))
        await campus.clock.settle()
        campus.signal(strobe(campus)).is_on()
        await campus.press("front-office")
        await campus.advance("20s")
        assert "a response began" in (await trying)["command"]["afterwards"]
        assert False not in told(campus)
        campus.signal(strobe(campus)).is_on()


async def test_a_response_that_begins_while_it_is_told_to_go_dark_gets_its_light_back() -> None:
    """The device takes two seconds over "off", and what the response said meanwhile would be undone by it."""
    async with story() as campus:
        device = campus.campus.grounds.device_of(strobe(campus))
        trying = campus.process.start(campus.daemon.commands.try_signal(strobe(campus), TECHNICIAN, command=True))
        await campus.advance("2s")
        device.slow = 2.0
        await campus.advance("1.5s")
        assert told(campus) == [True, False]
        device.slow = 0.0
        await campus.press("front-office")
        await campus.advance("20s")
        assert "told on again" in (await trying)["command"]["afterwards"]
        campus.signal(strobe(campus)).is_on()


async def test_a_drill_that_begins_during_a_try_does_not_keep_it_on() -> None:
    """A drill leaves strobes dark: nothing wants it on."""
    async with story() as campus:
        trying = campus.process.start(campus.daemon.commands.try_signal(strobe(campus), TECHNICIAN, command=True))
        await campus.clock.settle()
        await campus.drill()
        await campus.advance("20s")
        assert (await trying)["command"]["afterwards"] == "dark again, and its output says so"
        campus.signal(strobe(campus)).is_off()


async def test_a_strobe_that_obeys_nobody_is_not_called_well() -> None:
    async with story() as campus:
        campus.signal(strobe(campus)).sticks()
        assert (await tries(campus))["well"]
        found = await tries(campus, command=True)
        assert not found["well"]
        assert found["command"]["answered"] == "output off"


async def test_a_strobe_that_stays_on_is_said_to_be_and_becomes_a_trouble() -> None:
    async with story() as campus:
        name = strobe(campus)
        trying = campus.process.start(campus.daemon.commands.try_signal(name, TECHNICIAN, command=True))
        await campus.clock.settle()
        campus.signal(name).sticks()
        await campus.advance("20s")
        found = await trying
        assert not found["well"]
        assert found["command"]["afterwards"].startswith("NOT proven dark")
        assert "NOW" in found["to_do"][0]
        with pytest.raises(Refused, match="on already"):
            await tries(campus, command=True)
        await campus.advance("60s")
        assert "no response is open" in campus.log.has_trouble("signal", f"{name}:lit")["text"]
        campus.signal(name).mends()
        campus.campus.grounds.signals[name].switch(False, campus.campus.clock.now())
        await campus.advance("40s")
        campus.log.has_no_trouble("signal")


async def test_one_that_does_not_answer_is_not_lit_and_one_that_is_not_there_is_named() -> None:
    async with story() as campus:
        campus.campus.grounds.device_of(strobe(campus)).wire = Wire.UNPLUGGED
        with pytest.raises(Refused, match="nothing was lit"):
            await tries(campus, command=True)
        with pytest.raises(NotFound, match="no strobe or sign 'l99'"):
            await campus.ask(lambda commands: commands.try_signal("l99", TECHNICIAN, command=True))
