"""Algo endpoints: their signature to the byte, and what their status lets us say."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from notifier.channels.algo import Algo, AlgoSettings, line_mac, signature
from notifier.clock import SystemClock
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import PageWords, TellsWhetherItPlays, Tools
from notifier.testing.check_speaker_channel import LONG, SHORT, SPEAKER_PROMISES, Promise, opened
from tests.channels.algo_device import PASSWORD, AlgoEars

FILES = {"attention": "attention.wav", "lockdown": "lockdown.wav"}


def algo(folder: Path, **more: Any) -> Algo:
    settings = AlgoSettings.model_validate(
        {
            "password": PASSWORD,
            "files": FILES,
            "drill_files": {"attention": "drill-attention.wav"},
            "within": "500ms",
            "look_every": "100ms",
            "assumed": "500ms",
            **more,
        }
    )
    return Algo("algo", settings, Tools(None, SystemClock(), str(folder), allow_addresses=("127.0.0.0/8",)))


def nothing() -> None: ...


@pytest.mark.parametrize("promise", SPEAKER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, tmp_path: Path) -> None:
    async with AlgoEars() as ears:
        await promise(lambda: algo(tmp_path), ears)


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example publishes the MD5 of its body and not the body."""
    published = "2e109d7aeed54a1cb04c6b72b1d854f442cf1ca15eb0af32f2512dd77ab6b330"
    parts = ("POST", "/api/controls/tone/start", "6e43c05d82f71e77c586e29edb93b129", "application/json")
    assert line_mac("algo", *parts, "1601312252", "49936") == published


def test_a_request_without_a_body_signs_no_digest() -> None:
    mac, digest = signature("algo", "GET", "/api/info/about", b"", 1601312252, "49936")
    assert (mac, digest) == (line_mac("algo", "GET", "/api/info/about", "1601312252", "49936"), "")


async def test_a_page_that_plays_is_playing_because_the_device_says_so(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        assert isinstance(output, TellsWhetherItPlays)
        heard = []
        report = await output.page(ears.speakers[:1], SHORT, 10, lambda: heard.append(ears.devices[0].on))
        assert (report.finished, heard) == (True, [True])
        reading = await output.playing(ears.speakers[0])
        assert (reading.on, reading.detail) == (False, "Current Action: Idle")


async def test_a_device_that_takes_it_and_stays_silent_is_not_called_finished(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        ears.devices[0].fault = "silent"
        report = await output.page(ears.speakers, SHORT, 10, nothing)
        assert not report.finished
        assert "never said that it plays" in report.detail
        assert report.failed == {}
        assert ears.devices[1].plays


async def test_one_dead_device_is_named_and_the_other_plays(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        ears.devices[1].fault = "reset"
        report = await output.page(ears.speakers, SHORT, 10, nothing)
        assert list(report.failed) == ["yard"]
        assert not report.finished
        assert len(ears.devices[0].plays) == 1


@pytest.mark.parametrize(
    ("fault", "raised", "said"),
    [("500", TryAgain, "answers 500"), ("slow", OutcomeUnknown, "within 0.5 s"), ("reset", OutcomeUnknown, "broke")],
)
async def test_a_device_in_trouble_is_explained(fault: str, raised: type[Exception], said: str, tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        ears.devices[1].fault = fault
        with pytest.raises(raised, match=said):
            await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        with pytest.raises(OutcomeUnknown, match="yard"):
            await output.stop(ears.speakers[-1:])
        assert (await output.playing(ears.speakers[-1])).on is None
        assert not (await output.check()).well


@pytest.mark.parametrize("wrong", ["password", "clock"])
async def test_a_wrong_password_or_clock_says_what_to_look_at(wrong: str, tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        if wrong == "password":
            ears.devices[1].password = "another"
        else:
            ears.devices[1].skew = 45.0
        with pytest.raises(WillNotWork, match="clock is within 30 s") as raised:
            await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        assert raised.value.reason is Reason.CREDENTIALS
        assert PASSWORD not in str(raised.value)


async def test_without_a_password_nothing_is_signed(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path, password=None)) as output:
        for device in ears.devices:
            device.password = None
        assert (await output.page(ears.speakers, SHORT, 10, nothing)).finished


async def test_a_drill_without_a_file_of_its_own_is_never_said_with_the_live_one(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        drill = PageWords("drill-lockdown", "lockdown", {}, {}, 1, drill=True)
        assert "drill_files" in (await output.prepare(drill))[0]
        with pytest.raises(WillNotWork, match="no drill file"):
            await output.page(ears.speakers, drill, 10, nothing)
        assert not any(device.plays for device in ears.devices)


async def test_words_of_the_moment_are_refused_or_reduced_to_a_chime_that_is_called_so(tmp_path: Path) -> None:
    live = PageWords("live-1", "attention", {"en": "Use the south exit."}, {}, 2, drill=False, live=True)
    async with AlgoEars() as ears:
        async with opened(lambda: algo(tmp_path)) as output:
            with pytest.raises(WillNotWork, match="words of the moment"):
                await output.prepare(live)
        async with opened(lambda: algo(tmp_path, files={**FILES, "live": "chime.wav"})) as output:
            assert "only their chime" in (await output.prepare(live))[0]
            report = await output.page(ears.speakers[:1], live, 10, nothing)
            assert not report.finished
            assert [name for name, _ in ears.devices[0].plays] == ["chime.wav"]


async def test_a_stop_names_every_file_and_a_stuck_speaker_is_seen_to_be_on(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        ears.devices[0].fault = "stuck"
        page = asyncio.create_task(output.page(ears.speakers[:1], LONG, 10, nothing))
        await ears.until(lambda: ears.devices[0].on)
        await output.stop(ears.speakers[:1])
        report = await page
        assert "silenced" in report.detail
        assert (await output.playing(ears.speakers[0])).on is True
        stopped = {said["path"] for path, said in ears.devices[0].asked if path.endswith("tone/stop")}
        assert stopped == {"attention.wav", "drill-attention.wav", "lockdown.wav"}


async def test_a_status_that_says_nothing_leaves_it_at_sent(tmp_path: Path) -> None:
    async with AlgoEars() as ears, opened(lambda: algo(tmp_path)) as output:
        ears.devices[1].fault = "blind"
        assert (await output.page(ears.speakers[-1:], SHORT, 10, nothing)).finished
        assert (await output.playing(ears.speakers[-1])).on is None
