"""A button that was not pressed cannot call a lockdown a mistake, nor say that dispatch has accepted it."""

import pytest

from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.rights import Caller, Right
from notifier.testing.story import Story, story

PRESSED, OTHER = (
    Caller(f"button:{button}", button, None, frozenset({Right.PRESS})) for button in ("front-office", "north-corridor")
)
STAFF = Caller("account:1", "Ada", "u-ada", frozenset({Right.PRESS, Right.VIEW}))


async def claims(campus: Story, caller: Caller) -> None:
    await campus.ask(lambda commands: commands.claim_mistake(campus.incident, caller))


async def says_accepted(campus: Story, caller: Caller) -> None:
    await campus.ask(lambda commands: commands.hand_off(campus.incident, "accept", "911, call taker 14", caller))


@pytest.mark.parametrize("caller", [OTHER, STAFF], ids=["another button", "somebody else of staff"])
async def test_who_did_not_press_calls_nothing_a_mistake(caller: Caller) -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match="Nothing was pressed here"):
            await claims(campus, caller)
        assert not campus.row()["outside_paused"]
        assert not campus.row()["mistake_claimed"]


async def test_the_pressing_device_may_call_it_a_mistake() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await claims(campus, PRESSED)
        assert campus.row()["outside_paused"]


async def test_another_button_does_not_say_that_dispatch_has_accepted() -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match="Nothing was pressed here"):
            await says_accepted(campus, OTHER)
        assert campus.row()["hand_off"] == "nobody_told"


@pytest.mark.parametrize("caller", [PRESSED, STAFF], ids=["the device pressed", "a person"])
async def test_who_says_that_dispatch_has_accepted_is_written_down(caller: Caller) -> None:
    async with story() as campus:
        await campus.press("front-office")
        await says_accepted(campus, caller)
        assert campus.row()["hand_off"] == "accepted"
        assert [said["by"] for said in campus.log.told(EventKind.HAND_OFF)] == [caller.name]
