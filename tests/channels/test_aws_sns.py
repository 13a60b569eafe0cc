"""SMS over SNS against moto: the suite that every channel keeps, and what is peculiar to SNS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError

from notifier.channels.aws_sns import AwsSns
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import CanBeAsked
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.message import Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from tests.channels.sns_far_end import OPTED_OUT, SnsFarEnd

ADA = "+15550100142"


def words(text: str = "Lockdown! Locks, lights, out of sight.", *, drill: bool = False) -> Message:
    return Message("Lockdown", text, "en", Purpose.EMERGENCY, drill)


@pytest.fixture
async def far() -> AsyncIterator[SnsFarEnd]:
    async with SnsFarEnd() as far:
        yield far


@asynccontextmanager
async def opened(far: SnsFarEnd, **settings: object) -> AsyncIterator[AwsSns]:
    channel = far.make(**settings)
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: SnsFarEnd) -> None:
    await promise(far.make, far)


async def test_a_message_leaves_as_transactional_under_its_sender_id_and_number(far: SnsFarEnd) -> None:
    async with opened(far, sender_id="MAPLEWOOD", origination_number="+15550100001", max_price=0.5) as channel:
        receipt = await channel.send(ADA, words(), "d1")
    form = far.forms[-1]
    names = {key: value for key, value in form.items() if key.endswith(".Name")}
    said = {
        value: (form[key.replace("Name", "Value.DataType")], form[key.replace("Name", "Value.StringValue")])
        for key, value in names.items()
    }
    assert said == {
        "AWS.SNS.SMS.SMSType": ("String", "Transactional"),
        "AWS.SNS.SMS.SenderID": ("String", "MAPLEWOOD"),
        "AWS.MM.SMS.OriginationNumber": ("String", "+15550100001"),
        "AWS.SNS.SMS.MaxPrice": ("Number", "0.5"),
    }
    assert (form["Action"], form["PhoneNumber"], "TopicArn" in form) == ("Publish", ADA, False)
    assert receipt.ref in far._backend.sms_messages


async def test_taken_by_sns_is_sent_and_never_more(far: SnsFarEnd) -> None:
    async with opened(far) as channel:
        receipt = await channel.send(ADA, words("x" * 200), "d1")
        assert (receipt.state, receipt.segments) == (DeliveryState.SENT, 2)
        assert not isinstance(channel, CanBeAsked)


async def test_a_person_who_told_aws_to_stop_is_opted_out_and_no_fault_of_the_sender(far: SnsFarEnd) -> None:
    async with opened(far) as channel:
        with pytest.raises(WillNotWork) as refused:
            await channel.send(OPTED_OUT, words(), "d1")
    assert refused.value.reason is Reason.OPTED_OUT


async def test_a_word_that_is_no_number_never_leaves(far: SnsFarEnd) -> None:
    async with opened(far) as channel:
        with pytest.raises(WillNotWork) as refused:
            await channel.send("arn:aws:sns:us-east-1:1:topic", words(), "d1")
    assert refused.value.reason is Reason.BAD_ADDRESS
    assert not far.forms


async def test_an_account_in_the_sandbox_is_not_well(far: SnsFarEnd) -> None:
    far.sandbox = True
    async with opened(far) as channel:
        health = await channel.check()
    assert not health.well
    assert "sandbox" in health.text


async def test_a_fan_out_hands_over_every_message_once(far: SnsFarEnd) -> None:
    people = [f"+1555010{number:04}" for number in range(300, 340)]
    async with opened(far, timeout="20s", connect_timeout="20s") as channel:
        receipts = await asyncio.gather(*(channel.send(person, words(), person) for person in people))
    assert sorted(taken.address for taken in far.taken()) == people
    assert len({receipt.ref for receipt in receipts}) == len(people)


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "virginia"},
        {"endpoint": "http://sns.example"},
        {"sender_id": "12345"},
        {"sender_id": "longer than eleven"},
        {"connect_timeout": "9s"},
    ],
)
async def test_settings_that_cannot_work_are_refused(far: SnsFarEnd, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        far.make(**wrong)
    assert "made-up" not in str(refused.value)
