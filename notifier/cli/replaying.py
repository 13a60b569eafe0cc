"""`log replay`: where the record is asked or read, and how what came of it is told."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from notifier.cli.client import LONG_PATIENCE, NoDaemon, Where, connected
from notifier.cli.naming import incident_id
from notifier.cli.printing import progress
from notifier.cli.record_at_rest import store_of
from notifier.daemon.replay import replay
from notifier.daemon.replay_aside import replay_at

MARKS = {"same": "=", "differs": "≠", "known": "·"}


def replayed(args: argparse.Namespace, where: Where) -> Mapping[str, Any]:
    """Raises NotFound, LedgerError, NoDaemon."""
    if args.store is not None:
        return replay(Path(args.store), args.incident)
    try:
        return asyncio.run(_asked(where, args.incident))
    except NoDaemon as nobody:
        store = store_of(where.folder)
        if where.server is not None or (store.address is None and not store.path.is_file()):
            raise
        progress(f"{nobody} Reading the store itself …")
        return replay_at(store, args.incident)


async def _asked(where: Where, said: str) -> Mapping[str, Any]:
    async with connected(where) as client:
        found: Mapping[str, Any] = await client.get(
            f"/incidents/{await incident_id(client, said)}/replay", LONG_PATIENCE
        )
        return found


def shown(found: Mapping[str, Any], *, decisions_only: bool) -> Iterator[str]:
    """One line an event; below a decision what was known, below a differing one how it differs."""
    before = ""
    for step in found["items"]:
        if decisions_only and step["verdict"] == "known":
            continue
        yield f"{MARKS[step['verdict']]} {step['after']:+10.3f} s  {step['text']}"
        if step["known"] and step["known"] != before:
            before = step["known"]
            yield f"{'':16}known: {before}"
        yield from (f"{'':16}DIFFERS: {each}" for each in step["differences"])
    yield from (f"FAULT: {each}" for each in found["faults"])
    counts = found["counts"]
    yield (
        f"{counts['same']} of {counts['same'] + counts['differs']} decisions (=) come out the same by today's code; "
        f"{counts['known']} more events (·) are what was heard or done, and are not decided again."
    )
    if counts["differs"]:
        yield f"{counts['differs']} come out otherwise (≠): the code has changed since, or the record was."
