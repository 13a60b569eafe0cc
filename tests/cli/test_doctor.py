"""Each fault that a technician meets is found, in one sentence, with what to type; and nothing is changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.ledger.lock import StoreLock
from tests.cli.certificate import certificate
from tests.cli.school import SECRETS, Desk, Running, change, sentences


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def examined(desk: Desk, *words: str) -> dict[str, list[dict[str, Any]]]:
    """Check to findings."""
    said = desk("doctor", "--json", *(words or ("--no-network",)))
    found: dict[str, list[dict[str, Any]]] = {}
    for one in said.json["findings"]:
        found.setdefault(one["check"], []).append(one)
        if one["level"] != "fine":
            assert one["text"].endswith((".", ")"))
            assert one["do"], one
    assert (said.code == 0) is said.json["ok"]
    return found


def only(findings: list[dict[str, Any]]) -> dict[str, Any]:
    (one,) = findings
    return one


def level(found: dict[str, list[dict[str, Any]]], check: str) -> str:
    return max((one["level"] for one in found[check]), key=["fine", "warning", "fault"].index)


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and not path.name.endswith(("-shm", "-wal"))
    }


def test_a_school_that_is_well_has_no_fault_with_the_daemon_down_and_nothing_is_changed(here: Desk) -> None:
    before = fingerprint(here.folder)
    found = examined(here)
    assert {check for check in found if level(found, check) == "fault"} <= {"service"}
    assert "No daemon answers" in only(found["daemon"])["text"]
    assert fingerprint(here.folder) == before


def test_a_daemon_that_runs_is_asked_what_it_knows(desk: Desk) -> None:
    found = examined(desk)
    assert "is ready for a press" in only(found["daemon"])["text"]
    assert level(found, "store") == "fine"
    assert desk("doctor", "--ready").code == 0


def test_a_health_check_says_no_when_nobody_answers(here: Desk) -> None:
    said = here("doctor", "--ready")
    assert said.code == 1
    assert said.out == "No daemon answers.\n"


def test_an_empty_folder_says_how_to_begin(desk: Desk, tmp_path: Path) -> None:
    said = desk.say("doctor", "--no-network", "--dir", str(tmp_path / "nothing"))
    assert said.code == 1
    assert f"notifier init {tmp_path}/nothing" in said.out
    sentences(said.out + said.err)


def test_a_secret_that_is_missing_is_named(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NTFY_TOKEN")
    one = only(examined(here)["secret"])
    assert one["level"] == "fault"
    assert "NTFY_TOKEN" in one["text"]


def test_a_secret_that_only_the_daemon_has_is_no_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NTFY_TOKEN")
    assert only(examined(desk)["secret"])["level"] == "warning"


def test_a_port_that_another_program_has_is_found(here: Desk) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        change(here.folder / "settings.yaml", "127.0.0.1:0", f"127.0.0.1:{port}")
        one = only(examined(here)["port"])
    assert one["level"] == "fault"
    assert f"sport = :{port}" in one["do"]
    assert only(examined(here)["port"])["level"] == "fine"


def test_an_address_that_this_machine_has_not_is_found(here: Desk) -> None:
    change(
        here.folder / "settings.yaml", "  address: 127.0.0.1:0", "  address: 127.0.0.1:0\npress_listen: 192.0.2.77:8471"
    )
    assert "no address 192.0.2.77" in examined(here)["port"][-1]["text"]


def test_keys_and_folders_that_are_open_to_others_are_found(here: Desk) -> None:
    (here.folder / "state" / "seal.key").chmod(0o644)
    assert "seal.key" in only(examined(here)["rights"])["text"]
    (here.folder / "state" / "seal.key").chmod(0o600)
    (here.folder / "state").chmod(0o755)
    assert "chmod o=" in only(examined(here)["rights"])["do"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user: run the tests as root to see this one")
def test_a_file_that_root_left_behind_is_found(here: Desk) -> None:
    os.chown(here.folder / "state", 12345, 12345)
    one = only(examined(here)["rights"])
    assert "chown -R 12345" in one["do"]


def test_a_record_that_is_damaged_is_found(here: Desk) -> None:
    store = here.folder / "state" / "ledger.sqlite"
    body = bytearray(store.read_bytes())
    body[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    store.write_bytes(body)
    one = only(examined(here)["store"])
    assert one["level"] == "fault"
    assert "notifier restore" in one["do"]


def test_a_record_that_a_silent_process_holds_is_found(here: Desk) -> None:
    lock = StoreLock(here.folder / "state")
    try:
        one = only(examined(here)["store"])
    finally:
        lock.release()
    assert one["level"] == "fault"
    assert str(os.getpid()) in one["text"]


def test_a_record_of_a_newer_version_is_found(here: Desk) -> None:
    with closing(sqlite3.connect(here.folder / "state" / "ledger.sqlite")) as db:
        db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('notifier', '9999_x', '')")
        db.commit()
    assert "newer version" in only(examined(here)["store"])["text"]


def test_a_disk_that_is_nearly_full_is_found(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage("/")._replace(free=50_000_000)
    monkeypatch.setattr("notifier.cli.examining.folder.shutil.disk_usage", lambda _: full)
    assert only(examined(here)["disk"])["level"] == "fault"


def test_a_clock_that_stands_before_the_record_is_found(here: Desk) -> None:
    ahead = time.time() + 86_400 * 3
    with closing(sqlite3.connect(here.folder / "state" / "ledger.sqlite")) as db:
        db.execute("update node set wall = ?", (ahead,))
        db.commit()
    assert level(examined(here), "clock") == "fault"


def test_a_backup_that_is_old_or_was_never_made_is_said(here: Desk) -> None:
    assert "No backup was ever made" in only(examined(here)["backup"])["text"]
    old = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    (here.folder / "state" / "last-backup.json").write_text(json.dumps({"wall": old, "to": "usb"}))
    assert "30 days old" in only(examined(here)["backup"])["text"]


def test_a_time_zone_that_is_not_there_is_said(here: Desk) -> None:
    site = here.folder / "site.yaml"
    line = next(line for line in site.read_text().splitlines() if line.startswith("timezone:"))
    change(site, line + "\n", "")
    assert only(examined(here)["time_zone"])["level"] == "warning"


def test_a_public_address_that_outsiders_cannot_open_is_said(here: Desk) -> None:
    assert only(examined(here, "--json")["public_url"])["level"] == "warning"  # there is none
    site = here.folder / "site.yaml"
    site.write_text(site.read_text() + "\npublic_url: https://10.0.0.7\n")
    one = only(examined(here, "--json")["public_url"])
    assert one["level"] == "fault"
    assert "behind_a_proxy" in one["do"]


def test_senders_and_doors_that_do_not_answer_are_each_named(here: Desk) -> None:
    found = examined(here, "--json")
    assert {check for check in found if check.startswith("sender:")} == {"sender:push", "sender:sms", "sender:email"}
    doors = {check for check in found if check.startswith("door:")}
    assert doors
    assert {level(found, check) for check in doors} == {"fault"}


@pytest.fixture
def tls(here: Desk) -> Iterator[Path]:
    change(
        here.folder / "settings.yaml", "  address: 127.0.0.1:0",
        "  address: 127.0.0.1:0\n  tls: {certificate: server.pem, key: server.key}",
    )  # fmt: skip
    site = here.folder / "site.yaml"
    site.write_text(site.read_text() + "\npublic_url: https://alerts.example.org\n")
    return here.folder


def test_a_certificate_that_has_ended_or_soon_ends_is_said(here: Desk, tls: Path) -> None:
    certificate(tls, "alerts.example.org", days=-1)
    assert "ended on" in only(examined(here)["certificate"])["text"]
    certificate(tls, "alerts.example.org", days=7)
    assert "ends on" in examined(here)["certificate"][0]["text"]


def test_a_certificate_that_no_browser_knows_is_said(here: Desk, tls: Path) -> None:
    certificate(tls, "alerts.example.org", days=300)
    one = only(examined(here)["certificate"])
    assert one["level"] == "warning"
    assert "do not trust" in one["text"]


def test_a_certificate_for_another_name_is_said(here: Desk, tls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate(tls, "other.example.org", days=300)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls / "server.pem"))
    assert "not made for alerts.example.org" in only(examined(here)["certificate"])["text"]
    certificate(tls, "alerts.example.org", days=300)
    assert only(examined(here)["certificate"])["level"] == "fine"


def test_a_key_of_another_certificate_is_said(here: Desk, tls: Path) -> None:
    certificate(tls, "alerts.example.org", days=300)
    first = (tls / "server.key").read_bytes()
    certificate(tls, "alerts.example.org", days=300)
    (tls / "server.key").write_bytes(first)
    assert "cannot be used together" in only(examined(here)["certificate"])["text"]


def test_a_way_to_the_speakers_that_is_missing_is_said(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoRoute(socket.socket):
        def connect(self, address: Any) -> None:
            if str(address[0]).startswith("239."):
                raise OSError(101, "Network is unreachable")
            super().connect(address)

    monkeypatch.setattr("notifier.cli.examining.machine.socket.socket", NoRoute)
    assert "ip route add" in examined(here)["multicast"][0]["do"]


def test_a_check_that_breaks_hides_no_other(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("notifier.cli.examining.folder.disk", broken)
    found = examined(here)
    assert "could not be looked at" in only(found["broken"])["text"]
    assert "settings" in found


def test_a_running_daemon_whose_record_is_fine_and_whose_shell_is_another_is_well(daemon: Running, desk: Desk) -> None:
    assert daemon.process.poll() is None
    said = desk("doctor", "--no-network")
    assert "FAULT    store" not in said.out
    sentences(said.out + said.err)
