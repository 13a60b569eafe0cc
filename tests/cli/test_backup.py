"""Out of one machine and back onto another: nothing lost, nothing overwritten, and no moment without a record."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from notifier.cli.client import state_folder
from notifier.daemon import archive
from notifier.ledger.lock import StoreLock
from notifier.ledger.verify import verify
from tests.cli.school import Desk, Running, running, sentences, typed


@pytest.fixture
def kept(daemon: Running, desk: Desk, tmp_path: Path) -> Path:
    said = desk("backup", str(tmp_path))
    assert said.code == 0, said.err
    return next(tmp_path.glob("notifier-node1-*.tar.gz"))


@pytest.fixture
def elsewhere(desk: Desk) -> Iterator[Path]:
    """An empty place whose name is short enough for a socket."""
    folder = desk.folder.parent / "other"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def events(state: Path) -> int:
    with closing(sqlite3.connect(f"file:{state}/ledger.sqlite?mode=ro", uri=True)) as db:
        return int(db.execute("select count(*) from event").fetchone()[0])


def test_an_incident_goes_on_where_a_backup_of_its_middle_is_put_back(
    desk: Desk, elsewhere: Path, tmp_path: Path
) -> None:
    desk.enter("Olga", "operator")
    code = desk("raise", "hold", "--json").json["code"]
    made = desk("backup", str(tmp_path / "mid.tar.gz"))
    assert made.code == 0, made.err
    assert "only you can read it" in made.out
    assert (tmp_path / "mid.tar.gz").stat().st_mode & 0o777 == 0o600

    back = desk.say("restore", str(tmp_path / "mid.tar.gz"), "--dir", str(elsewhere))
    assert back.code == 0, back.err
    assert code in back.out
    (elsewhere / "mail.password").write_text("mail-of-this-test\n")
    there = Desk(elsewhere, desk._capsys, tmp_path)
    there.tokens = desk.tokens
    assert there("log", "verify").code == 0
    before = events(elsewhere / "state")
    with running(elsewhere):
        assert code in there("incidents").out
        assert there("hold-outside", code, by="Olga").code == 0  # her token came along
        assert there("log", "verify").code == 0
    assert events(elsewhere / "state") > before


def test_a_backup_of_a_folder_without_a_daemon_is_the_same(here: Desk, tmp_path: Path) -> None:
    said = here("backup", str(tmp_path / "b.tar.gz"))
    assert said.code == 0, said.err
    assert "no daemon was running" in said.out
    checked = here.say("restore", "--check", str(tmp_path / "b.tar.gz"), "--json")
    assert checked.json["ok"]
    assert checked.json["node"] == "node1"


def test_nothing_is_put_back_beside_a_daemon_or_over_a_record(here: Desk, kept: Path, desk: Desk) -> None:
    beside = here.say("restore", str(kept), "--dir", str(desk.folder), "--overwrite")
    assert beside.code == 1
    assert "is in use by process" in beside.err

    before = (here.folder / "state" / "ledger.sqlite").read_bytes()
    over = here.say("restore", str(kept), "--dir", str(here.folder))
    assert over.code == 1
    assert "--overwrite" in over.err
    assert (here.folder / "state" / "ledger.sqlite").read_bytes() == before

    done = here.say("restore", str(kept), "--dir", str(here.folder), "--overwrite", "--json").json
    assert not verify(Path(done["kept"]) / "ledger.sqlite", seals=Path(done["kept"]) / "seals.jsonl")
    assert (Path(done["kept"]) / "seal.key").exists()
    assert [each for each in verify(here.folder / "state" / "ledger.sqlite") if each.fault] == []


def test_a_file_that_is_taken_and_a_folder_that_is_not_there_are_said(here: Desk, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    said = here("backup", str(tmp_path / "taken"))
    assert said.code == 1
    assert "exists already" in said.err
    assert (tmp_path / "taken").read_text() == "mine"
    said = here("backup", str(tmp_path / "no" / "where.tar.gz"))
    assert said.code == 1
    assert "There is no folder" in said.err


def change_member(path: Path, name: str) -> None:
    """The same backup with one byte of a member changed, and a checksum of gzip that fits."""
    changed = path.with_name("changed.tar.gz")
    with tarfile.open(path) as old, tarfile.open(changed, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            body = bytearray(content.read())
            if member.name == name:
                body[len(body) // 2] ^= 1
            with path.with_name("body").open("wb+") as file:
                file.write(body)
                file.seek(0)
                new.addfile(member, file)
    changed.replace(path)


@pytest.mark.parametrize("how", ["cut", "not ours", "changed", "empty"])
def test_what_is_no_whole_backup_changes_nothing(here: Desk, kept: Path, how: str) -> None:
    match how:
        case "cut":
            kept.write_bytes(kept.read_bytes()[:-2000])
        case "not ours":
            kept.write_text("hello")
        case "empty":
            kept.write_bytes(b"")
        case _:
            change_member(kept, archive.STORE)
    before = (here.folder / "state" / "ledger.sqlite").read_bytes()
    for words in (("--check",), ("--dir", str(here.folder), "--overwrite")):
        said = here.say("restore", str(kept), *words)
        assert said.code == 1
        assert len(sentences(said.err)) <= 2
        assert "backup" in said.err
    assert (here.folder / "state" / "ledger.sqlite").read_bytes() == before
    assert not list((here.folder / "state").glob(".restore*"))


def test_a_record_that_was_tampered_with_is_not_put_back(here: Desk, tmp_path: Path) -> None:
    state = here.folder / "state"
    with closing(sqlite3.connect(state / "ledger.sqlite")) as db:
        db.execute("update event set payload = replace(payload, 'first start', 'never')")
        db.commit()
    assert here("backup", str(tmp_path / "b.tar.gz")).code == 0  # to be looked at later, whatever it says
    assert here.say("restore", "--check", str(tmp_path / "b.tar.gz")).code == 1
    said = here.say("restore", str(tmp_path / "b.tar.gz"), "--dir", str(tmp_path / "n"))
    assert said.code == 1
    assert "does not hold" in said.err
    assert not (tmp_path / "n" / "state" / "ledger.sqlite").exists()


DIE = """
import os, sys
from pathlib import Path
turns = int(sys.argv[1])
def deadly(name):
    real = getattr(Path, name)
    def deed(self, *args, **more):
        global turns
        turns -= 1
        if turns < 0:
            os._exit(9)
        return real(self, *args, **more)
    setattr(Path, name, deed)
