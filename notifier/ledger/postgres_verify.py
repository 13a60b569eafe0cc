"""`log verify` of a store on a server: its tables are copied at one moment and looked at like those of a file."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from notifier.ledger.local_copy import LocalCopy
from notifier.ledger.postgres_server import connect
from notifier.ledger.verify import Finding, look


async def verify_server(
    address: str, folder: Path, node: str, *, seals: Path | None = None, public_key: bytes | None = None
) -> list[Finding]:
    """As `notifier.ledger.verify.verify`; `folder` holds this node's seals and key. May run beside daemons.

    Other nodes' seals are compared with the chains; their signatures are checked where their keys are.
    Raises StoreGone if the server cannot be asked.
    """
    with tempfile.TemporaryDirectory(prefix="verify-", dir=folder) as made:
        path = Path(made) / "store.sqlite"
        await copied(address, path)
        return await asyncio.to_thread(look, path, folder, seals, public_key, node)


async def verify_server_aside(address: str, folder: Path, node: str) -> list[dict[str, Any]]:
    """The same in a process of its own, because a year of records must not hold the loop."""
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        asked = partial(_run, address, folder, node)
        found = await asyncio.get_running_loop().run_in_executor(pool, asked)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [{"text": each.text, "fault": each.fault} for each in found]


def _run(address: str, folder: Path, node: str) -> list[Finding]:
    return asyncio.run(verify_server(address, folder, node))


async def copied(address: str, path: Path) -> None:
    """The server's tables as they stand at one moment, in a file of SQLite. Raises StoreGone."""
    connection = await connect(address)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("pragma synchronous=off").fetchall()
            copy = LocalCopy(path, db)
            copy.make("verify")
            await copy.take_anew(connection, seals=True)
    finally:
        await connection.close()
