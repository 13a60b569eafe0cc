"""Whoever opens connections without end takes nothing from a press, nor from doors and messages."""

import asyncio
import resource
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from notifier.console.connections import Connections
from tests.console.school import School, open_school

MOST = 20
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(school: School, said: bytes = b"") -> Ends:
    where = urlsplit(school.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(said)
    await writer.drain()
    return reader, writer


async def pressed(school: School, path: str) -> bytes:
    """The status line that a press on a connection of its own gets."""
    reader, writer = await connect(school, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    try:
        return await reader.readline()
    finally:
        writer.close()


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def still_open(school: School) -> int:
    return len(school.server._connections)


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nX-Slow: "], ids=["nothing", "half a header"])
async def test_a_press_finds_room_among_connections_that_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr("notifier.console.connections.MOST", MOST)
    async with open_school(tmp_path) as school:
        path = await school.button()
        waiting = [await connect(school, said) for _ in range(3 * MOST)]
        assert (await pressed(school, path)).startswith(b"HTTP/1.1 202")
        assert still_open(school) <= MOST
        for _, writer in waiting:
            writer.close()


async def test_a_burst_of_connections_is_taken_little_by_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.console.connections.MOST", MOST)
    async with open_school(tmp_path) as school:
        where = urlsplit(school.url)
        waiting = [socket.create_connection((where.hostname, where.port)) for _ in range(400)]  # the loop stands still
        before = most = open_files()
        path = await school.button()
        answer = asyncio.create_task(pressed(school, path))
        while not answer.done():
            await asyncio.sleep(0)
            most = max(most, open_files())
        assert answer.result().startswith(b"HTTP/1.1 202")
        assert most - before < 250
        for one in waiting:
            one.close()


async def test_a_live_stream_outlives_connections_that_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.console.connections.MOST", MOST)
    async with open_school(tmp_path) as school:
        right = await school.token("view")
        async with school.http.get(f"{school.url}/api/v1/events", headers=right) as stream:
            await stream.content.readuntil(b"\n\n")
            waiting = [await connect(school) for _ in range(3 * MOST)]
            school.happens(text="still told")
            assert still_open(school) <= MOST
            assert b"event: note" in await stream.content.readuntil(b"\n\n")
        for _, writer in waiting:
            writer.close()


async def test_bodies_that_never_end_give_way_to_a_press(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.console.connections.MOST", MOST)
    async with open_school(tmp_path) as school:
        path = await school.button()
        slow = b"POST /webhooks/sms/status HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab"
        waiting = [await connect(school, slow) for _ in range(3 * MOST)]
        assert (await pressed(school, path)).startswith(b"HTTP/1.1 202")
        assert still_open(school) <= MOST
        for _, writer in waiting:
            writer.close()


def test_connections_leave_half_of_the_file_descriptors_to_the_rest() -> None:
    """In a process of its own, because a hard limit cannot be raised again."""
    said = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 400));"
        "from notifier.console.connections import Connections; print(Connections().most,"
        " resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200", "400"]
    assert Connections().most <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] / 2
