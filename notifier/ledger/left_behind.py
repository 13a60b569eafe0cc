"""What a daemon kept in memory and never brought back, for whoever looks at a store from outside.

The next start brings it back, so whoever reads the store alone, without its daemon, must hear that there is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from notifier.ledger import chain
from notifier.ledger.spool_part import places_beside
from notifier.ledger.spooled import Spooled, left_over
from notifier.model.events import MEMORY_MARK


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """One spool."""

    text: str
    """One sentence: what is where."""
    whole: bool
    """False: something in it does not follow; a start leaves it for somebody to look at."""
    node: str
    """Whose daemon brings it back."""
    mine: bool
    """Whether that is the one that was asked about."""


def left_behind(store: Path, node: str, more: Sequence[Path] = ()) -> list[LeftBehind]:
    """Of `node` ("": of whoever), wherever it may be, and of any other beside the store. Only reads. Raises OSError.

    `store`: its file, or the copy of it; `more`: as the daemon's settings name them.
    """
    if not store.parent.is_dir():
        return []
    owner = store.parent.stat().st_uid  # who looks need not be who runs it
    places = places_beside(store, more, owner)
    found = {left.chain: left for left in left_over(places[:1], None, owner)} if node else {}
    found |= {left.chain: left for left in left_over(places, node or None, owner)}
    return [_told(left, node) for left in found.values()]


def _told(left: Spooled, node: str) -> LeftBehind:
    whose = left.chain.rpartition(MEMORY_MARK)[0]
    return LeftBehind(_sentence(left), left.whole, whose, node in ("", whose))


def _sentence(left: Spooled) -> str:
    where = ", ".join(str(file) for file in left.files)
    wall = chain.COLUMNS.index("wall")
    count = f"{len(left.events)} events" if len(left.events) != 1 else "1 event"
    span = f", from {left.events[0][wall]} to {left.events[-1][wall]}" if left.events else ""
    if left.whole:
        return f"{count} of {left.chain}{span}, were kept without the store and stand only in {where}."
    return f"{count} of {left.chain}{span}, stand only in {where}, and what follows there is damaged."
