"""An output whose packets leave by a child process, one every few milliseconds (ARCHITECTURE, decision 16).

Two pages never mix: a group has one place in the child. A higher priority takes the group at once, in the middle of a
word; an equal one waits its turn; a lower one is reported as unfinished at once, because a page that was right before
the higher one may be wrong after it.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from notifier.channels._pa.pacing_child import PacingChild
from notifier.channels._pa.shelf import Shelf
from notifier.channels._pa.turns import Ended, How, report_of
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Health, PageReport, PageWords, SpeakerChannel, Tools
from notifier.model.site import Speaker

PATIENCE = 1.0
"""Seconds for the child's answer to `stop` and `check`; it answers within a millisecond when it is well."""
DEATHS = 3
"""How often one page is begun again after the child died under it: beyond, the page itself may be what kills it."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Page:
    """One call of `page`, until every one of its groups has ended."""

    key: str
    priority: int
    open: dict[str, int]
    """Groups that have not ended, with the packets that the last heartbeat counted."""
    first: asyncio.Future[bool]
    over: asyncio.Future[None]
    ended: list[Ended] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    """Packets that children sent which died."""
    stopped: set[str] = field(default_factory=set)
    deaths: int = 0


class PacedOutput(SpeakerChannel):
    """Renders, hands over to the pacing child, and keeps account of every group of every page."""

    def __init__(self, name: str, settings: Any, tools: Tools, options: Mapping[str, Any], speech_program: str) -> None:
        """`options`: what the child is told about packets and sockets (`pacer.py`)."""
        super().__init__(name, settings, tools)
        folder = Path(tools.state_dir) / "audio"
        self._shelf = Shelf(folder, speech_program)
        options = {**options, "lock": str(folder / f"{name}.pacer.lock")}
        self._child = PacingChild(options, self._hear, self._begin_again, self._lose)
        self._folder = folder
        self._pages: dict[int, _Page] = {}
        self._asked: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._numbers = count(1)
        self._opened = False
        self.first_in_line = False
        """Whether the kernel runs the pacing child before other work (root or CAP_SYS_NICE)."""

    @abstractmethod
    def _groups(self, speakers: Sequence[Speaker]) -> tuple[list[str], list[str]]:
        """(the distinct places in the child, a sentence for each speaker that has no usable address)."""

    @abstractmethod
    def _way_out(self) -> str:
        """Which card, in words."""

    @property
    def pacing_pid(self) -> int | None:
        """Process id of the pacing child, for technicians and tests."""
        return self._child.pid

    async def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("rendered audio cannot be kept in %s: %s", self._folder, error.strerror)
        self._opened = True
        await self._child.open()

    async def close(self) -> None:
        """A page that plays goes on to its end by itself; whoever waits for it is told that nobody counts it."""
        self._opened = False
        await self._child.close()
        for page in list(self._pages.values()):
            for group in list(page.open):
                self._end(page, Ended(group, How.LEFT, page.before.get(group, 0) + page.open[group]))

    async def prepare(self, words: PageWords) -> Sequence[str]:
        """See SpeakerChannel. What is cached and still true is not rendered again."""
        in_use = {page.key for page in self._pages.values()}
        warnings, dropped = await self._shelf.prepare(words, in_use)
        self._child.tell({"do": "load", "key": words.key}, self._shelf.audio[words.key])
        for key in dropped:
            self._child.tell({"do": "drop", "key": key})
        return warnings

    async def page(
        self, speakers: Sequence[Speaker], words: PageWords, priority: int, started: Callable[[], None]
    ) -> PageReport:
        """See SpeakerChannel. Cancelling the wait does not cut the sentence: `stop` does.

        Raises WillNotWork (no usable address, audio not prepared) and TryAgain (the network took nothing).
        """
        groups, faults = self._groups(speakers)
        if not groups:
            raise WillNotWork("; ".join(faults) or "There is no speaker to page on.", Reason.BAD_ADDRESS)
        if not self._opened:
            raise TryAgain("The public address output is not open.")
        if self._shelf.fetch(words.key):
            self._child.tell({"do": "load", "key": words.key}, self._shelf.audio[words.key])
        loop = asyncio.get_running_loop()
        page = _Page(words.key, priority, dict.fromkeys(groups, 0), loop.create_future(), loop.create_future())
        number = next(self._numbers)
        self._pages[number] = page
        self._play(number, page)
        # Shielded: one who stops waiting must not take the page's own record away.
        if await asyncio.shield(page.first):
            started()
        await asyncio.shield(page.over)
        return report_of(page.ended, faults, page.deaths)

    async def stop(self, speakers: Sequence[Speaker]) -> None:
        """Silence the groups of `speakers`, waiting pages too; other speakers on the same group fall silent with them.

        Returns when the pacing process says that they are silent, or when it is dead: then it surely is.
        Raises WillNotWork (no usable address), OutcomeUnknown (the process of an earlier daemon may still speak).
        """
        groups, faults = self._groups(speakers)
        if not groups:
            raise WillNotWork("; ".join(faults) or "There is no speaker to silence.", Reason.BAD_ADDRESS)
        for page in list(self._pages.values()):
            page.stopped.update(group for group in groups if group in page.open)
        if not self._child.up:
            self._end_stopped()
        answer = await self._ask({"do": "stop", "groups": groups})
        if answer is None:
            self._child.kill()
        elif not answer["alone"]:
            raise OutcomeUnknown(
                "Our own pages are silent, but a pacing process of an earlier daemon may still finish its sentence. "
                "Listen; if it speaks, end that process."
            )

    async def check(self) -> Health:
        answer = await self._ask({"do": "probe"})
        if answer is None or "dead" in answer:
            why = self._child.trouble or "it does not answer"
            return Health(False, f"The pacing process is not there: {why}. It is being started again.")
        if answer["error"]:
            error = answer["error"]
            return Health(
                False, f"Multicast finds no way out: {error}. Check the cable and `interface` in the settings."
            )
        again = f" It was started again {self._child.restarts} times." if self._child.restarts else ""
        return Health(
            True, f"Multicast leaves by {self._way_out()}, {len(self._shelf.audio)} pages ready.{again} "
            "Speakers answer nothing over multicast: only a walk test shows that they are heard.",
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------- the child and pages

    def _play(self, number: int, page: _Page) -> None:
        order = {"do": "play", "page": number, "key": page.key, "groups": list(page.open), "priority": page.priority}
        self._child.tell(order)

    async def _ask(self, order: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The child's answer; None if there is no child or it does not answer in time. A dead one answers by dying."""
        if not self._child.up:
            return None
        number = next(self._numbers)
        self._asked[number] = answer = asyncio.get_running_loop().create_future()
        self._child.tell({**order, "ask": number})
        try:
            async with asyncio.timeout(PATIENCE):
                said: Mapping[str, Any] = await answer
                return said
        except TimeoutError:
            return None
        finally:
            self._asked.pop(number, None)

    def _hear(self, said: Mapping[str, Any]) -> None:
        if said["say"] == "beat":
            for number, group, packets in said["sent"]:
                if (page := self._pages.get(number)) is not None and group in page.open:
                    page.open[group] = packets
        elif said["say"] == "hello":
            self.first_in_line = said["first_in_line"]
        elif said["say"] == "first":
            if (page := self._pages.get(said["page"])) is not None and said["group"] in page.open:
                page.open[said["group"]] = 1
                if not page.first.done():
                    page.first.set_result(True)
        elif said["say"] == "ended":
            if (page := self._pages.get(said["page"])) is not None and said["group"] in page.open:
                packets = said["packets"] + page.before.get(said["group"], 0)
                how, group = How(said["how"]), said["group"]
                self._end(page, Ended(group, how, packets, said["failed"], said["worst_gap_ms"], said["error"]))
        elif said["say"] in {"stopped", "probed"}:
            answer = self._asked.get(said["ask"])
            if answer is not None and not answer.done():
                answer.set_result(said)

    def _end(self, page: _Page, ended: Ended) -> None:
        del page.open[ended.group]
        page.ended.append(ended)
        if page.open:
            return
        if not page.first.done():
            page.first.set_result(any(each.packets for each in page.ended))
        if not page.over.done():
            page.over.set_result(None)
        for number, known in list(self._pages.items()):
            if known is page:
                del self._pages[number]

    def _lose(self, why: str) -> None:
        """The child died, and with it every sound: what was to be silent is, and the rest waits for the next child."""
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result({"dead": True, "alone": True})
        for page in list(self._pages.values()):
            page.deaths += 1
            for group, packets in page.open.items():
                page.before[group] = page.before.get(group, 0) + packets
                page.open[group] = 0
            if page.deaths > DEATHS:
                for group in list(page.open):
                    self._end(page, Ended(group, How.LOST, page.before[group], error=why))
        self._end_stopped()

    def _end_stopped(self) -> None:
        for page in list(self._pages.values()):
            for group in page.stopped.intersection(page.open):
                self._end(page, Ended(group, How.STOPPED, page.before.get(group, 0)))

    def _begin_again(self) -> None:
        """A new child: first what must be said now, then the rest of the shelf."""
        urgent = {page.key for page in self._pages.values()}
        for key in urgent:
            self._child.tell({"do": "load", "key": key}, self._shelf.audio[key])
        for number, page in sorted(self._pages.items(), key=lambda entry: -entry[1].priority):
            self._play(number, page)
        for key in self._shelf.audio.keys() - urgent:
            self._child.tell({"do": "load", "key": key}, self._shelf.audio[key])
