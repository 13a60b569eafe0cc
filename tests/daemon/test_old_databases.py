"""Records of older versions are opened, brought up to date and gone on with; a copy of each is kept before.

A real one is kept of the first schema. Those after it are made of that one as a school's own would have come about:
step by step, with the steps that were shipped, and with rows written at each schema as it was then.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notifier.cli import main
from notifier.clock import SystemClock
from notifier.ledger.copying import schema_of
from notifier.ledger.schema import steps
from notifier.ledger.sqlite import SqliteLedger
from notifier.ledger.tables import KEYS
from notifier.ledger.verify import verify
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from tests.cli.school import SECRETS, Desk, new_school, running

FIRST = Path(__file__).parents[1] / "old_databases" / "0001_first.tar.gz"
STEPS = steps()
SCHEMAS = [name for name, _ in STEPS[:-1]]
"""Of every older version."""
FIRST_AND_LAST = [SCHEMAS[0], SCHEMAS[-1]]
"""A daemon takes its time to start; what lies between is looked at row by row."""
LEFT_ALONE = {
    "incident", "activation", "step", "timer", "command", "delivery", "link", "publication", "document", "door",
}  # fmt: skip
"""Tables of which the first record has rows of its own, that a daemon goes on with."""

PAST: dict[str, dict[str, Any]] = {
    "account": {"kind": "token", "state": "revoked"},
    "answer": {"answer": "safe", "channel": "sms"},
    "approval": {"state": "expired", "what": "publish", "data": {"files": {}, "base": 1}},
    "browser": {"state": "gone", "address": ""},
    "credential": {"kind": "password", "state": "used"},
    "invite": {"state": "used"},
    "lockout": {"until": 1.5},
    "opt_out": {"kind": "sms", "address": "+15550100999", "active": 0},
    "room": {"state": "released"},
    "session": {"state": "ended"},
    "task": {"kind": "need_help", "state": "done"},
    "trouble": {"kind": "store", "state": "cleared"},
    "words": {"body": "{}"},
}
"""What stands in the rows that are written: things that were over when that version was stopped."""


@pytest.fixture(params=SCHEMAS)
def old(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A school's folder whose record an older version has left."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NOTIFIER_TOKEN", raising=False)
    with new_school() as folder:
        (folder / "state").mkdir(mode=0o700)
        with tarfile.open(FIRST) as tar:
            tar.extractall(folder / "state", filter="data")
        for at in range(2, SCHEMAS.index(request.param) + 2):
            asyncio.run(lived_through(folder / "state" / "ledger.sqlite", STEPS[:at], monkeypatch))
        yield folder


async def lived_through(store: Path, known: tuple[tuple[str, str], ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that knew no more than these steps ran here, and wrote a row of everything that it could."""
    with monkeypatch.context() as then:
        then.setattr("notifier.ledger.schema.steps", lambda: known)
        with closing(sqlite3.connect(store)) as db:
            (node,) = db.execute("select node from node").fetchone()
            (site,) = db.execute("select distinct site from incident").fetchone()
        ledger = await SqliteLedger.open(store, node, SystemClock())
        try:
            with closing(sqlite3.connect(store)) as db:
                found = [row for row in rows_of(db, site, known[-1][0]) if row.table not in LEFT_ALONE]
                doors = [
                    Row("door", {"site": site, "id": door, "lock": "unknown", "commanded": None})
                    for (door,) in db.execute("select id from door").fetchall()
                ]

            def body() -> Body[None]:
                yield Fact(EventKind.NOTE, site, None, {"schema": known[-1][0]}, found)
                if doors:
                    yield Fact(EventKind.DOOR_READ, site, None, {"doors": len(doors)}, doors)

            await ledger.run(body)
            await ledger.seal()
        finally:
            await ledger.close()


