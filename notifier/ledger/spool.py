"""What memory commits while the store is gone, appended to a local file before anybody is answered.

One line of JSON for each group commit: the links of the chain as they will stand in the store, and the claims and
lanes, which leave no event. A line that is there was fsynced. The next start brings them back (`spooled`). A place
that cannot be written is left for the next one, and a place that hangs is waited for once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

log = logging.getLogger(__name__)

WAIT = 0.25
"""Seconds for which a commit in memory waits for the disk: as long as a press can bear, and once only."""

AGAIN = 2.0
"""Seconds after which lines that found no place are tried again."""

IN_RAM = Path("/dev/shm")  # noqa: S108 -- the folder below it must be ours and closed to everybody else
"""Survives the daemon, not the machine: the last place, for a disk that is full."""

FRESH = (
    "select d.site, d.id, d.node, d.attempt, d.state = 'sending'"
    " from claimed_anew c join delivery d on d.site = c.site and d.id = c.id"
)

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def places_beside(path: Path, more: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Where what a store at `path` could not take may be kept, best first."""
    folder = path.parent.resolve()
    name = f"notifier-{os.getuid()}-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    return folder, *more, *([IN_RAM / name] if IN_RAM.is_dir() else [])


def file_name(chain: str, part: int) -> str:
    return f"spool.{quote(chain, safe='')}.{part}.jsonl"


def is_ours(folder: Path) -> bool:
    """Whether nobody else can have put anything there: others may write beside it, as in /dev/shm."""
    with contextlib.suppress(OSError):
        found = folder.lstat()
        return folder.parent != IN_RAM or (
            folder.is_dir() and found.st_uid == os.getuid() and not found.st_mode & 0o077
        )
    return False


@dataclass(frozen=True, slots=True)
class Left:
    """What became of a spool at the end."""

    files: tuple[Path, ...]
    unkept: int
    """Events that no place took."""
    why: str


class Spool:
    """Of one chain in memory. `keep` is for the memory's writing thread, all else for anybody; one thread writes."""

    def __init__(self, chain: str, places: Sequence[Path], seq: int = 0) -> None:
        """`seq`: of the last line that an earlier start has left."""
        self.chain = chain
        self.files: list[Path] = []
        self.why = ""
        """Why the last try found no place."""
        self._places = places
        self._seq = seq
        self._behind = False
        self._lines: deque[tuple[int, bytes]] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._out: tuple[int, Path] | None = None
        self._thread = threading.Thread(target=self._live, name=f"spool-{chain}", daemon=True)
        self._thread.start()

    def keep(self, db: sqlite3.Connection, links: Sequence[tuple[Any, ...]]) -> None:
        """One group that is about to be committed in memory; returns when it is on disk, or will not be for now."""
        claims = db.execute(FRESH).fetchall()
        if not links and not claims:
            return
        lanes: list[Any] = []
        if claims:
            db.execute("delete from claimed_anew")
            lanes = db.execute("select * from lane").fetchall()
        self._seq += 1
        line = _encode({"seq": self._seq, "events": links, "lanes": lanes, "claims": claims}).encode() + b"\n"
        with self._changed:
            self._lines.append((len(links), line))
            self._changed.notify_all()
            if not self._behind and not self._changed.wait_for(lambda: not self._lines or self._behind, WAIT):
                self._behind = True

    def end(self, seconds: float) -> Left:
        """Try every place once more and stop; on a thread that may wait so long."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(seconds)
        with self._changed:
            why = self.why or "the disk does not answer"
            return Left(tuple(self.files), sum(events for events, _ in self._lines), why)

    def drop(self, seconds: float) -> None:
        """Everything is in the store again."""
        with self._changed:
            self._lines.clear()
        self.end(seconds)
        remove(self.files)

    # ---------------------------------------------------------------------------------------------- on its own thread

    def _live(self) -> None:
        last = False
        while not last:
            with self._changed:
                if not self._changed.wait_for(lambda: self._ending or (self._lines and not self._behind), AGAIN):
                    pass  # what found no place is tried again
                last = self._ending
                waiting = tuple(self._lines)
            for found in waiting:
                written = self._somewhere(found[1])
                with self._changed:
                    if written and self._lines and self._lines[0] is found:
                        self._lines.popleft()
                    self._behind = bool(self._lines) if not written else self._behind and bool(self._lines)
                    self._changed.notify_all()
                if not written:
                    break
        if self._out is not None:
            os.close(self._out[0])

    def _somewhere(self, line: bytes) -> bool:
        if self._out is not None:
            try:
                _append(self._out[0], line)
            except OSError as error:
                log.warning("%s takes no more: %s", self._out[1], error)
                os.close(self._out[0])
                self._out = None
            else:
                return True
        missed = []
        for place in self._places:
            try:
                self._out = self._open(place, line)
            except OSError as error:
                missed.append(f"{place}: {error.strerror or error}")
                continue
            self.why = ""
            with self._changed:
                self.files.append(self._out[1])
            return True
        if not self.why:
            log.error("What memory keeps is nowhere on disk: %s", "; ".join(missed))
        self.why = "; ".join(missed)
        return False

    def _open(self, place: Path, line: bytes) -> tuple[int, Path]:
        """A new part with its first line: what stands in older ones may end in the middle."""
        if place.parent == IN_RAM:  # others are not made: a disk may be missing that belongs there
            place.mkdir(mode=0o700, exist_ok=True)
        if not is_ours(place):
            raise PermissionError(1, "somebody else may write there")
        taken = {path.name for path in place.glob("spool.*.jsonl")}
        part = next(part for part in range(1, len(taken) + 2) if file_name(self.chain, part) not in taken)
        path = place / file_name(self.chain, part)
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _append(out, line)
            _sync_folder(place)
        except OSError:
            os.close(out)
            path.unlink(missing_ok=True)
            raise
        return out, path


def _append(out: int, line: bytes) -> None:
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


def _sync_folder(folder: Path) -> None:
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
