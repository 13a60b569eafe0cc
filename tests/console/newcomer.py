"""A newcomer at an empty folder: a real process of the daemon, a real mail server, a browser that knows nothing yet."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pyotp
from aiosmtpd.smtp import SMTP
from playwright.async_api import Page, expect

from tests.cli.school import Running

WORDS = "seven grey herons wade"


@dataclass
class Post:
    """A mail server that takes everything, and keeps it."""

    port: int = 0
    mails: list[tuple[str, Message]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
        self.mails.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content)))
        self.came.set()
        return "250 2.0.0 Ok: queued as 7F3K"

    async def to(self, address: str, word: str) -> Message:
        """The mail to `address` whose subject holds `word`, as soon as it is there."""
        async with asyncio.timeout(30):
            while True:
                for whom, mail in self.mails:
                    if whom == address and word in str(mail["Subject"]):
                        return mail
                self.came.clear()
                await self.came.wait()


@contextlib.asynccontextmanager
async def post_office() -> AsyncIterator[Post]:
    post = Post()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(post, hostname="localhost", loop=loop), "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def empty_folder() -> AsyncIterator[Running]:
    """`notifier run` on it, ready. Not below pytest's own folder: its long name leaves no room for a socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="school."))
    daemon = await asyncio.to_thread(Running, folder)
    try:
        yield daemon
    finally:
        await asyncio.to_thread(daemon.stop)
        shutil.rmtree(folder)


def link_of(text: str, path: str) -> str:
    found = re.search(rf"https?://\S*{path}\S+", text)
    assert found, text
    return found[0]


async def come_in(page: Page, daemon: Running) -> str:
    """By the link that the start printed, to an administrator with an app; returns where the browser is at home."""
    setup = link_of(daemon.log, "/setup/")
    await page.goto(setup)
    await page.get_by_label("Your name").fill("Ada Lopez")
    await page.get_by_label("Your e-mail address").fill("ada@school.example")
    await page.get_by_label("Password", exact=True).fill(WORDS)
    await page.get_by_label("The same again").fill(WORDS)
    await page.get_by_role("button", name="Become the administrator").click()
    await page.get_by_role("link", name="Set it up").click()
    app = pyotp.TOTP((await page.locator("code").inner_text()).strip())
    await page.get_by_label("Six digits").fill(app.now())
    await page.get_by_role("button", name="Set it up").click()
    await page.get_by_role("link", name="Go to the start").click()
    await expect(page.get_by_text("Step 1 of 7: the school")).to_be_visible()
    return setup.partition("/setup/")[0]


async def ready_again(daemon: Running) -> str:
    """The address after it has started again; the first `ready:` was read when it was started."""
    stdout = daemon.process.stdout
    assert stdout is not None
    async with asyncio.timeout(30):
        line = await asyncio.to_thread(stdout.readline)
    assert line.startswith("ready: "), daemon.log
    return line.split()[1]


def text_of(mail: Message) -> str:
    """Its words as people read them."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            raw = part.get_payload(decode=True)
            assert isinstance(raw, bytes)
            return raw.decode()
    raise AssertionError("a mail without text")
