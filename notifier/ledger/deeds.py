"""What the ledger itself does inside a transaction: signing heads, erasing, bringing back what was kept in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.ledger import chain
from notifier.ledger.rows import Batch, marks, write
from notifier.ledger.seals import Seal, SealKey
from notifier.ledger.tables import KEYS
from notifier.ledger.twice import pairs
from notifier.ledger.writer import Writer
from notifier.model.events import AGAIN, EventKind
from notifier.model.facts import Fact, Row


def chains(db: sqlite3.Connection) -> Iterator[str]:
    """The names of all chains; one look into the index for each, however long they are."""
    name = ""
    while True:
        (found,) = db.execute("select min(node) from event where node > ?", (name,)).fetchone()
        if found is None:
            return
        name = found
        yield found


QUIET_HOUR = 3600.0
"""Seconds: when nothing happens the heads stay the same, and a seal a minute would fill the disk with one sentence."""


def seal_heads(writer: Writer, key: SealKey) -> Seal | None:
    """None if the last seal says the same and is less than an hour old."""
    writer.write_events()
    db = writer.db
    newest = "select n, hash from event where node = ? order by n desc limit 1"
    heads = {node: tuple(db.execute(newest, (node,)).fetchone()) for node in chains(db)}
    last = db.execute("select n, at, heads from seal where node = ? order by n desc limit 1", (writer.node,)).fetchone()
    now, wall = float(writer.clock.now()), writer.clock.wall().isoformat(timespec="milliseconds")
    seal = key.seal(writer.node, last[0] + 1 if last else 1, now, wall, heads)
    if last and last[2] == seal.heads and 0 <= now - last[1] < QUIET_HOUR:
        return None
    db.execute(
        "insert into seal (node, n, at, wall, heads, key_id, signature) values (?, ?, ?, ?, ?, ?, ?)",
        (seal.node, seal.n, seal.at, seal.wall, seal.heads, seal.key_id, seal.signature),
    )
    # A node that does nothing for days still knows, after the next boot, how late it was.
    writer.store_pair()
    return seal


def erase_incident(writer: Writer, site: str, incident: str) -> int:
    writer.write_events()
    db = writer.db
    # What is erased shall not stay readable in freed pages of the file.
    db.execute("pragma secure_delete=1").fetchall()
    which = "from event where site = ? and incident = ? and payload is not null"
    full = db.execute(f"select node, n {which} order by node, n", (site, incident)).fetchall()
    if not full:
        return 0
    db.execute(
        "update event set salt = null, payload = null where site = ? and incident = ? and payload is not null",
        (site, incident),
    )
    for table, keys in KEYS.items():
        columns = [name for _, name, *_ in db.execute(f"pragma table_info({table})")]
        if "incident" in columns and keys:
            db.execute(f"delete from {table} where site = ? and incident = ?", (site, incident))  # noqa: S608 -- names of ours
    kept = rows_where(db, "incident", "site = ? and id = ?", (site, incident))
    writer.append(Fact(EventKind.ERASED, site, None, {"incident": incident, "events": ranges(full)}, kept))
    return len(full)


def ranges(links: Sequence[tuple[str, int]]) -> list[list[Any]]:
    """[node, first, last] of each unbroken run; `links` is sorted."""
    found: list[list[Any]] = []
    for node, n in links:
        if found and found[-1][0] == node and found[-1][2] == n - 1:
            found[-1][2] = n
        else:
            found.append([node, n, n])
    return found


def rows_where(db: sqlite3.Connection, table: str, which: str, args: Sequence[Any]) -> list[Row]:
    """Whole rows as they stand, to be said anew."""
    cursor = db.execute(f"select * from {table} where {which}", args)  # noqa: S608 -- names and conditions are ours
    names = [column[0] for column in cursor.description]
    return [Row(table, dict(zip(names, row, strict=True)), new=True) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Kept:
    """A stretch of a chain that was kept in memory."""

    node: str
    events: Sequence[tuple[Any, ...]]
    """As they stand in the table, in the order of `chain.COLUMNS`."""
    lanes: Sequence[tuple[Any, ...]]
    """No facts, but a sender's limit holds over the change of store too."""
    claims: Sequence[tuple[Any, ...]]
    """(site, id, node, attempt, being sent) of deliveries claimed in memory: no facts either, but what is on its way
    must not be sent again."""
    told: int | None = None
    """How far the store's own chain was heard of when memory took over; None: not known any more."""

    def batches(self) -> Iterator[Batch]:
        for event in self.events:
            yield from chain.read_payload(event[chain.COLUMNS.index("payload")])[1]


