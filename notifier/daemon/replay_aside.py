"""`log replay` where the record is: in a file, or copied for it from a server; for a daemon in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from notifier.daemon.replay import replay
from notifier.daemon.store import StorePlace
from notifier.ledger.postgres_verify import copied


def replay_at(place: StorePlace, incident: str) -> dict[str, Any]:
    """As `replay`. Raises LedgerError, NotFound, StoreGone."""
    if place.address is None:
        return replay(place.path, incident)
    with tempfile.TemporaryDirectory(prefix="replay-", dir=place.path.parent) as made:
        path = Path(made) / "store.sqlite"
        asyncio.run(copied(place.address, path))
        return replay(path, incident)


async def replay_aside(place: StorePlace, incident: str) -> dict[str, Any]:
    """Playbooks are read and bodies run: seconds that must not hold the loop."""
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, partial(replay_at, place, incident))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
