"""Another version in the place of the one that runs; back by itself when it does not get ready, and when it is killed.

Real wheels, real virtual environments, a real daemon; a shell script stands where the service manager does.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from notifier.ledger.copying import schema_of
from tests.cli.school import SECRETS, copy_of, new_school
from tests.deploy.wheels import build, environ, install, later, needed

pytestmark = pytest.mark.timeout(400)
MIGRATIONS = "notifier/ledger/migrations"
TABLE = b"create table %s (id text not null primary key);\n"


@dataclass
class Machine:
    """One machine with versions of the program, and a school that runs."""

    root: Path
    school: Path
    around: dict[str, str]
    wheels: dict[str, Path] = field(default_factory=dict)

    @property
    def current(self) -> str:
        return (self.root / "current").readlink().name

    def say(self, *words: str, version: str = "") -> subprocess.CompletedProcess[str]:
        program = self.root / "versions" / (version or self.current) / "bin" / "notifier"
        line = [str(program), *words, "--dir", str(self.school)]
        return subprocess.run(line, env=self.around, capture_output=True, text=True, check=False, cwd=self.root)

    def upgrade(self, *words: str, start: str = "start", version: str = "") -> subprocess.CompletedProcess[str]:
        ways = ("--stop", f"sh {self.root}/stop", "--start", f"sh {self.root}/{start}", "--wait", "45")
        return self.say("upgrade", *ways, *words, version=version)

    def is_well(self) -> bool:
        return self.say("doctor", "--ready").returncode == 0 and self.say("log", "verify").returncode == 0


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="up.") as made, new_school("lockdown") as school, copy_of(school) as folder:
        root = Path(made)
        wheel = build(root / "w")
        first = {f"{MIGRATIONS}/9001_one.sql": TABLE % b"one"}
        second = {**first, f"{MIGRATIONS}/9002_two.sql": TABLE % b"two"}
        broken = (Path(__file__).parents[2] / "notifier/cli/foreground.py").read_bytes()
        dies = broken.replace(b"        await _way_in(daemon)\n", b"        raise SystemExit('no')\n")
        assert dies != broken
        check = (Path(__file__).parents[2] / "notifier/cli/school_files.py").read_bytes()
        says = b"    print('site.yaml:1:1: error: Not this way any more.')\n    return FAILED\n"
        refuses = check.replace(b"    errors = sum(", says + b"    errors = sum(")
        assert refuses != check
        wheels = {
            "9.2": later(wheel, "9.2", first),
            "9.3": later(wheel, "9.3", {**second, "notifier/cli/foreground.py": dies}),
            "9.4": later(wheel, "9.4", {**first, "notifier/cli/school_files.py": refuses}),
        }  # fmt: skip
        around = {**environ(needed(root / "needed")), **SECRETS}
        install(wheel, root / "versions" / "0.1.0")
        (root / "current").symlink_to("versions/0.1.0")
        run = f"setsid {root}/current/bin/notifier run {folder} >>{root}/log 2>&1 </dev/null & echo $! >{root}/pid\n"
        (root / "start").write_text(run)
        (root / "start-and-die").write_text("kill -9 $PPID\n")
        (root / "stop").write_text(f"kill $(cat {root}/pid) 2>/dev/null; flock {folder}/state/ledger.lock true\n")
        machine = Machine(root, folder, around, wheels)
        (folder / "state").mkdir(exist_ok=True)
        subprocess.run(["sh", str(root / "start")], env=around, check=True)
        try:
            yield machine
        finally:
            subprocess.run(["sh", str(root / "stop")], env=around, check=False)


def wait_until_ready(machine: Machine) -> None:
    import time

    for _ in range(300):
        if machine.say("doctor", "--ready").returncode == 0:
            return
        time.sleep(0.2)
    raise AssertionError((machine.root / "log").read_text()[-3000:])


def test_versions_come_and_go_and_the_record_stays(machine: Machine) -> None:
    wait_until_ready(machine)
    store = machine.school / "state" / "ledger.sqlite"

    # A version whose check refuses what is published is not begun with.
    said = machine.upgrade(str(machine.wheels["9.4"]))
    assert said.returncode == 1
    assert "Not this way any more" in said.stderr
    assert "0.1.0 runs on" in said.stderr
    assert machine.current == "0.1.0"
    assert machine.is_well()

    # One that is well takes over, with a new schema; what was there before is kept.
    said = machine.upgrade(str(machine.wheels["9.2"]), "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["to"] == "9.2"
    assert machine.current == "9.2"
    assert machine.is_well()
    assert "9001_one" not in schema_of(machine.school / "state" / "before-upgrade-9.2.sqlite")[0]

    # One that does not get ready, after it has changed the record's schema, is taken back by itself.
    said = machine.upgrade(str(machine.wheels["9.3"]), "--wait", "4")
    assert said.returncode == 1
    assert "9.2 runs again and is ready" in said.stdout
    assert machine.current == "9.2"
    assert machine.is_well()
    assert (machine.school / "state" / "after-before-upgrade-9.3.sqlite").exists()

    # Killed between the switch and the start: said at the next try, and taken back by a word.
    said = machine.upgrade(str(machine.wheels["9.3"]), start="start-and-die")
    assert said.returncode == -9
    assert machine.say("doctor", "--ready").returncode == 1
    said = machine.upgrade(str(machine.wheels["9.3"]))
    assert said.returncode == 1
    assert "was broken off" in said.stderr
    assert "upgrade --back" in said.stderr
    said = machine.upgrade("--back", version="9.2")
    assert said.returncode == 0, said.stderr
    assert machine.current == "9.2"
    assert machine.is_well()

    # Nobody changes the program in the middle of a response.
    assert machine.say("raise", "lockdown").returncode == 0
    said = machine.upgrade(str(machine.wheels["9.3"]))
    assert said.returncode == 1
    assert "is open" in said.stderr
    assert machine.is_well()
    assert store.exists()


def test_a_program_that_was_installed_otherwise_is_told_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from notifier.cli import main

    assert main(["upgrade", str(tmp_path / "x.whl")]) == 1
    assert "docs/how_to/upgrade.md" in capsys.readouterr().err
