"""Keys and lease columns of the tables; what `log verify` compares and what it leaves out."""

from __future__ import annotations

KEYS: dict[str, tuple[str, ...]] = {
    "document": ("site", "sha"),
    "publication": ("site", "version"),
    "incident": ("site", "id"),
    "activation": ("site", "id"),
    "step": ("site", "incident", "run", "phase", "id"),
    "timer": ("site", "id"),
    "command": ("site", "id"),
    "door": ("site", "id"),
    "delivery": ("site", "id"),
    "words": ("site", "id"),
    "answer": ("site", "id"),
    "room": ("site", "incident", "id"),
    "approval": ("site", "id"),
    "task": ("site", "id"),
    "trouble": ("site", "id"),
    "opt_out": ("site", "kind", "address", "lane"),
    "seen": ("site", "ref"),
    "account": ("site", "id"),
    "link": ("site", "hash"),
    "credential": ("site", "id"),
    "session": ("site", "id"),
    "invite": ("site", "id"),
    "lockout": ("site", "id"),
    "browser": ("site", "id"),
}
"""Every table whose rows are facts, with its key."""

LEASES: dict[str, tuple[str, ...]] = {
    "delivery": ("node", "attempt"),
}
"""Columns that say who is working on a row now. Set by claims, which leave no event; not compared by verify, which
also takes a delivery in `sending` as the `queued` that its events say."""

NOT_FACTS = ("event", "seal", "node", "lane")
"""Tables that are not a projection of events: the chain itself, the node's clock, the lanes' tokens."""
