"""The files of a spool: where they may be, what they are called, and how a line is put there for good."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

IN_RAM = Path("/dev/shm")  # noqa: S108 -- the folder below it must be ours and closed to everybody else
"""Survives the daemon, not the machine: the last place, for a disk that is full."""


def places_beside(path: Path, more: Sequence[Path] = (), owner: int | None = None) -> tuple[Path, ...]:
    """Where what a store at `path` could not take may be kept, best first. `owner`: who runs its daemon, if not we."""
    folder = path.parent.resolve()
    name = f"notifier-{os.getuid() if owner is None else owner}-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    return folder, *more, *([IN_RAM / name] if IN_RAM.is_dir() else [])


def file_name(chain: str, part: int) -> str:
    return f"spool.{quote(chain, safe='')}.{part}.jsonl"


def is_ours(folder: Path, owner: int | None = None) -> bool:
    """Whether nobody else can have put anything there: others may write beside it, as in /dev/shm."""
    owner = os.getuid() if owner is None else owner
    with contextlib.suppress(OSError):
        found = folder.lstat()
        return folder.parent != IN_RAM or (folder.is_dir() and found.st_uid == owner and not found.st_mode & 0o077)
    return False


def open_part(chain: str, place: Path, line: bytes) -> tuple[int, Path]:
    """A new part with its first line: what stands in older ones may end in the middle."""
    if place.parent == IN_RAM:  # others are not made: a disk may be missing that belongs there
        place.mkdir(mode=0o700, exist_ok=True)
    if not is_ours(place):
        raise PermissionError(1, "somebody else may write there")
    taken = {path.name for path in place.glob("spool.*.jsonl")}
    part = next(part for part in range(1, len(taken) + 2) if file_name(chain, part) not in taken)
    path = place / file_name(chain, part)
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        append(out, line)
        sync_folder(place)
    except OSError:
        os.close(out)
        path.unlink(missing_ok=True)
        raise
    return out, path


def append(out: int, line: bytes) -> None:
    """All of it, on disk; or OSError, and nothing of it."""
    before = os.fstat(out).st_size
    try:
        done = 0
        while done < len(line):
            done += os.write(out, line[done:])
        os.fsync(out)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(out, before)
        raise


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(files: Sequence[Path]) -> None:
    for path in files:
        _try(path.unlink)
        if path.parent.parent == IN_RAM:
            _try(path.parent.rmdir)


def _try(deed: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        deed()
