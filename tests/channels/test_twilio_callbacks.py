"""What Twilio posts to us: believed only when signed, read as it was meant, and never able to upset us."""

import asyncio
import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Self
from urllib.parse import urlencode

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from notifier.campus.sms_model import Course, Habit
from notifier.channels.twilio.callbacks import LONGEST_BODY, Callbacks
from notifier.channels.twilio.settings import Settings
from notifier.channels.twilio.signature import signature, signed_by
from notifier.errors import Reason, Refused, WillNotWork
from notifier.interfaces import CallbackReply, CallbackRequest
from notifier.model.delivery import DeliveryState, DeliveryWord, Inbound, Purpose, Report, later_news
from notifier.model.message import Message
from tests.channels.twilio_far_end import OURS, TwilioFarEnd

ACCOUNT, TOKEN = f"AC{7:032x}", "an invented token"
URL = "https://school.example/webhooks/sms_main/inbound"
SID = f"SM{9:032x}"
ADA = "+15550100142"

SETTINGS = Settings.model_validate({"account_sid": ACCOUNT, "auth_token": TOKEN, "from_number": OURS})
CALLBACKS = Callbacks(SETTINGS)
TEXTED = {"AccountSid": ACCOUNT, "MessageSid": SID, "From": ADA, "To": OURS, "Body": "1"}


def form(fields: dict[str, str] | list[tuple[str, str]], url: str = URL, token: str = TOKEN, **more) -> CallbackRequest:
    pairs = list(fields.items()) if isinstance(fields, dict) else fields
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature(token, url, pairs),
    }
    return CallbackRequest(
        **{"method": "POST", "url": url, "headers": headers, "body": urlencode(pairs).encode()} | more
    )


def texted(body: str, **more: str) -> Inbound:
    (came,) = CALLBACKS.inbound(form(TEXTED | {"Body": body} | more)).inbound
    return came


def refusal(request: CallbackRequest) -> int:
    with pytest.raises(Refused) as error:
        CALLBACKS.inbound(request)
    return error.value.status


# ------------------------------------------------------------------------------------------------- the signature

VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}


def test_the_published_example_is_signed_as_published() -> None:
    assert signature("12345", VECTOR_URL, VECTOR.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize("signed", ["https://a.example/x?b=1", "https://a.example:443/x?b=1"])
@pytest.mark.parametrize("seen", ["https://a.example/x?b=1", "https://a.example:443/x?b=1"])
def test_a_port_may_stand_in_the_url_on_either_side(signed: str, seen: str) -> None:
    assert signed_by(TOKEN, signature(TOKEN, signed, ()), seen, ())


@pytest.mark.parametrize(
    "seen", ["http://a.example/x?b=1", "https://b.example/x?b=1", "https://a.example/y?b=1", "https://a.example/x?b=2"]
)
def test_another_url_is_not_what_was_signed(seen: str) -> None:
    assert not signed_by(TOKEN, signature(TOKEN, "https://a.example/x?b=1", ()), seen, ())


def test_an_unusual_port_is_part_of_what_was_signed() -> None:
    url = "https://[2001:db8::1]:8443/x"
    assert signed_by(TOKEN, signature(TOKEN, url, ()), url, ())
    assert not signed_by(TOKEN, signature(TOKEN, "https://[2001:db8::1]:9443/x", ()), url, ())


@pytest.mark.parametrize(
    "changed",
    [
        {"body": urlencode(TEXTED | {"Body": "2"}).encode()},
        {"body": urlencode(TEXTED | {"More": ""}).encode()},
        {"url": URL + "?x=1"},
        {"headers": {}},
        {"headers": {"X-Twilio-Signature": ""}},
        {"headers": {"X-Twilio-Signature": "ключ"}},
        {"headers": {"X-Twilio-Signature": "\udcff", "Content-Type": "\udcff"}},
        {"url": URL + "?\udcff"},
    ],
)
def test_what_was_changed_on_the_way_is_refused(changed: dict[str, object]) -> None:
    assert refusal(dataclasses.replace(form(TEXTED), **changed)) == 403


def test_another_token_is_refused() -> None:
    assert refusal(form(TEXTED, token="guessed")) == 403


def test_another_account_is_refused_though_signed() -> None:
    assert refusal(form(TEXTED | {"AccountSid": f"AC{8:032x}"})) == 403


def test_header_names_come_in_any_case() -> None:
    request = form(TEXTED)
    headers = {name.upper(): value for name, value in request.headers.items()}
    assert len(CALLBACKS.inbound(form(TEXTED, headers=headers)).inbound) == 1


def shared_key_request(key: str, algorithm: str = "HMAC_SHA256") -> CallbackRequest:
    headers = {
        "X-Twilio-Webhooks-Signature-Settings": f"key=webhooks_1,algorithm={algorithm}",
        "X-Twilio-Signature": signature(key, URL, TEXTED.items(), "sha256"),
    }
    return form(TEXTED, headers=headers)


def test_a_shared_webhook_key_signs_with_sha256() -> None:
    callbacks = Callbacks(SETTINGS.model_copy(update={"signing_key": SETTINGS.auth_token}))
    assert len(callbacks.inbound(shared_key_request(TOKEN)).inbound) == 1
    with pytest.raises(Refused):
        callbacks.inbound(shared_key_request("guessed"))


@pytest.mark.parametrize("algorithm", ["HMAC_SHA256", "HMAC_MD5", "none"])
def test_an_algorithm_without_its_key_is_refused(algorithm: str) -> None:
    assert refusal(shared_key_request("", algorithm)) == 403


def json_request(body: bytes, claimed: bytes | None = None) -> CallbackRequest:
    url = f"{URL}?bodySHA256={hashlib.sha256(body if claimed is None else claimed).hexdigest()}"
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature(TOKEN, url, ())}
    return CallbackRequest("POST", url, headers, body)


