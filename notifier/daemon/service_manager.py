"""What a service manager is told (sd_notify(3), `Type=notify`): ready, stopping, and that it still lives.

A plain datagram socket; without one nothing is said. The watchdog is fed only after an empty transaction came back:
that takes a turning loop and a writer that answers, on disk or in memory. A daemon that hangs is started anew then,
and what it was doing stands in the store.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

from notifier.clock import Clock
from notifier.errors import LedgerError
from notifier.interfaces import Ledger
from notifier.model.facts import Body

log = logging.getLogger(__name__)

FED_IN_TIME = 3
"""Times in each watchdog period that it is fed, so that one late turn kills nobody (sd_watchdog_enabled(3) says 2)."""


class ServiceManager:
    """Whoever started us, if it wants to hear."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self.period = _period(environ)
        """Seconds after which it takes us for dead; None: it does not watch."""

    @property
    def listens(self) -> bool:
        return self._address is not None

    def ready(self, text: str) -> None:
        self._say(f"READY=1\nSTATUS={_line(text)}")

    def status(self, text: str) -> None:
        """One sentence, shown by `systemctl status`."""
        self._say(f"STATUS={_line(text)}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def alive(self) -> None:
        self._say("WATCHDOG=1")

    async def watched(self, ledger: Ledger, clock: Clock) -> None:
        """Feed the watchdog until cancelled; not while the ledger does not answer."""
        if self.period is None or not self.listens:
            await asyncio.Event().wait()
            return
        pause = self.period / FED_IN_TIME
        recorded = True
        while True:
            try:
                async with asyncio.timeout(self.period):
                    await ledger.run(_nothing)
            except (LedgerError, TimeoutError) as error:
                log.error("not alive: the ledger does not answer (%s)", repr(error))  # noqa: TRY400 -- one line is all there is
            else:
                self.alive()
                if recorded != ledger.recorded:
                    recorded = ledger.recorded
                    self.status(
                        "running" if recorded else "RUNNING, AND NOTHING IS WRITTEN DOWN: see 'notifier troubles'"
                    )
            await clock.sleep(pause)

    def _say(self, text: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)
                line.sendto(text.encode(), self._address)
        except OSError as error:
            log.warning("the service manager was not told: %s", error)


def _nothing() -> Body[None]:
    return
    yield


def _address(named: str) -> str | None:
    """A path, or `@name` for one without a file; anything else cannot be spoken to from here."""
    if named.startswith("@"):
        return f"\0{named[1:]}"
    return named if named.startswith("/") else None


def _period(environ: Mapping[str, str]) -> float | None:
    """Only if it was meant for this process (sd_watchdog_enabled(3))."""
    meant_for = environ.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) > 0 else None


def _line(text: str) -> str:
    return " ".join(text.split())
