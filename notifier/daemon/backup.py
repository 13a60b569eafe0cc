"""Backups: made while the daemon runs, or of a folder whose daemon is down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from notifier import __version__
from notifier.clock import Clock
from notifier.daemon import archive
from notifier.daemon.archive import BackupError, Manifest
from notifier.daemon.store import StorePlace
from notifier.errors import SetupError
from notifier.files.folder import read_folder
from notifier.interfaces import Ledger
from notifier.ledger.aside import aside
from notifier.ledger.copying import Snapshot, copy_store
from notifier.ledger.lock import NAME as LOCK
from notifier.ledger.postgres_server import without_password
from notifier.ledger.seals import LINES_FILE

SETTINGS_FILE = "settings.yaml"
BEGUN = ".backup-"
"""What the folders begin with that a broken-off backup leaves; the next one removes them."""
NOTE = "last-backup.json"
"""When the last backup was made, and where it went."""
MADE_AGAIN = frozenset({"audio", "recordings", "calls"})
"""Folders of the state that the next start fills again from what is published."""
_LEFT_OUT = re.compile(r"\..*|.*\.(sock|lock|sqlite(-wal|-shm|-journal)?|new|part)|before-.*|" + re.escape(NOTE))


@dataclass(frozen=True, slots=True)
class Node:
    """What of a node is backed up."""

    folder: Path
    state: Path
    store: StorePlace
    name: str


def backup_name(node: str, made: str) -> str:
    """`notifier-office-20261003T021500Z.tar.gz`: sorts by time."""
    return f"notifier-{node}-{re.sub(r'[-:]|[.+].*', '', made)}Z.tar.gz"


def write_backup(node: Node, made: str, to: Path) -> Manifest:
    """Write a backup to the new file `to`; `made` is the wall time. Raises BackupError, LedgerError.

    Seals are read before the store: each stands in the store before it stands in its file, so none names an event
    that the copy does not have.
    """
    try:
        with _begun(node.state, to.name) as aside_of:
            sources: dict[str, Path | bytes] = {}
            lines = node.state / LINES_FILE
            if lines.exists():
                sources[f"state/{LINES_FILE}"] = whole_lines(lines.read_bytes())
            snapshot = Snapshot({}, (), ())
            if node.store.address is None:
                copied = aside_of / "ledger.sqlite"
                snapshot = copy_store(node.store.path, copied)
                sources[archive.STORE] = copied
            sources |= {f"state/{name}": content for name, content in _state_files(node.state)}
            sources |= {f"folder/{name}": content for name, content in _folder_files(node.folder)}
            elsewhere = without_password(node.store.address) if node.store.address else None
            about = Manifest(
                format=archive.FORMAT,
                version=__version__,
                node=node.name,
                made=made,
                heads=snapshot.heads,
                schema_steps=snapshot.schema,
                open_incidents=snapshot.open_incidents,
                record_elsewhere=elsewhere,
            )
            handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    return archive.write(file, about, sources)
            except BaseException:
                to.unlink(missing_ok=True)
                raise
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise BackupError(f"The backup cannot be written: {error.strerror}{where}. Nothing was kept of it.") from error


class Backups:
    """What a running daemon does about them."""

    def __init__(self, node: Node, ledger: Ledger, clock: Clock) -> None:
        self._node, self._ledger, self._clock = node, ledger, clock
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def made(self) -> AsyncIterator[Path]:
        """A fresh backup in a file that is gone afterwards. Raises BackupError, LedgerError."""
        async with self._one:
            if not self._ledger.recorded:
                raise BackupError("The store is gone and nothing is written down; there is nothing to back up.")
            wall = self._clock.wall().isoformat(timespec="seconds")
            path = self._node.state / f"{BEGUN}{backup_name(self._node.name, wall)}"
            path.unlink(missing_ok=True)
            try:
                await aside(partial(write_backup, self._node, wall, path))
                yield path
            finally:
                path.unlink(missing_ok=True)

    def note(self, to: str) -> None:
        """Remember that one was taken and where it went."""
        said = {"wall": self._clock.wall().isoformat(timespec="seconds"), "to": to}
        fresh = self._node.state / f"{NOTE}.new"
        fresh.write_text(json.dumps(said), encoding="utf-8")
        fresh.replace(self._node.state / NOTE)


def last_backup(state: Path) -> tuple[str, str] | None:
    """(wall time in ISO 8601, where it went) of the last backup that was made; None: never."""
    try:
        said = json.loads((state / NOTE).read_text(encoding="utf-8"))
        return str(said["wall"]), str(said["to"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def whole_lines(content: bytes) -> bytes:
    """Without the line that is being written this moment."""
    return content[: content.rfind(b"\n") + 1]


@contextlib.contextmanager
def _begun(state: Path, name: str) -> Iterator[Path]:
    for left in state.glob(f"{BEGUN}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        elif left.name != name:
            left.unlink(missing_ok=True)
    made = state / f"{BEGUN}parts"
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _state_files(state: Path) -> Iterator[tuple[str, Path | bytes]]:
    """Keys and whatever adapters keep. Small ones are read at once, for they may change while they are packed."""
    for path in sorted(state.rglob("*")):
        inside = path.relative_to(state)
        if inside.parts[0] in MADE_AGAIN or any(_LEFT_OUT.fullmatch(part) for part in inside.parts):
            continue
        if path.is_file() and not path.is_symlink() and inside.name not in (LOCK, LINES_FILE):
            with contextlib.suppress(FileNotFoundError):
                yield inside.as_posix(), path.read_bytes() if path.stat().st_size <= archive.BLOCK else path


def _folder_files(folder: Path) -> Iterator[tuple[str, Path | bytes]]:
    """The settings, and the school's files as they lie there: the published ones are in the store."""
    with contextlib.suppress(OSError):
        yield SETTINGS_FILE, (folder / SETTINGS_FILE).read_bytes()
    with contextlib.suppress(SetupError):
        yield from read_folder(folder).items()
