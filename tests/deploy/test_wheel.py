"""What is installed from a wheel, without the sources, does the main job."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.deploy.wheels import build, environ, install, needed


@pytest.mark.timeout(240)
def test_the_demo_runs_from_an_installed_wheel(tmp_path: Path) -> None:
    program = install(build(tmp_path / "w"), tmp_path / "venv")
    around = environ(needed(tmp_path / "needed"))
    where = subprocess.run(
        [program.with_name("python"), "-c", "import notifier; print(notifier.__file__)"],
        env=around, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(tmp_path / "venv"))
    told = subprocess.run(
        [program, "demo", "--once"], env=around, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr[-3000:]
    summary = json.loads(told.stdout.strip().splitlines()[-1])
    assert summary["failed_promises"] == []
    assert summary["ledger_verified"] is True
