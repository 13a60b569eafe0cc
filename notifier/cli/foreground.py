"""The daemon in the foreground: started with the best settings there are, stopped by SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from pathlib import Path

from notifier.cli.log_lines import in_form
from notifier.cli.printing import progress
from notifier.cli.settings_at_start import Chosen, keep, last_good, todays
from notifier.cli.words import DONE, STOPPED
from notifier.daemon import Daemon
from notifier.daemon.service_manager import ServiceManager
from notifier.errors import SetupError
from notifier.files.beginning import begin, is_empty

log = logging.getLogger(__name__)

HOST, PORTS = "127.0.0.1", range(8470, 8490)


async def run(folder: Path) -> int:
    """Until SIGTERM or Ctrl-C; returns the exit code. Raises SetupError, LedgerError."""
    if is_empty(folder):
        begin(folder, _free_address())
        progress(f"{folder} is empty: it begins as a school that is not set up yet.")
    while (found := await _opened_unless_stopped(folder)) is not None:
        daemon, chosen = found
        try:
            await _run(daemon, chosen, folder)
        finally:
            await daemon.close()
        if not daemon.again.is_set():
            log.info("stopped")
            return DONE
        log.info("starting again with other settings")
    progress("Stopped before it was ready.")
    return STOPPED


async def _opened_unless_stopped(folder: Path) -> tuple[Daemon, Chosen] | None:
    """None: it was told to stop before it was ready."""
    if (me := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)  # until the daemon takes it over
    try:
        return await _started(folder)
    except asyncio.CancelledError:
        return None


async def _run(daemon: Daemon, chosen: Chosen, folder: Path) -> None:
    manager = ServiceManager()
    fed = asyncio.create_task(manager.watched(daemon.ledger, daemon.clock))
    try:
        await _after_start(daemon, chosen, folder)
        await _way_in(daemon)
        addresses = daemon.server.addresses
        press = f", buttons at {addresses['press']}" if "press" in addresses else ""
        print(f"ready: {addresses['main']}{press} (control socket {addresses['socket']})", flush=True)
        manager.ready(f"listening at {addresses['main']}{press}")
        await daemon.run()
    finally:
        if not daemon.again.is_set():
            manager.stopping()
        fed.cancel()


async def _way_in(daemon: Daemon) -> None:
    """While nobody may give rights, each start shows a link to become the first who may. It is shown nowhere else."""
    if (token := await daemon.entrance.links.first_setup()) is not None:
        # By its name: passkeys take a name and no number, and browsers believe this one without a certificate.
        here = daemon.server.addresses["main"].replace("//127.0.0.1:", "//localhost:")
        where = (daemon.engine.desk.public_url or here).rstrip("/")
        progress(f"There is no administrator yet. Within 24 hours, once: {where}/setup/{token}")


def _free_address() -> str:
    """Where an empty folder begins to listen: on this machine only, at the usual port or one of the next."""
    for port in PORTS:
        with contextlib.suppress(OSError), socket.create_server((HOST, port)):
            return f"{HOST}:{port}"
    return f"{HOST}:{PORTS[0]}"  # the start then says what is wrong with it


async def _started(folder: Path) -> tuple[Daemon, Chosen]:
    """A daemon that can be pressed, with the best settings that start. Raises the first refusal if none does."""
    try:
        chosen = todays(folder)
        return await _opened(folder, chosen), chosen
    except SetupError as error:
        wrong = error
    for chosen in last_good(folder, wrong):
        for text in chosen.troubles.values():
            log.error("%s", text)
        with contextlib.suppress(SetupError):
            return await _opened(folder, chosen), chosen
    raise wrong


async def _opened(folder: Path, chosen: Chosen) -> Daemon:
    in_form(chosen.settings.log.format)
    daemon = Daemon(folder, chosen.settings)
    progress(f"Opening {folder} as {chosen.settings.node} …")
    try:
        await daemon.open()
    except BaseException:
        await daemon.close()
        raise
    return daemon


async def _after_start(daemon: Daemon, chosen: Chosen, folder: Path) -> None:
    """Say what is wrong with the settings that run, take back what is not wrong any more, keep what has worked."""
    known = {
        one["subject"]: one["text"] for one in daemon.views.state("troubles")["items"] if one["kind"] == "settings"
    }
    for subject, text in known.items():
        if chosen.troubles.get(subject) != text:
            await daemon.engine.clear_trouble("settings", subject)
    for subject, text in chosen.troubles.items():
        await daemon.engine.trouble("settings", subject, text)
    if not chosen.troubles:
        try:
            keep(folder, chosen.settings)
        except OSError as error:
            why = (
                f"No copy of settings.yaml could be kept ({error.strerror}): a mistake in it would stop the next start."
            )
            await daemon.engine.trouble("settings", "copy", why)
