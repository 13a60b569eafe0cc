"""One daemon per store: a lock that the kernel gives back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from notifier.errors import LedgerError

NAME = "ledger.lock"


class StoreLock:
    """Held from construction to `release`. Raises LedgerError if somebody else holds it."""

    def __init__(self, folder: Path, *, to_read: bool = False) -> None:
        """`to_read`: several readers may hold it together, none beside a daemon."""
        self._path = folder / NAME
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if to_read else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            who = f"process {holder}" if holder else "another process"
            raise LedgerError(f"{folder} is in use by {who}: stop that daemon first, or ask it.") from error
        if not to_read:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def is_in_place(self) -> bool:
        """Whether the next daemon would meet this lock: its file may have been removed with its folder."""
        try:
            named = self._path.stat()
        except OSError:
            return False
        held = os.fstat(self._file)
        return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
