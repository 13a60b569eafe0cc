"""How long it takes to refuse the worst files that somebody could hand in, beside reading a good school."""

from __future__ import annotations

import contextlib
from time import perf_counter
from typing import Any

from notifier.errors import SetupError
from tests.files.a_school import read, school
from tests.files.hostile import HOSTILE


def bench_files() -> dict[str, Any]:
    """Each file of `tests.files.hostile` as a playbook, as contacts and as the site."""
    good = _took(school())
    times = {
        f"{what} as {path}": _took({**school(), path: raw})
        for what, (raw, _) in HOSTILE.items()
        for path in ("playbooks/bad.yaml", "contacts/bad.yaml", "site.yaml")
    }
    slowest = max(times, key=times.__getitem__)
    return {"files": len(times), "slowest": slowest, "worst_s": round(times[slowest], 2), "good_s": round(good, 3)}


def _took(files: dict[str, bytes]) -> float:
    start = perf_counter()
    with contextlib.suppress(SetupError):
        read(files)
    return perf_counter() - start
