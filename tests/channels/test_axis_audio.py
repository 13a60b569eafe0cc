"""Axis speakers: a live stream at the pace of speech, behind digest, one talker at a time."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notifier.channels._pa import digest
from notifier.channels._pa.digest import Challenge, NoChallenge, challenge_of
from notifier.channels.axis_audio import AxisAudio, AxisSettings
from notifier.clock import SystemClock
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import PageWords, TellsWhetherItPlays, Tools
from notifier.testing.check_speaker_channel import SHORT, SPEAKER_PROMISES, Promise, opened
from tests.channels.axis_device import PASSWORD, USER, AxisEars


def axis(folder: Path, **more: Any) -> AxisAudio:
    written = {"user": USER, "password": PASSWORD, "within": "500ms", "speech_program": "", **more}
    tools = Tools(None, SystemClock(), str(folder), allow_addresses=("127.0.0.0/8",))
    return AxisAudio("axis_audio", AxisSettings.model_validate(written), tools)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered once: what is promised here is how it leaves."""
    return tmp_path_factory.mktemp("rendered")


def nothing() -> None: ...


@pytest.mark.parametrize("promise", SPEAKER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, rendered: Path) -> None:
    async with AxisEars() as ears:
        await promise(lambda: axis(rendered), ears)


async def test_the_challenge_is_asked_for_without_a_word_and_then_kept(rendered: Path) -> None:
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        for _ in range(2):
            assert (await output.page(ears.speakers, SHORT, 10, nothing)).finished
        for device in ears.devices:
            assert device.asked == ["POST /axis-cgi/audio/transmit.cgi"] * 3
            assert len(device.plays) == 2
            assert device.plays[0] == device.plays[1]


async def test_a_challenge_that_ran_out_is_asked_for_again_next_time(rendered: Path) -> None:
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        ears.devices[1].forget_nonces()
        with pytest.raises(WillNotWork):
            await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        assert (await output.page(ears.speakers[-1:], SHORT, 10, nothing)).finished


async def test_words_of_the_moment_are_said(rendered: Path) -> None:
    live = PageWords("live-9", "attention", {}, {}, 1, drill=False, live=True)
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        await output.prepare(live)
        assert (await output.page(ears.speakers, live, 10, nothing)).finished


@pytest.mark.parametrize(
    ("fault", "raised", "said"),
    [("500", TryAgain, "answers 500"), ("slow", OutcomeUnknown, "within 0.5 s"), ("reset", OutcomeUnknown, "broke")],
)
async def test_a_device_in_trouble_is_explained_and_holds_up_no_other(
    fault: str, raised: type[Exception], said: str, rendered: Path
) -> None:
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        ears.devices[1].fault = fault
        with pytest.raises(raised, match=said):
            await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        report = await output.page(ears.speakers, SHORT, 10, nothing)
        assert (list(report.failed), report.finished) == (["yard"], False)
        assert len(ears.devices[0].plays) == 1
        assert not (await output.check()).well


async def test_a_device_that_hangs_up_in_mid_sentence_is_not_called_finished(rendered: Path) -> None:
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        ears.devices[1].fault = "hangs up"
        report = await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        assert not report.finished
        assert "broke off after" in report.detail


async def test_a_wrong_password_is_said_and_never_shown(rendered: Path) -> None:
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        ears.devices[1].password = "another"
        with pytest.raises(WillNotWork, match="Check user and password") as raised:
            await output.page(ears.speakers[-1:], SHORT, 10, nothing)
        assert raised.value.reason is Reason.CREDENTIALS
        assert PASSWORD not in str(raised.value)


async def test_a_speaker_that_is_well_says_that_it_has_audio(rendered: Path) -> None:
    async with AxisEars() as ears, opened(lambda: axis(rendered)) as output:
        await output.page(ears.speakers, SHORT, 10, nothing)
        health = await output.check()
        assert health.well
        assert "2 Axis speakers answer" in health.text
        assert not isinstance(output, TellsWhetherItPlays)


def test_the_strongest_known_challenge_is_taken_and_an_unknown_one_named() -> None:
    md5, sha = 'Digest realm="a", nonce="1", qop="auth"', 'Digest realm="a", nonce="2", qop="auth", algorithm=SHA-256'
    assert challenge_of([md5, sha]).nonce == "2"
    with pytest.raises(NoChallenge, match="switch digest on"):
        challenge_of(['Basic realm="a"'])


def test_the_answer_is_that_of_the_standards_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2617 section 3.5: MD5 with qop `auth`, as RFC 7616 keeps it."""
    monkeypatch.setattr(digest, "secrets", SimpleNamespace(token_hex=lambda _n: "0a4f113b"))
    asked = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "", "MD5", qop=True)
    answer = asked.answer("Mufasa", "Circle Of Life", "GET", "/dir/index.html")
    assert 'response="6629fae49393a05397450978507c4ef1"' in answer
