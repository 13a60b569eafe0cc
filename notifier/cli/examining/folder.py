"""What lies in the folder: settings, files, rights, the record and its backups."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from notifier.cli.client import SETTINGS_FILE
from notifier.cli.examining.finding import Finding, fault, fine, warning
from notifier.cli.examining.patient import Patient
from notifier.clock import SystemClock
from notifier.daemon.backup import last_backup
from notifier.errors import LedgerError
from notifier.ledger.copying import schema_of
from notifier.ledger.left_behind import left_behind
from notifier.ledger.lock import NAME as LOCK
from notifier.ledger.lock import StoreLock

LITTLE_ROOM = 1_000_000_000
"""Bytes: a year of a school's records, and a backup of it in the making."""
NO_ROOM = 100_000_000
LARGE = 2_000_000_000
"""Bytes: a store above this takes minutes to read; `log verify` does that."""
OLD_BACKUP = 8.0
"""Days: a weekly one that was made yesterday is not old."""


def settings(patient: Patient) -> Iterator[Finding]:
    path = patient.folder / SETTINGS_FILE
    if not path.exists():
        do = f"notifier init {patient.folder}, or name the school's folder with --dir."
        yield fault("settings", f"There is no {SETTINGS_FILE} in {patient.folder}.", do)
        return
    for one in patient.settings_faults:
        missing = "nvironment" in one.text
        if missing and patient.alive is not None:
            text = f"{one.text} The daemon that runs has its own environment, which this shell does not see."
            yield warning("secret", text, f"Put it into /etc/notifier/secrets.env, or {one.advice}")
            continue
        check = "secret" if missing or "secret" in one.text or "file" in one.text.lower() else "settings"
        yield fault(check, f"{Path(one.file).name}:{one.line}: {one.text}", one.advice or "notifier check")
    if not patient.settings_faults:
        yield fine("settings", f"{SETTINGS_FILE} can be used, every secret is there.")


def files(patient: Patient) -> Iterator[Finding]:
    if not patient.folder.is_dir():
        return  # the settings have said so
    if patient.files_faults:
        first = patient.files_faults[0]
        more = f" (and {len(patient.files_faults) - 1} more)" if len(patient.files_faults) > 1 else ""
        text = f"The files have errors: {first.file}:{first.line}: {first.text}{more}"
        if patient.store.path.exists():
            yield warning("files", f"{text} What was published last runs.", f"notifier check {patient.folder}")
        else:
            yield fault("files", f"{text} A first start refuses them.", f"notifier check {patient.folder}")
        return
    yield fine("files", "The school's files can be published.")


def rights(patient: Patient) -> Iterator[Finding]:
    state = patient.state
    if not state.exists():
        parent = next(path for path in (state, *state.parents) if path.exists())
        if os.access(parent, os.W_OK):
            yield fine("rights", f"{state} will be made at the first start.")
        else:
            yield fault("rights", f"This user may not make {state}.", f"sudo install -d -m 0700 -o $USER {state}")
        return
    found = state.stat()
    owner = _name(found.st_uid)
    if os.geteuid() not in (0, found.st_uid):
        text = f"{state} belongs to {owner}, and you are {_name(os.geteuid())}: less can be seen from here."
        yield warning("rights", text, f"sudo -u {owner} notifier doctor --dir {patient.folder}")
        return
    well = True
    if found.st_mode & (stat.S_IWOTH | stat.S_IROTH | stat.S_IXOTH):
        well = False
        yield fault("rights", f"Everybody on this machine may look into {state}.", f"chmod o= {state}")
    open_keys = [path.name for path in state.glob("*.key") if path.stat().st_mode & 0o077]
    if open_keys:
        well = False
        do = f"chmod 600 {state}/*.key"
        yield fault("rights", f"Others may read the keys {', '.join(open_keys)}: they could sign as this node.", do)
    strange = [path for path in state.iterdir() if path.stat().st_uid != found.st_uid]
    if strange:
        do = f"sudo chown -R {owner}: {state}"
        text = f"{strange[0]} belongs to {_name(strange[0].stat().st_uid)}, so the daemon's user {owner} cannot use it."
        yield fault("rights", text, do)
    elif well:
        yield fine("rights", f"{state} and its keys belong to {owner} alone.")


