"""What the ledger itself does inside a transaction of a server: the twins of `notifier.ledger.deeds`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.ledger import chain
from notifier.ledger.deeds import QUIET_HOUR, Kept, ranges
from notifier.ledger.local_copy import Erased, Whole
from notifier.ledger.postgres_turn import Turn
from notifier.ledger.seals import Seal, SealKey
from notifier.ledger.tables import KEYS
from notifier.ledger.twice import pairs
from notifier.model.events import AGAIN, EventKind
from notifier.model.facts import Fact, Row


async def seal_heads(turn: Turn, key: SealKey) -> Seal | None:
    """None if the last seal says the same and is less than an hour old."""
    clock, node = turn.writer.clock, turn.node
    heads = {name: (n, hashed) for name, (n, hashed, _) in (await turn.writer.read_heads()).items()}
    last = await turn.connection.fetchrow("select n, at, heads from seal where node = $1 order by n desc limit 1", node)
    now, wall = float(clock.now()), clock.wall().isoformat(timespec="milliseconds")
    seal = key.seal(node, last["n"] + 1 if last else 1, now, wall, heads)
    if last and last["heads"] == seal.heads and 0 <= now - last["at"] < QUIET_HOUR:
        return None
    await turn.connection.execute(
        "insert into seal (node, n, at, wall, heads, key_id, signature) values ($1, $2, $3, $4, $5, $6, $7)",
        seal.node, seal.n, seal.at, seal.wall, seal.heads, seal.key_id, seal.signature,
    )  # fmt: skip
    return seal


async def erase_incident(turn: Turn, site: str, incident: str) -> int:
    connection = turn.connection
    which = "from event where site = $1 and incident = $2 and payload is not null"
    full = [tuple(row) for row in await connection.fetch(f"select node, n {which} order by node, n", site, incident)]
    if not full:
        return 0
    emptied = "update event set salt = null, payload = null where site = $1 and incident = $2 and payload is not null"
    await connection.execute(emptied, site, incident)
    for table in KEYS:
        if "incident" in turn.statements.columns(table):
            await connection.execute(f"delete from {table} where site = $1 and incident = $2", site, incident)  # noqa: S608 -- names of ours
    rows = await connection.fetch("select * from incident where site = $1 and id = $2", site, incident)
    turn.changes.append(Erased(site, incident))
    kept = [Row("incident", dict(row), new=True) for row in rows]
    turn.append(Fact(EventKind.ERASED, site, None, {"incident": incident, "events": ranges(full)}, kept))
    return len(full)


async def brought(turn: Turn, node: str) -> int:
    return int(await turn.connection.fetchval("select coalesce(max(n), 0) from event where node = $1", node))


async def missing_rows(turn: Turn, kept: Kept) -> list[tuple[str, tuple[Any, ...]]]:
    known: set[tuple[str, tuple[Any, ...]]] = set()
    missing = []
    for new, table, columns, cells in kept.batches():
        for row in cells:
            key = tuple(row[columns.index(name)] for name in KEYS[table])
            if (table, key) in known:
                continue
            known.add((table, key))
            if not new and not await _is_there(turn, table, key):
                missing.append((table, key))
    return missing


async def _is_there(turn: Turn, table: str, key: Sequence[Any]) -> bool:
    which = " and ".join(f"{name} = ${at}" for at, name in enumerate(KEYS[table], 1))
    asked = f"select 1 from {table} where {which}"  # noqa: S608 -- names of ours
    given = [part[0] for part in turn.statements.arrays(table, KEYS[table], [key])]
    return bool(await turn.connection.fetchval(asked, *given))


async def bring_back(turn: Turn, kept: Kept, said_anew: Sequence[Row]) -> int:
    """As `notifier.ledger.deeds.bring_back`."""
    first, last = (kept.events[0][1], kept.events[-1][1]) if kept.events else (0, 0)
    if kept.events or said_anew:
        site = kept.events[0][2] if kept.events else said_anew[0].values["site"]
        data: dict[str, Any] = {"node": kept.node, "from": first, "to": last, "rows_said_anew": len(said_anew)}
        if kept.told is not None:
            asked = f"select {','.join(chain.COLUMNS)} from event where node = $1 and n > $2 order by n"  # noqa: S608 -- names of ours
            late = [tuple(row.values()) for row in await turn.connection.fetch(asked, turn.node, kept.told)]
            data |= {AGAIN: found} if (found := pairs(late, kept.events)) else {}
        turn.append(Fact(EventKind.MERGED, site, None, data, said_anew))
    await turn.flush()
    for batch in kept.batches():
        await turn.statements.write(batch)
        turn.changes.append(batch)
    if kept.events:
        await turn.put_links([*kept.events])
        turn.beside += kept.events
        n, at, hashed = last, kept.events[-1][4], kept.events[-1][-1]
        turn.heads[kept.node] = n, hashed, at
        await turn.put_head(kept.node, n, hashed, at)
    await _lanes_and_claims(turn, kept)
    return int(last)


async def _lanes_and_claims(turn: Turn, kept: Kept) -> None:
    names = turn.statements.columns("lane")
    for lane in kept.lanes:
        marks = ",".join(f"${at}" for at in range(1, len(names) + 1))
        change = ",".join(f"{name} = excluded.{name}" for name in names)
        into = f"insert into lane ({','.join(names)}) values ({marks}) on conflict (site, name) do update set {change}"  # noqa: S608 -- names of ours
        given = [part[0] for part in turn.statements.arrays("lane", names, [lane])]
        await turn.connection.execute(into, *given)
    turn.changes.append(Whole("lane", kept.lanes))
    for site, id_, node, attempt, sending in kept.claims:
        rows = await turn.connection.fetch(
            "update delivery set node = $3, attempt = $4, state = case when $5 then 'sending' else state end"
            " where site = $1 and id = $2 returning state",
            site, id_, node, attempt, bool(sending),
        )  # fmt: skip
        for row in rows:
            cells = [[site, id_, node, attempt, row["state"]]]
            turn.changes.append((0, "delivery", ["site", "id", "node", "attempt", "state"], cells))