def test_a_json_body_is_signed_by_its_hash_in_the_url() -> None:
    body = json.dumps(TEXTED).encode()
    assert CALLBACKS.inbound(json_request(body)).inbound[0].text == "1"
    assert refusal(json_request(body.replace(b'"1"', b'"2"'), claimed=body)) == 403


def test_a_json_body_without_a_hash_is_refused() -> None:
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature(TOKEN, URL, ())}
    assert refusal(CallbackRequest("POST", URL, headers, json.dumps(TEXTED).encode())) == 403


# ------------------------------------------------------------------------------------------------- what people text


def test_an_answer_is_read_with_its_number_and_its_id() -> None:
    reply = CALLBACKS.inbound(form(TEXTED | {"Body": "¡Sí! 1"}))
    assert reply.inbound == (Inbound("sms", ADA, "¡Sí! 1", SID),)
    assert (reply.status, reply.content_type, reply.body[-11:]) == (200, "text/xml", "<Response/>")


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop. ", "StopAll", "UNSUBSCRIBE", "cancel", "END", "quit"])
def test_words_that_twilio_acts_on_are_opt_outs(word: str) -> None:
    came = texted(word)
    assert (came.opt_out, came.opt_in, came.text) == (True, False, word)


@pytest.mark.parametrize("text", ["please stop the shooter", "the end", "1", "", "stop 1"])
def test_a_sentence_is_no_opt_out(text: str) -> None:
    assert not texted(text).opt_out


@pytest.mark.parametrize(
    ("kind", "out", "back"), [("STOP", True, False), ("START", False, True), ("HELP", False, False)]
)
def test_what_twilio_says_about_opting_out_counts(kind: str, out: bool, back: bool) -> None:
    came = texted("BASTA", OptOutType=kind)
    assert (came.opt_out, came.opt_in) == (out, back)


def test_a_picture_without_words_is_a_sign_of_life() -> None:
    fields = {name: value for name, value in TEXTED.items() if name != "Body"}
    assert CALLBACKS.inbound(form(fields | {"NumMedia": "1"})).inbound[0].text == ""


# ------------------------------------------------------------------------------------------------- what became of it


def test_what_no_store_takes_is_left_out() -> None:
    assert texted("a\x00b").text == "ab"
    body = json.dumps(TEXTED | {"Body": "half \ud83d a sign"}).encode()
    assert CALLBACKS.inbound(json_request(body)).inbound[0].text == "half ? a sign"


def status(**fields: str) -> CallbackReply:
    return CALLBACKS.status(form({"AccountSid": ACCOUNT, "MessageSid": SID} | fields))


