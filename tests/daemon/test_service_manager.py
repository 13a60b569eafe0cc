"""What a service manager hears, over a real socket."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.clock import SystemClock
from notifier.daemon.service_manager import ServiceManager
from notifier.ledger.sqlite import SqliteLedger
from tests.cli.school import SECRETS, new_school


class Ear:
    """As systemd listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)

    def hears(self, seconds: float = 20.0) -> str:
        self.socket.settimeout(seconds)
        return self.socket.recv(4096).decode()

    def has_heard(self) -> list[str]:
        self.socket.setblocking(False)
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture(params=["file", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    heard = Ear(str(tmp_path / "n") if request.param == "file" else f"@notifier-{os.getpid()}-{tmp_path.name}")
    yield heard
    heard.socket.close()


def manager(ear: Ear, **more: str) -> ServiceManager:
    return ServiceManager({"NOTIFY_SOCKET": ear.address, **more})


def test_it_says_ready_with_a_sentence_of_one_line(ear: Ear) -> None:
    manager(ear).ready("http://127.0.0.1:8470\nREADY=0")
    assert ear.hears() == "READY=1\nSTATUS=http://127.0.0.1:8470 READY=0"


def test_without_a_service_manager_nothing_is_said() -> None:
    quiet = ServiceManager({})
    quiet.ready("x")
    assert not quiet.listens
    assert quiet.period is None


def test_a_service_manager_that_is_gone_disturbs_nobody(tmp_path: Path) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


def test_a_watchdog_that_was_meant_for_another_process_is_not_fed(ear: Ear) -> None:
    assert manager(ear, WATCHDOG_USEC="1000000", WATCHDOG_PID="1").period is None
    assert manager(ear, WATCHDOG_USEC="1000000", WATCHDOG_PID=str(os.getpid())).period == 1.0


async def test_the_watchdog_is_fed_while_the_writer_answers_and_not_while_it_hangs(ear: Ear, tmp_path: Path) -> None:
    import threading

    free = threading.Event()
    free.set()
    ledger = await SqliteLedger.open(tmp_path / "s" / "ledger.sqlite", "n", SystemClock(), before_commit=free.wait)
    loop = asyncio.get_running_loop()
    ear.socket.setblocking(False)
    feeding = asyncio.create_task(manager(ear, WATCHDOG_USEC="60000").watched(ledger, SystemClock()))
    try:
        for _ in range(3):
            assert await loop.sock_recv(ear.socket, 4096) == b"WATCHDOG=1"
        free.clear()
        await asyncio.sleep(0.12)  # one that was on its way may still come
        ear.has_heard()
        await asyncio.sleep(0.2)  # three periods of silence: what is absent cannot be awaited
        assert ear.has_heard() == []
        free.set()
        assert await loop.sock_recv(ear.socket, 4096) == b"WATCHDOG=1"
    finally:
        free.set()
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        await ledger.close()


def test_the_daemon_says_ready_lives_and_says_that_it_stops(ear: Ear) -> None:
    with new_school("lockdown") as folder:
        environ = {**os.environ, **SECRETS, "NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "300000"}
        daemon = subprocess.Popen(
            [sys.executable, "-m", "notifier", "run", str(folder)],
            env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            said = ear.hears()
            while not said.startswith("READY=1"):
                said = ear.hears()
            assert "http://127.0.0.1:" in said
            assert ear.hears() == "WATCHDOG=1"
            daemon.terminate()
            while ear.hears() != "STOPPING=1":
                pass
            assert daemon.wait(20) == 0
        finally:
            daemon.kill()
            daemon.wait()
