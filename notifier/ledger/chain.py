"""The hash chain: one per node, appended by its only writer.

An event's payload is compact JSON of its data and rows. What all rows of a batch say alike is said once: hundreds of
deliveries differ in a few of their thirty columns. Its digest is sha256(salt + payload), and its hash covers the
digest, not the payload, so retention can erase salt and payload and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from notifier.ledger.rows import SIZES, Batch, marks
from notifier.model.facts import Row

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

GENESIS = ""
"""What the first event of a chain names as its predecessor."""

COLUMNS = ("node", "n", "site", "incident", "at", "wall", "kind", "salt", "payload", "digest", "prev", "hash")
"""In the order of what `link` returns."""


def write_payload(data: Mapping[str, Any], rows: Sequence[Batch]) -> str:
    return _encode({"data": data, "rows": [_shortened(batch) for batch in rows]})


def read_payload(payload: str) -> tuple[dict[str, Any], list[Batch]]:
    read = json.loads(payload)
    return read["data"], [_whole(*batch) for batch in read["rows"]]


def rows_of_batches(found: Sequence[Batch]) -> list[Row]:
    """The rows as whoever told the fact named them."""
    return [
        Row(table, dict(zip(columns, row, strict=True)), bool(new))
        for new, table, columns, cells in found
        for row in cells
    ]


def _shortened(batch: Batch) -> tuple[Any, ...]:
    """(new, table, columns, cells), and with them what all the rows share, by column."""
    new, table, columns, cells = batch
    if len(cells) < 2:
        return batch
    by_column = list(zip(*cells, strict=True))
    # One that tells rows apart always stays, even where two rows are the same, so that their number is kept.
    shared = {columns[at]: column[0] for at, column in enumerate(by_column) if _is_one(column)}
    differing = [at for at, name in enumerate(columns) if name not in shared] or [0]
    kept = list(zip(*[by_column[at] for at in differing], strict=True))
    return new, table, [columns[at] for at in differing], kept, shared


def _is_one(column: Sequence[Any]) -> bool:
    """1, 1.0 and True are equal and not the same."""
    return column.count(column[0]) == len(column) and len(set(map(type, column))) == 1


def _whole(
    new: int, table: str, columns: list[str], cells: list[list[Any]], shared: Mapping[str, Any] | None = None
) -> Batch:
    shared = {name: value for name, value in (shared or {}).items() if name not in columns}
    given = list(shared.values())
    return new, table, [*shared, *columns], [[*given, *row] for row in cells] if shared else cells


def digest_of(salt: str, payload: str) -> str:
    return hashlib.sha256(f"{salt}{payload}".encode()).hexdigest()


def hash_of(
    node: str, n: int, site: str, incident: str | None, at: float, wall: str, kind: str, digest: str, prev: str
) -> str:
    """sha256 over one canonical line.

    Free words carry their length, so no field can run into its neighbour; `at` is the shortest decimal that reads
    back as the same double.
    """
    where = "-" if incident is None else f"{len(incident)}:{incident}"
    line = f"{len(node)}:{node},{n},{len(site)}:{site},{where},{at!r},{len(wall)}:{wall},{kind},{digest},{prev}"
    return hashlib.sha256(line.encode()).hexdigest()


def link(
    node: str, n: int, prev: str, site: str, incident: str | None, at: float, wall: str, kind: str, payload: str
) -> tuple[Any, ...]:
    """One event as its table row; the last value is its hash."""
    salt = _salt()
    digest = digest_of(salt, payload)
    hashed = hash_of(node, n, site, incident, at, wall, kind, digest, prev)
    return node, n, site, incident, at, wall, kind, salt, payload, digest, prev, hashed


SALT, SALTS = 16, 64
"""Bytes of a salt, and how many are fetched at once: each call gives the interpreter's lock away."""
_salts: deque[str] = deque()


def _salt() -> str:
    try:
        return _salts.popleft()
    except IndexError:
        fresh = os.urandom(SALT * SALTS).hex()
        _salts.extend(fresh[at : at + 2 * SALT] for at in range(2 * SALT, len(fresh), 2 * SALT))
        return fresh[: 2 * SALT]


def store(db: sqlite3.Connection, links: Sequence[tuple[Any, ...]], *, again: bool = False) -> None:
    """Put links into the table. `again`: those that are there already may stay."""
    into = f"insert {'or ignore ' if again else ''}into event ({','.join(COLUMNS)})"
    at = 0
    while at < len(links):
        size = next(size for size in SIZES if size <= len(links) - at)
        db.execute(f"{into} {marks(len(COLUMNS), size)}", list(chain.from_iterable(links[at : at + size])))
        at += size
