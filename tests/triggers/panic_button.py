"""A panic button that speaks HTTP, and the console's `/press/{secret}` as the trigger that hears it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from notifier.access.accounts import AccountBook
from notifier.access.entrance import Entrance
from notifier.clock import SystemClock
from notifier.console.parts import ConsoleParts
from notifier.console.server import serve
from notifier.interfaces import Pressed, Trigger
from notifier.model.incident import Activation
from notifier.model.rights import Caller
from notifier.model.settings import NodeSettings
from notifier.model.site import Button
from notifier.testing.trigger_far_end import Hostile, TriggerFarEnd, Unable
from tests.access.memory_ledger import MemoryLedger
from tests.console.school import ADMIN, SITE, Engine, Pictures

OFFICE = Button(id="office", zone="front", name="Front office", playbook="lockdown")
JSON = b"Content-Type: application/json\r\n"


class Handing(Engine):
    """Commands of which a press is handed on as it comes."""

    def __init__(self, press: Callable[[Activation], Awaitable[Pressed]]) -> None:
        super().__init__()
        self._hand = press

    async def press(self, activation: Activation, caller: Caller) -> Pressed:
        return await self._hand(activation)


class PanicHttp(Trigger):
    """The console's press listener as a trigger: it is one already, only somebody else opens and closes it."""

    def __init__(self, accounts: AccountBook, folder: Path, port: int) -> None:
        self._accounts, self._folder, self._port = accounts, folder, port

    async def listen(self, press: Callable[[Activation], Awaitable[Pressed]]) -> None:
        settings = {"listen": {"address": "127.0.0.1:0"}, "press_listen": f"127.0.0.1:{self._port}"}
        entrance = Entrance(MemoryLedger(), SITE, "Maplewood", self._accounts, b"k" * 32, None)
        parts = ConsoleParts(
            commands=Handing(press), views=Pictures(), accounts=self._accounts, entrance=entrance,
            follow=lambda listener: lambda: None,
            clock=SystemClock(), settings=NodeSettings.model_validate(settings), site=SITE, state_dir=self._folder,
        )  # fmt: skip
        server = await serve(parts)
        try:
            await asyncio.Event().wait()
        finally:
            await server.close()


class PanicButton(TriggerFarEnd):
    """Sends what a button sends, byte by byte."""

    source, playbook, zone = "button:office", "lockdown", "front"
    repeats_within = 2.5  # a button that gets no answer tries again after half a second, four times at most
    hostile = tuple(
        Hostile(b"POST {path} HTTP/1.1\r\nHost: x\r\n" + JSON + b"Content-Length: {length}\r\n\r\n" + body, True)
        for body in (
            b'{"playbook": 12}',
            b'{"playbook": "../../hold"}',
            b'{"zone": ["gym"]}',
            b'{"drill": true}',
            b'{"pressed_at": "yesterday"}',
            b"[" * 8000,
            b"\xff\xfe\x00",
            b'{"note": "' + b"x" * 20_000 + b'"}',
        )
    ) + tuple(
        Hostile(content, False)
        for content in (
            b"POST /press/{wrong} HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST {path}\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"BREW {path} HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"POST {path} HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        )
    )
    noise = (
        b"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n",
        b"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS {path} HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET {path} HTTP/1.1\r\nHost: x\r\nSec-Purpose: prefetch\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    cannot = (Unable.DRILLS,)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._there = True
        self._last = b""
        self._open: list[asyncio.StreamWriter] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = int(probe.getsockname()[1])

    async def start(self) -> None:
        if not self.secrets:
            self._accounts = AccountBook(MemoryLedger(), SITE, {"office": OFFICE}.get)
            self.secrets = (await self._accounts.enrol_button("office", ADMIN),)
        self._there = True

    async def stop(self) -> None:
        self._there = False
        for writer in self._open:
            writer.transport.abort()
        await asyncio.sleep(0)  # an aborted line is closed in the loop's next turn
        self._open.clear()

    def trigger(self) -> PanicHttp:
        return PanicHttp(self._accounts, self._folder, self._port)

    async def reached(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.01)

    async def press(self) -> bool:
        self._last = b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        return b" 202 " in await self._exchange(self._last)

    async def repeat(self) -> None:
        await self._exchange(self._last)

    async def say(self, content: bytes) -> None:
        await self._exchange(content)

    async def break_off(self) -> None:
        _, writer = await self._connected()
        writer.write(self._filled(b"POST {path} HTTP/1.1\r\nHost: x\r\n" + JSON + b"Content-Length: 400\r\n\r\n{"))
        await writer.drain()
        writer.transport.abort()

    async def _exchange(self, content: bytes) -> bytes:
        """The first line of the answer, or nothing if the line was dropped."""
        reader, writer = await self._connected()
        try:
            writer.write(self._filled(content))
            return await reader.readline()
        except OSError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._there, "A button that is away presses nothing."
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open = [each for each in self._open if not each.is_closing()] + [writer]
        return reader, writer

    def _filled(self, content: bytes) -> bytes:
        length = len(content.partition(b"\r\n\r\n")[2])
        path = f"/press/{self.secrets[0]}".encode()
        return (
            content.replace(b"{path}", path).replace(b"{wrong}", b"x" * 32).replace(b"{length}", str(length).encode())
        )
