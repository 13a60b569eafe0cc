"""`doctor`: what is wrong with this node, each thing in a sentence with what to type."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier.cli.client import NoDaemon, Where, connected
from notifier.cli.printing import as_json, progress, say
from notifier.cli.words import DONE, FAILED, Commands, folder_of, options
from notifier.errors import NotifierError

if TYPE_CHECKING:
    from notifier.cli.examining.finding import Finding
    from notifier.cli.examining.patient import Patient


def add(commands: Commands) -> None:
    doctor = commands.add_parser(
        "doctor", parents=[options()], help="find what is wrong with this node, with what to type",
        description="Look at settings, secrets, rights, disk, record, backups, ports, certificate, clock, time zone, "
        "multicast route, public address, senders, doors and the service, whether the daemon runs or not. Reads only. "
        "Exit code 1 if there is a fault; warnings alone do not count.",
    )  # fmt: skip
    doctor.add_argument("--dir", metavar="DIR", help="the school's folder; else NOTIFIER_DIR, else this one")
    doctor.add_argument("--no-network", action="store_true", help="ask no sender, door or public address")
    doctor.add_argument(
        "--ready", action="store_true",
        help="only ask whether the daemon is ready for a press and writes it down: for a container's health check",
    )  # fmt: skip
    doctor.set_defaults(deed=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    if args.ready:
        return asyncio.run(_ready(args))
    return _told(asyncio.run(_found(folder_of(args.dir).resolve(), args)), as_data=args.json)


async def _ready(args: argparse.Namespace) -> int:
    from notifier.cli.client import state_folder
    from notifier.cli.examining.patient import ask

    alive = await ask(state_folder(folder_of(args.dir)))
    well = alive is not None and alive.ready and alive.recorded
    if args.json:
        as_json({"alive": alive is not None, "ready": well})
    elif alive is None:
        say("No daemon answers.")
    else:
        say("Ready." if well else "It answers, but " + ("is not ready." if not alive.ready else "writes nothing down."))
    return DONE if well else FAILED


async def _found(where: Path, args: argparse.Namespace) -> list[Finding]:
    from notifier.cli.examining import far_ends, folder, listening, machine
    from notifier.cli.examining.finding import fine
    from notifier.cli.examining.patient import patient as examined

    patient = await examined(where)
    found: list[Finding] = []
    quick: tuple[Callable[[Patient], Iterable[Finding]], ...] = (
        folder.settings, folder.files, folder.rights, folder.disk, folder.store, folder.spool, folder.backup,
        machine.clock, machine.time_zone, machine.service, machine.multicast, listening.ports, listening.certificate,
    )  # fmt: skip
    for check in quick:
        found += await asyncio.to_thread(_asked, check, patient)
    slow: tuple[Callable[[Patient], Awaitable[list[Finding]]], ...] = (
        listening.public_url, far_ends.senders, far_ends.doors,
    )  # fmt: skip
    if not args.no_network:
        progress("Asking senders and doors …")
        for each in await asyncio.gather(*(_answered(check, patient) for check in slow)):
            found += each
    if patient.alive is None:
        found.append(fine("daemon", f"No daemon answers for {patient.folder}; it was looked at from outside."))
    else:
        found += await _troubles(patient)
    return found


def _asked(check: Callable[[Patient], Iterable[Finding]], patient: Patient) -> list[Finding]:
    try:
        return list(check(patient))
    except Exception as error:  # noqa: BLE001 -- one check that breaks must not hide what the others found
        return [_broken(check.__name__, error)]


async def _answered(check: Callable[[Patient], Awaitable[list[Finding]]], patient: Patient) -> list[Finding]:
    try:
        return list(await check(patient))
    except Exception as error:  # noqa: BLE001 -- see above
        return [_broken(check.__name__, error)]


def _broken(name: str, error: Exception) -> Finding:
    from notifier.cli.examining.finding import warning

    return warning(name, f"This could not be looked at: {type(error).__name__}: {error}.", "Tell us.")


async def _troubles(patient: Patient) -> list[Finding]:
    """What the daemon itself knows to be broken."""
    from notifier.cli.examining.finding import fine, warning

    try:
        async with connected(Where(patient.folder)) as client:
            items: list[Mapping[str, Any]] = (await client.get("/troubles"))["items"]
    except (NoDaemon, NotifierError) as error:
        return [warning("daemon", f"The daemon does not tell its troubles: {error}", "notifier troubles")]
    state = "is ready for a press" if patient.alive and patient.alive.ready else "answers and is NOT ready for a press"
    told = [fine("daemon", f"The daemon {state}.")]
    return told + [warning("trouble", str(item["text"]), f"notifier troubles ack {item['id']}") for item in items]


def _told(found: list[Finding], *, as_data: bool) -> int:
    from notifier.cli.examining.finding import Level

    counted = {level: sum(one.level is level for one in found) for level in Level}
    ok = not counted[Level.FAULT]
    if as_data:
        listed = [{"check": one.check, "level": str(one.level), "text": one.text, "do": one.do} for one in found]
        as_json({"ok": ok, "findings": listed})
        return DONE if ok else FAILED
    for level in Level:
        for one in found:
            if one.level is level:
                mark = "ok" if level is Level.FINE else level.upper()
                say(f"{mark:<8} {one.check}: {one.text}")
                if one.do:
                    say(f"         → {one.do}")
    say(
        f"{_count(counted[Level.FAULT], 'fault')}, {_count(counted[Level.WARNING], 'warning')}, "
        f"{counted[Level.FINE]} things are fine. Nothing was changed."
    )
    return DONE if ok else FAILED


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number or 'no'} {word}s"
