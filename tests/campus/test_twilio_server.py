"""Twilio's double speaks as the real one does: looked at through a bare HTTP client and Twilio's own validator."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from notifier.campus.sms_model import Course, Fault
from notifier.campus.twilio_server import TwilioServer
from notifier.clock import SystemClock

OURS, ADA, BEN = "+15550100000", "+15550100142", "+15550100143"


@pytest.fixture
async def server() -> AsyncIterator[TwilioServer]:
    async with TwilioServer(SystemClock()) as server:
        server.model.course = Course(0, 0.001, 0.002)
        yield server


@pytest.fixture
async def http(server: TwilioServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": server._authorization}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=10)) as http:
        yield http


def messages(server: TwilioServer, tail: str = "") -> str:
    return f"{server.url}/2010-04-01/Accounts/{server.account}/Messages{tail}.json"


async def send(http: aiohttp.ClientSession, server: TwilioServer, to: str = ADA, **more: str) -> dict[str, Any]:
    fields = {"To": to, "From": OURS, "Body": "Lockdown"} | more
    async with http.post(messages(server), data=fields) as answer:
        assert answer.status == 201
        return dict(await answer.json())


async def test_a_message_is_answered_in_twilios_words_and_can_be_read_back(server, http) -> None:
    made = await send(http, server)
    assert (made["status"], made["direction"], made["num_segments"], made["error_code"]) == (
        "queued",
        "outbound-api",
        "1",
        None,
    )
    assert made["sid"].startswith("SM")
    assert len(made["sid"]) == 34
    assert made["date_sent"] is None
    assert made["date_created"].endswith("+0000")
    await server.arrives(ADA, "Lockdown")
    async with http.get(messages(server, f"/{made['sid']}")) as answer:
        later = await answer.json()
    assert (later["status"], later["sid"]) == ("delivered", made["sid"])
    assert later["date_sent"].endswith("+0000")


async def test_a_refusal_carries_twilios_code_and_its_telltale_sentence(server, http) -> None:
    server.model.phone(ADA).code = 21211
    async with http.post(messages(server), data={"To": ADA, "From": OURS, "Body": "x"}) as answer:
        said = await answer.json()
    assert (answer.status, said["code"], said["status"]) == (400, 21211, 400)
    assert ADA in said["message"]


async def test_a_stranger_is_not_let_in(server) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(messages(server)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, 20003)


async def test_a_list_pages_newest_first_to_its_end(server, http) -> None:
    sids = [(await send(http, server, to, Body=str(number)))["sid"] for number in range(5) for to in (ADA, BEN)]
    seen: list[str] = []
    path: str | None = f"/2010-04-01/Accounts/{server.account}/Messages.json?To=%2B{ADA[1:]}&PageSize=2"
    while path:
        async with http.get(server.url + path) as answer:
            page = await answer.json()
        seen += [message["sid"] for message in page["messages"]]
        path = page["next_page_uri"]
    assert seen == sids[::2][::-1]


@pytest.mark.parametrize(("filter_", "found"), [("DateSent>", 1), ("DateSent<", 0)])
async def test_a_list_is_narrowed_by_the_time_of_sending(server, http, filter_: str, found: int) -> None:
    await send(http, server)
    await server.arrives(ADA)
    server.model.course = Course(sending=3600)
    await send(http, server)  # not sent yet, so no time of sending matches it
    async with http.get(messages(server), params={filter_: "2020-01-01T00:00:00Z"}) as answer:
        assert len((await answer.json())["messages"]) == found


async def test_callbacks_are_signed_as_twilios_own_validator_expects(server, http) -> None:
    posts: asyncio.Queue[tuple[str, dict[str, str], str]] = asyncio.Queue()

    async def take(request: web.BaseRequest) -> web.Response:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        await posts.put((f"http://{request.host}{request.raw_path}", fields, request.headers["X-Twilio-Signature"]))
        return web.Response()

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there = f"http://127.0.0.1:{runner.addresses[0][1]}/status?site=maplewood"
    server.inbound_url = there
    try:
        made = await send(http, server, StatusCallback=there)
        server.person_texts(ADA, "¡Sí! & 100 %")
        taken = [await asyncio.wait_for(posts.get(), 10) for _ in range(4)]
    finally:
        await runner.cleanup()
    validator = RequestValidator(server.token)
    assert all(validator.validate(url, fields, signature) for url, fields, signature in taken)
    assert {fields["MessageStatus"] for _, fields, _ in taken if "MessageStatus" in fields} == {
        "sending",
        "sent",
        "delivered",
    }
    assert {fields["MessageSid"] for _, fields, _ in taken if "MessageStatus" in fields} == {made["sid"]}
    assert [fields["Body"] for _, fields, _ in taken if "Body" in fields] == ["¡Sí! & 100 %"]


async def test_a_webhook_that_nobody_answers_is_noted_and_stops_nothing(server, http) -> None:
    await send(http, server, StatusCallback="http://127.0.0.1:9/status")
    await server.arrives(ADA)
    async with asyncio.timeout(5):
        while not (server.settled and len(server.answers) == 3):  # noqa: ASYNC110  # the double offers no event for it
            await asyncio.sleep(0.001)
    assert {status for _, status in server.answers} == {0}


@pytest.mark.parametrize(("fault", "taken"), [(Fault.HANGS, 0), (Fault.TAKES_AND_HANGS, 1)])
async def test_a_hang_ends_when_the_server_is_switched_off_and_it_remembers(
    server, http, fault: Fault, taken: int
) -> None:
    server.model.fault = fault
    hanging = asyncio.ensure_future(send(http, server))
    async with asyncio.timeout(5):
        while server.requests == 0 or server.in_flight:  # noqa: ASYNC110  # the double offers no event for it
            await asyncio.sleep(0.001)
    url = server.url
    await server.stop()
    with pytest.raises(aiohttp.ClientError):
        await hanging
    server.model.fault = Fault.NONE
    await server.start()
    assert server.url == url
    async with http.get(messages(server)) as answer:
        assert len((await answer.json())["messages"]) == taken


async def test_busy_says_for_how_long(server, http) -> None:
    server.model.fault, server.model.retry_after = Fault.BUSY, 12
    async with http.post(messages(server), data={"To": ADA, "From": OURS, "Body": "x"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "12")
