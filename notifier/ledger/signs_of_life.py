"""A writer that hangs in the disk, told apart from one that is only starved by busy neighbours.

Going to memory helps against the first and is a false alarm for the second: a loop that never rests can keep the
interpreter's lock from the writer for longer than any patience.
"""

from __future__ import annotations

import threading
from pathlib import Path

from notifier.clock import processor_time
from notifier.ledger.writer_thread import WriterThread

LEND = 0.01
"""Seconds for which the interpreter is lent: hundreds of calls into SQLite if only its lock was missing."""

A_LITTLE = 0.00002
"""Seconds of processor: a thread that waits for a disk uses none at all."""


def hangs(writer: WriterThread) -> bool:
    """Stand still on the caller's thread for up to 10 ms; True if the writer did not use it for anything."""
    beats, used = writer.beats, _used(writer)
    still = threading.Event()
    for _ in range(10):
        still.wait(LEND / 10)
        if writer.beats != beats or _used(writer) - used > A_LITTLE or _wants_to_run(writer):
            return False
    return True


def _used(writer: WriterThread) -> float:
    try:
        return processor_time(writer.ident or 0) if writer.is_alive() else 0.0
    except OSError:
        return 0.0


def _wants_to_run(writer: WriterThread) -> bool:
    """Whether the kernel has it waiting for a processor (proc(5), stat: state R)."""
    try:
        stat = Path(f"/proc/self/task/{writer.native_id}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "R"
