"""The machine around it: its clock, its service manager, its way to the speakers, its time zones."""

from __future__ import annotations

import errno
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from notifier.cli.examining.finding import Finding, fault, fine, warning
from notifier.cli.examining.patient import Patient
from notifier.clock import SystemClock

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
"""No right clock stands before this: the program is younger."""
AHEAD = 60.0
"""Seconds that a record may be ahead of the clock: it was written by this clock, or by one that was right."""
SERVICE = "notifier.service"


def clock(patient: Patient) -> Iterator[Finding]:
    now = SystemClock().wall()
    do = "timedatectl set-ntp true; timedatectl status"
    newest = _newest(patient)
    if now < WRITTEN:
        yield fault("clock", f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is past.", do)
    elif newest is not None and (newest - now).total_seconds() > AHEAD:
        text = f"The clock says {now:%Y-%m-%d %H:%M} UTC, and the newest event is of {newest:%Y-%m-%d %H:%M}."
        yield fault("clock", text, do)
    kept = _output("timedatectl", "show", "--property=NTPSynchronized", "--value")
    match kept.strip():
        case "yes":
            yield fine("clock", "The clock is kept by a time server.")
        case "no":
            text = "The clock is not kept by any time server; times in the record drift."
            yield warning("clock", text, do)
        case _:
            yield warning("clock", "Whether a time server keeps the clock cannot be seen here.", "chronyc tracking")


def time_zone(patient: Patient) -> Iterator[Finding]:
    if patient.site is None:
        return
    named = patient.site.timezone
    try:
        here = SystemClock().wall().astimezone(ZoneInfo(named))
    except (OSError, ValueError, KeyError):
        do = "Write one like America/New_York in site.yaml; if it is one, install tzdata."
        yield fault("time_zone", f"The site's time zone {named!r} is not known here.", do)
        return
    if patient.loaded is not None and "timezone" not in patient.site.model_fields_set:
        do = "Add a line like timezone: America/New_York to site.yaml, then notifier publish."
        yield warning("time_zone", f"The site names no time zone: people read UTC, now {here:%H:%M}.", do)
    else:
        yield fine("time_zone", f"At the site it is {here:%A %H:%M} ({named}).")


def multicast(patient: Patient) -> Iterator[Finding]:
    groups = sorted(
        {
            speaker.address.rpartition(":")[0]
            for speaker in (patient.site.speakers if patient.site else ())
            if speaker.channel == "pa_multicast"
        }
    )
    for group in groups:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
            try:
                line.connect((group, 9))  # asks the routing table; no packet leaves
                way = line.getsockname()[0]
            except OSError as error:
                if error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH):
                    yield fault("multicast", f"{group} cannot be spoken to: {error.strerror}.", "Look at site.yaml.")
                    continue
                do = "ip route add 239.0.0.0/8 dev eth0 (with the name of the speakers' interface), and keep it."
                yield fault("multicast", f"There is no route to the speakers' group {group}.", do)
                continue
        if way.startswith("127."):
            do = "ip route add 239.0.0.0/8 dev eth0 (with the name of the speakers' interface)."
            yield fault("multicast", f"Pages for {group} would not leave this machine (they go out by {way}).", do)
        else:
            yield fine("multicast", f"Pages for {group} leave by the address {way}.")


def service(_patient: Patient) -> Iterator[Finding]:
    if not Path("/run/systemd/system").is_dir():
        text = "No systemd runs here: what starts the daemon after a power cut is not known."
        yield warning("service", text, "See docs/how_to/run_under_systemd.md, or set restart: always in a container.")
        return
    said = _output("systemctl", "is-enabled", SERVICE).strip()
    if said == "enabled":
        yield fine("service", f"{SERVICE} is started at boot.")
    else:
        text = f"{SERVICE} is not started at boot ({said or 'there is none'})."
        yield fault("service", text, f"systemctl enable --now {SERVICE}; see docs/how_to/run_under_systemd.md")


def _newest(patient: Patient) -> datetime | None:
    if patient.store.address is not None or not patient.store.path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{patient.store.path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as db:
            row = db.execute("select max(wall) from node").fetchone()
            return datetime.fromtimestamp(float(row[0]), UTC) if row and row[0] else None
    except (sqlite3.Error, OSError, ValueError):
        return None


def _output(*words: str) -> str:
    """Of a program that may not be there."""
    found = shutil.which(words[0])
    if found is None:
        return ""
    line: Sequence[str] = (found, *words[1:])
    try:
        return subprocess.run(line, capture_output=True, text=True, timeout=5, check=False).stdout  # noqa: S603 -- words of ours
    except (OSError, subprocess.TimeoutExpired):
        return ""
