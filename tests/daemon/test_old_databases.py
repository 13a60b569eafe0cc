"""Records of older versions are opened, brought up to date and gone on with; a copy of each is kept before."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from notifier.cli import main
from notifier.ledger.copying import schema_of
from notifier.ledger.schema import steps
from notifier.ledger.verify import verify
from tests.cli.school import SECRETS, Desk, new_school, running

OLD = sorted((Path(__file__).parents[1] / "old_databases").glob("*.tar.gz"))


@pytest.fixture(params=OLD, ids=lambda path: path.name.removesuffix(".tar.gz"))
def old(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A school's folder whose record an older version has left."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NOTIFIER_TOKEN", raising=False)
    with new_school() as folder:
        (folder / "state").mkdir(mode=0o700)
        with tarfile.open(request.param) as tar:
            tar.extractall(folder / "state", filter="data")
        yield folder


def test_there_is_a_record_of_each_schema_but_the_newest() -> None:
    kept = {path.name.removesuffix(".tar.gz") for path in OLD}
    assert kept <= {name for name, _ in steps()}
    assert steps()[0][0] in kept


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


def test_a_daemon_goes_on_with_the_incident_that_an_older_one_left_open(
    old: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    desk = Desk(old, capsys, tmp_path)
    with running(old):
        said = desk("incidents", "--json").json["items"]
        assert {one["state"] for one in said} == {"active", "closed"}
        assert desk("log", "verify").code == 0
        assert any((old / "state").glob("before-migration-*.sqlite"))


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
