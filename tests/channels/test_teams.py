"""Posts to Teams: the suite that every channel keeps; what chats have in common is told in `test_chat_hooks`."""

from pathlib import Path

import aiohttp
import pytest

from notifier.channels.teams import Teams
from notifier.clock import SystemClock
from notifier.interfaces import Tools
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from tests.channels.chat_far_end import ChatFarEnd, of_a_hook


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, tmp_path: Path) -> None:
    async with ChatFarEnd("teams") as far, aiohttp.ClientSession() as http:
        tools = Tools(http, SystemClock(), str(tmp_path))
        await promise(lambda: Teams("chat", Teams.Settings.model_validate(of_a_hook(far.url)), tools), far)
