"""The daemon's hold on the process that checks and plans: started when it is first needed, bounded, never waited for
by a press; killed when it overruns, and started again by the next look.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.errors import Refused

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""Looks that wait for their turn; most take some 50 ms, and whoever types asks again by himself."""
MEMORY = 512 * 2**20
"""Bytes of address space. It takes 60 MB to begin with and 190 MB with 100,000 people."""
PROCESSOR = 10.0
"""Seconds for one job. The worst file that the readers let through takes one on a small machine."""
PROCESSOR_FOR_A_MEGABYTE = 10.0
"""Seconds more for each megabyte of files: people are read at some 3 MB/s here, and four times slower on a Pi."""
PATIENCE = 4.0
"""Times its processor time: it stands back for everything else on the machine."""
LONGEST_PART = 64 * 2**20
"""Bytes of one frame of an answer; more is no answer of ours."""
HOUSE = Path(__file__).parents[2]
KEPT_OF_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Secrets come by the environment, so it gets none of the rest."""

BUSY = "Many drafts are being looked at; yours is kept. Check it again in a moment."
NEWER = "A newer one of yours is looked at instead."
TOO_LONG = "Looking at it took longer than {:.0f} seconds of computing and was ended. Make it smaller or simpler."
TOO_LARGE = "Looking at it took more memory than it may have ({:,} MB) and was ended. Make it smaller or simpler."
DIED = "The process that looks at files has ended in the middle; it is started again. Try once more."
FAULT = "Looking at it failed by a fault of ours; the log of this node says which."
DYING = 0.2
"""Seconds that a process which closed its line has to end by itself, before it is killed."""


@dataclass(frozen=True, slots=True)
class Limits:
    memory: int = MEMORY
    processor: float = PROCESSOR
    for_a_megabyte: float = PROCESSOR_FOR_A_MEGABYTE
    patience: float = PATIENCE
    waiting: int = MOST_WAITING


@dataclass(slots=True, eq=False)
class _Turn:
    editor: str
    urgent: bool
    free: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Process:
    program: subprocess.Popen[bytes]
    jobs: asyncio.StreamWriter
    answers: asyncio.StreamReader


class CheckingChild:
    """One process, one job at a time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.starts = 0
        self._process: _Process | None = None
        self._holds: set[str] = set()
        """What it has been handed, by sha256."""
        self._line: deque[_Turn] = deque()
        self._busy = self._closed = False

    @property
    def pid(self) -> int | None:
        return self._process.program.pid if self._process is not None else None

    async def ask(
        self,
        job: Mapping[str, Any],
        files: Mapping[str, bytes],
        shas: Mapping[str, str],
        *,
        editor: str = "",
        urgent: bool = False,
        part: Callable[[Any], None] | None = None,
    ) -> dict[str, Any]:
        """Have one job done; the last thing it says but `end`. `part` is handed whatever it says before.

        `editor`: of several looks of one editor only the newest is waited for. `urgent`: goes before the others.
        Raises Refused (503) if it overruns, dies or has too much to do, (409) if a newer look took its place.
        """
        async with self._turn(editor, urgent):
            size = sum(map(len, files.values()))
            seconds = self.limits.processor + self.limits.for_a_megabyte * size / 2**20
            process = await self._running()
            try:
                async with asyncio.timeout(seconds * self.limits.patience):
                    held, self._holds = self._holds, set(shas.values())
                    await _hand_over(process, {**job, "seconds": seconds}, files, shas, held)
                    return await _hear(process, part)
            except TimeoutError:
                process.program.kill()
                await self._end()
                raise Refused(TOO_LONG.format(seconds), 503) from None
            except _Failed as failed:
                await self._end()
                if str(failed) == "memory":
                    raise Refused(TOO_LARGE.format(self.limits.memory // 2**20), 503) from None
                log.error("looking at files failed: %s", failed)  # noqa: TRY400 its own trace says nothing
                raise Refused(FAULT, 503) from None
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                code = await self._end()
                log.warning("the process that looks at files ended: code %s, %r", code, error)
                raise Refused(TOO_LONG.format(seconds) if code == -signal.SIGXCPU else DIED, 503) from None
            except BaseException:  # cancelled, or a caller that failed: what is on the way would be the next answer
                process.program.kill()
                await self._end()
                raise

    async def close(self) -> None:
        self._closed = True
        await self._end()

    # ------------------------------------------------------------------------------------------------------ one by one

    @contextlib.asynccontextmanager
    async def _turn(self, editor: str, urgent: bool) -> AsyncIterator[None]:
        for older in [one for one in self._line if editor and one.editor == editor]:
            self._line.remove(older)
            if not older.free.done():
                older.free.set_exception(Refused(NEWER, 409))
        if self._busy:
            if len(self._line) >= self.limits.waiting and not urgent:
                raise Refused(BUSY, 503)
            mine = _Turn(editor, urgent, asyncio.get_running_loop().create_future())
            (self._line.appendleft if urgent else self._line.append)(mine)
            try:
                await mine.free
            except asyncio.CancelledError:
                if mine in self._line:
                    self._line.remove(mine)
                elif mine.free.done() and not mine.free.cancelled() and mine.free.exception() is None:
                    self._next()
                raise
        self._busy = True
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        """Hand the turn over; `_busy` stays set meanwhile, so that nobody comes between."""
        while self._line:
            one = self._line.popleft()
            if not one.free.done():
                one.free.set_result(None)
                return
        self._busy = False

    # -------------------------------------------------------------------------------------------------------- its life

    async def _running(self) -> _Process:
        if self._closed:
            raise Refused("This node is closing.", 503)
        if self._process is not None and self._process.program.poll() is None:
            return self._process
        await self._end()
        around = {name: os.environ[name] for name in KEPT_OF_ENVIRONMENT if name in os.environ}
        around |= {"PYTHONPATH": str(HOUSE), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
        command = [sys.executable, "-m", "notifier.daemon.checking", str(self.limits.memory)]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                # A session of its own: a Ctrl-C in the terminal is for the daemon.
                program = subprocess.Popen(  # noqa: S603, ASYNC220 - our own file; a fork costs 1-2 ms, seldom
                    command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL, env=around,
                    cwd="/", start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                ours.close()
                raise Refused(f"The process that looks at files cannot be started: {error.strerror}.", 503) from error
        answers, jobs = await asyncio.open_unix_connection(sock=ours)
        self._process = _Process(program, jobs, answers)
        self.starts += 1
        return self._process

    async def _end(self) -> int | None:
        """How it ended, if it had ended by itself; gone either way."""
        process, self._process = self._process, None
        self._holds = set()
        if process is None:
            return None
        process.jobs.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that is dying by itself says of what
            return await asyncio.to_thread(process.program.wait, DYING)
        process.program.kill()
        return await asyncio.to_thread(process.program.wait)


async def _hand_over(
    process: _Process,
    job: Mapping[str, Any],
    files: Mapping[str, bytes],
    shas: Mapping[str, str],
    held: AbstractSet[str],
) -> None:
    new = {shas[path]: raw for path, raw in files.items() if shas[path] not in held}
    raw = json.dumps({**job, "files": dict(shas), "new": list(new)}).encode()
    process.jobs.write(len(raw).to_bytes(4, "big") + b"J" + raw)
    for body in new.values():
        process.jobs.write(len(body).to_bytes(4, "big") + b"B")
        process.jobs.write(body)
        await process.jobs.drain()
    await process.jobs.drain()


async def _hear(process: _Process, part: Callable[[Any], None] | None) -> dict[str, Any]:
    last: dict[str, Any] = {}
    while True:
        head = await process.answers.readexactly(5)
        long = int.from_bytes(head[:4], "big")
        if long > LONGEST_PART:
            raise ValueError("an answer that is too long")
        raw = await process.answers.readexactly(long)
        said = raw if head[4:] == b"B" else json.loads(raw)
        if isinstance(said, dict):
            if "failed" in said:
                raise _Failed(said["failed"])
            if said.get("end"):
                return last
            last = said
        if part is not None:
            part(said)


class _Failed(Exception):
    """It says itself that it could not: `memory`, or a fault of ours."""
