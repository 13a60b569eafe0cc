"""The press over HTTP keeps what every trigger promises: the real listener, and a button byte by byte."""

from pathlib import Path

import pytest

from notifier.testing.check_trigger import TRIGGER_PROMISES, Promise
from tests.triggers.panic_button import PanicButton


@pytest.mark.parametrize("promise", TRIGGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_the_press_listener_keeps(promise: Promise, tmp_path: Path) -> None:
    async with PanicButton(tmp_path) as button:
        await promise(button.trigger, button)
