"""A message whose outcome is not known: the provider is asked first, so that nobody gets an SMS twice."""

import pytest

from notifier.model.settings import Sender
from notifier.testing.story import SENDERS, story

TWO_SMS = {**SENDERS, "sms2": Sender(channel="twilio", uplink="internet")}
EVERYBODY = ("Ada", "Ben", "Carla", "Kim", "Lee", "Officer Diaz")


@pytest.mark.parametrize("senders", [SENDERS, TWO_SMS], ids=["one sender", "two senders"])
async def test_messages_that_were_taken_and_never_confirmed_are_found_and_not_repeated(
    senders: dict[str, Sender],
) -> None:
    async with story(senders=senders) as campus:
        campus.sender("sms").takes_and_hangs()
        await campus.press("front-office")
        await campus.advance("4s")
        campus.sender("sms").recovers()
        await campus.advance("50s")
        for name in EVERYBODY:
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        states = {row["state"] for row in campus.log.deliveries(kind="sms")}
        assert states <= {"sent", "delivered", "read"}, states


@pytest.mark.parametrize("senders", [SENDERS, TWO_SMS], ids=["one sender", "two senders"])
async def test_messages_that_were_never_taken_are_sent_once_the_provider_says_so(senders: dict[str, Sender]) -> None:
    async with story(senders=senders) as campus:
        campus.sender("sms").hangs()
        await campus.press("front-office")
        await campus.advance("6s")
        campus.sender("sms").recovers()
        await campus.advance("49s")
        for name in EVERYBODY:
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)


async def test_a_provider_that_never_says_anything_again_is_left_for_another() -> None:
    async with story(senders=TWO_SMS) as campus:
        campus.sender("sms").hangs()
        await campus.press("front-office")
        await campus.advance("55s")
        for name in EVERYBODY:
            campus.phone(name).has("LOCKDOWN", by="sms")


async def test_push_that_was_taken_is_found_by_its_own_id() -> None:
    async with story() as campus:
        campus.sender("push").takes_and_hangs()
        await campus.press("front-office")
        await campus.advance("4s")
        campus.sender("push").recovers()
        await campus.advance("50s")
        campus.phone("Ben").has("LOCKDOWN", by="push", times=1)
