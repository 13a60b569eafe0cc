"""One first start for all tests, because it renders every page; and one daemon for those that only ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.school import Desk, Running, copy_of, new_school, running


@pytest.fixture(autouse=True)
def _nobody_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFIER_TOKEN", "NOTIFIER_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def ran_once() -> Iterator[Path]:
    """A school that was started and stopped; tests run copies of it."""
    with new_school("lockdown", "hold") as folder:
        with running(folder):
            pass
        yield folder


@pytest.fixture(scope="session")
def daemon(ran_once: Path) -> Iterator[Running]:
    with copy_of(ran_once) as folder, running(folder) as daemon:
        yield daemon


@pytest.fixture
def desk(daemon: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    return Desk(daemon.folder, capsys, tmp_path)


@pytest.fixture
def school(ran_once: Path) -> Iterator[Path]:
    """A school that has run before and does not run now."""
    with copy_of(ran_once) as folder:
        yield folder


@pytest.fixture
def here(school: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    return Desk(school, capsys, tmp_path)
