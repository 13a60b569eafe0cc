"""The pretended speakers keep the promises of the real ones, so that a story proves something about them."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest

from notifier.campus.in_process_speakers import Played, Settings, SimSpeakers
from notifier.clock import SystemClock
from notifier.interfaces import SpeakerChannel, Tools
from notifier.model.site import Speaker
from notifier.testing.check_speaker_channel import SHORT, SPEAKER_PROMISES, Ears, Promise, opened


class SimEars(Ears):
    def __init__(self, folder: Path) -> None:
        hall, yard = "239.10.0.1:5004", "239.10.0.2:5004"
        self.speakers = tuple(
            Speaker(id=name, zone="north", address=address)
            for name, address in (("hall", hall), ("gym", hall), ("yard", yard))
        )
        tools = Tools(None, SystemClock(), str(folder))
        self.output = SimSpeakers("sim", Settings(tone_seconds=0.2), tools)

    async def __aexit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    def make(self) -> SpeakerChannel:
        return self.output

    def _played(self, address: str) -> list[Played]:
        return self.output.heard(next(speaker.id for speaker in self.speakers if speaker.address == address))

    def pages(self, address: str) -> Sequence[bytes]:
        now = self.output.clock.now()
        return [
            page.words.key.encode() * round(100_000 * ((page.ended or now) - page.began))
            for page in self._played(address)
        ]

    def mixed(self, address: str) -> bool:
        played = self._played(address)
        return any(a.ended is None or a.ended > b.began for a, b in pairwise(played))

    async def until(self, heard: Callable[[], bool]) -> None:
        while not heard():  # noqa: ASYNC110 - on a handed clock nothing announces itself
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("promise", SPEAKER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, tmp_path: Path) -> None:
    async with SimEars(tmp_path) as ears:
        await promise(ears.make, ears)


async def test_a_speaker_that_is_down_is_named_and_the_others_play(tmp_path: Path) -> None:
    async with SimEars(tmp_path) as ears, opened(ears.make) as output:
        ears.output.down.add("yard")
        report = await output.page(ears.speakers, SHORT, 10, lambda: None)
        assert not (await output.check()).well
    assert not report.finished
    assert "yard" in report.detail
    assert [page.words for page in ears.output.heard("hall")] == [SHORT]
    assert ears.output.heard("yard") == []
