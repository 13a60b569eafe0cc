"""Rules of the house that a machine can hold: each of them has a way to fail."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).resolve().parent.parent
PACKAGE = HOUSE / "notifier"
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "core", "misc"}

LONGEST = 400
# path under notifier/ -> why this rule is kept in one place although it is long
LONG_WITH_REASON: dict[str, str] = {
    "interfaces.py": "every socket of the house on one page, so that nobody writes a second one",
    "channels/_pa/pacer.py": "a process that imports nothing of the house, so all that it needs stands in one file",
}

# Rooms where a file name is a registration, so that a forgotten test is a forgotten driver.
DRIVER_ROOMS = ("doors", "channels", "cameras", "triggers")

# In pieces, so that this file does not find itself.
REGISTRY_ADDRESSES = re.compile(
    "|".join(
        re.escape(".".join(pieces))
        for pieces in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
        )
    ),
    re.IGNORECASE,
)
ONE_MACHINE = re.compile(r"(?<![\w.~}*-])/(?:work|farm|root|home/\w+|Users/\w+)/\w")

SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma: no cover)(?P<rest>.*)$")
SILENCED_WITH_REASON = re.compile(r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w-]+(?:,\s*[\w-]+)*\])\W+\w+\W+\w+")


def project_files() -> list[Path]:
    """Everything that is, or is about to be, part of the project."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=HOUSE, capture_output=True, check=True, text=True).stdout
    return [HOUSE / name for name in listed.split("\0") if name and (HOUSE / name).is_file()]


def places(pattern: re.Pattern[str], files: list[Path]) -> Iterator[str]:
    for path in files:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if found := pattern.search(line):
                yield f"{path.relative_to(HOUSE)}:{number}: {found[0]}"


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=house, capture_output=True, check=False, text=True)


def test_every_room_looks_down_the_street_only() -> None:
    checked = lint_imports(HOUSE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("path", "line", "complaint"),
    [
        ("engine/intake.py", "import notifier.doors.acme", "notifier.engine is not allowed to import notifier.doors"),
        (
            "console/server.py",
            "import notifier.ledger.store",
            "notifier.console is not allowed to import notifier.ledger",
        ),
        (
            "model/incident.py",
            "import notifier.engine.intake",
            "notifier.model is not allowed to import notifier.engine",
        ),
        ("doors/acme.py", "import notifier.ledger.store", "notifier.doors is not allowed to import notifier.ledger"),
        ("attic.py", "", "notifier.attic"),
    ],
)
def test_the_import_contract_notices_a_wrong_arrow(tmp_path: Path, path: str, line: str, complaint: str) -> None:
    shutil.copy(HOUSE / "pyproject.toml", tmp_path)
    for room in ("engine/intake", "console/server", "model/incident", "doors/acme", "ledger/store"):
        file = tmp_path / f"notifier/{room}.py"
        file.parent.mkdir(parents=True)
        file.touch()
        file.with_name("__init__.py").touch()
    (tmp_path / "notifier/__init__.py").touch()
    assert lint_imports(tmp_path).returncode == 0

    (tmp_path / "notifier" / path).write_text(f"{line}\n")
    checked = lint_imports(tmp_path)

    assert checked.returncode == 1
    assert complaint in " ".join(checked.stdout.split())


def test_no_file_names_a_registry() -> None:
    assert list(places(REGISTRY_ADDRESSES, project_files())) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert list(places(ONE_MACHINE, project_files())) == []


@pytest.mark.parametrize("text", ["see /" + "work/x", "cd /" + "root/y", "'/" + "home/ada/z'"])
def test_a_path_of_one_machine_is_recognised(text: str) -> None:
    assert ONE_MACHINE.search(text)


@pytest.mark.parametrize("text", ["https://example.org/work/x", "how_to/work/x", "${HOME}/work/x"])
def test_an_ordinary_address_is_no_path_of_one_machine(text: str) -> None:
    assert not ONE_MACHINE.search(text)