@pytest.mark.parametrize(
    ("said", "word"),
    [("queued", "accepted"), ("sent", "accepted"), ("delivered", "delivered"), ("read", "read"), ("canceled", "fail")],
)
def test_a_status_is_read(said: str, word: str) -> None:
    (report,) = status(MessageStatus=said).reports
    assert (report.ref, report.word) == (SID, DeliveryWord(word))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("30003", Reason.UNREACHABLE),
        ("30005", Reason.BAD_ADDRESS),
        ("30034", Reason.SENDER_FAULT),
        ("30007", Reason.FILTERED),
        ("99999", Reason.UNREACHABLE),
        ("", Reason.UNREACHABLE),
        ("²", Reason.UNREACHABLE),
        ("9" * 5000, Reason.UNREACHABLE),
    ],
)
def test_a_failure_has_a_reason(code: str, reason: Reason) -> None:
    (report,) = status(MessageStatus="undelivered", ErrorCode=code).reports
    assert (report.word, report.reason) == (DeliveryWord.FAIL, reason)


def test_settings_overrule_the_reason() -> None:
    settings = SETTINGS.model_copy(update={"codes": {30003: Reason.BAD_ADDRESS}})
    fields = {"AccountSid": ACCOUNT, "MessageSid": SID, "MessageStatus": "failed", "ErrorCode": "30003"}
    assert Callbacks(settings).status(form(fields)).reports[0].reason is Reason.BAD_ADDRESS


def test_a_status_that_nobody_knows_says_nothing_and_is_taken() -> None:
    assert status(MessageStatus="teleported") == CallbackReply()


# ------------------------------------------------------------------------------------------------- hostile bodies


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_a_missing_field_is_refused(missing: str) -> None:
    assert refusal(form({name: value for name, value in TEXTED.items() if name != missing})) == 400


@pytest.mark.parametrize("field", ["Body", "From", "MessageSid", "AccountSid"])
def test_a_doubled_field_is_refused(field: str) -> None:
    assert refusal(form([*TEXTED.items(), (field, TEXTED[field] + "0")])) == 400


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({"body": b"x" * (LONGEST_BODY + 1)}, 413),
        ({"body": b"Body=%ff%fe"}, 400),
        ({"body": "Body=ü".encode()}, 400),
        ({"body": b"&".join(b"a=1" for _ in range(1000))}, 400),
        ({"method": "GET"}, 405),
        ({"body": b""}, 403),
        ({"body": b"[" * 60_000, "headers": {"Content-Type": "application/json"}}, 400),
    ],
)
def test_what_cannot_be_twilios_is_refused_cleanly(changed: dict[str, object], answer: int) -> None:
    assert refusal(form(TEXTED, **changed)) == answer


@pytest.mark.parametrize("source", ["", "x" * 100, "+1555\n0100", "<script>", "+1 555 0100; DROP"])
def test_a_number_that_is_none_is_refused(source: str) -> None:
    assert refusal(form(TEXTED | {"From": source})) == 400


anything = st.builds(
    CallbackRequest,
    method=st.sampled_from(["POST", "GET", "POST "]),
    url=st.text(max_size=80) | st.sampled_from([URL, "https://[", "https://a:99999/", f"{URL}?bodySHA256=0"]),
    headers=st.dictionaries(
        st.sampled_from(["Content-Type", "X-Twilio-Signature", "x-twilio-webhooks-signature-settings", "Host"]),
        st.text(max_size=60) | st.sampled_from(["application/json", "key=k,algorithm=HMAC_SHA256", "algorithm="]),
    ),
    body=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: json.dumps({"Body": text}).encode()),
)


@given(anything)
def test_whatever_is_not_signed_is_refused_and_nothing_else(request: CallbackRequest) -> None:
    for read in CALLBACKS.mounted().values():
        with pytest.raises(Refused):
            read(request)


names = st.sampled_from([*TEXTED, "MessageStatus", "ErrorCode", "OptOutType", "SmsSid"]) | st.text(max_size=12)
values = st.text(max_size=200) | st.sampled_from([*TEXTED.values(), "delivered", "failed", "30003", "STOP"])


