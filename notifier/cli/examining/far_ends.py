"""What it must reach: senders and doors, asked read-only by their own drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import aiohttp

from notifier import adapters
from notifier.cli.examining.finding import Finding, fault, fine
from notifier.cli.examining.patient import PATIENCE, Patient
from notifier.clock import SystemClock
from notifier.errors import NotifierError
from notifier.interfaces import Tools
from notifier.model.settings import Sender
from notifier.model.site import Door

AT_ONCE = 8
"""Questions under way together: a school's network is small, and its doors answer one at a time."""


async def senders(patient: Patient) -> list[Finding]:
    if patient.settings is None or not patient.has_secrets:
        return []
    async with _tools(patient) as tools:
        every = patient.settings.senders.items()
        return await _all(partial(_sender, name, sender, tools.made) for name, sender in every)


async def doors(patient: Patient) -> list[Finding]:
    if patient.site is None:
        return []
    async with _tools(patient) as tools:
        return await _all(partial(_door, door, tools.made) for door in patient.site.doors)


async def _sender(name: str, sender: Sender, tools: Tools) -> Finding:
    check, do = f"sender:{name}", f"notifier channels try {name}; look at its settings, its line and its account."
    channel = None
    try:
        kind = adapters.channel(sender.channel)
        async with asyncio.timeout(2 * PATIENCE):
            channel = kind(name, kind.Settings.model_validate(sender.settings), tools)
            await channel.open()
            health = await channel.check()
    except TimeoutError:
        return fault(check, f"The sender {name} does not answer.", do)
    except (NotifierError, aiohttp.ClientError, OSError, ValueError) as error:
        return fault(check, f"The sender {name} cannot be reached: {str(error).rstrip('.')}.", do)
    finally:
        if channel is not None:
            await channel.close()
    return fine(check, f"{name}: {health.text}") if health.well else fault(check, f"{name}: {health.text}", do)


async def _door(door: Door, tools: Tools) -> Finding:
    check, do = f"door:{door.id}", f"ping its address; its power, its cable; notifier doors try {door.id}"
    driver = None
    try:
        async with asyncio.timeout(2 * PATIENCE):
            driver = adapters.door_driver(door.driver)(tools)
            await driver.open()
            health = await driver.check(door)
    except TimeoutError:
        return fault(check, f"The door {door.id} does not answer at {door.address}.", do)
    except (NotifierError, aiohttp.ClientError, OSError, ValueError) as error:
        return fault(check, f"The door {door.id} cannot be reached: {str(error).rstrip('.')}.", do)
    finally:
        if driver is not None:
            await driver.close()
    text = f"The door {door.id} ({door.address}): {health.text or 'it says nothing'}"
    return fine(check, text) if health.well else fault(check, text, do)


async def _all(asked: Iterable[partial[Coroutine[Any, Any, Finding]]]) -> list[Finding]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(ask: partial[Coroutine[Any, Any, Finding]]) -> Finding:
        async with turn:
            return await ask()

    return list(await asyncio.gather(*(one(ask) for ask in asked)))


class _tools:  # noqa: N801 -- used like a function
    """What drivers are handed here: a session of their own and a folder that is gone afterwards."""

    def __init__(self, patient: Patient) -> None:
        self._allowed = patient.settings.allow_addresses if patient.settings else ()
        self._public = patient.site.public_url if patient.site else None
        self._folder = TemporaryDirectory(prefix="notifier-doctor-")

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        folder = str(Path(self._folder.name))
        self.made = Tools(self._http, SystemClock(), folder, self._public, self._allowed)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        self._folder.cleanup()
