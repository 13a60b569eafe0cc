"""Public address over RTP multicast: heard by a listener on loopback, packet by packet."""

import ast
import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from notifier.campus.rtp_listener import Stream
from notifier.channels._pa.addresses import group_of
from notifier.channels._pa.pacing_child import PROGRAM
from notifier.channels._pa.turns import Ended, How, report_of
from notifier.channels.pa_multicast import PaMulticast, Settings
from notifier.channels.pa_multicast.settings import groups_of
from notifier.clock import SystemClock
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import PageWords, Tools
from notifier.testing.check_speaker_channel import LONG, SHORT, SPEAKER_PROMISES, Promise, opened
from tests.channels.rtp_ears import RtpEars, speaker


def pa(folder: Path, **settings: object) -> PaMulticast:
    written = {"interface": "127.0.0.1", "ttl": 0, "speech_program": "", **settings}
    return PaMulticast("pa", Settings.model_validate(written), Tools(None, SystemClock(), str(folder)))


@pytest.mark.parametrize("promise", SPEAKER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, tmp_path: Path) -> None:
    async with RtpEars() as ears:
        await promise(lambda: pa(tmp_path), ears)


def nothing() -> None: ...


async def one_page(tmp_path: Path, words: PageWords = SHORT, **settings: object) -> Stream:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path, **settings)) as output:
        report = await output.page(ears.speakers[-1:], words, 10, nothing)
        await ears.until(lambda: sum(stream.packets for stream in ears.listener.streams()) == report.packets)
        (stream,) = ears.listener.streams()
        assert ears.listener.strangers == 0
        return stream


async def test_every_packet_is_rtp_as_the_standard_has_it(tmp_path: Path) -> None:
    stream = await one_page(tmp_path)
    assert stream.payload_types == {0}
    assert (stream.marker_on_first, stream.markers) == (True, 1)
    assert stream.continuous
    assert {(b - a) & 0xFFFFFFFF for a, b in zip(stream.timestamps, stream.timestamps[1:], strict=False)} == {160}
    assert len(stream.audio) == 160 * stream.packets
    assert stream.dscp == 46


async def test_the_settings_reach_the_wire(tmp_path: Path) -> None:
    stream = await one_page(tmp_path, packet_ms=40, payload_type=96, dscp=34)
    assert stream.payload_types == {96}
    assert len(stream.audio) == 320 * stream.packets
    assert stream.dscp == 34
    assert stream.continuous


