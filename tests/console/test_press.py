"""The press: nothing that a device sends can keep it from being a press, and nothing but a press is one."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from notifier.console.press import NOTE_LIMIT
from notifier.errors import StoreGone
from tests.console.school import INCIDENT, School, open_school


async def test_a_buttons_press_carries_its_own_playbook_and_zone(school: School) -> None:
    status, told, _ = await school.ask("POST", await school.button())

    activation, caller = school.engine.presses[0]
    assert status == 202
    assert told == {
        "activation": activation.id, "incident": INCIDENT, "code": "7F3K", "joined": False, "recorded": True,
        "troubles": [],
    }  # fmt: skip
    assert (activation.source, activation.playbook, activation.zone, activation.drill) == (
        "button:office", "lockdown", "front", False,
    )  # fmt: skip
    assert (caller.id, activation.presser) == ("button:office", "Front office")


async def test_an_account_presses_what_it_names(school: School) -> None:
    press = {"playbook": "hold", "zone": "north", "note": "smoke", "pressed_at": 1790000000}
    headers = {**await school.token("press"), "Idempotency-Key": "k-1"}
    status, _, _ = await school.ask("POST", "/api/v1/activations", headers, json=press)

    activation, _ = school.engine.presses[0]
    assert status == 202
    assert (activation.playbook, activation.zone, activation.note) == ("hold", "north", "smoke")
    assert (activation.pressed_at, activation.dedupe, activation.problems) == (1790000000.0, "k-1", ())


async def test_a_device_with_a_token_has_its_own_to_fall_back_to(school: School) -> None:
    secret = (await school.button()).rpartition("/")[2]
    headers = {"Authorization": f"Bearer {secret}"}
    await school.ask("POST", "/api/v1/activations", headers, json={"playbook": 7, "zone": ["north"]})

    activation, _ = school.engine.presses[0]
    assert (activation.source, activation.playbook, activation.zone) == ("button:office", "lockdown", "front")
    assert any("playbook 7" in one for one in activation.problems)
    assert any("zone" in one for one in activation.problems)


@pytest.mark.parametrize("by_token", [True, False])
async def test_a_button_presses_what_it_was_enrolled_for_whatever_it_says(school: School, by_token: bool) -> None:
    path, headers = await school.button(), {}
    if by_token:
        path, headers = "/api/v1/activations", {"Authorization": f"Bearer {path.rpartition('/')[2]}"}
    status, told, _ = await school.ask("POST", path, headers, json={"playbook": "hold", "note": "smoke"})

    activation, _ = school.engine.presses[0]
    assert (status, activation.playbook, activation.note) == (202, "lockdown", "smoke")
    assert ["'hold' is not what this button was enrolled for" in one for one in told["troubles"]] == [True]


@pytest.mark.parametrize("packing", ["gzip", "br", "something"])
async def test_a_press_whose_body_is_packed_is_a_press(school: School, packing: str) -> None:
    headers = {**await school.token("press"), "Content-Encoding": packing, "Content-Type": "application/json"}
    status, _, _ = await school.ask("POST", "/api/v1/activations", headers, data=b"\x1f\x8b and so on")
    assert status == 202
    assert any("left aside" in one for one in school.engine.presses[0][0].problems)
    assert (await school.ask("POST", await school.button(), {"Content-Encoding": packing}, data=b"\x1f\x8b"))[0] == 202


WRONG_BODIES = [
    b'{"playbook": "lockdown", "colour": "red"}',
    b'{"playbook": 12}',
    b'{"zone": {"a": 1}}',
    b'{"playbook": "LOCK DOWN!"}',
    b'{"note": 5}',
    b'{"pressed_at": "yesterday"}',
    b'{"pressed_at": true}',
    b'{"pressed_at": 1e999}',
    b'{"pressed_at": NaN}',
    b'{"pressed_at": "2026-10-01T10:00:00"}',
    b'{"zone": "a", "zone": "b"}',
    b'{"drill": true}',
    b'{"playbook": ' + b"[" * 900 + b"]" * 900 + b"}",
    b"[" * 8000,
    b"{",
    b"help",
    b"null",
    b"[]",
    b"\xff\xfe\x00",
    b'{"note": "' + b"x" * 20_000 + b'"}',
]


@pytest.mark.parametrize("body", WRONG_BODIES, ids=lambda body: ascii(body[:24]))
async def test_a_press_is_never_refused_for_its_content_and_what_was_wrong_is_named(
    school: School, body: bytes
) -> None:
    headers = {**await school.token("press"), "Content-Type": "application/json"}
    status, told, _ = await school.ask("POST", "/api/v1/activations", headers, data=body)
    assert status == 202
    assert len(school.engine.presses) == 1
    assert school.engine.presses[0][0].problems != ()
    assert told["troubles"] == list(school.engine.presses[0][0].problems)


@pytest.mark.parametrize("body", WRONG_BODIES, ids=lambda body: ascii(body[:24]))
async def test_a_buttons_press_is_never_refused_for_its_content(school: School, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    status, _, _ = await school.ask("POST", await school.button() + "?battery=12&battery=13", headers, data=body)
    assert status == 202
    assert school.engine.presses[0][0].playbook


async def test_a_live_press_is_never_made_a_drill_by_its_body(school: School) -> None:
    await school.ask("POST", "/api/v1/activations", await school.token("press"), json={"drill": True})
    assert school.engine.presses[0][0].drill is False


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
async def test_what_a_dumb_button_tells_of_itself_is_no_trouble(school: School, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    await school.ask("POST", await school.button(), headers, data=b"battery=80&name=Ann")
    assert school.engine.presses[0][0].problems == ()


async def test_a_note_keeps_what_can_be_kept(school: School) -> None:
    note = "\ud800\x00" + "é" * 2100
    headers = {**await school.token("press"), "Content-Type": "application/json"}
    await school.ask("POST", "/api/v1/activations", headers, data=json.dumps({"note": note}).encode())
    kept = school.engine.presses[0][0].note
    assert len(kept) == NOTE_LIMIT
    kept.encode()
    assert "\x00" not in kept


async def test_a_strange_idempotency_key_stays_one_and_the_same(school: School) -> None:
    headers = {**await school.token("press"), "Idempotency-Key": "k" * 4000}
    for _ in range(2):
        await school.ask("POST", "/api/v1/activations", headers)
    keys = {activation.dedupe for activation, _ in school.engine.presses}
    assert len(keys) == 1
    assert len(keys.pop()) == 64


async def raw(school: School, data: bytes, *, then_close: bool = False) -> bytes:
    place = urlsplit(school.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(data)
    await writer.drain()
    if then_close:
        writer.close()
        return b""
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


async def test_a_press_whose_body_never_comes_is_a_press(school: School) -> None:
    path = await school.button()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{{"
    answer = await raw(school, head.encode())
    assert answer.startswith(b"HTTP/1.1 202")
    assert "left aside" in school.engine.presses[0][0].problems[0]


async def test_a_press_whose_device_dies_at_once_is_a_press(school: School) -> None:
    pressed = asyncio.Event()
    record = school.engine.presses.append
    school.engine.presses = Recorder(record, pressed)
    path = await school.button()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"
    await raw(school, head.encode(), then_close=True)
    async with asyncio.timeout(10):
        await pressed.wait()


class Recorder(list[Any]):
    def __init__(self, record: Any, pressed: asyncio.Event) -> None:
        super().__init__()
        self._record, self._pressed = record, pressed

    def append(self, one: Any) -> None:
        self._record(one)
        self._pressed.set()


async def test_a_client_that_waits_to_be_told_to_go_on_is_told(school: School) -> None:
    path = await school.button()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    assert (await raw(school, head.encode())).startswith(b"HTTP/1.1 100")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("button", ["office", "getter"])
async def test_opening_a_buttons_address_in_a_browser_is_no_press(school: School, method: str, button: str) -> None:
    headers = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate"}
    status, text, response = await school.ask(method, await school.button(button), headers)
    assert (status, response.content_type, school.engine.presses) == (200, "text/html", [])
    assert method == "HEAD" or "Nothing was started" in text


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X-Moz": "prefetch"}),
        ("GET", {"X-Purpose": "preview", "Purpose": "preview"}),
        ("GET", {"Sec-Fetch-Mode": "navigate"}),
        ("GET", {"Accept": "text/html"}),
    ],
)
async def test_what_machines_do_by_themselves_is_no_press(school: School, method: str, headers: dict[str, str]) -> None:
    status, _, _ = await school.ask(method, await school.button("getter"), headers)
    assert (status, school.engine.presses) == (200, [])


async def test_a_button_enrolled_for_it_presses_with_get_from_its_network(school: School) -> None:
    status, _, _ = await school.ask("GET", await school.button("getter"))
    assert status == 202
    assert school.engine.presses[0][0].source == "button:getter"


@pytest.mark.parametrize(("button", "status"), [("office", 405), ("far", 403), ("nowhere", 403)])
async def test_no_other_button_presses_with_get(school: School, button: str, status: int) -> None:
    told, problem, _ = await school.ask("GET", await school.button(button))
    assert (told, school.engine.presses) == (status, [])
    assert "site file" in problem["detail"]


async def test_nobody_can_claim_to_press_from_the_named_network(school: School) -> None:
    headers = {"X-Forwarded-For": "10.9.0.7"}
    status, _, _ = await school.ask("GET", await school.button("far"), headers)
    assert (status, school.engine.presses) == (403, [])


async def test_behind_a_named_proxy_the_network_is_the_clients(tmp_path: Path) -> None:
    async with open_school(tmp_path, settings={"behind_proxy": ["127.0.0.0/8"]}) as school:
        far = await school.button("far")
        assert (await school.ask("GET", far, {"X-Forwarded-For": "10.9.0.7"}))[0] == 202
        assert (await school.ask("GET", far, {"X-Forwarded-For": "10.9.0.7, 192.0.2.1"}))[0] == 403
        assert (await school.ask("GET", far, {"X-Forwarded-For": "nonsense"}))[0] == 403


async def test_a_named_proxy_that_speaks_tls_has_browsers_told_to_keep_to_it(tmp_path: Path) -> None:
    told = {"X-Forwarded-Proto": "https"}
    async with open_school(tmp_path, settings={"behind_proxy": ["127.0.0.0/8"]}) as school:
        headers = await school.cookie("commander")
        for path in ("/sign-in", "/api/v1/events"):
            for sent, promised in ((told, "max-age=31536000"), ({}, None), ({"X-Forwarded-Proto": "http"}, None)):
                async with school.http.get(school.url + path, headers=headers | sent) as response:
                    assert response.headers.get("Strict-Transport-Security") == promised
    async with open_school(tmp_path) as school, school.http.get(f"{school.url}/sign-in", headers=told) as response:
        assert "Strict-Transport-Security" not in response.headers, "anybody may write that header"


async def test_an_unknown_secret_is_no_press(school: School) -> None:
    for method in ("GET", "POST"):
        status, problem, _ = await school.ask(method, "/press/" + "x" * 32)
        assert (status, school.engine.presses) == (404, [])
        assert "enrol" in problem["detail"]


async def test_a_revoked_button_presses_no_more(school: School) -> None:
    path = await school.button()
    status, _, _ = await school.ask("DELETE", "/api/v1/buttons/office", await school.token("administrator"))
    assert status == 200
    assert (await school.ask("POST", path))[0] == 404


async def test_a_press_that_cannot_be_taken_says_so(school: School) -> None:
    school.engine.raises = StoreGone("disk")
    status, problem, _ = await school.ask("POST", await school.button())
    assert status == 503
    assert "Try again" in problem["advice"]


async def test_a_drill_is_another_route_with_another_right(school: School) -> None:
    drill = {"playbook": "lockdown"}
    assert (await school.ask("POST", "/api/v1/drills", await school.token("press"), json=drill))[0] == 403
    assert (await school.ask("POST", "/api/v1/activations", await school.token("drill"), json=drill))[0] == 403
    assert school.engine.presses == []
    assert (await school.ask("POST", "/api/v1/drills", await school.token("drill"), json=drill))[0] == 202
    assert school.engine.presses[0][0].drill is True


async def test_a_drill_is_refused_for_its_content(school: School) -> None:
    headers = await school.token("drill")
    for wrong in ({"playbook": "lockdown", "color": 1}, {"playbook": 3}, {}):
        assert (await school.ask("POST", "/api/v1/drills", headers, json=wrong))[0] == 422
    assert school.engine.presses == []