def rows_of(db: sqlite3.Connection, site: str, schema: str) -> list[Row]:
    """One of each table of facts that this schema has, with every column that it has there."""
    found = []
    for table in KEYS:
        columns = {name: kind.lower() for _, name, kind, *_ in db.execute(f"pragma table_info({table})")}
        values: dict[str, Any] = {
            name: f"{table}-{schema}" if kind == "text" else 1.5 if kind == "double precision" else 1
            for name, kind in columns.items()
        }
        past = {"site": site, "incident": "", "sites": [site], "roles": [], "detail": {}, **PAST.get(table, {})}
        if columns:
            found.append(Row(table, {**values, **{name: past[name] for name in past if name in columns}}, new=True))
    return found


def everything(store: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every fact table."""
    with closing(sqlite3.connect(store)) as db:
        db.row_factory = sqlite3.Row
        there = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'").fetchall()}
        return {table: [dict(row) for row in db.execute(f"select * from {table}")] for table in KEYS if table in there}


def test_a_record_of_each_older_schema_is_looked_at(old: Path) -> None:
    done, missing = schema_of(old / "state" / "ledger.sqlite")
    assert done[-1] in SCHEMAS
    assert [*done, *missing] == [name for name, _ in STEPS]
    assert missing
    assert verify_old(old) == []


def verify_old(old: Path) -> list[str]:
    return [str(each) for each in verify(old / "state" / "ledger.sqlite") if each.fault]


def test_an_upgrade_keeps_every_row_as_it_was(old: Path) -> None:
    store = old / "state" / "ledger.sqlite"
    before = everything(store)
    assert main(["migrate", "--dir", str(old)]) == 0
    after = everything(store)
    for table, rows in before.items():
        assert len(after[table]) == len(rows) > 0 or not rows, table
        kept = [{name: row[name] for name in (rows[0] if rows else ())} for row in after[table]]
        assert kept == rows, f"'{table}' has other rows than before"
    if "trouble" in before and before["trouble"] and "told_at" not in before["trouble"][0]:
        assert {row["told_at"] for row in after["trouble"]} == {None}


def test_an_old_record_is_shown_migrated_and_still_verifies(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = old / "state" / "ledger.sqlite"
    missing = schema_of(store)[1]
    assert main(["migrate", "--check", "--dir", str(old)]) == 1
    assert missing[-1] in capsys.readouterr().out
    assert schema_of(store)[1] == missing  # only shown
    assert main(["migrate", "--dir", str(old)]) == 0
    assert "as it was before" in capsys.readouterr().out
    assert schema_of(store)[1] == []
    assert [str(each) for each in verify(store) if each.fault] == []
    (kept,) = (old / "state").glob("before-migration-*.sqlite")
    assert schema_of(kept)[1] == missing
    assert main(["migrate", "--dir", str(old)]) == 0
    assert "Nothing is to be done" in capsys.readouterr().out


@pytest.mark.parametrize("old", FIRST_AND_LAST, indirect=True)
def test_a_daemon_goes_on_with_the_incident_that_an_older_one_left_open(
    old: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    desk = Desk(old, capsys, tmp_path)
    with running(old):
        said = desk("incidents", "--json").json["items"]
        assert {one["state"] for one in said} == {"active", "closed"}
        assert desk("log", "verify").code == 0
        assert any((old / "state").glob("before-migration-*.sqlite"))


@pytest.mark.parametrize("old", FIRST_AND_LAST, indirect=True)
def test_a_migration_that_fails_leaves_the_record_as_it_was(
    old: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = old / "state" / "ledger.sqlite"
    before = schema_of(store)
    bad = (*steps(), ("9999_wrong", "create table wrong (id text); create table wrong (id text);"))
    monkeypatch.setattr("notifier.ledger.schema.steps", lambda: bad)
    monkeypatch.setattr("notifier.ledger.copying.steps", lambda: bad)
    assert main(["migrate", "--dir", str(old)]) == 1
    assert "did not take its new schema" in capsys.readouterr().err
    monkeypatch.undo()
    with closing(sqlite3.connect(store)) as db:
        assert not db.execute("select 1 from sqlite_master where name = 'wrong'").fetchall()
    assert schema_of(store)[0][: len(before[0])] == before[0]
