"""The suite that every public address output keeps: what `SpeakerChannel` promises, heard by a pair of ears.

    @pytest.mark.parametrize("promise", SPEAKER_PROMISES, ids=lambda promise: promise.__name__)
    async def test_keeps(promise):
        async with AcmeEars() as ears:
            await promise(lambda: Acme("acme", Acme.Settings(), tools), ears)

`make` builds a new output that is not open yet. A broken promise raises `BrokenPromise` with one sentence that says
what would go wrong at a school.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

from notifier.errors import AdapterError
from notifier.interfaces import PageReport, PageWords, SpeakerChannel
from notifier.model.site import Speaker
from notifier.testing.scrutiny import BrokenPromise

PATIENCE = 15.0
"""Seconds within which anything asked must have happened; the pages of this suite take one to three."""

LOW, HIGH = 10, 90
HEARD_ENOUGH = 4000
"""Bytes, half a second of G.711, by which a drill must differ from the real thing."""

T = TypeVar("T")
Make = Callable[[], SpeakerChannel]


class Ears(ABC):
    """What stands at the far end and hears; an output's author writes one beside the output."""

    speakers: Sequence[Speaker]
    """Three: the first two share one address, the third has another."""
    bad_address: str | None = None
    """One that this output cannot play on; None if it takes any."""

    async def __aenter__(self) -> Self:
        return self

    @abstractmethod
    async def __aexit__(self, *_: object) -> None: ...

    @abstractmethod
    def pages(self, address: str) -> Sequence[bytes]:
        """What was heard on `address`, page by page, each as far as it has come."""

    @abstractmethod
    def mixed(self, address: str) -> bool:
        """Whether a page went on after a later one had begun."""

    @abstractmethod
    async def until(self, heard: Callable[[], bool]) -> None:
        """Returns when `heard()`; looks whenever something new was heard."""

    def kill(self, output: SpeakerChannel) -> bool:
        """Kill -9 the process that plays for `output`; False if it has none."""
        return False


Promise = Callable[[Make, Ears], Awaitable[None]]


def words(key: str = "live", *, tone: str = "attention", times: int = 1, drill: bool = False) -> PageWords:
    """What the suite pages: a tone is enough to hear who plays."""
    return PageWords(key, tone, {}, {}, times, drill)


SHORT = words()
LONG = words("long", tone="lockdown", times=10)
"""Longer than anybody waits here: it is always taken over or stopped."""


async def plays_on_every_speaker(make: Make, ears: Ears) -> None:
    async with opened(make) as output:
        report = await _page(output, ears.speakers, SHORT)
        await within(ears.until(lambda: all(ears.pages(speaker.address) for speaker in ears.speakers)))
    must(report.finished, f"A page that nobody disturbed is reported as unfinished: {report.detail}")
    must(report.packets > 0, "A page was played and the report counts nothing.")


async def plays_once_on_an_address_that_speakers_share(make: Make, ears: Ears) -> None:
    shared = ears.speakers[0].address
    async with opened(make) as output:
        await _page(output, ears.speakers, SHORT)
        await within(ears.until(lambda: len(ears.pages(ears.speakers[-1].address)) == 1))
    must(len(ears.pages(shared)) == 1, f"{len(ears.pages(shared))} streams ran on one address: they talk over another.")


async def says_once_that_it_started(make: Make, ears: Ears) -> None:
    told: list[bool] = []
    async with opened(make) as output:
        page = asyncio.ensure_future(output.page(ears.speakers, SHORT, LOW, lambda: told.append(page.done())))
        await within(page)
    must(len(told) == 1, f"started() was called {len(told)} times for one page.")
    must(not told[0], "started() was called when the page was over.")


async def gives_the_speaker_to_a_higher_priority(make: Make, ears: Ears) -> None:
    address = ears.speakers[0].address
    async with opened(make) as output:
        lower = await _begin(output, ears.speakers[:1], LONG, LOW)
        higher = await _page(output, ears.speakers[:1], SHORT, HIGH)
        overtaken = await within(lower)
        await within(ears.until(lambda: len(ears.pages(address)) == 2))
    must(higher.finished, f"A page of the highest priority did not finish: {higher.detail}")
    must(not overtaken.finished, "A page that was cut off by a higher one is reported as finished.")
    must(overtaken.detail != "", "A page was cut off and the report does not say why.")
    must(not ears.mixed(address), "The lower page went on under the higher one: nobody understands either.")