def disk(patient: Patient) -> Iterator[Finding]:
    place = next(path for path in (patient.state, *patient.state.parents) if path.exists())
    free = shutil.disk_usage(place).free
    words = f"{free / 1e9:.1f} GB are free on the disk of {place}."
    do = f"du -xsh {place}/* shows what is large; remove or move what is not the record."
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        yield fault(
            "disk", f"The disk of {place} can only be read: nothing can be written down.", "mount; dmesg | tail"
        )
    elif free < NO_ROOM:
        yield fault("disk", f"{words} When it is full nothing is written down any more.", do)
    elif free < LITTLE_ROOM:
        yield warning("disk", words, do)
    else:
        yield fine("disk", words)


def store(patient: Patient) -> Iterator[Finding]:
    path = patient.store.path
    if patient.alive is not None and not patient.alive.recorded:
        do = "notifier troubles; then look at the disk or the server, and it comes back by itself."
        yield fault("store", "The daemon runs from memory: nothing is being written down.", do)
    if patient.store.address is not None:
        return
    if not path.is_file():
        yield fine("store", "There is no record yet; the first start makes it.")
        return
    if patient.alive is None and (held := _held(patient.state)):
        do = "ps -fp the process; systemctl status notifier; if it hangs: systemctl restart notifier."
        yield fault("store", f"{held} No daemon answers at the control socket.", do)
        return
    try:
        _, missing = schema_of(path)
        if path.stat().st_size < LARGE:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as db:
                said = db.execute("pragma quick_check(1)").fetchone()[0]
            if said != "ok":
                raise sqlite3.DatabaseError(said)
    except (LedgerError, sqlite3.Error, OSError) as error:
        yield fault("store", f"The record {path} cannot be used: {str(error).rstrip('.')}.", _RESCUE)
        return
    if missing:
        do = "notifier migrate, or start the daemon: both keep a copy first."
        yield warning("store", f"The record is from an older version (it lacks {', '.join(missing)}).", do)
    else:
        yield fine("store", f"{path} can be read and is whole ({path.stat().st_size / 1e6:.0f} MB).")


def spool(patient: Patient) -> Iterator[Finding]:
    """What was kept without the store and is in no store yet."""
    place, alive = patient.store, patient.alive
    for left in left_behind(place.path, place.node, place.spool_to):
        if not left.whole:
            do = "Keep a copy of that file and of the state folder, and ask for help: the daemon does not believe it."
            yield fault("spool", left.text, do)
        elif not left.mine:
            do = f"Was the node renamed? Start it once with `node: {left.node}`; nobody else brings that back."
            yield fault("spool", left.text, do)
        elif alive is None:
            yield warning("spool", left.text, "Start the daemon: it brings that back before anything else.")
        elif alive.recorded:
            yield fault("spool", f"{left.text} The daemon runs and has not taken it.", "Read its log; then restart it.")
        else:
            yield warning("spool", left.text, "It comes back by itself when the store does.")


_RESCUE = "Copy the state folder away as it is, then: notifier restore BACKUP --overwrite. Until then a start may fail."


def backup(patient: Patient) -> Iterator[Finding]:
    if not patient.store.path.exists():
        return
    last = last_backup(patient.state)
    do = "notifier backup /another/disk; or backup: {to, cron} in settings.yaml."
    if last is None:
        yield warning("backup", "No backup was ever made here.", do)
        return
    made, to = last
    days = (SystemClock().wall() - datetime.fromisoformat(made)).total_seconds() / 86_400
    if days > OLD_BACKUP:
        yield warning("backup", f"The last backup is {days:.0f} days old ({to}).", do)
    else:
        yield fine("backup", f"The last backup is {days:.1f} days old ({to}).")


def _held(state: Path) -> str:
    if not (state / LOCK).exists():
        return ""
    try:
        StoreLock(state, to_read=True).release()
    except LedgerError as error:
        return str(error).partition(":")[0] + "."
    except OSError:
        return ""
    return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