@given(st.lists(st.tuples(names, values), max_size=20))
def test_whatever_is_signed_is_read_or_refused(more: list[tuple[str, str]]) -> None:
    """Also when the token has leaked: no field can bring the daemon down."""
    clean = [(name, value) for name, value in more if not any("\ud800" <= ch <= "\udfff" for ch in name + value)]
    for pairs in (clean, [*TEXTED.items(), *clean]):
        for read in CALLBACKS.mounted().values():
            with contextlib.suppress(Refused):
                assert len(read(form(pairs)).body) < 100


# ------------------------------------------------------------------------------------------------- both ends together


class School:
    """The part of a console that hands callbacks over, behind a proxy that Twilio's double can reach."""

    def __init__(self, far: TwilioFarEnd) -> None:
        self.channel = far.make()
        self.replies: list[CallbackReply] = []
        self.heard = asyncio.Condition()
        far.server.inbound_url = f"{far.public_url}/webhooks/sms_main/inbound"
        far.server._reach = lambda url: url.replace(str(far.public_url), self.local)

    async def take(self, request: web.BaseRequest) -> web.Response:
        read = self.channel.callbacks()[request.path.rpartition("/")[2]]
        url = f"https://school.example{request.raw_path}"
        reply = read(CallbackRequest(request.method, url, request.headers, await request.read()))
        async with self.heard:
            self.replies.append(reply)
            self.heard.notify_all()
        return web.Response(text=reply.body, content_type=reply.content_type, status=reply.status)

    async def hears(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10), self.heard:
            await self.heard.wait_for(condition)

    @property
    def reports(self) -> list[Report]:
        return [report for reply in self.replies for report in reply.reports]

    @property
    def texts(self) -> list[Inbound]:
        return [came for reply in self.replies for came in reply.inbound]

    async def __aenter__(self) -> Self:
        self.runner = web.ServerRunner(web.Server(self.take))
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.local = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        await self.channel.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.channel.close()
        await self.runner.cleanup()


WORDS = Message("Lockdown", "Lockdown! Reply 1 if you are safe.", "en", Purpose.EMERGENCY, drill=False)


@pytest.mark.parametrize(
    "habit",
    [Habit(), Habit(twice=True), Habit(late={"sent": 0.05, "sending": 0.1})],
    ids=["plain", "twice", "out of order"],
)
async def test_a_delivered_message_stays_delivered_however_reports_arrive(habit: Habit) -> None:
    async with TwilioFarEnd() as far, School(far) as school:
        far.model.habit, far.model.course = habit, Course(0.0, 0.01, 0.02)
        receipt = await school.channel.send(ADA, WORDS, "d1")
        await school.hears(lambda: len(school.reports) == (6 if habit.twice else 3))

        state = receipt.state
        for report in school.reports:
            state = later_news(state, report.word) or state
        assert state is DeliveryState.DELIVERED
        assert {report.ref for report in school.reports} == {receipt.ref}


async def test_a_person_reads_the_message_and_the_reply_comes_home() -> None:
    async with TwilioFarEnd() as far, School(far) as school:
        far.model.phone(ADA).will_reply("1", after=0.01, when="Lockdown")
        await school.channel.send(ADA, WORDS, "d1")
        arrival = await far.server.arrives(ADA, "Reply 1")
        await school.hears(lambda: school.texts)
        assert [(came.address, came.text) for came in school.texts] == [(ADA, "1")]
        assert arrival.sender == OURS


async def test_a_message_that_dies_on_the_way_is_reported_failed() -> None:
    async with TwilioFarEnd() as far, School(far) as school:
        far.model.phone(ADA).code = 30034
        receipt = await school.channel.send(ADA, WORDS, "d1")
        await school.hears(lambda: any(report.word is DeliveryWord.FAIL for report in school.reports))
        (failed,) = [report for report in school.reports if report.word is DeliveryWord.FAIL]
        assert (failed.ref, failed.reason) == (receipt.ref, Reason.SENDER_FAULT)


async def test_an_opt_out_comes_home_and_later_messages_are_refused() -> None:
    async with TwilioFarEnd() as far, School(far) as school:
        far.server.person_texts(ADA, "Stop")
        await school.hears(lambda: school.texts)
        assert school.texts[0].opt_out
        with pytest.raises(WillNotWork) as error:
            await school.channel.send(ADA, WORDS, "d1")
        assert error.value.reason is Reason.OPTED_OUT
