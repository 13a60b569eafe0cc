"""What an earlier start left in a spool: read and checked, put into memory or brought back into the store."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from notifier.ledger import chain
from notifier.ledger.deeds import Kept
from notifier.ledger.rows import marks, write
from notifier.ledger.spool_part import is_ours
from notifier.model.events import MEMORY_MARK

if TYPE_CHECKING:
    from notifier.ledger.store import Store

log = logging.getLogger(__name__)

STRETCH = 200
"""Events per transaction."""

_NAME = re.compile(r"spool\.(?P<chain>[^/]+)\.(?P<part>[0-9]+)\.jsonl")


@dataclass(frozen=True, slots=True)
class Spooled:
    """One chain that was kept in memory, as far as its files tell it."""

    chain: str
    events: Sequence[tuple[Any, ...]]
    lanes: Sequence[tuple[Any, ...]]
    claims: Sequence[tuple[Any, ...]]
    seq: int
    """Of its last line."""
    files: tuple[Path, ...]
    whole: bool = True
    """False: something in its files does not follow, and they are left for somebody to look at."""

    @property
    def spell(self) -> int:
        return _spell(self.chain)

    def stretches(self, after: int) -> Iterator[Kept]:
        """What the store does not have; lanes and claims with the last of it."""
        left = [event for event in self.events if event[1] > after]
        for at in range(0, len(left), STRETCH):
            last = at + STRETCH >= len(left)
            yield Kept(self.chain, left[at : at + STRETCH], self.lanes if last else (), self.claims if last else ())


def left_over(places: Sequence[Path], node: str | None, owner: int | None = None) -> list[Spooled]:
    """What `node` (None: whoever) has left, oldest first. `owner`: who runs its daemon, if not we."""
    begins = "" if node is None else f"{node}{MEMORY_MARK}"
    found: dict[str, list[Path]] = {}
    for place in places:
        if not is_ours(place, owner):
            continue
        for path in sorted(place.glob("spool.*.jsonl")):
            if (match := _NAME.fullmatch(path.name)) and unquote(match["chain"]).startswith(begins):
                found.setdefault(unquote(match["chain"]), []).append(path)
    return [_read(name, found[name]) for name in sorted(found, key=_spell)]


def _spell(name: str) -> int:
    spell = name.rpartition(MEMORY_MARK)[2]
    return int(spell) if spell.isdecimal() else 0


_Line = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]
"""Events, lanes and claims of one group."""


def _read(name: str, files: Sequence[Path]) -> Spooled:
    lines: dict[int, _Line] = {}
    for path in files:
        try:
            lines.update(_lines(path))
        except OSError as error:
            log.error("%s cannot be read: %s", path, error)  # noqa: TRY400 -- the sentence says it all
    events: list[tuple[Any, ...]] = []
    lanes: list[tuple[Any, ...]] = []
    claims: dict[tuple[str, str], tuple[Any, ...]] = {}
    whole = True
    for seq in sorted(lines):
        told, lanes_then, claimed = lines[seq]
        if told:
            # A group that memory took back after it stood here is said anew under the same numbers.
            del events[told[0][1] - 1 :]
        if not _follows(name, told, events):
            log.error("What follows event %d of %s is not its chain; look at %s.", len(events), name, *files[-1:])
            whole = False
            break
        events += told
        _settle(claims, told)
        lanes = lanes_then or lanes
        claims.update(((claim[0], claim[1]), claim) for claim in claimed)
    return Spooled(name, events, lanes, tuple(claims.values()), max(lines, default=0), tuple(files), whole)


def _lines(path: Path) -> Iterator[tuple[int, _Line]]:
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        try:
            line = json.loads(text)
            found = tuple([tuple(row) for row in line[part]] for part in ("events", "lanes", "claims"))
            yield int(line["seq"]), found  # type: ignore[misc] # three of them
        except (ValueError, KeyError, TypeError):
            log.warning("Line %d of %s was cut while it was written; it is left out.", number, path)


def _follows(name: str, told: Sequence[tuple[Any, ...]], before: Sequence[tuple[Any, ...]]) -> bool:
    n, head = len(before), before[-1][-1] if before else chain.GENESIS
    for event in told:
        if len(event) != len(chain.COLUMNS):
            return False
        node, number, site, incident, at, wall, kind, salt, payload, digest, prev, hashed = event
        if (node, number, prev) != (name, n + 1, head) or chain.digest_of(salt, payload) != digest:
            return False
        if chain.hash_of(node, number, site, incident, at, wall, kind, digest, prev) != hashed:
            return False
        n, head = number, hashed
    return True


def _settle(claims: dict[tuple[str, str], tuple[Any, ...]], events: Sequence[tuple[Any, ...]]) -> None:
    """A delivery whose state was told after its claim is no longer on its way."""
    for _, table, columns, cells in Kept("", events, (), ()).batches():
        if table == "delivery" and "state" in columns:
            site, id_ = columns.index("site"), columns.index("id")
            for row in cells:
                if (claim := claims.get((row[site], row[id_]))) is not None:
                    claims[row[site], row[id_]] = (*claim[:4], 0)


def put_left(db: sqlite3.Connection, left: Spooled) -> None:
    """Into a store in memory, which then knows this chain and may continue it."""
    kept = Kept(left.chain, left.events, left.lanes, left.claims)
    db.execute("begin")
    for new, table, columns, cells in kept.batches():
        write(db, new, table, tuple(columns), cells)
    chain.store(db, kept.events, again=True)
    for lane in kept.lanes:
        db.execute(f"insert or replace into lane {marks(len(lane), 1)}", lane)
    db.executemany(
        "update delivery set node = ?3, attempt = ?4, state = case when ?5 then 'sending' else state end"
        " where site = ?1 and id = ?2",
        kept.claims,
    )
    db.execute("commit")


async def bring_back(store: Store, left: Spooled) -> int:
    """Into the store, under its own name; harmless to repeat. Returns how many events it did not have.

    Raises LedgerError. A change to a row that the store does not have (it was put back from an older backup) has
    nothing to change; its event is there all the same, and `log verify` names it.
    """
    done = await store.brought(left.chain)
    brought = 0
    for kept in left.stretches(done):
        await store.take_back(kept, ())
        brought += len(kept.events)
    return brought
