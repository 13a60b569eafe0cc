"""SMS over Twilio against its double: the suite that every channel keeps, and what is peculiar to Twilio."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from notifier.campus import twilio_server
from notifier.campus.sms_model import Course, Fault
from notifier.channels.twilio import Settings, TwilioSms
from notifier.channels.twilio.codes import CODES, Later
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, CanBeAsked, CanBePolled, TakesCallbacks
from notifier.model.delivery import DeliveryState, DeliveryWord, Purpose
from notifier.model.message import Message
from notifier.model.segments import parts
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from tests.channels.twilio_far_end import OURS, PUBLIC, TwilioFarEnd

ADA = "+15550100142"
SERVICE = f"MG{5:032x}"


def words(text: str = "Lockdown! Locks, lights, out of sight.", *, drill: bool = False) -> Message:
    return Message("Lockdown", text, "en", Purpose.EMERGENCY, drill)


@pytest.fixture
async def far() -> AsyncIterator[TwilioFarEnd]:
    async with TwilioFarEnd() as far:
        yield far


@pytest.fixture
async def channel(far: TwilioFarEnd):
    async with opened(far) as channel:
        yield channel


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: TwilioFarEnd) -> None:
    await promise(far.make, far)


async def test_it_can_be_asked_polled_and_called(channel) -> None:
    assert isinstance(channel, CanBeAsked)
    assert isinstance(channel, CanBePolled)
    assert isinstance(channel, TakesCallbacks)


@asynccontextmanager
async def opened(far: TwilioFarEnd, **settings: object) -> AsyncIterator[TwilioSms]:
    channel = far.make(**settings)
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


# ------------------------------------------------------------------------------------------------- what leaves us


async def form_of(far: TwilioFarEnd, monkeypatch, **settings: object) -> dict[str, str]:
    """The form fields of one message, from the bytes that reached the double."""
    bodies = []
    create = far.server._create
    monkeypatch.setattr(far.server, "_create", lambda body: bodies.append(body) or create(body))
    async with opened(far, **settings) as channel:
        await channel.send(ADA, words(), "d1")
    return dict(parse_qsl(bodies[0].decode()))


async def test_a_message_names_its_sender_its_limit_and_where_to_report(far: TwilioFarEnd, monkeypatch) -> None:
    assert await form_of(far, monkeypatch, validity="20m") == {
        "To": ADA,
        "From": OURS,
        "Body": "Lockdown! Locks, lights, out of sight.",
        "ValidityPeriod": "1200",
        "StatusCallback": f"{PUBLIC}/webhooks/sms_main/status",
    }


async def test_a_service_may_not_respell_the_words(far: TwilioFarEnd, monkeypatch) -> None:
    form = await form_of(far, monkeypatch, from_number=None, messaging_service_sid=SERVICE)
    assert (form["MessagingServiceSid"], form["SmartEncoded"]) == (SERVICE, "false")
    assert "From" not in form


async def test_without_a_public_address_no_report_is_asked_for(monkeypatch) -> None:
    async with TwilioFarEnd(public_url=None) as far:
        assert "StatusCallback" not in await form_of(far, monkeypatch)


async def test_reports_can_be_switched_off(far: TwilioFarEnd, monkeypatch) -> None:
    assert "StatusCallback" not in await form_of(far, monkeypatch, status_callback=False)


async def test_a_service_that_has_not_counted_yet_still_costs_what_we_count(far: TwilioFarEnd) -> None:
    async with opened(far, from_number=None, messaging_service_sid=SERVICE) as channel:
        receipt = await channel.send(ADA, words("x" * 161), "d1")
    assert receipt.segments == 2 == channel.segments(words("x" * 161))


async def test_a_drill_says_so_in_every_segment_that_is_counted(channel, far: TwilioFarEnd) -> None:
    drill = words("Stay where you are and wait for the next message. " * 8, drill=True)
    receipt = await channel.send(ADA, drill, "d1")
    body = far.taken()[-1].text
    assert len(parts(body)) == receipt.segments == channel.segments(drill) == 3
    assert all("DRILL" in part for part in parts(body))


async def test_messages_one_after_another_share_a_connection(channel, far: TwilioFarEnd) -> None:
    for number in range(20):
        await channel.send(ADA, words(), f"d{number}")
    assert len(far.server._runner.server.connections) == 1


async def test_a_fan_out_hands_over_every_message_once(far: TwilioFarEnd) -> None:
    async with opened(far, timeout="20s", connect_timeout="20s") as channel:
        people = [f"+1555010{number:04}" for number in range(300, 700)]
        receipts = await asyncio.gather(*(channel.send(person, words(), person) for person in people))
    assert sorted(taken.address for taken in far.taken()) == people
    assert len({receipt.ref for receipt in receipts}) == len(people)


async def test_surroundings_cannot_lead_it_to_another_host(far: TwilioFarEnd, monkeypatch) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    async with opened(far) as channel:
        await channel.send(ADA, words(), "d1")
    assert len(far.taken()) == 1


# ------------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("code", [code for code in CODES if 20429 < code < 30000])
async def test_each_refusal_has_its_reason(code: int, channel, far: TwilioFarEnd) -> None:
    far.model.phone(ADA).code = code
    with pytest.raises(WillNotWork) as error:
        await channel.send(ADA, words(), "d1")
    assert error.value.reason is CODES[code][0]
    assert str(code) in str(error.value)


async def test_a_refusal_that_nobody_knows_is_for_good(channel, far: TwilioFarEnd) -> None:
    far.model.phone(ADA).code = 29999
    with pytest.raises(WillNotWork) as error:
        await channel.send(ADA, words(), "d1")
    assert error.value.reason is Reason.REFUSED


@pytest.mark.parametrize(
    ("meaning", "kind"),
    [("sender_fault", WillNotWork), ("try_again", TryAgain), ("unknown", OutcomeUnknown)],
)
async def test_settings_overrule_what_a_code_means(meaning: str, kind: type[AdapterError], far: TwilioFarEnd) -> None:
    far.model.phone(ADA).code = 21211
    async with opened(far, codes={21211: meaning}) as channel:
        with pytest.raises(kind) as error:
            await channel.send(ADA, words(), "d1")
    assert getattr(error.value, "reason", None) in {Reason.SENDER_FAULT, None}


async def test_after_stop_this_sender_is_refused_and_start_lifts_it(channel, far: TwilioFarEnd) -> None:
    far.server.person_texts(ADA, "Stop")
    with pytest.raises(WillNotWork) as error:
        await channel.send(ADA, words(), "d1")
    assert error.value.reason is Reason.OPTED_OUT
    far.server.person_texts(ADA, "START")
    await channel.send(ADA, words(), "d2")
    assert len(far.taken()) == 1


async def test_over_the_limit_is_try_again_and_nothing_was_taken(channel, far: TwilioFarEnd) -> None:
    far.model.limit, far.model.burst = 1.0, 0.0
    await channel.send(ADA, words("x" * 1000), "d1")
    with pytest.raises(TryAgain) as error:
        await channel.send(ADA, words(), "d2")
    assert error.value.after == far.model.retry_after
    assert len(far.taken()) == 1


async def test_a_connection_that_does_not_come_about_left_nothing(far: TwilioFarEnd) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, socket.socket() as first, socket.socket() as second:
        # Its queue is full, so further callers hear nothing at all.
        for caller in (first, second):
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        async with opened(far, api_url=f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout="3s") as channel:
            with pytest.raises(TryAgain):
                await channel.send(ADA, words(), "d1")


async def test_a_suspended_account_is_not_well(channel, far: TwilioFarEnd, monkeypatch) -> None:
    plain = twilio_server._json
    monkeypatch.setattr(twilio_server, "_json", lambda said, status=200: plain({**said, "status": "suspended"}, status))
    health = await channel.check()
    assert not health.well
    assert "suspended" in health.text


async def test_an_address_that_is_not_twilio_is_not_well(far: TwilioFarEnd) -> None:
    far.model.fault = Fault.NONSENSE
    async with opened(far) as channel:
        health = await channel.check()
    assert not health.well
    assert "api_url" in health.text


# ------------------------------------------------------------------------------------------------- asking


async def test_an_attempt_that_still_waits_at_twilio_is_found(channel, far: TwilioFarEnd) -> None:
    """It has no DateSent yet, so a list narrowed by that would hide it and the message would go twice."""
    far.model.course = Course(sending=3600.0)
    receipt = await channel.send(ADA, words(), "d1")
    answer, found = await channel.find(ADA, words(), "d1", sent_after=0)
    assert (answer, found.ref, found.state) == (Ask3.FOUND, receipt.ref, DeliveryState.SENT)


async def test_what_is_found_says_how_far_it_came(channel, far: TwilioFarEnd) -> None:
    far.model.phone(ADA).code = 30005
    await channel.send(ADA, words(), "d1")
    far.model.advance(far.server._clock.now() + 10)
    _, found = await channel.find(ADA, words(), "d1", sent_after=0)
    assert found.state is DeliveryState.FAILED


@pytest.mark.parametrize(
    ("address", "text", "hours_later"),
    [("+15550100143", None, 0), (ADA, "Other words", 0), (ADA, None, 1)],
    ids=["to another person", "with other words", "from long before"],
)
async def test_a_message_that_is_not_this_one_is_not_found(
    channel, far: TwilioFarEnd, address: str, text: str | None, hours_later: int
) -> None:
    await channel.send(ADA, words(), "d1")
    then = far.server._clock.now() + 3600 * hours_later
    answer, receipt = await channel.find(address, words(text) if text else words(), "d1", then)
    assert (answer, receipt) == (Ask3.NOT_FOUND, None)


async def test_a_text_from_the_person_is_not_taken_for_ours(channel, far: TwilioFarEnd) -> None:
    far.server.person_texts(ADA, words().text)
    assert (await channel.find(ADA, words(), "d1", 0))[0] is Ask3.NOT_FOUND


async def test_an_old_attempt_is_found_behind_many_later_ones(channel, far: TwilioFarEnd) -> None:
    receipt = await channel.send(ADA, words(), "d1")
    for number in range(120):
        far.model.submit(far.server._clock.now(), ADA, OURS, f"later {number}")
    answer, found = await channel.find(ADA, words(), "d1", 0)
    assert (answer, found.ref) == (Ask3.FOUND, receipt.ref)


async def test_more_messages_than_can_be_looked_through_are_no_proof_of_absence(
    channel, far: TwilioFarEnd, monkeypatch
) -> None:
    monkeypatch.setattr("notifier.channels.twilio.sms.MOST_ASK_PAGES", 2)
    for number in range(120):
        far.model.submit(far.server._clock.now(), ADA, OURS, f"later {number}")
    assert await channel.find(ADA, words(), "d1", 0) == (Ask3.CANNOT_SAY, None)


# ------------------------------------------------------------------------------------------------- polling


async def test_polling_brings_answers_oldest_first_and_each_status_once(channel, far: TwilioFarEnd) -> None:
    since = far.server._clock.now()
    sent = await channel.send(ADA, words(), "d1")
    far.model.advance(since + 10)
    for text in ("1", "STOP"):
        far.server.person_texts(ADA, text)

    reports, answers = await channel.poll(since)
    assert [(report.ref, report.word) for report in reports] == [(sent.ref, DeliveryWord.DELIVERED)]
    assert [(answer.address, answer.text, answer.opt_out) for answer in answers] == [
        (ADA, "1", False),
        (ADA, "STOP", True),
    ]

    reports, again = await channel.poll(since)
    assert reports == []
    assert [answer.ref for answer in again] == [answer.ref for answer in answers]


async def test_polling_says_why_a_message_failed(channel, far: TwilioFarEnd) -> None:
    since = far.server._clock.now()
    far.model.phone(ADA).code = 30003
    await channel.send(ADA, words(), "d1")
    far.model.advance(since + 10)
    (report,), _ = await channel.poll(since)
    assert (report.word, report.reason) == (DeliveryWord.FAIL, Reason.UNREACHABLE)


async def test_answers_come_through_while_statuses_cannot_be_had(channel, far: TwilioFarEnd, monkeypatch) -> None:
    since = far.server._clock.now()
    await channel.send(ADA, words(), "d1")
    far.model.advance(since + 10)
    far.server.person_texts(ADA, "2")
    listed = far.server._list

    def broken_for_statuses(query):
        if "From" in query:
            far.model.fault = Fault.BROKEN  # from the next page on
            return listed({"From": "nobody", "PageSize": "x"})
        return listed(query)

    with monkeypatch.context() as broken:
        broken.setattr(far.server, "_list", broken_for_statuses)
        reports, answers = await channel.poll(since)
        assert (reports, [answer.text for answer in answers]) == ([], ["2"])

    far.model.fault = Fault.NONE
    reports, _ = await channel.poll(since + 3600)
    assert [report.word for report in reports] == [DeliveryWord.DELIVERED]


async def test_polling_a_provider_that_is_down_says_so(channel, far: TwilioFarEnd) -> None:
    await far.stop()
    with pytest.raises(TryAgain):
        await channel.poll(0)


# ------------------------------------------------------------------------------------------------- settings


def test_settings_show_no_secret() -> None:
    settings = TwilioFarEnd().settings(auth_token="hush-hush", signing_key="quite-hush")
    assert "hush" not in f"{settings!r} {settings} {settings.auth_token}"


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"from_number": None}, "one of from_number and messaging_service_sid"),
        ({"messaging_service_sid": SERVICE}, "one of from_number and messaging_service_sid"),
        ({"from_number": "0123"}, "from_number"),
        ({"account_sid": "7"}, "account_sid"),
        ({"api_key": f"SK{1:032x}"}, "belong together"),
        ({"api_url": "https://api.twilio.com/2010-04-01"}, "api_url"),
        ({"codes": {30034: "sulk"}}, "30034"),
        ({"validity": 40000.0}, "validity"),
        ({"colour": "red"}, "colour"),
        ({"api_url": "http://twilio.example"}, "must be https"),
        ({"connect_timeout": "20s"}, "cannot be longer"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, object], complaint: str) -> None:
    far = TwilioFarEnd()
    with pytest.raises(ValidationError, match=complaint) as error:
        far.settings(**wrong)
    assert far.server.token not in str(error.value)


def test_every_overruling_word_is_known() -> None:
    for word in (*Reason, *Later):
        assert TwilioFarEnd().settings(codes={1: str(word)}).codes == {1: word}
    assert Settings.model_json_schema()
