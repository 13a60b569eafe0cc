"""Reading a district's people takes seconds; nobody who presses meanwhile waits for that."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from notifier.daemon import OWNER
from notifier.files.folder import read_folder
from notifier.testing.story import story


async def test_a_press_is_answered_while_files_are_being_read() -> None:
    async with story() as campus:
        publisher = campus.daemon.commands.publisher
        begun, pressed = threading.Event(), threading.Event()
        read = publisher._load

        def slowly(files: Mapping[str, bytes], version: int) -> Any:
            begun.set()
            assert pressed.wait(10)
            return read(files, version)

        publisher._load = slowly
        files = read_folder(campus.folder)
        publishing = asyncio.ensure_future(campus.daemon.commands.publish(files, "again", OWNER))
        assert await asyncio.to_thread(begun.wait, 10)
        await campus.press("front-office")
        pressed.set()
        await publishing
        await campus.advance("20s")
        campus.door("d1").is_secured()
