"""The campus on sockets as one piece: a door, a speaker, a provider and a person answer as their real ones would."""

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from notifier.campus.campus import NUMBER, Campus
from notifier.clock import SystemClock
from notifier.model.people import Person
from notifier.model.site import Site

SITE = Site.model_validate({
    "site": "s", "name": "S", "zones": [{"id": "z"}],
    "doors": [{"id": "d1", "zone": "z", "side": "exterior", "driver": "shelly_gen2", "address": "${campus:d1}",
               "sensed_by": {"input": 0}, "egress": "mechanical"}],
    "speakers": [{"id": "s1", "zone": "z", "address": "239.255.77.1:${campus:pa_port|5004}"},
                 {"id": "s2", "zone": "z", "address": "239.255.77.2:5999"}],
})  # fmt: skip
ADA = Person("ada", "Ada", "s", addresses={"sms": "+15550100001", "push": "ada-topic", "email": "ada@s.example"})


class Daemon:
    """Stands where the daemon would: takes webhooks and answer pages, and writes down what came."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[str, str, dict[str, str]]] = asyncio.Queue()
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()} if request.method == "POST" else {}
        await self.came.put((request.method, request.path, form))
        return web.Response()


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    made = Daemon()
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def campus(daemon: Daemon) -> AsyncIterator[Campus]:
    async with Campus(SystemClock(), SITE, {"ada": ADA}) as opened:
        opened.connect(daemon.url)
        yield opened


async def test_a_door_locks_at_the_address_that_is_put_into_the_site_file(campus: Campus) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{campus.addresses['d1']}/rpc/Switch.Set?id=0&on=true") as said,
    ):
        assert said.status == 200
    now = campus.clock.now()
    assert campus.grounds.first_lock_command() == pytest.approx(now, abs=5.0)
    assert campus.grounds.secured(now + 1.0) == {"d1"}
    assert campus.grounds.unlock_commands() == []


async def test_speakers_hear_their_group_on_the_port_that_the_site_left_open(campus: Campus) -> None:
    assert campus.groups["s2"] == "239.255.77.2:5999"
    host, _, port = campus.groups["s1"].partition(":")
    assert port == campus.addresses["pa_port"]
    packet = bytes.fromhex("8080000100000000deadbeef") + b"\xff" * 160
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        sender.sendto(packet, (host, int(port)))
        await campus.speakers.until(lambda: bool(campus.speakers.streams()))
    assert [stream.group for stream in campus.speakers.streams()] == [campus.groups["s1"]]


async def test_a_person_replies_to_an_sms_and_the_reply_comes_signed_to_the_webhook(
    campus: Campus, daemon: Daemon
) -> None:
    campus.crowd["ada"].texts("1", after=0.0)
    form = {"To": "+15550100001", "From": NUMBER, "Body": "Lockdown. 1 SAFE"}
    login = {"Authorization": aiohttp.encode_basic_auth(campus.twilio.account, campus.twilio.token)}
    where = f"{campus.twilio.url}/2010-04-01/Accounts/{campus.twilio.account}/Messages.json"
    async with aiohttp.ClientSession() as http, http.post(where, data=form, headers=login) as said:
        assert said.status == 201
    method, path, came = await daemon.came.get()
    assert (method, path) == ("POST", "/webhooks/sms/inbound")
    assert (came["From"], came["Body"]) == ("+15550100001", "1")
    assert campus.crowd["ada"].got("1 SAFE", "sms")


async def test_a_person_opens_the_link_of_a_push_before_answering_on_it(campus: Campus, daemon: Daemon) -> None:
    campus.crowd["ada"].taps("safe", after=0.0, when="Lockdown")
    push = {"topic": "ada-topic", "title": "Lockdown", "message": "Out of sight", "click": f"{daemon.url}/r/token"}
    async with aiohttp.ClientSession() as http, http.post(campus.ntfy.url, json=push) as said:
        assert said.status == 200
    assert await daemon.came.get() == ("GET", "/r/token", {})
    assert await daemon.came.get() == ("POST", "/r/token", {"answer": "safe"})
    await campus.crowd.until(lambda: bool(campus.crowd["ada"].said))
    assert campus.crowd.failed == []


async def test_an_answer_that_nobody_takes_is_a_finding(campus: Campus) -> None:
    campus.crowd["ada"].taps("safe", after=0.0)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}/r/token"
    push = {"topic": "ada-topic", "message": "Out of sight", "click": dead}
    async with aiohttp.ClientSession() as http, http.post(campus.ntfy.url, json=push):
        await campus.crowd.until(lambda: bool(campus.crowd.failed))
    assert campus.crowd["ada"].said == []
    assert "Ada could not say 'safe'" in campus.crowd.failed[0]


async def test_somebody_who_looks_again_answers_what_came_before(campus: Campus, daemon: Daemon) -> None:
    push = {"topic": "ada-topic", "message": "Out of sight", "click": f"{daemon.url}/r/token"}
    async with aiohttp.ClientSession() as http, http.post(campus.ntfy.url, json=push):
        pass
    assert campus.crowd.busy == 0
    campus.crowd["ada"].taps("need_help", after=0.0)
    campus.crowd.look_again("ada")
    await daemon.came.get()
    assert await daemon.came.get() == ("POST", "/r/token", {"answer": "need_help"})
