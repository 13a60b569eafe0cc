"""The daemon's hold on its pacing child: starts it, hears it, sees within a second that it is dead, starts it again."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("pacer.py")
TICK = 0.25
"""Seconds between looks at the heartbeat (the child sends one every 0.2 s)."""
MISSED = 3
"""Looks without a word after which the child is hung: 0.75 s, within the promised second. Counted in looks and not by a
clock, so that a stalled loop does not blame the child: what had come in meanwhile is read before the next look."""
SETTLED = 5
"""Heartbeats after which a started child counts as well, so that one which dies at once is not started in a frenzy."""
RESTART_AFTER = (0.0, 0.05, 0.25, 1.0)
"""Seconds before the first, second … attempt to start again since the child was last well."""

log = logging.getLogger(__name__)


class PacingChild(asyncio.Protocol):
    """One child process and the socket to it.

    `heard` is called with each report, `back` after each start (load audio, begin pages again), `gone` when it died.
    Real time, not the handed clock: this guards a process of the machine, and virtual time does not move that.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        heard: Callable[[Mapping[str, Any]], None],
        back: Callable[[], None],
        gone: Callable[[str], None],
    ) -> None:
        self._options = options
        self._heard, self._back, self._gone = heard, back, gone
        self._process: subprocess.Popen[bytes] | None = None
        self._link: asyncio.Transport | None = None
        self._received = bytearray()
        self._silent_looks = self._heard_beats = self._failures = 0
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()
        self._closing = False
        self.restarts = 0
        self.trouble = ""
        """Why it is not running; empty while it runs."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def up(self) -> bool:
        return self._link is not None

    async def open(self) -> None:
        await self._start()

    async def close(self) -> None:
        """Let go. An idle child ends at once; one that speaks ends after its sentence, by itself."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        if self._starting is not None:
            self._starting.cancel()
        if self._link is not None:
            self._link.close()
            await self._closed.wait()
        _reap(self._process)
        self._process = None

    def tell(self, order: Mapping[str, Any], raw: bytes = b"") -> None:
        """Hand over one order; nothing happens while there is no child, because `back` begins again from the facts."""
        if self._link is not None:
            line = json.dumps({**order, "bytes": len(raw)} if raw else order).encode() + b"\n"
            self._link.write(line + raw)

    def kill(self) -> None:
        """End it at once, in the middle of a word: the one silence that needs no answer."""
        if self._process is not None:
            self._process.kill()

    # ------------------------------------------------------------------------------------------------- its life

    async def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        command = [sys.executable, "-I", "-S", str(PROGRAM), json.dumps(dict(self._options))]
        with theirs:
            try:
                # A session of its own: a Ctrl-C in the terminal is for the daemon.
                self._process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own file; a fork costs 1-2 ms, seldom
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                self._died(f"it cannot be started ({error.strerror})")
                return
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=ours)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_unix_connection gives; for mypy
        self._link = transport
        self._closed.clear()
        self._silent_looks = self._heard_beats = 0
        self._received.clear()
        self.trouble = ""
        self._look_later()
        self._back()

    def data_received(self, data: bytes) -> None:
        self._silent_looks = 0
        self._received += data
        *lines, rest = self._received.split(b"\n")
        self._received = bytearray(rest)
        for line in lines:
            said = json.loads(bytes(line))
            if said["say"] == "beat":
                self._heard_beats += 1
                if self._heard_beats >= SETTLED:
                    self._failures = 0
            elif said["say"] == "crash":
                log.error("the pacing process failed: %s", said["text"])
            self._heard(said)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link = None
        self._closed.set()
        if self._closing:
            return
        process, self._process = self._process, None
        if process is not None:
            process.kill()
        code = process.poll() if process is not None else None
        _reap(process)
        self._died("it hung and was killed" if self._silent_looks >= MISSED else f"it ended (code {code})")

    def _died(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.trouble = why
        self.restarts += 1
        wait = RESTART_AFTER[min(self._failures, len(RESTART_AFTER) - 1)]
        self._failures += 1
        log.warning("the pacing process is gone: %s; it is started again in %.2f s", why, wait)
        self._gone(why)
        self._timer = asyncio.get_running_loop().call_later(wait, self._start_again)

    def _start_again(self) -> None:
        self._starting = asyncio.get_running_loop().create_task(self._start())

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._look)

    def _look(self) -> None:
        self._silent_looks += 1
        if self._silent_looks >= MISSED:
            self.kill()  # its socket then closes, and connection_lost goes on
            return
        self._look_later()


def _reap(process: subprocess.Popen[bytes] | None) -> None:
    """Take the exit code whenever it comes, so that no zombie stays; a child that finishes a sentence is waited for."""
    if process is not None and process.poll() is None:
        threading.Thread(target=process.wait, daemon=True).start()