def test_rooms_and_files_have_names_of_the_trade() -> None:
    named = [path for path in PACKAGE.rglob("*") if path.suffix == ".py" or path.is_dir()]
    vague = [str(path.relative_to(HOUSE)) for path in named if path.stem.strip("_") in VAGUE_NAMES]
    assert vague == []


def test_no_file_is_longer_than_a_reader_has_patience() -> None:
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text().splitlines())
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".js"}
    }
    too_long = {name for name, lines in lengths.items() if lines > LONGEST}
    assert too_long == set(LONG_WITH_REASON), "too long without a reason, or excused although short"
    assert all(LONG_WITH_REASON.values())


def drivers() -> list[tuple[str, str]]:
    return [
        (room, path.stem)
        for room in DRIVER_ROOMS
        for path in sorted((PACKAGE / room).glob("[!_]*"))
        if path.suffix == ".py" or (path / "__init__.py").exists()
    ]


def test_every_driver_has_its_test() -> None:
    wanted = [f"tests/{room}/test_{name}.py" for room, name in drivers()]
    assert [path for path in wanted if not (HOUSE / path).exists()] == []


def test_a_silenced_check_says_why() -> None:
    python = [path for path in project_files() if path.suffix == ".py"]
    unexplained = [
        f"{path.relative_to(HOUSE)}:{number}: {line.strip()}"
        for path in python
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := SILENCED.search(line)) and not SILENCED_WITH_REASON.match(found["rest"])
        if path != Path(__file__).resolve()
    ]
    assert unexplained == []


def test_every_exception_in_the_tool_settings_says_why() -> None:
    text = (HOUSE / "pyproject.toml").read_text()
    ignored = text.split("\nignore = [", 1)[1].split("\n]", 1)[0].strip().splitlines()
    per_file = text.split("[tool.ruff.lint.per-file-ignores]", 1)[1].split("\n[", 1)[0]
    entries = [line for line in per_file.splitlines() if '"' in line and not line.endswith("= [")]
    assert [line for line in ignored + entries if not re.search(r"#\s*\S+ \S+", line)] == []


@pytest.mark.parametrize(("lock", "groups"), [("run", ("build",)), ("dev", ("build", "dev"))])
def test_the_locks_answer_what_the_project_asks(lock: str, groups: tuple[str, ...]) -> None:
    pinned = dict(
        re.findall(
            r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", (HOUSE / f"requirements/{lock}.txt").read_text(), re.MULTILINE
        )
    )
    asked = PROJECT["project"]["dependencies"] + [
        line for group in groups for line in PROJECT["dependency-groups"][group]
    ]
    stale = [
        line
        for line in asked
        if not Requirement(line).specifier.contains(pinned.get(canonicalize_name(Requirement(line).name), "0"))
        or canonicalize_name(Requirement(line).name) not in pinned
    ]
    assert stale == [], "type: make lock"


def test_both_locks_pin_the_same_versions() -> None:
    pins = re.compile(r"^\w\S*==\S+", re.MULTILINE)
    run, dev = (set(pins.findall((HOUSE / f"requirements/{name}.txt").read_text())) for name in ("run", "dev"))
    assert run - dev == set(), "type: make lock"


@pytest.mark.parametrize(
    ("path", "verdict"),
    [("engine/timers.py", 1), ("channels/twilio_sms.py", 1), ("clock.py", 0), ("channels/_pa/pacer.py", 0)],
)
@pytest.mark.parametrize(
    "line", ["import time\n\ntime.monotonic()\n", "from datetime import UTC, datetime\n\ndatetime.now(UTC)\n"]
)
def test_only_the_clock_and_the_pacing_child_ask_what_time_it_is(path: str, verdict: int, line: str) -> None:
    ruff = [
        str(Path(sys.executable).parent / "ruff"),
        "check",
        "--no-cache",
        "--stdin-filename",
        f"notifier/{path}",
        "-",
    ]
    checked = subprocess.run(ruff, cwd=HOUSE, input=line, capture_output=True, check=False, text=True)
    assert checked.returncode == verdict, checked.stdout
    assert ("only clock.py asks what time it is" in checked.stdout) == bool(verdict)
