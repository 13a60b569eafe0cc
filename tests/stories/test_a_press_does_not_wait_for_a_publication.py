"""Reading a district's people takes seconds; nobody who presses meanwhile waits for that."""

import asyncio
from collections.abc import Mapping
from typing import Any

from notifier.daemon import OWNER
from notifier.files.folder import read_folder
from notifier.testing.story import story


async def test_a_press_is_answered_while_files_are_being_read() -> None:
    async with story() as campus:
        publisher = campus.daemon.commands.publisher
        begun, pressed = asyncio.Event(), asyncio.Event()
        read = publisher._load

        async def slowly(files: Mapping[str, bytes], version: int) -> Any:
            begun.set()
            await pressed.wait()
            return await read(files, version)

        publisher._load = slowly
        files = read_folder(campus.folder)
        publishing = asyncio.ensure_future(campus.daemon.commands.publish(files, "again", OWNER))
        await begun.wait()
        await campus.press("front-office")
        pressed.set()
        await publishing
        await campus.advance("20s")
        campus.door("d1").is_secured()
