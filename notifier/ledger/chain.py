"""The hash chain: one per node, appended by its only writer.

An event's payload is compact JSON of its data and rows; its digest is sha256(salt + payload), and its hash covers the
digest, not the payload, so retention can erase salt and payload and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.ledger.rows import Batch

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

GENESIS = ""
"""What the first event of a chain names as its predecessor."""

INSERT = "insert into event values (?,?,?,?,?,?,?,?,?,?,?,?)"
"""Takes what `link` returns; the columns stand in the order of the table, which a test holds."""


def write_payload(data: Mapping[str, Any], rows: Sequence[Batch]) -> str:
    return _encode({"data": data, "rows": rows})


def read_payload(payload: str) -> tuple[dict[str, Any], list[Batch]]:
    read = json.loads(payload)
    return read["data"], read["rows"]


def digest_of(salt: str, payload: str) -> str:
    return hashlib.sha256(f"{salt}{payload}".encode()).hexdigest()


def hash_of(
    node: str, n: int, site: str, incident: str | None, at: float, wall: str, kind: str, digest: str, prev: str
) -> str:
    """sha256 over a JSON list: no field can run into its neighbour."""
    return hashlib.sha256(_encode([node, n, site, incident, at, wall, kind, digest, prev]).encode()).hexdigest()


def link(
    node: str, n: int, prev: str, site: str, incident: str | None, at: float, wall: str, kind: str, payload: str
) -> tuple[Any, ...]:
    """One event as its table row; the last value is its hash."""
    salt = secrets.token_hex(16)
    digest = digest_of(salt, payload)
    hashed = hash_of(node, n, site, incident, at, wall, kind, digest, prev)
    return node, n, site, incident, at, wall, kind, salt, payload, digest, prev, hashed
