"""Child processes of a benchmark: started, asked for their first line, measured, ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
COMPILED = Path(tempfile.gettempdir()) / f"notifier-bench-bytecode-{os.getuid()}"
"""Where the children keep compiled modules if this shell forbids to write them beside the source: an installed program
has them (pip compiles), and without them half of a start is the compiler."""


def as_installed() -> dict[str, str]:
    """The environment of a child that is measured."""
    found = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if len(found) < len(os.environ):
        found.setdefault("PYTHONPYCACHEPREFIX", str(COMPILED))
    return found


@contextmanager
def running(*args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python module in a process of its own, with the first line that it says."""
    child = subprocess.Popen([sys.executable, "-m", *args], stdout=subprocess.PIPE, text=True, env=as_installed())
    try:
        assert child.stdout is not None
        yield child, child.stdout.readline().strip()
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mb(pid: int) -> float:
    """Highest resident size so far, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
