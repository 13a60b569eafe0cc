"""One daemon for all tests that only ask it; its first start renders every page, which takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.school import Desk, Running, new_school, running


@pytest.fixture(autouse=True)
def _nobody_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFIER_TOKEN", "NOTIFIER_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def daemon() -> Iterator[Running]:
    with new_school("lockdown", "hold") as folder, running(folder) as daemon:
        yield daemon


@pytest.fixture
def desk(daemon: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    return Desk(daemon.folder, capsys, tmp_path)
