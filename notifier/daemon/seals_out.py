"""Seals that leave this machine: each newest one by HTTP or mail, tried again until it is taken or overtaken.

Copies into folders are the ledger's; here is what needs a line. A seal names the heads of all chains, so a newer one
says all that an older one said: nothing is queued but the newest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from notifier.clock import Clock
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import Channel
from notifier.ledger.seals import Seal
from notifier.model.delivery import Purpose
from notifier.model.message import Message
from notifier.model.outgoing import Outgoing, outgoing_allowed
from notifier.model.settings import MAIL, leaves

log = logging.getLogger(__name__)

TRY_AGAIN = (2.0, 5.0, 15.0, 30.0)
"""Seconds between tries; the last one repeats. The next seal takes over after a minute anyway."""
MAIL_EVERY = 3600.0
"""Seconds between mails, but for the end of an incident: one a minute would be read by nobody."""
ANSWER_WITHIN = 10.0
"""Seconds."""
OLD = 7200.0
"""Seconds since the last seal left after which a place counts as cut off: a quiet node seals once an hour."""

Tell = Callable[[str, str | None], Any]
"""(place, what is wrong; None: nothing any more): a coroutine function."""


def name_of(place: str) -> str:
    """As people may see it: a path may hold a secret."""
    return place if place.startswith(MAIL) else urlsplit(place).netloc.rpartition("@")[2]


class SealsOut:
    def __init__(
        self,
        places: Sequence[str],
        http: Any,
        channels: Mapping[str, Channel],
        clock: Clock,
        allowed: Sequence[str],
        tell: Tell,
    ) -> None:
        """`allowed`: networks that may be spoken to although they are this machine or link-local."""
        self._places = [place for place in places if leaves(place)]
        self.folders = [place for place in places if not leaves(place)]
        self._since = clock.wall().timestamp()
        self._http, self._channels, self._clock, self._allowed, self._tell = http, channels, clock, allowed, tell
        self._newest: Seal | None = None
        self._due_now: set[str] = set()
        """Places that get a mail now, however short ago the last one was."""
        self._news = asyncio.Condition()
        self.left: dict[str, float] = {}
        """Place to wall seconds since 1970 when a seal was last taken there."""

    @property
    def last_left(self) -> float:
        """Wall seconds since 1970 when a seal last left by any way; 0: not since this start."""
        return max(self.left.values(), default=0.0)

    def age(self) -> float | None:
        """Seconds since a seal last left by a line, else since the start; None: no line is named."""
        return self._clock.wall().timestamp() - (self.last_left or self._since) if self._places else None

    async def hand_over(self, seal: Seal, *, at_an_end: bool) -> None:
        """`at_an_end`: an incident has closed, so mail goes now."""
        async with self._news:
            self._newest = seal
            if at_an_end:
                self._due_now.update(self._places)
            self._news.notify_all()

    async def run(self) -> None:
        """For as long as the daemon does; one place that hangs holds up no other."""
        await asyncio.gather(*(self._serve(place) for place in self._places), asyncio.Event().wait())

    async def _serve(self, place: str) -> None:
        taken: Seal | None = None
        failures = 0
        while True:
            seal = await self._newer_than(taken)
            if place.startswith(MAIL) and not self._mail_is_due(place):
                taken = seal
                continue
            try:
                await self._send(place, seal)
            except (AdapterError, OSError, aiohttp.ClientError, TimeoutError) as error:
                text = str(error) or type(error).__name__
                await self._tell(name_of(place), f"{name_of(place)} did not take the seal of {seal.wall}: {text}")
                await self._clock.sleep(TRY_AGAIN[min(failures, len(TRY_AGAIN) - 1)])
                failures += 1
                continue
            if failures:
                await self._tell(name_of(place), None)
            taken, failures = seal, 0
            self._due_now.discard(place)
            self.left[place] = self._clock.wall().timestamp()

    async def _newer_than(self, taken: Seal | None) -> Seal:
        async with self._news:
            while self._newest is None or self._newest is taken:
                await self._news.wait()
            return self._newest

    def _mail_is_due(self, place: str) -> bool:
        return place in self._due_now or self._clock.wall().timestamp() - self.left.get(place, 0.0) >= MAIL_EVERY

    async def _send(self, place: str, seal: Seal) -> None:
        if place.startswith(MAIL):
            await self._mail(place.removeprefix(MAIL), seal)
            return
        verdict = outgoing_allowed(place, self._allowed)
        if verdict is not Outgoing.ALLOWED:
            raise WillNotWork(verdict.sentence, Reason.REFUSED)
        async with asyncio.timeout(ANSWER_WITHIN):
            headers = {"Content-Type": "application/json"}
            async with self._http.post(
                place, data=seal.line().encode(), headers=headers, allow_redirects=False
            ) as answer:
                if not 200 <= answer.status < 300:
                    raise TryAgain(f"it answered {answer.status}")

    async def _mail(self, address: str, seal: Seal) -> None:
        channel = next((each for each in self._channels.values() if each.address_kind == "email"), None)
        if channel is None:
            raise WillNotWork("no sender for email is set up.", Reason.NO_SENDER)
        text = f"Keep this: it shows if the end of the record of {seal.node} is ever cut off.\n\n{seal.line()}\n"
        message = Message(f"Seal {seal.n} of {seal.node}", text, "en", Purpose.ROUTINE, drill=False)
        await channel.send(address, message, f"seal-{seal.node}-{seal.n}")
