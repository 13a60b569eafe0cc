"""Doors, speakers and every other channel go on as if nothing was, whatever one provider does."""

import pytest

from notifier.model.settings import Sender
from notifier.testing.story import SENDERS, story

TWO_SMS = {**SENDERS, "sms2": Sender(channel="twilio", uplink="internet")}
FAULTS = ("hangs", "fails", "takes_and_hangs", "breaks")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("sender", ["sms", "push", "email"])
async def test_the_others_are_as_quick_as_ever(sender: str, fault: str) -> None:
    async with story() as campus:
        getattr(campus.sender(sender), fault)()
        await campus.press("front-office")
        await campus.advance("1s")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.speaker("office-rooms").heard("Lockdown!")
        well = {"sms", "push", "email"} - {sender}
        for kind in well & {"sms", "push"}:
            campus.phone("Ben").has("LOCKDOWN", by=kind)
        for kind in well & {"sms", "email"}:
            campus.phone("Officer Diaz").has("LOCKDOWN", by=kind)


@pytest.mark.parametrize("fault", ["fails", "refuses_us"])
async def test_the_next_sender_takes_over_at_once(fault: str) -> None:
    async with story(senders=TWO_SMS) as campus:
        getattr(campus.sender("sms"), fault)()
        await campus.press("front-office")
        await campus.advance("1s")
        for name in ("Ben", "Ada", "Officer Diaz", "Kim"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        assert campus.sender("sms").sent() == []
        await campus.advance("10s")
        campus.log.has_trouble("sender", "sms")


async def test_a_sender_that_comes_back_is_used_again_and_its_trouble_ends() -> None:
    async with story(senders=TWO_SMS) as campus:
        campus.sender("sms").fails()
        await campus.press("front-office")
        await campus.advance("10s")
        campus.sender("sms").recovers()
        campus.sender("sms2").fails()
        await campus.advance("20s")
        await campus.person("Kim").writes("group:guardians", text="Please wait.")
        await campus.advance("30s")
        campus.phone("Gus").has("Please wait.", by="sms", times=1)
        assert campus.sender("sms").sent("Please wait.")


async def test_an_only_sender_that_is_down_for_a_while_loses_nothing() -> None:
    async with story() as campus:
        campus.sender("sms").fails()
        await campus.press("front-office")
        await campus.advance("2m")
        campus.phone("Officer Diaz").has_not("LOCKDOWN", by="sms")
        campus.sender("sms").recovers()
        await campus.advance("45s")
        for name in ("Ben", "Ada", "Carla", "Officer Diaz", "Kim"):
            campus.phone(name).has("LOCKDOWN", by="sms")
            first = "Llave, luces" if name == "Carla" else "LOCKDOWN"
            campus.phone(name).has(first, by="sms", times=1)