async def leaves_the_speaker_to_the_higher_priority(make: Make, ears: Ears) -> None:
    address = ears.speakers[0].address
    async with opened(make) as output:
        higher = await _begin(output, ears.speakers[:1], LONG, HIGH)
        lower = asyncio.ensure_future(output.page(ears.speakers[:1], SHORT, LOW, _nothing))
        await _page(output, ears.speakers[-1:], SHORT)  # by now it would be heard
        must(len(ears.pages(address)) == 1, "A lower page broke into a higher one.")
        await within(output.stop(ears.speakers))
        reports = await within(asyncio.gather(higher, lower))
    must(not ears.mixed(address), "Two pages were heard at once on one speaker.")
    must(not reports[1].finished, "A page that gave way to a higher one is reported as finished.")


async def never_mixes_equal_pages(make: Make, ears: Ears) -> None:
    async with opened(make) as output:
        both = [output.page(ears.speakers[:1], SHORT, LOW, _nothing) for _ in range(2)]
        reports = await within(asyncio.gather(*both))
        said = sum(report.finished for report in reports)
        await within(ears.until(lambda: len(ears.pages(ears.speakers[0].address)) >= said))
    must(said >= 1, "Two equal pages on one speaker, and neither was said to its end.")
    must(not ears.mixed(ears.speakers[0].address), "Two equal pages were heard at once on one speaker.")


async def falls_silent_when_stopped(make: Make, ears: Ears) -> None:
    address = ears.speakers[0].address
    async with opened(make) as output:
        page = await _begin(output, ears.speakers[:1], LONG)
        await within(ears.until(lambda: bool(ears.pages(address))))
        await within(output.stop(ears.speakers[:1]))
        report = await within(page)
        await _page(output, ears.speakers[-1:], SHORT)  # whatever was under way has arrived by now
        last = len(ears.pages(address)[-1])
        await _page(output, ears.speakers[-1:], SHORT)
        must(len(ears.pages(address)[-1]) == last, "stop() returned and the speaker goes on.")
    must(not report.finished, "A page that was stopped is reported as finished.")


async def can_page_again_after_a_stop(make: Make, ears: Ears) -> None:
    async with opened(make) as output:
        await within(output.stop(ears.speakers))
        page = await _begin(output, ears.speakers, LONG)
        await within(output.stop(ears.speakers))
        await within(page)
        report = await _page(output, ears.speakers, SHORT)
    must(report.finished, f"After a stop the next page does not come through: {report.detail}")


async def makes_a_drill_sound_different(make: Make, ears: Ears) -> None:
    address = ears.speakers[-1].address
    drill = words("drill", drill=True)
    async with opened(make) as output:
        await _prepare(output, drill)
        await _page(output, ears.speakers[-1:], SHORT)
        page = await _begin(output, ears.speakers[-1:], drill)
        await within(ears.until(lambda: len(ears.pages(address)) == 2 and len(ears.pages(address)[1]) > HEARD_ENOUGH))
        await within(output.stop(ears.speakers[-1:]))
        await within(page)
    live, exercise = (heard[:HEARD_ENOUGH] for heard in ears.pages(address))
    must(live != exercise, "A drill begins like the real thing.")


async def says_clearly_that_nothing_was_prepared(make: Make, ears: Ears) -> None:
    told: list[None] = []
    async with opened(make) as output:
        try:
            await within(output.page(ears.speakers, words("never-prepared"), LOW, lambda: told.append(None)))
        except AdapterError as error:
            must(len(str(error)) > 20, f"A page without audio fails with {error!s:.60}: nobody knows what to do.")
        else:
            raise BrokenPromise("A page whose audio was never prepared seemed to play.")
    must(not told, "started() was called for a page that has no audio.")


