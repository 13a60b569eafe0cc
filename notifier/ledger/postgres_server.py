"""One connection to a PostgreSQL server: what it must be able to do, and what its errors mean to us."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from notifier.errors import LedgerError, StoreGone

if TYPE_CHECKING:
    import asyncpg

OLDEST = 13
"""The oldest major version that its makers still mended when this was written minus one; nothing here needs a newer."""

CONNECT_LIMIT = 5.0
"""Seconds to reach a server and be let in."""

STATEMENTS = 1024
"""Prepared statements kept on a connection: more than the engine has queries and shapes of rows."""

SESSION = {
    "application_name": "notifier",
    "lock_timeout": "150",  # ms; below the patience of a press: who waits for another node's row asks again instead
    # ms; whoever froze inside one must give its rows back long before a press of another node runs out of tries.
    "idle_in_transaction_session_timeout": "3000",
    "synchronous_commit": "on",  # "answered" means that it is on the disk, whatever the server's default is
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",  # a node that vanished gives its name back after some 11 s
    "standard_conforming_strings": "on",  # a text is quoted by doubling its quotes, and by nothing else
    "default_transaction_isolation": "read committed",
    "jit": "off",
    # A plan that was made while a table was empty is kept as it fills: claims of 3 s were seen, planned anew 1.5 ms.
    "plan_cache_mode": "force_custom_plan",
    # Every question has its index, so it is taken whatever the planner believes about the size of a new table.
    "enable_seqscan": "off",
}

_GONE = ("08", "53", "57", "58", "XX", "25006", "42501", "28", "3D")
"""SQLSTATE classes and codes that are the server's or its keeper's doing, not the statement's."""
_AGAIN = ("40", "55P03")
"""Serialization failures, deadlocks, a lock that another node held: run it again from its start."""


class NotUsable(StoreGone):
    """The server is there and will not have us; the text says why and what to do."""


def is_gone(error: BaseException) -> bool:
    """Whether an error is the server's or the wire's, and not the statement's."""
    import asyncpg

    # InternalClientError: what the server said last, unasked, left the driver in a state where it takes no question.
    of_the_wire = OSError | asyncio.TimeoutError | StoreGone | asyncpg.InterfaceError | asyncpg.InternalClientError
    if isinstance(error, of_the_wire):
        return not isinstance(error, asyncpg.DataError)
    return isinstance(error, asyncpg.PostgresError) and str(error.sqlstate or "").startswith(_GONE)


def may_pass(error: BaseException) -> bool:
    """Whether the same transaction may succeed if it is run again."""
    import asyncpg

    return isinstance(error, asyncpg.PostgresError) and str(error.sqlstate or "").startswith(_AGAIN)


def without_password(address: str) -> str:
    """The address as it may be shown and logged."""
    shown = re.sub(r"(://[^:/@]*):[^@/]*@", r"\1@", address)
    return re.sub(r"(password=)[^&\s]*", r"\1…", shown)


async def connect(address: str) -> asyncpg.Connection[Any]:
    """A connection that may write. Raises NotUsable with what to do, or StoreGone if nobody answers."""
    import asyncpg

    shown = without_password(address)
    try:
        async with asyncio.timeout(CONNECT_LIMIT):
            found = await asyncpg.connect(
                address,
                server_settings=SESSION,
                statement_cache_size=STATEMENTS,
                max_cached_statement_lifetime=0,
                timeout=CONNECT_LIMIT,
            )
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        text = f"The server of {shown} does not let this user in: {error}. Look at the password and at pg_hba.conf."
        raise NotUsable(text) from error
    except asyncpg.InvalidCatalogNameError as error:
        text = f"There is no such database: {shown}. Make it: createdb --owner USER NAME."
        raise NotUsable(text) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        text = f"The server of {shown} refuses: {error}."
        raise (StoreGone if is_gone(error) else NotUsable)(text) from error
    except (OSError, TimeoutError) as error:
        why = str(error) or "no answer"
        raise StoreGone(f"No PostgreSQL server answers at {shown} ({why}). Is it running, and reachable?") from error
    try:
        await _usable(found, shown)
    except BaseException:
        found.terminate()
        raise
    return found


async def _usable(connection: asyncpg.Connection[Any], shown: str) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST:
        raise NotUsable(f"The server of {shown} is PostgreSQL {version.major}; it takes {OLDEST} or newer.")
    row = await connection.fetchrow(
        "select pg_is_in_recovery() as follows, current_setting('server_encoding') as encoding,"
        " current_schema() as schema, has_schema_privilege(current_schema(), 'CREATE') as may, current_user as who,"
        " current_database() as base"
    )
    if row is None:
        raise StoreGone(f"The server of {shown} does not say what it is.")
    if row["follows"]:
        raise StoreGone(f"The server of {shown} only follows another one; nothing can be written there.")
    if row["encoding"] != "UTF8":
        raise NotUsable(f"The database {row['base']} keeps {row['encoding']}; make one with encoding UTF8.")
    if not row["may"]:
        text = f"The user {row['who']} may not make tables in {row['base']}."
        advice = f"As its owner: grant usage, create on schema {row['schema'] or 'public'} to {row['who']}."
        raise NotUsable(f"{text} {advice}")


_HOLDER = (
    "select a.pid, a.application_name as name, coalesce(host(a.client_addr), 'this machine') as host"
    " from pg_locks l join pg_stat_activity a on a.pid = l.pid cross join (select {key} as k) key"
    " where l.locktype = 'advisory' and l.granted and l.objsubid = 1"
    " and l.database = (select oid from pg_database where datname = current_database())"
    " and l.classid::bigint = (key.k >> 32) & 4294967295 and l.objid::bigint = key.k & 4294967295"
)


async def take_node(connection: asyncpg.Connection[Any], node: str, token: str, patience: float = 2.0) -> None:
    """Hold the name of this node until the connection ends. Raises LedgerError if another daemon holds it.

    `token` names this daemon: a connection of its own that the server has not missed yet is ended.
    """
    await connection.execute("select set_config('application_name', $1, false)", f"notifier {token} {node}"[:63])
    key = "hashtextextended('notifier:' || current_schema() || ':' || $1, 0)"
    until = asyncio.get_running_loop().time() + patience
    while not await connection.fetchval(f"select pg_try_advisory_lock({key})", node):
        holder = await connection.fetchrow(_HOLDER.format(key=key), node)
        if holder is not None and token in str(holder["name"]):
            await connection.execute("select pg_terminate_backend($1)", holder["pid"])
        elif asyncio.get_running_loop().time() > until:
            where = f" from {holder['host']}" if holder is not None else ""
            raise LedgerError(
                f"A daemon with the name '{node}' writes to this store already{where}."
                " Give this one another `node:` in settings.yaml, or stop that one."
            )
        await asyncio.sleep(0.05)
