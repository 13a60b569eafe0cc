"""Calls over Twilio: the suite that every channel keeps, who has really heard it, and what a key means."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest

from notifier.campus.twilio_wire import sign
from notifier.channels.twilio_voice import TwilioVoice
from notifier.errors import Reason, Refused, TryAgain
from notifier.interfaces import CallbackRequest, CanBeAsked, CanBePolled, TakesCallbacks
from notifier.model.delivery import DeliveryState, DeliveryWord, Inbound, Purpose, Report
from notifier.model.message import Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from notifier.testing.far_end import Far
from tests.channels.voice_far_end import ACCOUNT, PUBLIC, Phone, VoiceFarEnd

ADA = "+15550100142"
FORM = "application/x-www-form-urlencoded"
LINK = "https://school.example/r/Zk3vR8mTq1"
REPLIES = {"en": "Reply 1 SAFE, 2 NEED HELP.", "es": "Responda 1 A SALVO, 2 NECESITO AYUDA."}


def words(language: str = "en", *, drill: bool = False, answers: tuple[str, ...] = ("safe", "need_help")) -> Message:
    text = f"Lockdown at Maplewood. {REPLIES[language]} {LINK}"
    return Message("Lockdown", text, language, Purpose.EMERGENCY, drill, incident="K7QM", link=LINK, answers=answers)


@pytest.fixture
async def far(tmp_path) -> AsyncIterator[VoiceFarEnd]:
    async with VoiceFarEnd(state_dir=str(tmp_path)) as far:
        yield far


@asynccontextmanager
async def opened(far: VoiceFarEnd, **settings: object) -> AsyncIterator[TwilioVoice]:
    channel = far.make(**settings)
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


async def call(far: VoiceFarEnd, phone: Phone, message: Message | None = None, **settings: object):
    far.phones[ADA] = phone
    async with opened(far, **settings) as channel:
        receipt = await channel.send(ADA, message or words(), "d1")
    assert receipt.state is DeliveryState.SENT
    return far.calls[-1]


def reports(far: VoiceFarEnd) -> list[Report]:
    return [report for _, reply in far.replies for report in reply.reports]


def inbound(far: VoiceFarEnd) -> list[Inbound]:
    return [came for _, reply in far.replies for came in reply.inbound]


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: VoiceFarEnd) -> None:
    await promise(far.make, far)


async def test_it_can_be_asked_and_called(far: VoiceFarEnd) -> None:
    assert isinstance(far.make(), CanBeAsked)
    assert isinstance(far.make(), TakesCallbacks)


async def test_the_message_is_said_twice_without_links_and_says_which_key_means_what(far: VoiceFarEnd) -> None:
    made = await call(far, Phone())
    said = ["Lockdown at Maplewood.", "Press 1 if you are safe. Press 2 if you need help."]
    assert made.said == said * 2
    assert made.locales == ["en-US"] * 4
    assert made.form["Url"].startswith(f"{PUBLIC}/webhooks/calls/talk?s=")
    assert made.form["MachineDetection"] == "DetectMessageEnd"
    assert "Maplewood" not in str(made.form)


async def test_each_language_has_its_voice(far: VoiceFarEnd) -> None:
    made = await call(far, Phone(), words("es"), voices={"es": {"locale": "es-US", "voice": "Polly.Lupe"}})
    assert made.said[1] == "Marque 1 si está a salvo. Marque 2 si necesita ayuda."
    assert made.locales[0] == "es-US"


async def test_a_drill_is_said_to_be_one_at_both_ends(far: VoiceFarEnd) -> None:
    made = await call(far, Phone(), words(drill=True))
    assert made.said[0].startswith("DRILL: Lockdown")
    assert made.said[0].endswith("(DRILL)")


async def test_a_key_is_an_answer_in_the_order_of_the_answers_for_this_incident(far: VoiceFarEnd) -> None:
    made = await call(far, Phone(keys="2"))
    assert [(came.channel, came.address, came.text) for came in inbound(far)] == [("voice", ADA, "K7QM 2")]
    assert [report.word for report in reports(far)] == [DeliveryWord.DELIVERED, DeliveryWord.READ]
    assert made.said[-1] == "You pressed 2. Thank you."


async def test_a_wrong_key_is_asked_again_and_then_passed_on(far: VoiceFarEnd) -> None:
    made = await call(far, Phone(keys="71"))
    assert [came.text for came in inbound(far)] == ["K7QM 1"]
    assert made.said.count("Lockdown at Maplewood.") == 2
    await call(far, Phone(keys="7*"))
    assert [came.text for came in inbound(far)][1:] == ["K7QM *"]


async def test_a_human_who_presses_nothing_has_got_it_and_has_not_answered(far: VoiceFarEnd) -> None:
    await call(far, Phone())
    assert [report.word for report in reports(far)] == [DeliveryWord.DELIVERED]
    assert not inbound(far)


@pytest.mark.parametrize("by", ["machine_end_beep", "machine_end_silence", "machine_start"])
async def test_a_machine_gets_the_message_without_a_question_and_it_stays_sent(far: VoiceFarEnd, by: str) -> None:
    made = await call(far, Phone(by, keys="1"))
    assert made.said == ["Lockdown at Maplewood."] * 2
    assert made.asked == 0
    assert not reports(far)
    assert not inbound(far)


async def test_nobody_says_that_it_was_a_human_so_it_stays_sent(far: VoiceFarEnd) -> None:
    made = await call(far, Phone("unknown"))
    assert made.asked == 2
    assert not reports(far)


async def test_a_machine_can_be_left_without_a_message_and_then_the_next_address_is_tried(far: VoiceFarEnd) -> None:
    made = await call(far, Phone("machine_start"), machine="hang_up")
    assert made.said == []
    assert made.form["MachineDetection"] == "Enable"
    assert [(report.word, report.reason) for report in reports(far)] == [(DeliveryWord.FAIL, Reason.UNREACHABLE)]


@pytest.mark.parametrize(
    ("by", "reason"),
    [("busy", Reason.UNREACHABLE), ("no-answer", Reason.UNREACHABLE), ("failed", Reason.BAD_ADDRESS)],
)
async def test_a_call_that_nobody_took_has_failed(far: VoiceFarEnd, by: str, reason: Reason) -> None:
    await call(far, Phone(by))
    assert [(report.word, report.reason) for report in reports(far)] == [(DeliveryWord.FAIL, reason)]


async def test_the_words_are_still_known_after_a_restart(far: VoiceFarEnd) -> None:
    made = await call(far, Phone())
    far.channel = far.make()
    twiml = await far._post(made, made.form["Url"], {"AnsweredBy": "human"})
    assert "Lockdown at Maplewood." in twiml


async def test_words_that_nobody_has_any_more_are_not_silence(far: VoiceFarEnd) -> None:
    made = await call(far, Phone())
    twiml = await far._post(made, f"{PUBLIC}/webhooks/calls/talk?s={'0' * 32}&l=es", {"AnsweredBy": "human"})
    assert "Mire sus otros mensajes" in twiml


async def test_without_a_public_address_the_words_go_along_and_no_key_is_asked_for() -> None:
    async with VoiceFarEnd(public_url=None) as far:
        made = await call(far, Phone())
    assert made.said == ["Lockdown at Maplewood."] * 2
    assert made.asked == 0
    assert "StatusCallback" not in made.form


@pytest.mark.parametrize("name", ["talk", "keys", "status"])
async def test_a_request_that_twilio_did_not_sign_says_and_changes_nothing(far: VoiceFarEnd, name: str) -> None:
    made = await call(far, Phone())
    far.sign_with = "another token"
    with pytest.raises(Refused):
        await far._post(made, made.form["Url"].replace("/talk", f"/{name}"), {"Digits": "1", "AnsweredBy": "human"})


async def test_an_address_that_was_changed_after_signing_is_refused(far: VoiceFarEnd) -> None:
    made = await call(far, Phone())
    fields = {"AccountSid": ACCOUNT, "CallSid": made.sid, "To": ADA, "Digits": "1"}
    keys = made.form["Url"].replace("/talk", "/keys")
    headers = {"X-Twilio-Signature": sign(far.token, keys, fields), "Content-Type": FORM}
    callbacks = far.make().callbacks()
    assert callbacks["keys"](CallbackRequest("POST", keys, headers, urlencode(fields).encode())).inbound
    with pytest.raises(Refused):
        callbacks["keys"](CallbackRequest("POST", f"{keys}&again=1", headers, urlencode(fields).encode()))


async def test_without_a_public_address_calls_that_nobody_took_are_asked_for_and_told_once(tmp_path) -> None:
    async with VoiceFarEnd(public_url=None, state_dir=str(tmp_path)) as far:
        far.phones[ADA] = Phone(by="no-answer")
        async with opened(far) as channel:
            assert isinstance(channel, CanBePolled)
            assert not channel.takes_replies
            missed = await channel.send(ADA, words(), "d1")
            await channel.send("+15550100143", words(), "d2")
            since = far.clock.wall().timestamp()
            news, inbound = await channel.poll(since)
            assert [(one.ref, one.word, one.reason) for one in news] == [
                (missed.ref, DeliveryWord.FAIL, Reason.UNREACHABLE)
            ]
            assert inbound == ()
            assert await channel.poll(since) == ([], ())
            far.behave(Far.HANGS)
            with pytest.raises(TryAgain):
                await channel.poll(since)
