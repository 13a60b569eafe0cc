"""A drill leaves people outside alone, and neither its record nor its page says that they were told."""

import pytest

from notifier.errors import NotFound
from notifier.model.incident import Activation
from notifier.testing.story import story
from tests.console.browser import ADMIN


async def test_a_drill_that_nobody_answers_tells_nobody_outside_and_says_so() -> None:
    async with story() as campus:
        pressed = await campus.drill("lockdown")
        await campus.advance("61s")
        said = [item["text"] for item in campus.daemon.views.timeline(pressed.incident, limit=200, after=None)["items"]]
        escalated = next(text for text in said if "have answered" in text)
        assert escalated.endswith("Told: nobody.")
        assert "Nobody is written to (police)." in said
        assert not [text for text in said if "0 messages" in text]


async def test_a_lockdown_that_nobody_answers_names_whom_it_told() -> None:
    async with story() as campus:
        pressed = await campus.press("front-office")
        await campus.advance("61s")
        items = campus.daemon.views.timeline(pressed.incident, limit=200, after=None)["items"]
        escalated = next(item["text"] for item in items if "have answered" in item["text"])
        assert "Told: Kim Park" in escalated


async def test_a_drill_for_a_place_that_is_not_there_is_not_started_elsewhere() -> None:
    async with story() as campus:
        with pytest.raises(NotFound, match=r"There is no zone 'nort'; no drill was started\. There are: .*north"):
            await campus.daemon.commands.press(Activation("d1", "cli:0", "lockdown", "nort", drill=True), ADMIN)
        assert not campus.daemon.views.incidents(open_only=False, limit=5, after=None)["items"]
        pressed = await campus.daemon.commands.press(Activation("a1", "cli:0", "lockdown", "nort"), ADMIN)
        assert pressed.recorded, "a live press is never refused for its place"
