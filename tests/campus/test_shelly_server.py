"""The campus speaks Shelly Gen2 on the wire, so that a driver that works here has a chance at a real device."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from notifier.campus.digest_guard import DigestGuard, Verdict, _hash
from notifier.campus.door_model import DoorModel, Output
from notifier.campus.relay_device import RelayDevice, Wire
from notifier.campus.shelly_server import ShellyServer
from tests.campus.hand_clock import HandClock


@pytest.fixture
async def server() -> AsyncIterator[ShellyServer]:
    async with ShellyServer(HandClock()) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_method_is_reached_in_all_three_ways(server: ShellyServer, http: aiohttp.ClientSession) -> None:
    device = RelayDevice("shellyplus1-01", {0: Output()})
    url = server.add(device)
    async with http.get(f"{url}/rpc/Switch.Set?id=0&on=true") as reply:
        assert await reply.json() == {"was_on": False}
    async with http.post(f"{url}/rpc/Switch.Set", json={"id": 0, "on": True}) as reply:
        assert await reply.json() == {"was_on": True}
    frame = {"id": 7, "src": "me", "method": "Switch.Set", "params": {"id": 0, "on": False}}
    async with http.post(f"{url}/rpc", json=frame) as reply:
        assert await reply.json() == {"id": 7, "src": "shellyplus1-01", "dst": "me", "result": {"was_on": True}}
    assert [seen.on for seen in device.requests] == [True, True, False]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Switch.Set?id=4&on=true", 500, -105),
        ("Switch.Set?id=0", 500, -103),
        ("Switch.Set?on=true", 500, -103),
        ("Input.GetStatus?id=5", 500, -105),
        ("Door.Lock?id=0", 404, 404),
    ],
)
async def test_faults_have_the_devices_own_codes(
    server: ShellyServer, http: aiohttp.ClientSession, path: str, status: int, code: int
) -> None:
    url = server.add(RelayDevice("shellyplus1-01", {0: DoorModel()}))
    async with http.get(f"{url}/rpc/{path}") as reply:
        assert (reply.status, (await reply.json())["code"]) == (status, code)
    method, _, _ = path.partition("?")
    async with http.post(f"{url}/rpc", json={"id": 1, "method": method, "params": {"id": 9}}) as reply:
        assert reply.status == 200
        assert (await reply.json())["error"]["code"] < 0 or code == 404


async def test_status_shows_every_relay_and_every_input(server: ShellyServer, http: aiohttp.ClientSession) -> None:
    url = server.add(RelayDevice("shellypro4-01", {0: DoorModel(), 1: Output(on=True)}, {7: None}))
    async with http.get(f"{url}/rpc/Shelly.GetStatus") as reply:
        found = await reply.json()
    assert (found["switch:0"]["output"], found["switch:1"]["output"]) == (False, True)
    assert (found["input:0"]["state"], found["input:7"]["state"]) == (False, None)


async def test_a_password_guards_everything_but_who_the_device_is(
    server: ShellyServer, http: aiohttp.ClientSession
) -> None:
    url = server.add(RelayDevice("shellyplus1-01", {0: Output()}, password="p"))
    for path in ("shelly", "rpc/Shelly.GetDeviceInfo"):
        async with http.get(f"{url}/{path}") as reply:
            assert (await reply.json())["auth_en"] is True
    async with http.get(f"{url}/rpc/Switch.Set?id=0&on=true") as reply:
        assert reply.status == 401
        assert 'qop="auth", realm="shellyplus1-01"' in reply.headers["WWW-Authenticate"]
        assert "algorithm=SHA-256" in reply.headers["WWW-Authenticate"]


async def test_many_devices_share_one_server_and_are_not_mixed_up(
    server: ShellyServer, http: aiohttp.ClientSession
) -> None:
    devices = [RelayDevice(f"shellyplus1-{number}", {0: Output()}) for number in range(40)]
    urls = [server.add(device) for device in devices]
    async with http.get(f"{urls[17]}/rpc/Switch.Set?id=0&on=true") as reply:
        assert reply.status == 200
    assert [device.id for device in devices if device.requests] == ["shellyplus1-17"]
    assert devices[17].last_request_at == server.clock.now()


async def test_an_unplugged_device_refuses_connections_and_comes_back_on_the_same_port(
    server: ShellyServer, http: aiohttp.ClientSession
) -> None:
    device, other = RelayDevice("a", {0: Output()}), RelayDevice("b", {0: Output()})
    url, other_url = server.add(device), server.add(other)
    async with http.get(f"{url}/shelly") as reply:
        assert reply.status == 200
    device.set_wire(Wire.UNPLUGGED)
    with pytest.raises(aiohttp.ClientConnectorError):
        await http.get(f"{url}/shelly")
    async with http.get(f"{other_url}/shelly") as reply:
        assert reply.status == 200
    device.set_wire(Wire.WELL)
    async with http.get(f"{url}/shelly") as reply:
        assert reply.status == 200


async def test_a_reply_may_break_off_after_the_deed_is_done(server: ShellyServer, http: aiohttp.ClientSession) -> None:
    device = RelayDevice("a", {0: Output()}, wire=Wire.RESET)
    url = server.add(device)
    with pytest.raises(aiohttp.ClientPayloadError):
        async with http.get(f"{url}/rpc/Switch.Set?id=0&on=true") as reply:
            await reply.read()
    assert device.outputs[0].on(0.0)


def test_an_answer_to_a_challenge_is_taken_once() -> None:
    guard = DigestGuard("shellyplus1-01")
    nonce = guard.challenge().split('nonce="')[1].split('"')[0]
    uri = "/rpc/Switch.Set?id=0&on=true"

    def answered(count: str, password: str = "p") -> str:
        ha1, ha2 = _hash(f"admin:shellyplus1-01:{password}"), _hash(f"GET:{uri}")
        response = _hash(f"{ha1}:{nonce}:{count}:c0:auth:{ha2}")
        return (
            f'Digest username="admin", realm="shellyplus1-01", nonce="{nonce}", uri="{uri}", '
            f'qop=auth, nc={count}, cnonce="c0", response="{response}", algorithm=SHA-256'
        )

    assert guard.judge(answered("00000001", "wrong"), "GET", uri, "p") is Verdict.REFUSED
    assert guard.judge(answered("00000001"), "GET", uri, "p") is Verdict.ACCEPTED
    assert guard.judge(answered("00000001"), "GET", uri, "p") is Verdict.STALE
    assert guard.judge(answered("00000002"), "GET", "/rpc/Switch.Set?id=0&on=false", "p") is Verdict.REFUSED
    assert guard.judge(answered("00000002"), "POST", uri, "p") is Verdict.REFUSED
    assert guard.judge(answered("00000002"), "GET", uri, "p") is Verdict.ACCEPTED
    assert guard.judge(None, "GET", uri, "p") is Verdict.REFUSED
    guard.forget_nonces()
    assert guard.judge(answered("00000003"), "GET", uri, "p") is Verdict.STALE