async def plays_on_although_one_address_is_wrong(make: Make, ears: Ears) -> None:
    if ears.bad_address is None:
        return
    wrong = ears.speakers[0].model_copy(update={"id": "wrong", "address": ears.bad_address})
    async with opened(make) as output:
        report = await _page(output, [wrong, *ears.speakers], SHORT)
        await within(ears.until(lambda: all(ears.pages(speaker.address) for speaker in ears.speakers)))
        must(not report.finished, "One speaker cannot be played on, and the report says that all is well.")
        must("wrong" in report.detail, f"The report does not name the speaker that was left out: {report.detail}")
        try:
            await within(output.page([wrong], SHORT, LOW, _nothing))
        except AdapterError:
            return
    raise BrokenPromise("A page on nothing but a wrong address seemed to play.")


async def comes_back_when_its_process_is_killed(make: Make, ears: Ears) -> None:
    address = ears.speakers[-1].address
    async with opened(make) as output:
        await _page(output, ears.speakers[-1:], SHORT)
        page = await _begin(output, ears.speakers[-1:], SHORT)
        await within(ears.until(lambda: len(ears.pages(address)) == 2))
        if not ears.kill(output):
            return
        report = await within(page)
        again = await _page(output, ears.speakers[-1:], SHORT)
        heard = 2 + (1 if report.finished else 0) + 1
        await within(ears.until(lambda: len(ears.pages(address)) >= heard))
    whole, cut, *later = ears.pages(address)
    must(len(cut) < len(whole), "The process was killed after the page; nothing was tried.")
    must(again.finished, f"After its process was killed the next page does not come through: {again.detail}")
    must(report.detail != "", "The process was killed under a page and the report does not say so.")
    must(
        not report.finished or later[0] == whole,
        "A page that broke off is reported as finished and was not said whole.",
    )


async def says_in_words_how_it_is(make: Make, ears: Ears) -> None:
    async with opened(make) as output:
        health = await within(output.check())
    must(health.well, f"A working output says that it is unwell: {health.text}")
    must(not any(ears.pages(speaker.address) for speaker in ears.speakers), "check() was heard over the speakers.")
    must(len(health.text.split()) >= 3, f"check() says {health.text!r}, which tells a technician nothing.")


SPEAKER_PROMISES: tuple[Promise, ...] = (
    plays_on_every_speaker,
    plays_once_on_an_address_that_speakers_share,
    says_once_that_it_started,
    gives_the_speaker_to_a_higher_priority,
    leaves_the_speaker_to_the_higher_priority,
    never_mixes_equal_pages,
    falls_silent_when_stopped,
    can_page_again_after_a_stop,
    makes_a_drill_sound_different,
    says_clearly_that_nothing_was_prepared,
    plays_on_although_one_address_is_wrong,
    comes_back_when_its_process_is_killed,
    says_in_words_how_it_is,
)


def must(held: bool, otherwise: str) -> None:
    if not held:
        raise BrokenPromise(otherwise)


async def within(work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(PATIENCE):
            return await work
    except TimeoutError:
        raise BrokenPromise(f"Nothing came of it within {PATIENCE:.0f} s.") from None


@asynccontextmanager
async def opened(make: Make) -> AsyncIterator[SpeakerChannel]:
    """A new output, open, with the pages of this suite prepared."""
    output = make()
    await within(output.open())
    try:
        for each in (SHORT, LONG):
            await _prepare(output, each)
        yield output
    finally:
        await within(output.close())


async def _prepare(output: SpeakerChannel, page: PageWords) -> None:
    warnings = await within(output.prepare(page))
    must(not isinstance(warnings, str), "prepare() returns one string where a list of warnings is due.")


async def _page(
    output: SpeakerChannel, speakers: Sequence[Speaker], page: PageWords, priority: int = LOW
) -> PageReport:
    return await within(output.page(speakers, page, priority, _nothing))


async def _begin(
    output: SpeakerChannel, speakers: Sequence[Speaker], page: PageWords, priority: int = LOW
) -> asyncio.Task[PageReport]:
    """A page that has begun and goes on beside us."""
    begun = asyncio.Event()
    call: Coroutine[Any, Any, PageReport] = output.page(speakers, page, priority, begun.set)
    task = asyncio.create_task(call)
    waiting = asyncio.ensure_future(begun.wait())
    await within(asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED))
    waiting.cancel()
    if task.done():
        must(False, f"A page was over before it began: {task.result()}")
    return task


def _nothing() -> None: ...