for name in ("replace", "unlink"):
    deadly(name)
from notifier.cli import main
sys.exit(main(sys.argv[2:]))
"""


def die_at(turn: int, *words: str) -> int:
    """The command, killed before its `turn`th file is moved or removed."""
    return subprocess.run([sys.executable, "-c", DIE, str(turn), *words], check=False, capture_output=True).returncode


def test_a_restore_that_is_killed_anywhere_leaves_a_whole_record_and_can_be_typed_again(here: Desk, kept: Path) -> None:
    state = state_folder(here.folder)
    words = ("restore", str(kept), "--dir", str(here.folder), "--overwrite")
    codes = []
    for turn in range(12):
        codes.append(die_at(turn, *words))
        assert (state / "ledger.sqlite").exists()
        with closing(sqlite3.connect(f"file:{state}/ledger.sqlite?mode=ro", uri=True)) as db:
            assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
        if codes[-1] == 0:
            break
    assert codes[0] == 9
    assert codes[-1] == 0, codes
    assert here("log", "verify").code == 0
    assert not list(state.glob(".restore*"))


def test_a_backup_that_is_killed_leaves_nothing_under_its_name_and_the_next_one_tidies_up(
    here: Desk, tmp_path: Path
) -> None:
    to = tmp_path / "b.tar.gz"
    assert die_at(0, "backup", str(to), "--dir", str(here.folder)) == 9
    assert not to.exists()
    assert here("backup", str(to)).code == 0
    assert [path.name for path in tmp_path.glob("b.tar.gz*")] == ["b.tar.gz"]
    assert not list((here.folder / "state").glob(".backup*"))


def test_a_disk_that_is_full_is_said_and_leaves_nothing(
    here: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("notifier.daemon.archive.write", full)
    said = here("backup", str(tmp_path / "b.tar.gz"))
    assert said.code == 1
    assert "No space left" in said.err
    assert list(tmp_path.iterdir()) == []


def test_only_who_looks_after_the_node_may_take_a_backup(daemon: Running, desk: Desk, tmp_path: Path) -> None:
    desk.enter("Vera", "view")
    where = ("--token-file", desk.tokens["Vera"], "--server", daemon.url)
    over = typed("backup", str(tmp_path / "c.tar.gz"), *where)
    assert over.code == 1
    assert "needs the right technician" in over.err
    assert not (tmp_path / "c.tar.gz").exists()


def test_a_node_says_when_it_was_last_backed_up(daemon: Running, kept: Path) -> None:
    from notifier.daemon.backup import last_backup

    found = last_backup(daemon.folder / "state")
    assert found is not None
    assert found[0].startswith("20")


def test_no_daemon_begins_while_a_folder_is_read_for_a_backup(here: Desk, tmp_path: Path) -> None:
    lock = StoreLock(here.folder / "state")
    try:
        said = here("backup", str(tmp_path / "b.tar.gz"))
    finally:
        lock.release()
    assert said.code == 1
    assert "is in use by" in said.err
