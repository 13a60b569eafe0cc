"""A response by telephone: signed by the provider, a PIN, a choice, a confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from notifier.errors import Refused
from notifier.interfaces import CallbackRequest, TriggerTools
from notifier.model.settings import Secret
from notifier.model.site import TriggerEntry
from notifier.testing.check_trigger import Intake
from notifier.triggers.phone_in import PhoneIn, PhoneInSettings, signature
from tests.campus.hand_clock import HandClock

TOKEN, URL = "0123456789abcdef0123456789abcdef", "https://alerts.example.org/hooks/phone"
MENU = {
    "1": {"playbook": "lockdown"},
    "2": {"playbook": "medical", "zone": "north"},
    "9": {"playbook": "hold", "drill": True},
}


@dataclass
class Exchange:
    trigger: PhoneIn
    intake: Intake
    clock: HandClock
    faults: list[str] = field(default_factory=list)

    async def says(self, sid: str, digits: str = "", number: str = "+15550100001", token: str = TOKEN) -> str:
        """What the caller hears after pressing `digits`."""
        fields = [("CallSid", sid), ("From", number)] + ([("Digits", digits)] if digits else [])
        headers = {"X-Twilio-Signature": signature(token, URL, fields)}
        reply = await self.trigger.hook(CallbackRequest("POST", URL, headers, urlencode(fields).encode()))
        assert (reply.status, reply.content_type) == (200, "text/xml")
        return reply.body

    async def dials(self, sid: str, *keys: str, number: str = "+15550100001") -> str:
        heard = await self.says(sid, number=number)
        for digits in keys:
            heard = await self.says(sid, digits, number)
        return heard


@asynccontextmanager
async def exchange(**settings: Any) -> AsyncIterator[Exchange]:
    intake, clock = Intake(), HandClock()
    own = {"auth_token": Secret(TOKEN), "site_pin": Secret("4711"), "person_pins": {"ada": Secret("880022")}}
    made = Exchange(None, intake, clock)  # type: ignore[arg-type] # it needs the list of faults first
    tools = TriggerTools(
        clock=clock, state_dir="", button=lambda name: None, person={"ada": "Ada Abara"}.get,
        playbook={"lockdown": "Lockdown", "medical": "Medical <team>"}.get, well=lambda well, text: None,
        seen=lambda seen: None, fault=lambda device, text: made.faults.append(text),
    )  # fmt: skip
    entry = TriggerEntry(id="phone", driver="phone_in", zone="office")
    made.trigger = PhoneIn(entry, PhoneInSettings.model_validate({**own, "choices": MENU, **settings}), tools)
    task = asyncio.ensure_future(made.trigger.listen(intake.press))
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_pin_a_choice_and_the_same_digit_again_start_it_in_a_persons_name() -> None:
    async with exchange() as phone:
        assert "Enter your PIN" in await phone.says("CA1")
        assert "For Lockdown, press 1" in await phone.says("CA1", "880022")
        assert "Press 1 again" in await phone.says("CA1", "1")
        assert not phone.intake.taken
        assert "The incident is A 3 C D" in await phone.says("CA1", "1")
        (pressed,) = phone.intake.taken
        assert (pressed.source, pressed.playbook, pressed.zone, pressed.drill) == (
            "phone:ada",
            "lockdown",
            "office",
            False,
        )
        assert pressed.presser == "Ada Abara by telephone"


async def test_the_pin_of_the_site_shows_the_end_of_the_number_only() -> None:
    async with exchange() as phone:
        await phone.dials("CA1", "4711", "2", "2")
        assert phone.intake.taken[0].presser == "a call from …0001 by telephone"
        assert phone.intake.taken[0].zone == "north"


async def test_another_digit_goes_back_and_starts_nothing() -> None:
    async with exchange() as phone:
        assert "Nothing was started" in await phone.dials("CA1", "4711", "1", "2")
        assert not phone.intake.taken


async def test_a_drill_only_where_it_is_written() -> None:
    async with exchange() as phone:
        assert "a drill" in await phone.dials("CA1", "4711", "9")
        await phone.says("CA1", "9")
        assert phone.intake.taken[0].drill


async def test_words_from_files_cannot_break_the_answer() -> None:
    async with exchange() as phone:
        assert "Medical &lt;team&gt;" in await phone.dials("CA1", "4711")


async def test_who_guesses_is_shut_out_and_nobody_else_waits() -> None:
    async with exchange() as phone:
        for call in ("CA1", "CA2"):
            heard = await phone.dials(call, "0000", "1111", "2222", number="+15550109999")
            assert "<Hangup/>" in heard
        assert "Too many" in await phone.dials("CA3", "4711", number="+15550109999")
        assert "For Lockdown" in await phone.dials("CA4", "4711")
        assert phone.faults
        phone.clock.time += 901
        assert "For Lockdown" in await phone.dials("CA5", "4711", number="+15550109999")


async def test_what_the_provider_did_not_sign_is_refused() -> None:
    async with exchange() as phone:
        with pytest.raises(Refused, match="not signed"):
            await phone.says("CA1", token="f" * 32)


@pytest.mark.parametrize("pin", ["?", "", "123"])
async def test_a_missing_or_short_pin_lets_nobody_in(pin: str) -> None:
    async with exchange(site_pin=Secret(pin), person_pins={}) as phone:
        assert "not a PIN" in await phone.dials("CA1", pin or "0")


def test_a_pin_that_is_written_out_is_refused() -> None:
    with pytest.raises(ValueError, match="a PIN is a secret"):
        PhoneInSettings.model_validate({"auth_token": Secret(TOKEN), "choices": MENU, "person_pins": {"ada": "1234"}})


async def test_a_refused_press_is_said() -> None:
    async with exchange() as phone:
        phone.intake.refuses = Refused("A live incident is running.", 409)
        assert "Not started. A live incident" in await phone.dials("CA1", "4711", "9", "9")


@pytest.mark.parametrize(
    ("body", "given", "words"),
    [
        (b"&".join(b"a%d=" % number for number in range(201)), "x", "more fields"),
        (b"Digits=" + b"1" * 65_536, "x", "longer than any"),
        (b"CallSid=C1", "\udcff", "not signed"),
    ],
)
async def test_a_strangers_form_costs_little_and_is_no_fault_of_ours(body: bytes, given: str, words: str) -> None:
    async with exchange() as made:
        with pytest.raises(Refused, match=words):
            await made.trigger.hook(CallbackRequest("POST", URL, {"X-Twilio-Signature": given}, body))
        assert not made.intake.taken
