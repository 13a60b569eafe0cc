"""What every chat's hook does alike: which one a name leads to, a dead one, and words that call nobody."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import ValidationError

from notifier import adapters
from notifier.clock import SystemClock
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import Channel, Tools
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.message import Message
from tests.channels.chat_far_end import ChatFarEnd, of_a_hook


def words(text: str = "Locks, lights, out of sight.", *, drill: bool = False) -> Message:
    return Message("Lockdown", text, "en", Purpose.EMERGENCY, drill)


@pytest.fixture(params=["slack", "teams"])
async def far(request: pytest.FixtureRequest) -> AsyncIterator[ChatFarEnd]:
    async with ChatFarEnd(request.param) as far:
        yield far


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession() as http:
        yield Tools(http, SystemClock(), str(tmp_path))


def made(far: ChatFarEnd, tools: Tools, url: str = "") -> Channel:
    kind = adapters.channel(far.service)
    return kind("chat", kind.Settings.model_validate(of_a_hook(url or far.url)), tools)


async def test_what_was_posted_is_sent_and_never_delivered(far: ChatFarEnd, tools: Tools) -> None:
    receipt = await made(far, tools).send("office", words(), "d1")
    assert (receipt.state, receipt.ref) == (DeliveryState.SENT, "")


async def test_a_name_that_is_no_hook_of_this_sender_may_be_anothers(far: ChatFarEnd, tools: Tools) -> None:
    with pytest.raises(WillNotWork) as refused:
        await made(far, tools).send("gym", words(), "d1")
    assert refused.value.reason is Reason.NO_SENDER


async def test_a_dead_hook_is_a_fault_of_the_sender(far: ChatFarEnd, tools: Tools) -> None:
    far.dead = True
    with pytest.raises(WillNotWork) as refused:
        await made(far, tools).send("office", words(), "d1")
    assert refused.value.reason is Reason.SENDER_FAULT
    assert not (await made(far, tools).check()).well


async def test_words_call_nobody_and_a_long_drill_keeps_its_stamp(far: ChatFarEnd, tools: Tools) -> None:
    channel = made(far, tools)
    await channel.send("office", words("<!channel> **all** <at>x</at>"), "d1")
    await channel.send("office", words("x" * 9000, drill=True), "d2")
    assert far.taken()[0].text == "<!channel> **all** <at>x</at>"
    assert far.taken()[1].text.endswith("… (DRILL)")


@pytest.mark.parametrize("url", ["http://chat.example/hook-secret", "ftp://x/hook-secret", "hook-secret"])
async def test_a_hook_without_https_is_refused_without_showing_it(far: ChatFarEnd, tools: Tools, url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made(far, tools, url)
    assert "hook-secret" not in str(refused.value)
