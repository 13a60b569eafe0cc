"""Named queries: `-- name: …` blocks in `queries/*.sql`, one statement each, in one portable subset of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from notifier.errors import LedgerError

HERE = Path(__file__).parent / "queries"

_NAME = re.compile(r"^--\s*name:\s*(?P<name>[a-z][a-z0-9_]*)\s*$", re.MULTILINE)
_TEXT = re.compile(r"('(?:[^']|'')*')")
_COMMENT = re.compile(rf"{_TEXT.pattern}|--[^\n]*")
_WRITES = re.compile(r"\b(insert|update|delete|replace)\b", re.IGNORECASE)
_CHANGED = re.compile(r"^\s*(?:insert\s+into|update|delete\s+from)\s+(\w+)", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:from|join|into|update)\s+(\w+)", re.IGNORECASE)
_EVENTS = re.compile(r"\bevent\b", re.IGNORECASE)
_ONLY_LOCKS = "{lock_of_site}"
_SQLITE_TOKENS = {"{for_update}": "", "{skip_locked}": "", "{claim}": "", "{of_delivery}": "", _ONLY_LOCKS: ""}
_POSTGRES_TOKENS = {
    "{for_update}": "for update",
    "{skip_locked}": "skip locked",
    "{claim}": "for update of d skip locked",  # of the deliveries: whoever moves their incident is not waited for
    "{of_delivery}": "for update of d",
    _ONLY_LOCKS: ", pg_advisory_xact_lock(hashtextextended('notifier:site:' || current_schema() || ':' || :site, 0))",
}
_PLACE = re.compile(rf"{_TEXT.pattern}|(?<!:):(?P<name>[a-z_][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Query:
    """One named statement with `:named` parameters."""

    name: str
    sql: str
    writes: bool
    """It may change rows (a claim, a token bucket), so only a transaction may ask it."""
    reads_events: bool
    """It looks at the chain, so events held back for the end of the group are written before it runs."""
    written: str = ""
    """The statement as it stands in its file: `{for_update}` and the like mean something to PostgreSQL only."""

    @property
    def locks(self) -> bool:
        """It holds rows until the transaction ends."""
        return "{" in self.written

    @property
    def only_locks(self) -> bool:
        """Nobody reads what it answers: where one writer is the lock it need not even be asked."""
        return _ONLY_LOCKS in self.written

    @property
    def changes(self) -> str:
        """The table that it changes; "" if none."""
        return _changed(self.sql) if self.writes else ""

    @property
    def tables(self) -> frozenset[str]:
        """Every table that it names."""
        return _named(self.sql)

    def for_postgres(self) -> tuple[str, tuple[str, ...]]:
        """The statement with `$1` for its parameters, and their names in that order."""
        sql, names = self.written, list[str]()
        for token, meaning in _POSTGRES_TOKENS.items():
            sql = sql.replace(token, meaning)

        def numbered(found: re.Match[str]) -> str:
            if (name := found["name"]) is None:
                return found[0]
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"

        return _PLACE.sub(numbered, sql).strip(), tuple(names)

    def in_words(self, args: Mapping[str, str]) -> str:
        """The statement for PostgreSQL with texts in the places of its parameters: it can go with another at once."""
        sql, names = self.for_postgres()
        for at, name in reversed(list(enumerate(names, 1))):
            text = args[name].replace("'", "''").replace("\0", "\ufffd")
            sql = sql.replace(f"${at}", f"'{text}'")
        return sql


def read_queries(text: str, place: str) -> Iterator[Query]:
    """The blocks of one file. Raises LedgerError for a block that is not exactly one statement."""
    heads = list(_NAME.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        body = text[head.end() : following.start() if following else len(text)]
        sql = _COMMENT.sub(r"\1", body).strip().rstrip(";").strip()
        bare = _TEXT.sub("''", sql)
        if not sql or ";" in bare:
            raise LedgerError(f"{place}: the query '{head['name']}' must be exactly one statement.")
        yield Query(head["name"], sql, bool(_WRITES.search(bare)), bool(_EVENTS.search(bare)))


@cache
def load_queries(*folders: Path) -> Mapping[str, Query]:
    """Every query of every `*.sql` file in `folders` (none named: the ledger's own), as SQLite takes them.

    Raises LedgerError if two blocks have the same name.
    """
    found: dict[str, tuple[str, Query]] = {}
    for folder in folders or (HERE,):
        for path in sorted(folder.glob("*.sql")):
            for query in read_queries(path.read_text(encoding="utf-8"), path.name):
                if query.name in found:
                    raise LedgerError(f"{path.name}: '{query.name}' is already a query of {found[query.name][0]}.")
                found[query.name] = path.name, _for_sqlite(query)
    return {name: query for name, (_, query) in found.items()}


def _for_sqlite(query: Query) -> Query:
    sql = query.sql
    for token, meaning in _SQLITE_TOKENS.items():
        sql = sql.replace(token, meaning)
    return Query(query.name, sql.strip(), query.writes, query.reads_events, query.sql)


def find(queries: Mapping[str, Query], name: str) -> Query:
    try:
        return queries[name]
    except KeyError:
        raise LedgerError(f"There is no query '{name}'.") from None


@cache
def _changed(sql: str) -> str:
    found = _CHANGED.match(sql)
    return found[1] if found else ""


@cache
def _named(sql: str) -> frozenset[str]:
    return frozenset(_NAMED.findall(sql))
