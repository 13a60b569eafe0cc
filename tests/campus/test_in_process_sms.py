"""The in-process skin keeps the same promises as the real channel, and lives in virtual time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from notifier.campus.in_process_sms import SimSms, SimSmsSettings
from notifier.campus.sms_model import Course, Fault, Habit, SmsModel
from notifier.clock import Clock, SystemClock
from notifier.errors import OutcomeUnknown, Reason, TryAgain
from notifier.interfaces import CallbackReply, Tools
from notifier.model.delivery import DeliveryWord, Purpose
from notifier.model.message import Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from tests.campus.hand_clock import HandClock
from tests.channels.twilio_far_end import InProcessFarEnd

ADA = "+15550100142"
WORDS = Message("Lockdown", "Lockdown! Reply 1 if you are safe.", "en", Purpose.EMERGENCY, drill=False)


def sim(model: SmsModel, clock: Clock, told: list[CallbackReply], patience: float = 0.05) -> SimSms:
    tools = Tools(http=None, clock=clock, state_dir="")
    return SimSms("sms_sim", SimSmsSettings(patience=patience), tools, model, told.append)


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise) -> None:
    async with InProcessFarEnd() as far:
        await promise(lambda: sim(far.model, SystemClock(), []), far)


class Virtual:
    def __init__(self) -> None:
        self.clock, self.model = HandClock(), SmsModel()
        self.told: list[CallbackReply] = []
        self.channel = sim(self.model, self.clock, self.told, patience=30.0)

    async def comes_to_rest(self) -> None:
        while self.model.due() is not None:  # noqa: ASYNC110  # a turn of the loop is all it takes
            await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
async def virtual() -> AsyncIterator[Virtual]:
    virtual = Virtual()
    await virtual.channel.open()
    yield virtual
    await virtual.channel.close()


async def test_an_hour_of_silence_and_a_late_answer_take_no_real_time(virtual: Virtual) -> None:
    virtual.model.course = Course(1, 2, 60)
    virtual.model.phone(ADA).will_reply("1", after=3600)
    start = virtual.clock.now()
    receipt = await virtual.channel.send(ADA, WORDS, "d1")
    await virtual.comes_to_rest()

    reports = [report for reply in virtual.told for report in reply.reports]
    texts = [came for reply in virtual.told for came in reply.inbound]
    assert [(report.ref, report.word) for report in reports] == [
        (receipt.ref, DeliveryWord.ACCEPTED),
        (receipt.ref, DeliveryWord.ACCEPTED),
        (receipt.ref, DeliveryWord.DELIVERED),
    ]
    assert [(came.address, came.text) for came in texts] == [(ADA, "1")]
    assert virtual.clock.now() - start == 3660


async def test_a_hang_lasts_as_long_as_its_patience(virtual: Virtual) -> None:
    virtual.model.fault = Fault.HANGS
    start = virtual.clock.now()
    with pytest.raises(OutcomeUnknown):
        await virtual.channel.send(ADA, WORDS, "d1")
    assert virtual.clock.now() - start == 30


async def test_a_person_who_opts_out_is_heard_once(virtual: Virtual) -> None:
    virtual.channel.person_texts(ADA, "STOP")
    await virtual.comes_to_rest()
    ((came,),) = [reply.inbound for reply in virtual.told]
    assert (came.address, came.opt_out) == (ADA, True)


async def test_a_dead_number_is_reported_with_its_reason(virtual: Virtual) -> None:
    virtual.model.phone(ADA).code = 30005
    virtual.model.habit = Habit(late={"sending": 5, "sent": 5})
    await virtual.channel.send(ADA, WORDS, "d1")
    await virtual.comes_to_rest()
    first = virtual.told[0].reports[0]
    assert (first.word, first.reason) == (DeliveryWord.FAIL, Reason.BAD_ADDRESS)


async def test_what_is_due_earlier_than_the_last_sleep_is_not_slept_through() -> None:
    """On a clock that really waits, the second message must not wait for the first one's hour."""
    channel = sim(SmsModel(), SystemClock(), told := [])
    channel.model.course = Course(3600, 3600, 3600)
    await channel.open()
    await channel.send(ADA, WORDS, "d1")
    await asyncio.sleep(0)
    channel.person_texts(ADA, "1")
    async with asyncio.timeout(5):
        while not told:  # noqa: ASYNC110  # the callback is a plain list, and one turn of the loop is enough
            await asyncio.sleep(0)
    await channel.close()
    assert told[0].inbound[0].text == "1"


async def test_over_the_limit_it_says_how_long_to_wait(virtual: Virtual) -> None:
    virtual.model.limit, virtual.model.burst, virtual.model.retry_after = 0.001, 0.0, 9
    await virtual.channel.send(ADA, WORDS, "d1")
    with pytest.raises(TryAgain) as error:
        await virtual.channel.send(ADA, WORDS, "d2")
    assert error.value.after == 9
