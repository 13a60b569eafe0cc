"""Posts to Slack: the suite that every channel keeps, and which hook a name leads to."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import ValidationError

from notifier.channels.slack import Slack
from notifier.clock import SystemClock
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import Tools
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.message import Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from tests.channels.chat_far_end import ChatFarEnd


def words(text: str = "Locks, lights, out of sight.", *, drill: bool = False) -> Message:
    return Message("Lockdown", text, "en", Purpose.EMERGENCY, drill)


@pytest.fixture
async def far() -> AsyncIterator[ChatFarEnd]:
    async with ChatFarEnd("slack") as far:
        yield far


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession() as http:
        yield Tools(http, SystemClock(), str(tmp_path))


def made(url: str, tools: Tools) -> Slack:
    settings = {"hooks": {"office": {"url": url}}, "timeout": "500ms", "connect_timeout": "400ms"}
    return Slack("chat", Slack.Settings.model_validate(settings), tools)


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: ChatFarEnd, tools: Tools) -> None:
    await promise(lambda: made(far.url, tools), far)


async def test_what_was_posted_is_sent_and_never_delivered(far: ChatFarEnd, tools: Tools) -> None:
    receipt = await made(far.url, tools).send("office", words(), "d1")
    assert (receipt.state, receipt.ref) == (DeliveryState.SENT, "")


async def test_a_name_that_is_no_hook_of_this_sender_may_be_anothers(far: ChatFarEnd, tools: Tools) -> None:
    with pytest.raises(WillNotWork) as refused:
        await made(far.url, tools).send("gym", words(), "d1")
    assert refused.value.reason is Reason.NO_SENDER


async def test_a_dead_hook_is_a_fault_of_the_sender(far: ChatFarEnd, tools: Tools) -> None:
    far.dead = True
    with pytest.raises(WillNotWork) as refused:
        await made(far.url, tools).send("office", words(), "d1")
    assert refused.value.reason is Reason.SENDER_FAULT
    assert not (await made(far.url, tools).check()).well


async def test_words_call_nobody_and_a_long_drill_keeps_its_stamp(far: ChatFarEnd, tools: Tools) -> None:
    channel = made(far.url, tools)
    await channel.send("office", words("<!channel> **all** <at>x</at>"), "d1")
    await channel.send("office", words("x" * 9000, drill=True), "d2")
    assert far.taken()[0].text == "<!channel> **all** <at>x</at>"
    assert far.taken()[1].text.endswith("… (DRILL)")


@pytest.mark.parametrize("url", ["http://chat.example/hook-secret", "ftp://x/hook-secret", "hook-secret"])
async def test_a_hook_without_https_is_refused_without_showing_it(tools: Tools, url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made(url, tools)
    assert "hook-secret" not in str(refused.value)