async def test_a_page_that_waits_between_repetitions_keeps_sending(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        twice = PageWords("twice", "attention", {}, {}, 2, drill=False)
        await output.prepare(twice)
        await output.page(ears.speakers[-1:], twice, 10, nothing)
        await ears.until(lambda: bool(ears.listener.streams()) and ears.listener.streams()[0].audio[-1:] == b"\xff")
        (stream,) = ears.listener.streams()
    loud = [level > 200 for level in stream.loudness()]
    quiet_between = "".join("x" if each else "." for each in loud).strip(".").strip("x")
    assert len(quiet_between) > 40
    assert set(quiet_between) == {"."}
    assert stream.continuous


async def test_every_page_is_a_stream_of_its_own(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        for _ in range(2):
            await output.page(ears.speakers, SHORT, 10, nothing)
        await ears.until(lambda: len(ears.listener.streams()) == 4)
        streams = ears.listener.streams()
    assert len({stream.ssrc for stream in streams}) == 4
    assert len({stream.sequences[0] for stream in streams}) > 1
    assert len({stream.timestamps[0] for stream in streams}) > 1


async def test_what_was_rendered_is_played_after_a_restart_without_rendering(tmp_path: Path) -> None:
    async with opened(lambda: pa(tmp_path)):
        pass
    async with RtpEars() as ears:
        output = pa(tmp_path)
        await output.open()
        report = await output.page(ears.speakers, SHORT, 10, nothing)
        await output.close()
    assert report.finished


async def test_pages_of_equal_priority_are_each_said_whole_one_after_the_other(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        address = ears.speakers[-1].address
        pages = [output.page(ears.speakers[-1:], SHORT, 10, nothing) for _ in range(2)]
        reports = await asyncio.gather(*pages)
        assert [report.finished for report in reports] == [True, True]
        await ears.until(lambda: len(ears.pages(address)) == 2)
        await ears.until(lambda: len(ears.pages(address)[0]) == len(ears.pages(address)[1]))
        assert not ears.mixed(address)


async def test_a_lower_page_is_refused_at_once_and_never_said_afterwards(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        address = ears.speakers[-1].address
        higher = asyncio.create_task(output.page(ears.speakers[-1:], SHORT, 20, nothing))
        await ears.until(lambda: bool(ears.pages(address)))
        lower = await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        assert not higher.done()
        assert (lower.packets, lower.finished) == (0, False)
        assert "higher priority had" in lower.detail
        assert (await higher).finished
        await output.page(ears.speakers[:1], SHORT, 10, nothing)
        assert len(ears.pages(address)) == 1


async def test_a_hung_pacing_process_is_replaced_and_the_page_begun_again(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        address = ears.speakers[-1].address
        page = asyncio.create_task(output.page(ears.speakers[-1:], SHORT, 10, nothing))
        await ears.until(lambda: bool(ears.pages(address)))
        hung = output.pacing_pid
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        report = await page
        assert output.pacing_pid != hung
        assert len(ears.pages(address)) == 2
        assert "died 1 time" in report.detail
        assert not ears.mixed(address)


async def test_a_page_under_which_the_process_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        page = asyncio.create_task(output.page(ears.speakers[-1:], LONG, 10, nothing))
        for deaths in range(4):
            await ears.until(lambda deaths=deaths: len(ears.listener.streams()) > deaths)
            ears.kill(output)
        report = await page
        assert not report.finished
        assert "could not be brought back" in report.detail
        assert (await output.page(ears.speakers[-1:], SHORT, 10, nothing)).finished


async def test_a_stopped_page_does_not_come_back_with_a_new_process(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        page = asyncio.create_task(output.page(ears.speakers[-1:], LONG, 10, nothing))
        await ears.until(lambda: bool(ears.listener.streams()))
        hung = output.pacing_pid
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        await output.stop(ears.speakers[-1:])  # no answer comes, so the process is ended and the silence is sure
        report = await page
        assert not report.finished
        assert "silenced" in report.detail
        await output.page(ears.speakers[:1], SHORT, 10, nothing)
        assert len(ears.pages(ears.speakers[-1].address)) == 1


async def test_who_stops_waiting_does_not_cut_the_sentence(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path)) as output:
        address = ears.speakers[-1].address
        await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        page = asyncio.create_task(output.page(ears.speakers[-1:], SHORT, 10, nothing))
        await ears.until(lambda: len(ears.pages(address)) == 2)
        page.cancel()
        await ears.until(lambda: len(ears.pages(address)[1]) == len(ears.pages(address)[0]))


DAEMON = """
import asyncio, os, sys
from tests.channels.test_pa_multicast import LONG, SHORT, opened, pa, speaker
from pathlib import Path

PAGES = {"short": SHORT, "long": LONG}

async def main():
    async with opened(lambda: pa(Path(sys.argv[1]))) as output:
        await output.page([speaker("yard", sys.argv[2])], PAGES[sys.argv[3]], 10, lambda: os._exit(9))

asyncio.run(main())
"""


async def daemon_that_dies(folder: Path, address: str, words: str) -> None:
    """A daemon of another process that dies as soon as its page has begun."""
    command = [sys.executable, "-c", DAEMON, str(folder), address, words]
    daemon = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[2])
    assert await daemon.wait() == 9


async def test_the_sentence_is_finished_when_the_daemon_dies(tmp_path: Path) -> None:
    async with RtpEars() as ears, opened(lambda: pa(tmp_path / "ours")) as output:
        address = ears.speakers[-1].address
        await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        await daemon_that_dies(tmp_path / "theirs", address, "short")
        await ears.until(lambda: len(ears.pages(address)) == 2)
        await ears.until(lambda: len(ears.pages(address)[1]) == len(ears.pages(address)[0]))


async def test_a_page_of_the_next_daemon_silences_what_the_dead_one_left(tmp_path: Path) -> None:
    async with RtpEars() as ears:
        address = ears.speakers[-1].address
        await daemon_that_dies(tmp_path, address, "long")
        await ears.until(lambda: len(ears.pages(address)) == 1)
        async with opened(lambda: pa(tmp_path)) as output:
            report = await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        assert report.finished
        assert len(ears.pages(address)) == 2
        assert not ears.mixed(address)


async def test_a_stop_of_the_next_daemon_silences_what_the_dead_one_left(tmp_path: Path) -> None:
    async with RtpEars() as ears:
        address = ears.speakers[-1].address
        await daemon_that_dies(tmp_path, address, "long")
        await ears.until(lambda: len(ears.pages(address)) == 1)
        async with opened(lambda: pa(tmp_path)) as output:
            await output.stop(ears.speakers[-1:])
            await output.page(ears.speakers[:1], SHORT, 10, nothing)
            said = len(ears.pages(address)[0])
            await output.page(ears.speakers[:1], SHORT, 10, nothing)
            assert len(ears.pages(address)[0]) == said


async def test_a_card_that_is_not_there_is_said_before_and_at_the_page(tmp_path: Path) -> None:
    async with opened(lambda: pa(tmp_path, interface="203.0.113.7")) as output:
        health = await output.check()
        assert not health.well
        assert "203.0.113.7" in health.text
        with pytest.raises(TryAgain, match="Not one packet left"):
            await output.page([speaker("yard", "239.255.10.9:5004")], SHORT, 10, nothing)


async def test_a_page_before_opening_or_after_closing_says_so(tmp_path: Path) -> None:
    output = pa(tmp_path)
    await output.prepare(SHORT)
    with pytest.raises(TryAgain, match="not open"):
        await output.page([speaker("yard", "239.255.10.9:5004")], SHORT, 10, nothing)


async def test_closing_tells_whoever_waits_that_nobody_counts_the_rest(tmp_path: Path) -> None:
    async with RtpEars() as ears:
        async with opened(lambda: pa(tmp_path)) as output:
            await output.page(ears.speakers[-1:], SHORT, 10, nothing)
            page = asyncio.create_task(output.page(ears.speakers[-1:], SHORT, 10, nothing))
            # Past the first heartbeat that counts it, so that there is something to report.
            await ears.until(lambda: len(ears.listener.streams()) == 2 and ears.listener.streams()[1].packets > 20)
        report = await page
        assert not report.finished
        assert "nobody counts it" in report.detail
        whole = len(ears.pages(ears.speakers[-1].address)[0])
        await ears.until(lambda: len(ears.pages(ears.speakers[-1].address)[1]) == whole)


def test_the_pacing_process_needs_nothing_but_the_standard_library() -> None:
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(PROGRAM.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("239.10.0.1", "group and port"),
        ("239.10.0.1:0", "group and port"),
        ("239.10.0.1:70000", "group and port"),
        ("10.0.0.1:5004", "not a multicast group"),
        ("224.0.0.5:5004", "routing protocols"),
        ("speakers.example:5004", "not an IPv4 address"),
    ],
)
def test_an_address_that_is_no_group_is_refused_in_words(address: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        group_of(address)


def test_one_spelling_per_group() -> None:
    groups, faults = groups_of([speaker("a", " 239.10.0.1:05004"), speaker("b", "239.10.0.1:5004")])
    assert (groups, faults) == (["239.10.0.1:5004"], [])


async def test_a_page_on_no_usable_address_says_which_is_wrong(tmp_path: Path) -> None:
    async with opened(lambda: pa(tmp_path)) as output:
        with pytest.raises(WillNotWork, match="speaker yard") as raised:
            await output.page([speaker("yard", "10.0.0.1:5004")], SHORT, 10, nothing)
        assert raised.value.reason is Reason.BAD_ADDRESS


@pytest.mark.parametrize(
    "settings",
    [{"interface": "eth0"}, {"ttl": 256}, {"dscp": 64}, {"packet_ms": 25}, {"payload_type": 128}, {"tll": 3}],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(settings)


def test_a_page_of_which_every_tenth_packet_was_lost_is_not_finished() -> None:
    report = report_of([Ended("239.10.0.1:5004", How.PLAYED, 90, 10, 40.0, "No buffer space available")], [], 0)
    assert not report.finished
    assert "10 packets" in report.detail


def test_a_page_of_which_one_packet_was_lost_is_finished_and_says_so() -> None:
    report = report_of([Ended("239.10.0.1:5004", How.PLAYED, 99, 1, 40.0, "No buffer space available")], [], 0)
    assert report.finished
    assert "1 packets" in report.detail
