"""Push and e-mail without a socket keep the same promises as the real channels, and phones do as scripted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from notifier.campus.in_process_push import PushPhone, SimEmail, SimPush, SimSettings
from notifier.campus.mail_model import MailFault, MailModel
from notifier.campus.ntfy_model import NtfyModel, PushFault
from notifier.clock import SystemClock
from notifier.errors import OutcomeUnknown, TryAgain
from notifier.interfaces import Tools
from notifier.model.delivery import Purpose
from notifier.model.message import Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from notifier.testing.far_end import Far, FarEnd, Taken
from tests.campus.hand_clock import HandClock

LINK = "https://school.example/r/Zk3vR8mTq1"


class PushFar(FarEnd):
    good_address, bad_address = "ada-lovelace-Qx7Lp2", "not a topic"
    busy_delay = 7.0

    def __init__(self) -> None:
        self.model = NtfyModel(SystemClock())

    async def start(self) -> None:
        self.model.down = False

    async def stop(self) -> None:
        self.model.down = True

    def behave(self, how: Far) -> None:
        self.model.heal()
        if how is not Far.WELL:
            self.model.order(PushFault(str(how)))

    def taken(self) -> Sequence[Taken]:
        return [Taken(message.topic, message.message, message.title) for message in self.model.published]


class MailFar(FarEnd):
    good_address, bad_address = "ada@school.example", "nobody.here@school.example"

    def __init__(self) -> None:
        self.model = MailModel(unknown={"nobody.here@school.example"})

    async def start(self) -> None:
        self.model.down = False

    async def stop(self) -> None:
        self.model.down = True

    def behave(self, how: Far) -> None:
        self.model.heal()
        if how is not Far.WELL:
            self.model.order(MailFault(str(how)))

    def taken(self) -> Sequence[Taken]:
        return [Taken(letter.recipients[0], letter.text, letter.subject) for letter in self.model.letters]


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(None, SystemClock(), str(tmp_path))


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_push_without_a_socket_keeps(promise: Promise, tools: Tools) -> None:
    async with PushFar() as far:
        await promise(lambda: SimPush("push", SimSettings(patience=0.1), tools, far.model), far)


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_mail_without_a_socket_keeps(promise: Promise, tools: Tools) -> None:
    async with MailFar() as far:
        await promise(lambda: SimEmail("mail", SimSettings(patience=0.1), tools, far.model), far)


class Taps:
    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []

    async def __call__(self, link: str, answer: str) -> None:
        self.given.append((link, answer))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def words(**more: object) -> Message:
    said = {"title": "Lockdown", "text": "Locks, lights.", "language": "en", "link": LINK}
    return Message(**{**said, "purpose": Purpose.EMERGENCY, "drill": False, **more})  # type: ignore[arg-type]  # the fields are of many types


async def test_a_phone_taps_the_link_when_its_owner_would(clock: HandClock, tools: Tools) -> None:
    model, taps = NtfyModel(clock), Taps()
    phone = PushPhone("ada", model, clock, taps).replies("safe", after=40, to="Lockdown")
    channel = SimPush("push", SimSettings(), Tools(None, clock, tools.state_dir), model)
    await channel.send("ada", words(title="Hold", text="Stay."), "d0")
    await channel.send("ben", words(), "d1")
    await channel.send("ada", words(), "d2")
    assert taps.given == []
    started = clock.now()
    await phone.answered()
    assert taps.given == [(LINK, "safe")]
    assert clock.now() - started == 40
    assert [push.message for push in phone.received] == ["Stay.", "Locks, lights."]


async def test_a_phone_answers_once_per_line_of_its_script_and_not_without_a_link(
    clock: HandClock, tools: Tools
) -> None:
    model, taps = NtfyModel(clock), Taps()
    phone = PushPhone("ada", model, clock, taps).replies("need_help").replies("safe")
    channel = SimPush("push", SimSettings(), Tools(None, clock, tools.state_dir), model)
    for link in ("", LINK, LINK, LINK):
        await channel.send("ada", words(link=link), "d")
        await clock.sleep(1)
    await phone.answered()
    assert taps.given == [(LINK, "need_help"), (LINK, "safe")]


async def test_a_hang_takes_the_clocks_time_not_ours(clock: HandClock, tools: Tools) -> None:
    model = NtfyModel(clock)
    channel = SimPush("push", SimSettings(patience=3600.0), Tools(None, clock, tools.state_dir), model)
    model.order(PushFault.TAKES_AND_HANGS)
    started = clock.now()
    with pytest.raises(OutcomeUnknown):
        await channel.send("ada", words(), "d1")
    assert clock.now() - started == 3600
    assert len(model.inbox("ada")) == 1


async def test_a_bucket_fills_again_in_the_clocks_time(clock: HandClock, tools: Tools) -> None:
    model = NtfyModel(clock, bucket=1)
    channel = SimPush("push", SimSettings(), Tools(None, clock, tools.state_dir), model)
    await channel.send("ada", words(), "d1")
    with pytest.raises(TryAgain):
        await channel.send("ada", words(), "d2")
    await clock.sleep(5)
    await channel.send("ada", words(), "d3")
    assert len(model.published) == 2
