"""Speakers without a wire, for stories and simulation: a page takes its time on the handed clock and is written down.

The rules are those of the real outputs: one page at a time on an address, a higher priority takes it at once, an equal
one waits its turn, a lower one is reported as unfinished.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import Health, PageReport, PageWords, Playing, SpeakerChannel, Tools
from notifier.model.site import Speaker
from notifier.model.words import Written

PACKETS_A_SECOND = 50


class Settings(Written):
    """How long a page takes, for stories that count seconds."""

    tone_seconds: float = Field(default=2.0, ge=0)
    words_a_second: float = Field(default=2.5, gt=0)


@dataclass(slots=True)
class Played:
    """One page on one speaker; `ended` and `finished` are filled in when it is over."""

    speaker: str
    words: PageWords
    priority: int
    began: float
    ended: float | None = None
    finished: bool = False


@dataclass(slots=True, eq=False)
class _Turn:
    """One page on one address: waiting until `mine`, over when `lost` or when its time is up."""

    address: str
    speakers: list[str]
    priority: int
    mine: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""

    def lose(self, why: str) -> None:
        self.why = self.why or why
        self.lost.set()


class SimSpeakers(SpeakerChannel):
    """`played` tells what each speaker said; `down` and `unwell` are faults on order."""

    Settings: ClassVar[type[BaseModel]] = Settings

    def __init__(self, name: str, settings: Any, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self.clock = tools.clock
        self.prepared: dict[str, PageWords] = {}
        self.played: list[Played] = []
        self.down: set[str] = set()
        """Ids of speakers that are not reached."""
        self.mute: set[str] = set()
        """Ids of speakers that take a page and say nothing."""
        self._holders: dict[str, deque[_Turn]] = {}
        """Address to the turn that has it, then those that wait."""

    async def prepare(self, words: PageWords) -> Sequence[str]:
        self.prepared[words.key] = words
        return [f"no recording for {language}: a synthetic voice speaks" for language in words.texts
                if language not in words.recordings and not words.house]  # fmt: skip

    async def page(
        self, speakers: Sequence[Speaker], words: PageWords, priority: int, started: Callable[[], None]
    ) -> PageReport:
        if words.key not in self.prepared:
            raise WillNotWork("The audio of this page was never rendered. Publish again.", Reason.OUR_FAULT)
        reached: dict[str, list[str]] = {}
        for speaker in speakers:
            if speaker.id not in self.down:
                reached.setdefault(speaker.address, []).append(speaker.id)
        if not reached:
            raise TryAgain("No speaker is reached.")
        told = False

        def tell() -> None:
            nonlocal told
            if not told:
                told = True
                started()

        turns = [_Turn(address, ids, priority) for address, ids in reached.items()]
        for turn in turns:
            self._ask_for(turn)
        packets = await asyncio.gather(*(self._play(turn, words, tell) for turn in turns))
        failed = {each: "not reached" for each in sorted(speaker.id for speaker in speakers) if each in self.down}
        notes = [turn.why for turn in turns if turn.why] + [f"speaker {each} is not reached" for each in failed]
        return PageReport(sum(packets), 20.0 if any(packets) else 0.0, not notes, "; ".join(notes), failed)

    async def stop(self, speakers: Sequence[Speaker]) -> None:
        for address in {speaker.address for speaker in speakers}:
            for turn in list(self._holders.get(address, ())):
                turn.lose(f"silenced on {address}")
        await asyncio.sleep(0)  # so that what plays has heard it

    async def check(self) -> Health:
        if self.down:
            return Health(False, f"Not reached: {', '.join(sorted(self.down))}.")
        return Health(True, "The pretended speakers are there.")

    def length(self, words: PageWords) -> float:
        """Seconds that the page takes: tone and words, `times` times; a drill says its word before and after."""
        said = sum(len(text.split()) for text in words.texts.values()) or 5 * len(words.recordings)
        once = (self.settings.tone_seconds if words.tone != "none" else 0.0) + said / self.settings.words_a_second
        return float(words.times * once + (2.0 if words.drill else 0.0))

    def heard(self, speaker: str) -> list[Played]:
        """What one speaker said, in order."""
        return [page for page in self.played if page.speaker == speaker]

    def _ask_for(self, turn: _Turn) -> None:
        queue = self._holders.setdefault(turn.address, deque())
        if queue and turn.priority < queue[0].priority:
            turn.lose(f"a page of higher priority had {turn.address}, so nothing was said there")
            return
        if queue and turn.priority > queue[0].priority:
            for lower in queue:
                lower.lose(f"a page of higher priority took {turn.address}")
            queue.clear()
        queue.append(turn)
        queue[0].mine.set()

    async def _play(self, turn: _Turn, words: PageWords, tell: Callable[[], None]) -> int:
        try:
            await _either(turn.mine.wait(), turn.lost.wait())
            if turn.lost.is_set():
                return 0
            began = self.clock.now()
            heard = [speaker for speaker in turn.speakers if speaker not in self.mute]
            pages = [Played(speaker, words, turn.priority, began) for speaker in heard]
            self.played += pages
            tell()
            await _either(self.clock.sleep(self.length(words)), turn.lost.wait())
            for page in pages:
                page.ended, page.finished = self.clock.now(), not turn.lost.is_set()
            return 1 + int((self.clock.now() - began) * PACKETS_A_SECOND)
        finally:
            queue = self._holders[turn.address]
            if turn in queue:
                queue.remove(turn)
                if queue:
                    queue[0].mine.set()


class TellingSpeakers(SimSpeakers):
    """Speakers whose devices can be asked; `stuck` ones go on when told to stop."""

    def __init__(self, name: str, settings: Any, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.stuck: set[str] = set()

    async def playing(self, speaker: Speaker) -> Playing:
        if speaker.id in self.down:
            return Playing(None, "it does not answer")
        on = any(page.ended is None for page in self.heard(speaker.id))
        if speaker.id in self.stuck and self.heard(speaker.id):
            on = True
        return Playing(on, f"Current Action: {'tone' if on else 'idle'}")


async def _either(*waits: Any) -> None:
    """Until the first of them is over; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
