"""From an empty folder to a lockdown that two people ended, with nothing but typed commands."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from notifier.ledger.lock import StoreLock
from tests.cli.school import Desk, Running, new_school, running, sentences, typed


def test_a_school_is_made_checked_run_pressed_and_brought_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with new_school("lockdown") as folder:
        desk = Desk(folder, capsys, tmp_path)
        checked = desk.say("check", str(folder))
        assert checked.code == 0, checked.out

        with running(folder) as daemon:
            assert stat.S_IMODE((folder / "state/last-good-settings.yaml").stat().st_mode) == 0o600
            desk.enter("Ada Byron", "commander")
            desk.enter("Bo Chen", "commander")
            raised = desk("raise", "lockdown", "--zone", "north", "--note", "noise", "--json")
            assert raised.code == 0
            assert raised.json["recorded"] is True
            code, incident = raised.json["code"], raised.json["incident"]

            listed = desk("incidents", "--open")
            assert code in listed.out
            assert "North wing" in listed.out
            seen = desk("incidents", code).out.splitlines()
            assert seen[0].startswith(f"Lockdown {code}: active")
            assert seen[1].startswith("NOT secured: 2 of 2: ")
            assert "Call 911 now. Dispatch: nobody told." in seen

            nobody = desk("all-clear", code)
            assert nobody.code == 1
            assert "the right command" in nobody.err
            asked = desk("all-clear", code, "--reason", "police say so", "--json", by="Ada Byron")
            assert asked.code == 3
            again = desk("approve", asked.json["approval"], by="Ada Byron")
            assert again.code == 1, "one person must not be both"
            assert desk("incidents", incident, "--json").json["state"] == "active"
            assert f"notifier approve {asked.json['approval']}" in desk("incidents", incident[:8]).out
            granted = desk("approve", asked.json["approval"], by="Bo Chen")
            assert granted.code == 0
            assert desk("incidents", code, "--json").json["state"] == "releasing"

            unnamed = desk("release", code, by="Bo Chen")
            assert unnamed.code == 1
            assert "r11, r12, reception" in unnamed.err
            assert desk("release", code, "r11", by="Bo Chen").out == (
                "1 of 3 rooms released.\nThe incident is releasing.\n"
            )
            released = desk("release", code, "--override", "all seen outside", by="Bo Chen")
            assert "The incident is closing." in released.out

            verified = desk("log", "verify", "--json")
            assert verified.code == 0
            assert verified.json == {"ok": True, "findings": []}
            assert daemon.stop() == 0

        offline = desk("log", "verify")
        assert offline.code == 0
        assert "every chain, seal and table holds" in offline.out
        lock = StoreLock(folder / "state")
        try:
            refused = desk("log", "verify")
        finally:
            lock.release()
        assert refused.code == 1
        assert "is in use by process" in refused.err
        assert "auth-of-this-test" not in daemon.log
        assert sentences(daemon.log)


def test_a_changed_record_is_found_also_without_the_daemon(here: Desk, school: Path) -> None:
    with running(school):
        here.enter("Ada Byron", "commander")
    with closing(sqlite3.connect(school / "state/ledger.sqlite")) as store:
        store.execute("update account set name = 'Eve' where name = 'Ada Byron'")
        store.commit()
    found = here("log", "verify", "--json")
    assert found.code == 1
    assert any(each["fault"] and "account" in each["text"] for each in found.json["findings"]), found.out


def test_a_second_daemon_on_the_same_folder_is_refused_in_a_sentence(daemon: Running) -> None:
    second = typed("run", str(daemon.folder), environ={"NTFY_TOKEN": "x", "TWILIO_AUTH_TOKEN": "x"})
    assert second.code == 1
    assert "is in use by process" in sentences(second.err)[-1]
    assert "ready" not in second.out
