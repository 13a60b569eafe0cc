"""Live streams: nothing missed, nothing twice, nobody held up by a slow reader, nobody who lost the right."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from notifier.console.parts import StreamLimits
from notifier.model.events import EventKind
from tests.console.school import INCIDENT, School, open_school


async def messages(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    """Server-sent events as a browser reads them; a comment is `{"comment": …}`."""
    one: dict[str, Any] = {}
    async for line in response.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "" and value:
            yield {"comment": value}
        elif name:
            one[name] = json.loads(value) if name == "data" else value
        elif one:
            yield one
            one = {}


async def test_a_reader_hears_what_happens(school: School) -> None:
    headers = await school.token("view")
    async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
        stream = messages(response)
        assert response.content_type == "text/event-stream"
        assert (await anext(stream))["event"] == "hello"
        school.happens(text="Ray is going.")
        heard = await anext(stream)
    assert (heard["event"], heard["id"], heard["data"]["text"]) == ("note", "node1:1", "Ray is going.")


async def test_a_reader_that_comes_back_misses_nothing_and_hears_nothing_twice(school: School) -> None:
    school.happens(450)
    headers = {**await school.token("view"), "Last-Event-ID": "node1:3"}
    async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
        stream = messages(response)
        assert (await anext(stream))["event"] == "hello"
        school.happens(2)
        ids = [(await anext(stream))["id"] for _ in range(449)]
        school.happens()
        ids.append((await anext(stream))["id"])
    assert ids == [f"node1:{n}" for n in range(4, 454)]


async def test_what_happens_while_a_reader_catches_up_is_heard_once(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.happens(3)
    look = school.views.timeline

    def look_and_be_overtaken(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        school.happens()
        return look(*args, **named)

    monkeypatch.setattr(school.views, "timeline", look_and_be_overtaken)
    headers = {**await school.token("view"), "Last-Event-ID": "node1:2"}
    async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
        stream = messages(response)
        await anext(stream)
        ids = [(await anext(stream))["id"] for _ in range(2)]
        school.happens()
        ids.append((await anext(stream))["id"])
    assert ids == ["node1:3", "node1:4", "node1:5"]


async def test_a_stream_of_one_incident_leaves_the_others_out(school: School) -> None:
    headers = await school.token("view")
    async with school.http.get(f"{school.url}/api/v1/incidents/{INCIDENT}/events", headers=headers) as response:
        stream = messages(response)
        await anext(stream)
        school.happens(incident="other")
        school.happens(text="ours")
        assert (await anext(stream))["id"] == "node1:2"


async def test_a_stream_of_an_unknown_incident_is_not_found(school: School) -> None:
    assert (await school.ask("GET", "/api/v1/incidents/nope/events", await school.token("view")))[0] == 404


async def test_a_reader_too_far_behind_is_told_to_read_anew(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(catch_up=200)) as school:
        school.happens(900)
        headers = {**await school.token("view"), "Last-Event-ID": "node1:1"}
        async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
            async for one in messages(response):
                if one.get("event") == "resync":
                    break
            assert one["id"] == "node1:900"


@pytest.mark.parametrize("told", ["x", "node1:", ":4", "node1:-1", "node1:1;drop"])
async def test_a_cursor_that_is_none_of_ours_is_refused(school: School, told: str) -> None:
    headers = {**await school.token("view"), "Last-Event-ID": told}
    status, problem, _ = await school.ask("GET", "/api/v1/events", headers)
    assert status == 400
    assert "Last-Event-ID" in problem["detail"]


async def test_names_of_nodes_that_are_none_of_ours_are_not_sent_round_with_each_event(school: School) -> None:
    school.happens(3)
    junk = ",".join(f"made-up-{number}:1" for number in range(400))
    headers = {**await school.token("view"), "Last-Event-ID": f"node1:3,{junk}"}
    async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
        stream = messages(response)
        assert (await anext(stream))["id"] == "node1:3"
        school.happens()
        assert (await anext(stream))["id"] == "node1:4"


async def test_a_slow_reader_is_dropped_with_resync_and_holds_nobody_up(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(queue=50, patience=0.3)) as school:
        place = urlsplit(school.url)
        token = (await school.token("view"))["Authorization"]
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (place.hostname, place.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=4096)
        writer.write(f"GET /api/v1/events HTTP/1.0\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode())
        await reader.readuntil(b"hello")

        async with school.http.get(f"{school.url}/api/v1/events", headers={"Authorization": token}) as response:
            quick = messages(response)
            await anext(quick)
            for _ in range(60):
                school.happens(2, text="x" * 100_000)
                for _ in range(2):
                    assert (await anext(quick))["event"] == "note"

        async with asyncio.timeout(20):
            rest = await reader.read(-1)
        writer.close()
    assert rest.rstrip().rpartition(b"\n\n")[2].startswith(b"event: resync")
    assert rest.count(b"event: note") < 120


async def test_a_silent_stream_shows_that_it_lives(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(heartbeat=0.05)) as school:
        headers = await school.token("view")
        async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
            stream = messages(response)
            await anext(stream)
            assert (await anext(stream)) == {"comment": "still here"}


async def test_a_right_that_ends_ends_the_stream(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(heartbeat=0.05)) as school:
        headers = await school.token("view")
        async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
            stream = messages(response)
            await anext(stream)
            account = school.accounts.listing()[-1]["id"]
            _, _, _ = await school.ask("DELETE", f"/api/v1/accounts/{account}", await school.token("administrator"))
            heard = [one.get("event") async for one in stream]
    assert heard[-1] == "signed_out"


async def test_a_change_of_accounts_is_heeded_before_the_next_heartbeat(school: School) -> None:
    headers = await school.token("view")
    async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
        stream = messages(response)
        await anext(stream)
        for account in school.accounts.listing():
            await school.accounts.revoke(account["id"], (await caller(school)))
        school.happens(kind=EventKind.ACCOUNT_CHANGED, incident=None)
        heard = [one["event"] async for one in stream]
    assert heard[-1] == "signed_out"


async def caller(school: School) -> Any:
    return school.accounts.caller_of_os_user(0)


async def test_only_so_many_streams_are_open_at_once(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(streams=1)) as school:
        headers = await school.token("view")
        async with school.http.get(f"{school.url}/api/v1/events", headers=headers) as response:
            await anext(messages(response))
            assert (await school.ask("GET", "/api/v1/events", headers))[0] == 503
            assert (await school.ask("POST", await school.button()))[0] == 202


async def test_one_account_cannot_take_the_streams_of_all(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(streams_of_one=1)) as school:
        greedy, commander = await school.token("view"), await school.token("commander")
        async with school.http.get(f"{school.url}/api/v1/events", headers=greedy) as response:
            await anext(messages(response))
            assert (await school.ask("GET", "/api/v1/events", greedy))[0] == 429
            async with school.http.get(f"{school.url}/api/v1/events", headers=commander) as other:
                assert (await anext(messages(other)))["event"] == "hello"
            assert (await school.ask("GET", "/api/v1/events", greedy))[0] == 429


async def test_a_reader_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async with open_school(tmp_path, stream=StreamLimits(heartbeat=0.02)) as school:
        left = asyncio.Event()
        school.unfollowed = left.set
        async with school.http.get(f"{school.url}/api/v1/events", headers=await school.token("view")) as response:
            await anext(messages(response))
            response.close()
        async with asyncio.timeout(10):
            await left.wait()


async def test_stopping_the_daemon_waits_for_no_stream(school: School) -> None:
    async with school.http.get(f"{school.url}/api/v1/events", headers=await school.token("view")) as response:
        await anext(messages(response))
        async with asyncio.timeout(5):
            await school.server.close()
    assert school.listeners == []


async def test_readers_that_return_together_look_into_the_past_one_after_another(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look takes the loop for a millisecond or more; a press must not wait for those of two hundred boards."""
    school.happens(300)
    turn, looked = 0, []
    timeline = school.views.timeline

    def noted(*args: Any, **named: Any) -> Any:
        looked.append(turn)
        return timeline(*args, **named)

    monkeypatch.setattr(school.views, "timeline", noted)
    right = await school.token("view") | {"Last-Event-ID": "node1:1"}

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def returns() -> None:
        async with school.http.get(f"{school.url}/api/v1/events", headers=right) as stream:
            await stream.content.readuntil(b"id: node1:300\n")

    counting = asyncio.create_task(count())
    await asyncio.gather(*(returns() for _ in range(8)))
    counting.cancel()
    assert len(looked) >= 16
    assert len(set(looked)) == len(looked)
