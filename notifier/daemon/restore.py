"""Putting a backup back: looked at as a whole first, never beside a daemon, and what was there before is kept."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from notifier.daemon import archive
from notifier.daemon.archive import BackupError, Manifest
from notifier.daemon.backup import SETTINGS_FILE
from notifier.ledger.copying import beside, fold_in, schema_of
from notifier.ledger.lock import StoreLock
from notifier.ledger.verify import Finding, verify

UNPACKED = ".restore"
"""Where a backup is unpacked, in the state folder: on the disk where it is to stay, so that moving it is one step."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A backup that was unpacked and read."""

    manifest: Manifest
    findings: Sequence[Finding]
    """As `log verify`."""
    newer_schema: Sequence[str]
    """Steps that the next start of this version will take."""

    @property
    def faults(self) -> list[str]:
        return [each.text for each in self.findings if each.fault]


@dataclass(frozen=True, slots=True)
class Restored:
    looked: Looked
    kept: Path | None
    """Where what was there before is now."""
    left_alone: Sequence[str]
    """Files of the folder that stood there and differ from the backup's."""


def look(backup: Path, into: Path) -> Looked:
    """Unpack into the new folder `into` and verify the record there. Raises BackupError, LedgerError."""
    into.mkdir(mode=0o700, parents=True)
    manifest = archive.unpack(backup, into)
    store = into / archive.STORE
    if manifest.record_elsewhere is not None:
        return Looked(manifest, (), ())
    if not store.exists():
        raise BackupError(f"{backup} holds no record. Use another backup.")
    _, missing = schema_of(store)
    return Looked(manifest, verify(store), missing)


def restore(backup: Path, folder: Path, state: Path, store: Path, mark: str, *, overwrite: bool) -> Restored:
    """Put a backup back as the school of `folder`, its state and its store.

    `mark` names the folder that keeps what was there (`before-restore-MARK` in the state folder). At every moment
    there is a whole store: the old one until one rename puts the new one in its place. Raises LedgerError while a
    daemon runs, BackupError if there is a record and not `overwrite`, or if the backup does not hold: nothing is
    changed then.
    """
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(state):
            if store.exists() and not overwrite:
                text = f"There is a record at {store} already; nothing was changed."
                raise BackupError(f"{text} With --overwrite it is kept beside the one from the backup.")
            fresh = state / UNPACKED
            shutil.rmtree(fresh, ignore_errors=True)
            try:
                looked = look(backup, fresh)
                if looked.faults:
                    raise BackupError(
                        f"The record in {backup} does not hold: {looked.faults[0]} Nothing was changed; use another."
                    )
                kept = _put_in_place(fresh, state, store, state / f"before-restore-{mark}")
                left = _folder(fresh / "folder", folder)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise BackupError(f"It could not be put back: {error.strerror}{where}. Mend that and type it again.") from error
    return Restored(looked, kept, left)


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    lock = StoreLock(state)
    try:
        yield
    finally:
        lock.release()


def _put_in_place(fresh: Path, state: Path, store: Path, before: Path) -> Path | None:
    """Keys first, the store last: broken off between them, typing it again finishes it."""
    new = fresh / archive.STORE
    taken: Path | None = None
    if store.exists():
        taken = before
        before.mkdir(mode=0o700)
        _owned_as(before, state)
        with contextlib.suppress(sqlite3.Error):  # a damaged one is kept with its log, as it lies there
            fold_in(store)
        os.link(store, before / store.name)
    for path in sorted((fresh / "state").rglob("*")):
        if path.is_file() and path != new:
            to = state / path.relative_to(fresh / "state")
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if to.exists() and taken is not None:
                old = taken / path.relative_to(fresh / "state")
                old.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.link(to, old)
            path.replace(to)
            _owned_as(to, state)
    if not new.exists():
        return taken
    for path in beside(store):
        if path.exists():
            path.replace((taken or fresh) / path.name)
    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _owned_as(new, state)
    new.replace(store)
    _synced(store.parent)
    return taken


def _folder(fresh: Path, folder: Path) -> list[str]:
    """The school's files where there are none; what stands there is the administrator's and stays."""
    left = []
    for path in sorted(fresh.rglob("*")) if fresh.is_dir() else ():
        if not path.is_file():
            continue
        name = path.relative_to(fresh).as_posix()
        to = folder / name
        if not to.exists():
            to.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o600 if name == SETTINGS_FILE else 0o640)
            path.replace(to)
            _owned_as(to, folder)
        elif to.read_bytes() != path.read_bytes():
            left.append(name)
    return left


def _owned_as(path: Path, folder: Path) -> None:
    """Root puts things back for the daemon's user, who must be able to open them."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _synced(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
