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

    async def says(
        self, sid: str, digits: str = "", number: str = "+15550100001", token: str = TOKEN, *, vouched: bool = False
    ) -> str:
        """What the caller hears after pressing `digits`. `vouched`: the network says that the number is theirs."""
        fields = [("CallSid", sid), ("From", number)] + ([("Digits", digits)] if digits else [])
        fields += [("StirVerstat", "TN-Validation-Passed-A")] if vouched else []
        headers = {"X-Twilio-Signature": signature(token, URL, fields)}
        reply = await self.trigger.hook(CallbackRequest("POST", URL, headers, urlencode(fields).encode()))
        assert (reply.status, reply.content_type) == (200, "text/xml")
        return reply.body

    async def dials(self, sid: str, *keys: str, number: str = "+15550100001", vouched: bool = False) -> str:
        heard = await self.says(sid, number=number, vouched=vouched)
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


async def guess(phone: Exchange, many: int, *, first: int = 0, pin: str = "{:04}") -> list[str]:
    """So many calls, each from another number that it only says is its own, each with one wrong PIN."""
    return [
        await phone.dials(f"CG{at}", pin.format(at), number=f"+1555020{at:04}") for at in range(first, first + many)
    ]


async def test_forged_numbers_are_counted_in_all_and_a_right_pin_from_any_telephone_never_waits() -> None:
    async with exchange() as phone:
        heard = await guess(phone, 20)
        assert all("not a PIN" in words for words in heard)
        assert sum("Somebody guesses PINs" in words for words in phone.faults) == 1
        # From now on a wrong PIN sounds like a right one until the end of the call: nothing is learnt by trying.
        (guessed,) = await guess(phone, 1, first=20)
        assert guessed == await phone.dials("CR", "4711", number="+15550100077")
        assert await phone.says("CG20", "1", "+15550200020") == await phone.says("CR", "1", "+15550100077")
        assert "Nothing was started: that was not a PIN" in await phone.says("CG20", "1", "+15550200020")
        assert not phone.intake.taken
        assert "Started" in await phone.says("CR", "1", "+15550100077")
        assert "You joined" in await phone.dials("CP", "880022", "1", "1", number="+15550100078")
        phone.clock.time += 3601
        assert "not a PIN" in (await guess(phone, 1, first=30))[0]


async def test_guessing_goes_on_to_be_told_each_time_it_has_doubled() -> None:
    async with exchange() as phone:
        await guess(phone, 20)
        for at in range(20, 45):
            await phone.dials(f"C{at}", f"{at:04}", "1", "1", number=f"+1555020{at:04}")
        told = [words for words in phone.faults if "Somebody guesses PINs" in words]
        assert len(told) == 2
        assert "40 wrong PINs within the hour" in told[1]
        assert "from 40 numbers" in told[1]


async def test_short_pins_of_many_people_are_held_to_fewer_guesses_than_long_ones() -> None:
    short = {f"p{at}": Secret(f"90{at:02}") for at in range(20)}
    async with exchange(person_pins=short, site_pin=None) as phone:
        await guess(phone, 5)
        assert any("5 of the 10,000 PINs of 4 digits" in words for words in phone.faults)
        assert "For Lockdown" in (await guess(phone, 1, first=5))[0]
    long = {f"p{at}": Secret(f"9000{at:02}") for at in range(20)}
    async with exchange(person_pins=long, site_pin=None) as phone:
        await guess(phone, 6, pin="{:06}")
        assert "not a PIN" in (await guess(phone, 1, first=6, pin="{:06}"))[0]


async def test_who_forges_somebodys_number_shuts_them_out_only_where_nobody_vouches_for_it() -> None:
    own = "+15550100009"
    async with exchange() as phone:
        for call in ("CA1", "CA2"):
            await phone.dials(call, "0000", "1111", "2222", number=own)
        assert "Too many" in await phone.dials("CA3", "4711", number=own)
        assert "For Lockdown" in await phone.dials("CA4", "4711", number=own, vouched=True)


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687", "Restricted"])
async def test_callers_who_tell_no_number_do_not_shut_one_another_out(number: str) -> None:
    async with exchange() as phone:
        for call in range(4):
            await phone.dials(f"CA{call}", "0000", "1111", "2222", number=number)
        assert "For Lockdown" in await phone.dials("CB", "4711", number=number)


async def test_somebody_sure_to_call_from_their_own_number_is_told_at_once_that_they_mistyped() -> None:
    async with exchange() as phone:
        await guess(phone, 20)
        assert "not a PIN" in await phone.dials("CA", "0815", vouched=True)


async def test_a_flood_of_calls_pushes_nobody_out_who_has_shown_a_pin() -> None:
    async with exchange() as phone:
        await phone.dials("CR", "4711", "1")
        for at in range(1100):
            await phone.says(f"CF{at}", number=f"+1555030{at:04}")
        assert "Started" in await phone.says("CR", "1")


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
