"""Speakers at work: a page goes out, the devices that can tell are asked, a stop is looked after. The thin edge."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.page_records import asked_body, over_body, started_body, stopped_body
from notifier.engine.scene import Scene
from notifier.engine.supervision import Kind
from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.interfaces import Ledger, PageReport, PageWords, Playing, SpeakerChannel, TellsWhetherItPlays
from notifier.model.site import Speaker

LOOKS = 3
"""How often a device is asked until it says what is wanted: one that has just been told may take a moment."""
BETWEEN = 0.4
"""Seconds between them."""
HUSH_PATIENCE = 4.0
"""Seconds that closing words wait at most for speakers to be silenced and looked at."""


class Speakers:
    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        nudge: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._desk, self._ledger, self._nudge, self._spawn = desk, ledger, nudge, spawn

    def say(self, scene: Scene, command: str, kind: str, speakers: Sequence[Speaker], words: PageWords) -> None:
        """Put a page on the air; everything that becomes of it is written to `command`."""
        self._spawn(self._say(scene, command, kind, speakers, words))

    async def _say(self, scene: Scene, command: str, kind: str, speakers: Sequence[Speaker], words: PageWords) -> None:
        names = {speaker.id: speaker.name or speaker.id for speaker in speakers}
        channel = self._desk.gear.speaker_channels.get(kind)

        report, fault = PageReport(0, 0.0, False), f"no speaker output called {kind} is configured"
        if channel is not None:
            started = functools.partial(self._spawn_started, scene, command, channel, speakers)
            try:
                report = await self._page(channel, speakers, words, scene.priority, started)
                fault = "" if report.finished else (report.detail or "overtaken by another page")
            except AdapterError as error:
                fault = str(error)
            except Exception as error:
                fault = f"a fault of ours, {error!r}"
        await self._ledger.run(lambda: over_body(scene, command, kind, names, report, fault, self._desk.clock.now()))
        self._nudge(scene.incident)

    async def _page(
        self,
        channel: SpeakerChannel,
        speakers: Sequence[Speaker],
        words: PageWords,
        priority: int,
        started: Callable[[], None],
    ) -> PageReport:
        """A page whose audio is not there yet (a first start still renders) is rendered now: late beats silent."""
        try:
            return await channel.page(speakers, words, priority, started)
        except WillNotWork as error:
            if error.reason is not Reason.OUR_FAULT:
                raise
            await channel.prepare(words)
            return await channel.page(speakers, words, priority, started)

    def _spawn_started(self, scene: Scene, command: str, channel: SpeakerChannel, speakers: Sequence[Speaker]) -> None:
        self._spawn(self._started(scene, command, channel, speakers))

    async def _started(self, scene: Scene, command: str, channel: SpeakerChannel, speakers: Sequence[Speaker]) -> None:
        await self._ledger.run(lambda: started_body(scene, command, [speaker.id for speaker in speakers]))
        if isinstance(channel, TellsWhetherItPlays):
            await self._look(scene, command, channel, speakers)

    async def _look(
        self, scene: Scene, command: str, channel: TellsWhetherItPlays, speakers: Sequence[Speaker]
    ) -> None:
        found = await asyncio.gather(*(self._ask(channel, speaker, True) for speaker in speakers))
        said = {speaker.id: reading for speaker, reading in zip(speakers, found, strict=True)}
        names = {speaker.id: speaker.name or speaker.id for speaker in speakers}
        await self._ledger.run(lambda: asked_body(scene, command, said, names))

    async def _ask(self, channel: TellsWhetherItPlays, speaker: Speaker, wanted: bool) -> Playing:
        """Its last word, asked again while it says the opposite of what is wanted."""
        reading = await self._playing(channel, speaker)
        for _look in range(LOOKS - 1):
            if reading.on is wanted:
                break
            await self._desk.clock.sleep(BETWEEN)
            reading = await self._playing(channel, speaker)
        return reading

    async def _playing(self, channel: TellsWhetherItPlays, speaker: Speaker) -> Playing:
        reading = await channel.playing(speaker)
        if reading.on is not None:
            self._desk.last_seen.saw(Kind.SPEAKER, speaker.id, self._desk.clock.now(), reading.detail)
        return reading

    # --------------------------------------------------------------------------------------------------------- stops

    async def silence(self, scene: Scene) -> None:
        """Stop the pages of a response that is over, so that its closing words are heard. What still plays is named."""
        found: dict[str, Playing] = {}
        faults: dict[str, str] = {}
        # What is given up here is named as not known.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HUSH_PATIENCE):
                hushed = [
                    self._hush(kind, channel, mine, found, faults)
                    for kind, channel in self._desk.gear.speaker_channels.items()
                    if (mine := [speaker for speaker in self._desk.held.site.speakers if speaker.channel == kind])
                ]
                await asyncio.gather(*hushed)
        names = {speaker.id: speaker.name or speaker.id for speaker in self._desk.held.site.speakers}
        if found or faults:
            await self._ledger.run(lambda: stopped_body(scene, found, faults, names, self._desk.clock.now()))

    async def _hush(
        self,
        kind: str,
        channel: SpeakerChannel,
        speakers: Sequence[Speaker],
        found: dict[str, Playing],
        faults: dict[str, str],
    ) -> None:
        tells = isinstance(channel, TellsWhetherItPlays)
        if tells:
            found |= {speaker.id: Playing(None, "it was not asked in time") for speaker in speakers}
        try:
            await channel.stop(speakers)
        except AdapterError as error:
            faults[kind] = str(error)  # a speaker that cannot be silenced now is overtaken by the closing page
        if isinstance(channel, TellsWhetherItPlays):
            for speaker, reading in zip(
                speakers, await asyncio.gather(*(self._hushed(channel, each) for each in speakers)), strict=True
            ):
                found[speaker.id] = reading

    async def _hushed(self, channel: Any, speaker: Speaker) -> Playing:
        """Told again while it says that it plays."""
        reading = await self._playing(channel, speaker)
        for _look in range(LOOKS - 1):
            if not reading.on:
                break
            try:
                await channel.stop([speaker])
            except AdapterError as error:
                return Playing(True, f"{reading.detail}; {error}")
            await self._desk.clock.sleep(BETWEEN)
            reading = await self._playing(channel, speaker)
        return reading
