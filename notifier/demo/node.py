"""The real daemon as a process of its own: started, waited for, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from notifier.errors import NotifierError

READY = "ready:"
"""How the line begins that `notifier run` prints when it can be pressed."""
START_LIMIT = 120.0
"""Seconds: a first start renders every page, and a school's old computer takes its time for that."""
STOP_LIMIT = 10.0
LOG = "daemon.log"
LAST_LINES = 8


class NotStarted(NotifierError):
    """The daemon did not come up; the text ends with what it said."""


class Node:
    """`async with Node(folder, secrets)`: it can be pressed inside; it is stopped when this ends."""

    def __init__(self, folder: Path, secrets: Mapping[str, str]) -> None:
        self.folder = folder
        self._secrets = secrets
        self._process: Process | None = None

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def control_socket(self) -> Path:
        return self.folder / "state" / "control.sock"

    @property
    def store(self) -> Path:
        return self.folder / "state" / "ledger.sqlite"

    async def __aenter__(self) -> Self:
        # A session of its own: Ctrl-C is the demo's to answer, and the daemon then ends in good order.
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "notifier", "run", str(self.folder), "--log", "warning",
                stdout=PIPE, stderr=log, env={**os.environ, **self._secrets}, start_new_session=True,
            )  # fmt: skip
        try:
            await self._ready(self._process)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def died(self) -> int:
        """Its exit status, when it ends."""
        assert self._process is not None  # noqa: S101 only asked inside
        return await self._process.wait()

    async def stop(self) -> None:
        """In good order, or, after `STOP_LIMIT` seconds, at once. Harmless to repeat."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _ready(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101 it was opened as a pipe
        try:
            async with asyncio.timeout(START_LIMIT):
                while line := await process.stdout.readline():
                    if line.startswith(READY.encode()):
                        return
        except TimeoutError:
            raise NotStarted(f"The daemon was not ready within {START_LIMIT:.0f} s.{self._last_words()}") from None
        with contextlib.suppress(TimeoutError):  # it has closed its output, so it is about to end by itself
            await asyncio.wait_for(process.wait(), STOP_LIMIT)
        raise NotStarted(f"The daemon ended before it was ready.{self._last_words()}")

    def _last_words(self) -> str:
        said = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LAST_LINES:]
        return " It said:\n" + "\n".join(said) if said else " It said nothing."
