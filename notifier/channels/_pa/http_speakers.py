"""Speakers that are told over HTTP, each by itself: what all makes share.

A device that fails delays and spoils no other; the report names it. Nothing is retried here.
"""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from notifier.channels._pa.places import Places, Turn
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import PageReport, PageWords, SpeakerChannel, Tools
from notifier.model.outgoing import Outgoing, address_allowed, outgoing_allowed
from notifier.model.site import Speaker

LONGEST_REPLY = 64 * 1024
"""Bytes: a speaker's status is one or two kilobytes."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Any
    body: bytes


@dataclass(slots=True)
class _Outcome:
    address: str
    commands: int = 0
    """Times that the device took the page."""
    why: str = ""
    """Why it was not said to its end; empty if it was."""
    error: AdapterError | None = None
    """It did not take it."""


class _Guarded(AbstractResolver):
    """Judges what the name server answered: a name cannot lead where a written address may not."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed, self._resolver = tuple(allowed), aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(address_allowed(each["host"], self._allowed) for each in found):
            raise OSError(f"{host} leads to this machine itself or to a link-local address")
        return found

    async def close(self) -> None:
        await self._resolver.close()


class HttpSpeakers(SpeakerChannel):
    """One page on many devices. A speaker's `address` is the device's root, like "http://10.0.0.61"."""

    def __init__(self, name: str, settings: Any, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings, self.clock = settings, tools.clock
        self._allowed = tools.allow_addresses
        self._places = Places()
        self._session: aiohttp.ClientSession | None = None
        self._known: dict[str, str] = {}
        """Devices that were spoken to since the start: address to id of a speaker."""

    async def open(self) -> None:
        """A session of its own: a fan-out that fills another can never hold a speaker's connection."""
        connector = aiohttp.TCPConnector(limit=0, resolver=_Guarded(self._allowed))
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @abstractmethod
    async def _play(self, address: str, words: PageWords, turn: Turn, begun: Callable[[], None]) -> int:
        """Say it on one device, until it is over or `turn.lost`; returns how often the device took it.

        Raises AdapterError if the device did not take it, _Unfinished if it broke off.
        """

    @abstractmethod
    async def _silence(self, address: str) -> None:
        """Tell one device to be silent. Raises AdapterError."""

    @abstractmethod
    def _sayable(self, words: PageWords) -> None:
        """Raises WillNotWork if this page cannot be said by any device, because it was not prepared or never can."""

    async def page(
        self, speakers: Sequence[Speaker], words: PageWords, priority: int, started: Callable[[], None]
    ) -> PageReport:
        """See SpeakerChannel. Raises the device's own error if there is only that."""
        self._sayable(words)
        devices, failed = self._devices(speakers)
        if not devices:
            raise WillNotWork("; ".join(failed.values()) or "There is no speaker to page on.", Reason.BAD_ADDRESS)
        told = False

        def begun() -> None:
            nonlocal told
            if not told:
                told = True
                started()

        turns = [self._places.ask(address, priority) for address in devices]
        outcomes = await asyncio.gather(*(self._one(turn, words, begun) for turn in turns))
        notes = [f"speaker {speaker}: {why}" for speaker, why in failed.items()]
        for each in outcomes:
            if each.error is not None:
                failed |= dict.fromkeys(devices[each.address], str(each.error))
            if each.error is not None or each.why:
                notes.append(f"{', '.join(devices[each.address])}: {each.error or each.why}")
        errors = [each.error for each in outcomes if each.error is not None]
        if len(errors) == len(outcomes):
            raise errors[0]
        return PageReport(sum(each.commands for each in outcomes), 0.0, not notes, "; ".join(notes), failed)

    async def stop(self, speakers: Sequence[Speaker]) -> None:
        """See SpeakerChannel. Each device is told, also of what an earlier daemon began. Raises OutcomeUnknown."""
        devices, failed = self._devices(speakers)
        await self._places.stop(devices)
        told = await asyncio.gather(*(self._silence(address) for address in devices), return_exceptions=True)
        for address, error in zip(devices, told, strict=True):
            if isinstance(error, AdapterError):
                failed |= dict.fromkeys(devices[address], str(error))
            elif isinstance(error, BaseException):
                raise error
        if failed:
            named = "; ".join(f"{speaker}: {why.rstrip('.')}" for speaker, why in failed.items())
            raise OutcomeUnknown(f"Not known to be silent: {named}.")

    async def _one(self, turn: Turn, words: PageWords, begun: Callable[[], None]) -> _Outcome:
        outcome = _Outcome(turn.address)
        try:
            await either(turn.mine.wait(), turn.lost.wait())
            if not turn.lost.is_set():
                outcome.commands = await self._play(turn.address, words, turn, begun)
            outcome.why = turn.why
        except Unfinished as error:
            outcome.commands, outcome.why = error.commands, str(error)
        except AdapterError as error:
            outcome.error = error
        finally:
            self._places.leave(turn)
        return outcome

    def _devices(self, speakers: Sequence[Speaker]) -> tuple[dict[str, list[str]], dict[str, str]]:
        """(address to the speakers that hang on it, speaker to what is wrong with its address)."""
        devices: dict[str, list[str]] = {}
        failed: dict[str, str] = {}
        for speaker in speakers:
            verdict = outgoing_allowed(speaker.address, self._allowed)
            if verdict is Outgoing.ALLOWED:
                devices.setdefault(speaker.address.rstrip("/"), []).append(speaker.id)
            else:
                failed[speaker.id] = f"its address cannot be used: {verdict.sentence}"
        self._known |= {address: ids[0] for address, ids in devices.items()}
        return devices, failed

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: Any = None, *, within: float) -> Reply:
        """One request. Raises TryAgain (nothing can have happened), OutcomeUnknown (it may have)."""
        if self._session is None:
            raise TryAgain("The public address output is not open.")
        try:
            async with asyncio.timeout(within):
                async with self._session.request(
                    method, url, headers=headers, data=body, allow_redirects=False, timeout=NO_TIMEOUT
                ) as reply:
                    return Reply(reply.status, reply.headers, await reply.content.read(LONGEST_REPLY))
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            raise TryAgain(f"It does not answer: {getattr(error, 'strerror', None) or 'no connection'}.") from None
        except TimeoutError:
            raise OutcomeUnknown(f"It did not answer within {within:g} s.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise OutcomeUnknown(f"The connection broke before it had answered ({type(error).__name__}).") from None


class Unfinished(Exception):
    """A device took a page and did not say it to its end; the text says what is known."""

    def __init__(self, commands: int, text: str) -> None:
        super().__init__(text)
        self.commands = commands


NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
"""`asyncio.timeout` around each request is the one that counts."""


def refusal(reply: Reply, credentials: str) -> AdapterError | None:
    """What a status means; None for 2xx. `credentials`: what to do about a 401."""
    if 200 <= reply.status < 300:
        return None
    if reply.status in (401, 403):
        return WillNotWork(f"It refuses who we say we are ({reply.status}). {credentials}", Reason.CREDENTIALS)
    if reply.status >= 500 or reply.status in (408, 429):
        return TryAgain(f"It answers {reply.status}.")
    return WillNotWork(f"It refuses the request ({reply.status}).", Reason.REFUSED)


async def either(*waits: Awaitable[Any]) -> None:
    """Until the first of them is over; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
