"""A commit that was given up and succeeded after all: memory has decided the same again, and the chains say it twice.

Both stand, for no chain is ever cut. The event that brings memory's stretch back names the pairs, so that whoever reads
the record (`log verify`, a replay) knows that each of them happened once.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from notifier.ledger import chain
from notifier.ledger.tables import KEYS
from notifier.model.events import AGAIN

Link = tuple[Any, ...]
"""An event as it stands in the table."""

_N, _SITE, _INCIDENT, _KIND, _PAYLOAD = (
    chain.COLUMNS.index(name) for name in ("n", "site", "incident", "kind", "payload")
)
_CLOCK = "clock"
"""Of an event's data: when its decision looked at the time, which is another moment the second time."""


def pairs(late: Iterable[Link], kept: Iterable[Link]) -> list[list[int]]:
    """[n of `late`, n of `kept`] of events that tell the same: of the same kind, about the same rows.

    Callers hand ids into bodies, so what is decided again names the same rows. Each event is in one pair at most, and
    none that an earlier stretch was paired with.
    """
    late = list(late)
    done = {n for link in late if link[_KIND] == "merged" for n, _ in _said(link)[0].get(AGAIN, ())}
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for link in late:
        if link[_PAYLOAD] is not None and link[_N] not in done:
            waiting[_mark(link)].append(link[_N])
    return [
        [found.popleft(), link[_N]]
        for link in kept
        if link[_PAYLOAD] is not None and (found := waiting.get(_mark(link)))
    ]


def _mark(link: Link) -> Hashable:
    """What is the same of an event when it is decided again."""
    data, batches = _said(link)
    rows = frozenset(
        (table, new, tuple(row[columns.index(key)] for key in KEYS[table]))
        for new, table, columns, cells in batches
        for row in cells
    )
    words = "" if rows else json.dumps({name: data[name] for name in data if name != _CLOCK}, sort_keys=True)
    return link[_KIND], link[_SITE], link[_INCIDENT], rows, words


def _said(link: Link) -> tuple[dict[str, Any], Sequence[Any]]:
    return chain.read_payload(link[_PAYLOAD]) if link[_PAYLOAD] is not None else ({}, ())
