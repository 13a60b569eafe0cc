"""One transaction on a server: what it asked, what it changed, and its events until they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.errors import LedgerError, StoreGone
from notifier.ledger import chain
from notifier.ledger.local_copy import Change, Heads, Leased, Link
from notifier.ledger.rows import Batch, batches
from notifier.ledger.rows_to_write import together
from notifier.ledger.tables import KEYS
from notifier.model.facts import Ask, Event, Fact, Rows

if TYPE_CHECKING:
    from notifier.ledger.postgres_writer import PostgresWriter

Mark = tuple[int, int, int, int]

_COLUMNS = ",".join(chain.COLUMNS)


class Unmet(LedgerError):
    """The group cannot go on as one transaction."""


class CopyFirst(Unmet):
    """Other nodes wrote what the local copy cannot take event by event."""


class Turn:
    def __init__(self, writer: PostgresWriter) -> None:
        self.writer = writer
        self.connection, self.statements, self.node = writer.connection, writer.statements, writer.node
        self.changes: list[Change] = []
        """For the local copy, in the order in which the server has them."""
        self.links: list[Link] = []
        self.beside: list[Link] = []
        """Events of another chain that it brought."""
        self.events: list[Event] = []
        self.heads: dict[str, tuple[int, str, float]] = {}
        """Where chains end after it, for those that it went on with."""
        self._facts: list[tuple[Fact, float, str, str]] = []
        """Not yet linked: the fact, its times, its payload."""
        self._waiting: list[Batch] = []
        """Rows not yet sent: a body that asks nothing about them does not wait for them."""
        self._sent = 0
        self._begun = False

    async def begin(self) -> None:
        """Before the first statement that locks or writes; each of those before it sees what is committed, as it would
        inside (read committed), and a body that only asks needs no transaction.
        """
        if not self._begun:
            self._begun = True
            await self.connection.execute("begin")

    async def end(self, how: str) -> None:
        """`commit` or `rollback`."""
        if self._begun:
            await self.connection.execute(how)

    @property
    def changed(self) -> bool:
        return bool(self._facts or self.links or self.changes)

    def append(self, fact: Fact) -> None:
        """One fact: its rows before the next question about them, its event at the end."""
        found = [_clean(batch) for batch in batches(fact.rows)]
        payload = chain.write_payload(fact.data, found)
        at, wall = float(self.writer.clock.now()), self.writer.clock.wall().isoformat(timespec="milliseconds")
        self._facts.append((fact, at, wall, payload))
        self._waiting += found
        self.changes += found

    async def answer(self, asked: Ask) -> Rows:
        query = self.statements.query(asked.query)
        if query.only_locks and not self._begun:
            self._begun = True
            await self.connection.execute(f"begin; {query.in_words(asked.args)}")  # one question to the server, not two
            return ()
        if query.reads_events:
            await self.write_events(await self.writer.read_heads())
        elif self._waiting and not query.tables.isdisjoint(batch[1] for batch in self._waiting):
            await self.flush()
        if query.writes or query.locks:
            await self.begin()
        rows = await self.statements.ask(query, asked.args)
        if query.writes:
            self._sent += 1
            if rows or query.changes not in KEYS:  # a claim that found nothing changed nothing
                self.changes.append(Leased(query, asked.args, rows))
        return rows

    async def flush(self) -> None:
        """Send the rows that wait, in as few questions as their order allows: each is a way to the server and back.

        Raises LedgerError if a change names a row that is not there.
        """
        waiting, self._waiting = together([self._waiting]), []
        for batch in waiting:
            await self.begin()
            self._sent += 1
            changed = await self.statements.write(batch)
            if not batch[0] and changed != len(batch[3]):
                missing = len(batch[3]) - changed
                raise Missing(f"{missing} of {len(batch[3])} rows to change are not in '{batch[1]}'.")

    async def write_events(self, heads: Heads, *, last: bool = False) -> None:
        """Link what was told so far and put it into the table; `last`: and say so to the others.

        No event is older than one that any node committed before: then the order of times is the order of changes.
        """
        await self.flush()
        n, head = (self.links[-1][1], self.links[-1][-1]) if self.links else self.writer.mine()
        if (there := heads.get(self.node, (0, chain.GENESIS, 0.0)))[:2] != self.writer.mine():
            raise StoreGone(f"somebody else has written event {there[0]} of {self.node}")
        floor = max((at for _, _, at in heads.values()), default=0.0)
        fresh: list[Link] = []
        for fact, at, wall, payload in self._facts:
            floor = max(floor, at)
            n += 1
            kind = str.__str__(fact.kind)
            link = chain.link(self.node, n, head, fact.site, fact.incident, floor, wall, kind, payload)
            head = link[-1]
            fresh.append(link)
            self.events.append(
                Event(self.node, n, floor, wall, fact.kind, fact.site, fact.incident, fact.data, fact.rows)
            )
        self._facts.clear()
        self.links += fresh
        await self.put_links(fresh)
        if last and self.links:
            self.heads[self.node] = n, head, floor
            await self.put_head(self.node, n, head, floor)

    async def put_links(self, links: list[Link]) -> None:
        if links:
            await self.begin()
            self._sent += 1
            given = self.statements.casts("event", chain.COLUMNS)
            into = f"insert into event ({_COLUMNS}) select * from unnest({given}) on conflict (node, n) do nothing"  # noqa: S608 -- names of ours
            await self.connection.execute(into, *self.statements.arrays("event", chain.COLUMNS, links))

    async def put_head(self, node: str, n: int, hashed: str, at: float) -> None:
        """Where a chain ends now; heard by all nodes at the commit."""
        await self.connection.execute(
            "with put as (insert into head (node, n, hash, at) values ($1, $2::int8, $3, $4) on conflict (node)"
            " do update set n = excluded.n, hash = excluded.hash, at = excluded.at where head.n < excluded.n)"
            " select pg_notify('notifier_events', $1 || ':' || $2::int8)",
            node,
            n,
            hashed,
            at,
        )

    def mark(self) -> Mark:
        return len(self._facts), len(self._waiting), len(self.changes), self._sent

    def forget(self, mark: Mark) -> bool:
        """Take back what was told since; False if some of it has been sent."""
        if self._sent != mark[3]:
            return False
        del self._facts[mark[0] :], self._waiting[mark[1] :], self.changes[mark[2] :]
        return True


class Missing(LedgerError):
    """A change of a row that does not exist."""


def _clean(batch: Batch) -> Batch:
    """PostgreSQL keeps no NUL in text, and the event must say what the table has."""
    new, table, columns, cells = batch
    if any(isinstance(value, str) and "\0" in value for row in cells for value in row):
        cells = [[value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row] for row in cells]
    return new, table, columns, cells
