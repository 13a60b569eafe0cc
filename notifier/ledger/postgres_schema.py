"""The schema on a server: the same steps as in a file, taken by one node while the others wait."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier.errors import LedgerError
from notifier.ledger.schema import steps

if TYPE_CHECKING:
    import asyncpg

ONLY_HERE = Path(__file__).parent / "postgres_only"
CHANGING = 0x6E6F7469
"""Key of the lock that is held while the schema changes: two nodes may start at the same moment."""

ARRAYS = {"text": "text[]", "bigint": "int8[]", "integer": "int4[]", "double precision": "float8[]"}
"""The types that the schema's columns have, and how many values of one are handed over."""

_COLUMNS = (
    # Not from information_schema, whose view takes a tenth of a start.
    "select c.relname, a.attname, format_type(a.atttypid, null)"
    " from pg_attribute a join pg_class c on c.oid = a.attrelid"
    " where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
    " order by c.relname, a.attnum"
)

Types = dict[str, dict[str, str]]
"""Table to column to type."""


async def migrate_server(connection: asyncpg.Connection[Any]) -> tuple[str, Types]:
    """Bring the schema to this version's; returns the store's id and the types of its columns.

    Raises LedgerError if the store is from a newer version: nothing is changed then.
    """
    async with connection.transaction():
        await connection.execute("set local lock_timeout = 0")
        await connection.execute("select pg_advisory_xact_lock($1)", CHANGING)
        for path in sorted(ONLY_HERE.glob("*.sql")):
            await connection.execute(path.read_text(encoding="utf-8"))
        done = {row["name"] for row in await connection.fetch("select name from applied")}
        if strange := sorted(done - {name for name, _ in steps()}):
            raise LedgerError(
                f"This store is from a newer version (it has {', '.join(strange)}); upgrade this machine."
            )
        for name, script in steps():
            if name not in done:
                await connection.execute(script)
                await connection.execute("insert into applied (name) values ($1)", name)
        await connection.execute(
            "insert into store (id) select $1 where not exists (select from store)", secrets.token_hex(16)
        )
        found = str(await connection.fetchval("select id from store"))
    types: Types = {}
    for table, column, kind in await connection.fetch(_COLUMNS):
        types.setdefault(table, {})[column] = kind
    return found, types
