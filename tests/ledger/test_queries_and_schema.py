"""The loader of named queries, the schema's steps, and the shapes that must not drift apart."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from notifier.errors import LedgerError
from notifier.ledger import chain
from notifier.ledger.named_queries import HERE, load_queries
from notifier.ledger.schema import applied, build, migrate, steps
from notifier.ledger.tables import KEYS, LEASES, NOT_FACTS
from tests.ledger.bodies import opened


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


def test_a_block_is_a_name_a_reason_and_one_statement(tmp_path: Path) -> None:
    folder = write(tmp_path, a="-- name: one\n-- Why: it is needed.\nselect ';--' as odd where :x = 1 {for_update}\n")
    query = load_queries(folder)["one"]
    assert (query.sql, query.writes) == ("select ';--' as odd where :x = 1", False)


def test_a_query_that_claims_is_known_to_write(tmp_path: Path) -> None:
    folder = write(tmp_path, a="-- name: claim\nwith w as (select 1) update t set a = 'x' returning a {skip_locked};\n")
    assert load_queries(folder)["claim"].writes


def test_the_lock_of_a_site_goes_to_a_server_with_its_name_quoted_and_is_nothing_to_a_file() -> None:
    query = load_queries()["lock_site"]
    assert query.only_locks
    assert query.locks
    assert query.sql == "select 1 as held"
    said = query.in_words({"site": "o'ak"})
    assert "pg_advisory_xact_lock" in said
    assert "|| 'o''ak'" in said
    assert "$" not in said


def test_two_queries_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    folder = write(tmp_path, a="-- name: one\nselect 1", b="-- name: one\nselect 2")
    with pytest.raises(LedgerError, match=re.escape("b.sql: 'one' is already a query of a.sql.")):
        load_queries(folder)


@pytest.mark.parametrize("body", ["", "select 1; select 2", "-- only a comment"])
def test_a_block_that_is_not_one_statement_is_refused(body: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="exactly one statement"):
        load_queries(write(tmp_path, a=f"-- name: one\n{body}\n"))


def test_every_query_of_the_house_fits_the_schema() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        build(db)
        for query in load_queries(HERE).values():
            names = dict.fromkeys(re.findall(r":([a-z_]+)", query.sql))
            db.execute(f"explain {query.sql}", names)


def test_every_table_is_a_fact_with_its_key_or_named_as_none() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        build(db)
        tables = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
        assert tables == set(KEYS) | set(NOT_FACTS)
        for table, keys in KEYS.items():
            columns = db.execute(f"pragma table_info({table})").fetchall()
            assert tuple(row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]) == keys
            assert set(LEASES.get(table, ())) <= {row[1] for row in columns}
        assert tuple(row[1] for row in db.execute("pragma table_info(event)")) == chain.COLUMNS


def test_steps_are_applied_once(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as db:
        assert migrate(db) == [name for name, _ in steps()]
        assert migrate(db) == []
        assert applied(db) == [name for name, _ in steps()]


async def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as db:
        db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('notifier', '9999_x', '')")
    with pytest.raises(LedgerError, match="newer version"):
        async with opened(tmp_path):
            pass


async def test_a_second_daemon_is_told_who_holds_the_store(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(LedgerError, match=r"is in use by process \d+: stop that daemon first"):
            async with opened(tmp_path):
                pass
    async with opened(tmp_path) as ledger:
        assert ledger.recorded