_CLAIMS = (
    "select d.site, d.id, d.node, d.attempt, d.state = 'sending'"
    " from claimed c join delivery d on d.site = c.site and d.id = c.id"
)


def read_kept(writer: Writer, after: int, most: int) -> Kept:
    """The next events of a chain in memory."""
    writer.write_events()
    asked = f"select {','.join(chain.COLUMNS)} from event where node = ? and n > ? order by n limit ?"  # noqa: S608 -- names of ours
    events = writer.db.execute(asked, (writer.node, after, most)).fetchall()
    return Kept(
        writer.node, events, writer.db.execute("select * from lane").fetchall(), writer.db.execute(_CLAIMS).fetchall()
    )


def everything(writer: Writer) -> list[Row]:
    """Every row of every fact table, for a store that had to be made anew."""
    return [row for table in KEYS for row in rows_where(writer.db, table, "true", ())]


def missing_rows(writer: Writer, kept: Kept) -> list[tuple[str, tuple[Any, ...]]]:
    """(table, key) of rows that these events change and that this store does not have."""
    known: set[tuple[str, tuple[Any, ...]]] = set()
    missing = []
    for new, table, columns, cells in kept.batches():
        for row in cells:
            key = tuple(row[columns.index(name)] for name in KEYS[table])
            if (table, key) in known:
                continue
            known.add((table, key))
            if not new and not rows_by_key(writer, [(table, key)]):
                missing.append((table, key))
    return missing


def rows_by_key(writer: Writer, wanted: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Row]:
    found = []
    for table, key in wanted:
        found += rows_where(writer.db, table, " and ".join(f"{name} = ?" for name in KEYS[table]), key)
    return found


def bring_back(writer: Writer, kept: Kept, said_anew: Sequence[Row]) -> int:
    """Take a stretch of a chain into the store under its own name; harmless to repeat. Returns its last number.

    `said_anew`: rows that the store did not have; they are part of the MERGED event, which goes before the stretch.
    """
    first, last = (kept.events[0][1], kept.events[-1][1]) if kept.events else (0, 0)
    if kept.events or said_anew:
        site = kept.events[0][2] if kept.events else said_anew[0].values["site"]
        data: dict[str, Any] = {"node": kept.node, "from": first, "to": last, "rows_said_anew": len(said_anew)}
        if kept.told is not None:
            asked = f"select {','.join(chain.COLUMNS)} from event where node = ? and n > ? order by n"  # noqa: S608 -- names of ours
            late = writer.db.execute(asked, (writer.node, kept.told)).fetchall()
            data |= {AGAIN: found} if (found := pairs(late, kept.events)) else {}
        writer.append(Fact(EventKind.MERGED, site, None, data, said_anew))
    for new, table, columns, cells in kept.batches():
        write(writer.db, new, table, tuple(columns), cells)
    writer.write_events()
    chain.store(writer.db, kept.events, again=True)
    for lane in kept.lanes:
        writer.db.execute(f"insert or replace into lane {marks(len(lane), 1)}", lane)
    writer.db.executemany(
        "update delivery set node = ?3, attempt = ?4, state = case when ?5 then 'sending' else state end"
        " where site = ?1 and id = ?2",
        kept.claims,
    )
    return int(last)
