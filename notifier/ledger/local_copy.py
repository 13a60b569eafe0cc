"""The tables of a store on a server, kept beside the daemon in a file of SQLite.

`Ledger.read` answers on the caller's thread in microseconds, and no question over a wire does. So each node keeps a
copy: its own transactions are in it before their callers hear that they are durable, other nodes' some milliseconds
after their commit. It is also what memory mode starts from when the server is gone. It is never what a decision is
made on (bodies ask the server), nothing is lost with it, and it is made anew whenever it does not fit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier import __version__
from notifier.clock import BootReading
from notifier.ledger import chain
from notifier.ledger.named_queries import Query
from notifier.ledger.rows import Batch, cell, marks, write
from notifier.ledger.schema import build, steps
from notifier.ledger.tables import KEYS
from notifier.model.facts import Rows

if TYPE_CHECKING:
    import asyncpg

COPY = "local-copy.sqlite"
"""The file that is read from, in the state folder."""
SLICE = 1000
"""Rows fetched from the server at once."""

Link = tuple[Any, ...]
"""One event in the order of `chain.COLUMNS`."""
Heads = Mapping[str, tuple[int, str, float]]
"""Node to (n, hash, ledger time) of the newest event of its chain."""


@dataclass(frozen=True, slots=True)
class Leased:
    """What a query changed that is no fact: a claim, a lane's tokens."""

    query: Query
    args: Mapping[str, Any]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Erased:
    """What retention took."""

    site: str
    incident: str


@dataclass(frozen=True, slots=True)
class Whole:
    """Whole rows of a table that is no table of facts."""

    table: str
    rows: Sequence[Sequence[Any]]


Change = Batch | Leased | Erased | Whole


class LocalCopy:
    """Written by the ledger's writing thread only; anybody may read the file."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db

    @staticmethod
    def fits(path: Path, store: str) -> bool:
        """Whether the file is a copy of that store with this version's tables."""
        if not path.exists():
            return False
        with suppress(sqlite3.Error):
            db = sqlite3.connect(path)
            try:
                return bool(db.execute("select store, schema from copied_from").fetchone() == (store, _schema()))
            finally:
                db.close()
        return False

    @staticmethod
    def of(path: Path) -> str | None:
        """The id of the store that the file is a copy of."""
        with suppress(sqlite3.Error):
            db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            try:
                return str(db.execute("select store from copied_from").fetchone()[0])
            finally:
                db.close()
        return None

    @staticmethod
    def remove(path: Path) -> None:
        for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            name.unlink(missing_ok=True)

    def make(self, store: str) -> None:
        """The tables, if the file is new."""
        if self.db.execute("select 1 from sqlite_master where name = 'copied_from'").fetchone():
            return
        self.db.execute("begin")
        build(self.db)
        self.db.execute("create table copied_from (store text not null, schema text not null)")
        self.db.execute("insert into copied_from values (?, ?)", (store, _schema()))
        self.db.execute("commit")

    def heads(self) -> dict[str, int]:
        """How far it goes: node to number."""
        return dict(self.db.execute("select node, max(n) from event group by node"))

    def links(self, node: str, after: int) -> list[Link]:
        asked = f"select {','.join(chain.COLUMNS)} from event where node = ? and n > ? order by n"  # noqa: S608 -- names of ours
        return self.db.execute(asked, (node, after)).fetchall()

    def take(self, changes: Sequence[Change], links: Sequence[Link]) -> None:
        """What one transaction of the server changed, in its order."""
        self.db.execute("begin immediate")
        try:
            for change in changes:
                self._change(change)
            chain.store(self.db, links, again=True)
            self.db.execute("commit")
        except BaseException:
            self.db.execute("rollback")
            raise

    def keep_time(self, node: str, steady: float, reading: BootReading) -> None:
        """The pair from which a start without the server goes on."""
        self.db.execute(
            "insert or replace into node (node, boot_id, steady, boottime, wall, version) values (?, ?, ?, ?, ?, ?)",
            (node, reading.boot_id, steady, reading.boottime, reading.wall, __version__),
        )

    async def take_anew(self, connection: asyncpg.Connection[Any], *, seals: bool = False) -> None:
        """Everything as it stands on the server at one moment; of the events those that are missing."""
        kept = self.heads()
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            self.db.execute("begin immediate")
            try:
                for table in (*KEYS, "lane", *(["seal"] if seals else [])):
                    self.db.execute(f"delete from {table}")  # noqa: S608 -- a table of ours
                    async for rows in slices(connection, f"select {_columns(self.db, table)} from {table}"):  # noqa: S608 -- names of ours
                        self._whole(Whole(table, rows))
                names = ",".join(chain.COLUMNS)
                for node in [row["node"] for row in await connection.fetch("select node from head")]:
                    asked = f"select {names} from event where node = $1 and n > $2 order by n"  # noqa: S608 -- names of ours
                    async for rows in slices(connection, asked, node, kept.get(node, 0)):
                        chain.store(self.db, rows, again=True)
                emptied = "select site, incident from event where kind <> 'erased' and payload is null group by 1, 2"
                for row in await connection.fetch(emptied):
                    self._empty(Erased(row["site"], row["incident"]))
                self.db.execute("commit")
            except BaseException:
                self.db.execute("rollback")
                raise

    def _change(self, change: Change) -> None:
        match change:
            case Leased():
                self._lease(change)
            case Erased(site, incident):
                self._empty(change)
                for table in KEYS:
                    if "incident" in _columns(self.db, table).split(","):
                        which = f"from {table} where site = ? and incident = ?"
                        self.db.execute(f"delete {which}", (site, incident))
            case Whole():
                self._whole(change)
            case (new, table, columns, cells):
                write(self.db, new, table, tuple(columns), cells)

    def _lease(self, leased: Leased) -> None:
        table = leased.query.changes
        keys = KEYS.get(table, ())
        if keys and leased.rows and set(keys) <= set(leased.rows[0]):
            # Which rows it takes depends on what others hold, so what it took is written, not done again.
            names = [name for name in leased.rows[0] if name in _columns(self.db, table).split(",")]
            write(self.db, 0, table, tuple(names), [[row[name] for name in names] for row in leased.rows])
        elif not keys:
            self.db.execute(leased.query.sql, {name: cell(value) for name, value in leased.args.items()}).fetchall()

    def _whole(self, whole: Whole) -> None:
        if whole.rows:
            into = f"insert or replace into {whole.table} {marks(len(whole.rows[0]), 1)}"
            self.db.executemany(into, whole.rows)

    def _empty(self, erased: Erased) -> None:
        self.db.execute("pragma secure_delete=1").fetchall()
        self.db.execute(
            "update event set salt = null, payload = null where site = ? and incident = ? and kind <> 'erased'",
            (erased.site, erased.incident),
        )


async def slices(connection: asyncpg.Connection[Any], asked: str, *args: Any) -> AsyncIterator[list[tuple[Any, ...]]]:
    cursor = await connection.cursor(asked, *args)
    while rows := await cursor.fetch(SLICE):
        yield [tuple(row.values()) for row in rows]


def _columns(db: sqlite3.Connection, table: str) -> str:
    return ",".join(name for _, name, *_ in db.execute(f"pragma table_info({table})"))


def _schema() -> str:
    return ",".join(name for name, _ in steps())
