"""Services by way of Apprise: the suite that every channel keeps, what a bare no means, and hooks that hang."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from notifier.channels.apprise_bridge import AT_ONCE, AppriseBridge
from notifier.clock import SystemClock
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Tools
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.message import Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from notifier.testing.far_end import Far
from tests.channels.apprise_far_end import AppriseFarEnd


def words(text: str = "Locks, lights, out of sight.", *, drill: bool = False) -> Message:
    return Message("Lockdown", text, "en", Purpose.EMERGENCY, drill)


@pytest.fixture
async def far() -> AsyncIterator[AppriseFarEnd]:
    async with AppriseFarEnd() as far:
        yield far


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession() as http:
        yield Tools(http, SystemClock(), str(tmp_path))


def made(tools: Tools, **hooks: str) -> AppriseBridge:
    settings = {"hooks": {name: {"url": url} for name, url in hooks.items()}, "timeout": "500ms"}
    return AppriseBridge("bridge", AppriseBridge.Settings.model_validate(settings), tools)


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: AppriseFarEnd, tools: Tools) -> None:
    if promise.__name__ == "checks_without_sending":
        far.cannot = (Far.STRANGER, Far.BROKEN, Far.HANGS)  # a check only connects: plugins can do nothing but send
    await promise(lambda: made(tools, office=far.url), far)


async def test_what_was_taken_is_sent_and_never_delivered(far: AppriseFarEnd, tools: Tools) -> None:
    channel = made(tools, office=far.url)
    await channel.open()
    receipt = await channel.send("office", words(), "d1")
    assert (receipt.state, receipt.ref) == (DeliveryState.SENT, "")
    await channel.close()


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, WillNotWork, Reason.REFUSED),
        (404, WillNotWork, Reason.SENDER_FAULT),
        (429, TryAgain, None),
        (503, OutcomeUnknown, None),
        (302, WillNotWork, Reason.REFUSED),
    ],
)
async def test_a_bare_no_is_told_apart_by_what_the_plugin_wrote(
    far: AppriseFarEnd, tools: Tools, status: int, kind: type[AdapterError], reason: Reason | None
) -> None:
    far.status = status
    channel = made(tools, office=far.url)
    await channel.open()
    with pytest.raises(kind) as refused:
        await channel.send("office", words(), "d1")
    assert getattr(refused.value, "reason", None) is reason
    await channel.close()


async def test_a_hook_that_hangs_holds_up_no_other_and_takes_few_threads(far: AppriseFarEnd, tools: Tools) -> None:
    async with AppriseFarEnd() as hanging:
        hanging.behave(Far.HANGS)
        channel = made(tools, office=far.url, gym=hanging.url + "?rto=60")
        await channel.open()
        stuck = [asyncio.ensure_future(channel.send("gym", words(), f"g{n}")) for n in range(AT_ONCE + 6)]
        await hanging.asked.wait()
        await channel.send("office", words(), "d1")
        assert len(far.taken()) == 1
        assert not any(one.done() for one in stuck), "the other hook had to wait for this one"
        errors = await asyncio.gather(*stuck, return_exceptions=True)
        kinds = [type(error) for error in errors]
        assert (kinds.count(OutcomeUnknown), kinds.count(TryAgain)) == (AT_ONCE, 6)
        await channel.close()


async def test_an_address_that_is_no_service_is_a_fault_of_the_sender(tools: Tools) -> None:
    channel = made(tools, office="nosuchservice://made-up-secret")
    await channel.open()
    with pytest.raises(WillNotWork) as refused:
        await channel.send("office", words(), "d1")
    assert refused.value.reason is Reason.SENDER_FAULT
    health = await channel.check()
    assert not health.well
    assert "made-up-secret" not in health.text
    await channel.close()


async def test_a_long_drill_keeps_its_stamp_at_both_ends(far: AppriseFarEnd, tools: Tools) -> None:
    channel = made(tools, office=far.url)
    await channel.open()
    await channel.send("office", words("x" * 90_000, drill=True), "d1")
    assert far.taken()[0].text.startswith("DRILL: ")
    assert far.taken()[0].text.endswith("(DRILL)")
    await channel.close()
