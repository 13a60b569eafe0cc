"""What a start reads: it stands between a crash and the next press that counts, so it reads only what a press needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.school import write_school

NEEDED_LATER = {
    "apprise", "apscheduler.schedulers", "asyncpg", "aiobotocore", "aiomqtt", "aiosmtplib", "authlib",
    "botocore", "cryptography.x509", "jinja2", "joserfc", "lxml", "notifier.demo", "notifier.ledger.postgres",
    "notifier.testing", "phonenumbers", "prometheus_client", "ruamel", "segno", "sqlite_utils", "twilio", "webauthn",
}  # fmt: skip
"""Libraries, and parts of ours, that some page, device or yearly task needs, and no press of a school on a file."""


RUN = """
import json, sys
from notifier.cli import main
code = main(["run", sys.argv[1], "--log", "error"])
print(json.dumps(sorted(sys.modules)))
raise SystemExit(code)
"""


def started(school: Path) -> set[str]:
    """Every module that it had imported when it was told to stop, the moment that it could be pressed."""
    command = [sys.executable, "-c", RUN, str(school)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        ready = daemon.stdout.readline()
        daemon.terminate()
        rest, _ = daemon.communicate(timeout=60)
    assert ready.startswith("ready:")
    assert daemon.returncode == 0
    return set(json.loads(rest))


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "school"
    write_school(folder, people=3, sink="http://127.0.0.1:9", rate=None, doors=["http://127.0.0.1:9"])
    return folder


def test_a_start_reads_nothing_that_no_press_needs(school: Path) -> None:
    started(school)  # the first one also makes the store
    again = started(school)
    assert {"notifier.daemon.wiring", "notifier.doors.shelly_gen2", "notifier.channels.ntfy"} <= again
    assert again.isdisjoint(NEEDED_LATER), sorted(again & NEEDED_LATER)
