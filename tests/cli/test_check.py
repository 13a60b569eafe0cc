"""`check` tells every mistake at once, with its place, and changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.school import Desk, change

PLACE = re.compile(r"^(?P<file>[\w./-]+):(?P<line>\d+):(?P<column>\d+): (error|warning): ")


def test_every_file_s_mistakes_are_told_at_once_with_file_line_and_column(here: Desk, school: Path) -> None:
    change(school / "playbooks/hold.yaml", "severity:", "severityy:")
    change(school / "site.yaml", "driver: shelly_gen2\n    address", "driver: shelly_gen3\n    address")
    change(school / "settings.yaml", "channel: ntfy", "channel: ntfyy")
    people = school / "contacts/people.csv"
    rows = people.read_text().splitlines()
    people.write_text("\n".join([*rows[:1], re.sub(r"\+1555\d+", "911", rows[1]), *rows[2:]]) + "\n")

    found = here.say("check", str(school))

    assert found.code == 1
    *faults, counted = found.out.splitlines()
    files = {one["file"] for one in map(PLACE.match, faults) if one}
    assert files >= {"playbooks/hold.yaml", "site.yaml", "settings.yaml", "contacts/people.csv"}
    assert all(map(PLACE.match, faults))
    assert "911" in "".join(line for line in faults if line.startswith("contacts/"))
    assert "no sender" not in found.out, "what cannot be read must not be called missing"
    assert counted.endswith("Mend the errors; they cannot be published.")


def test_json_says_the_same_and_parses(here: Desk, school: Path) -> None:
    change(school / "playbooks/hold.yaml", "severity:", "severityy:")
    found = here.say("check", str(school), "--format", "json")
    assert found.code == 1
    assert found.json["ok"] is False
    fault = next(one for one in found.json["faults"] if one["level"] == "error")
    assert (fault["file"], fault["line"] > 1, fault["column"] >= 1) == ("playbooks/hold.yaml", True, True)


def test_secrets_that_only_the_node_has_are_a_warning_on_a_desk(here: Desk, school: Path) -> None:
    (school / "mail.password").unlink()
    found = here.say("check", str(school))
    assert found.code == 0
    assert "settings.yaml:" in found.out
    assert "mail.password cannot be read" in found.out
    assert "warning" in found.out


def test_a_table_of_excel_beside_the_contacts_is_named_and_stops_nothing(here: Desk, school: Path) -> None:
    (school / "contacts/families.xlsx").write_bytes(b"PK\x03\x04")
    (school / "contacts/.~lock.people.xlsx").write_bytes(b"")
    found = here.say("check", str(school))
    assert found.code == 0
    assert "contacts/families.xlsx:1:1: warning: This table is not read" in found.out
    assert "lock" not in found.out.replace("lockdown", "")


@pytest.mark.parametrize("without", ["people", "groups"])
def test_a_missing_column_or_nobody_at_all_is_one_sentence_and_not_fifty(
    here: Desk, school: Path, without: str
) -> None:
    people = school / "contacts/people.csv"
    rows = [line.split(",") for line in people.read_text().splitlines()]
    at = rows[0].index("groups")
    people.write_text("\n".join(",".join([*row[:at], *row[at + 1 :]]) for row in rows) + "\n")
    if without == "people":
        people.unlink()
    found = here.say("check", str(school))
    assert found.code == 1
    errors = [line for line in found.out.splitlines() if ": error: " in line]
    assert len(errors) == 1
    assert ("There is nobody in contacts/" if without == "people" else "The column `groups` is missing") in errors[0]


def test_a_secret_that_everybody_on_the_machine_may_read_is_named_with_the_line_to_type(
    here: Desk, school: Path
) -> None:
    (school / "mail.password").chmod(0o644)
    found = here.say("check", str(school))
    assert found.code == 0
    assert "Every account of this machine may read mail.password" in found.out
    assert f"chmod 600 {school / 'mail.password'}" in found.out
    (school / "mail.password").chmod(0o600)
    assert "mail.password" not in here.say("check", str(school)).out


def test_a_door_that_stays_in_lockdown_mode_after_the_all_clear_is_named(here: Desk, school: Path) -> None:
    change(
        school / "site.yaml",
        'driver: shelly_gen2\n    address: "http://192.0.2.12"\n    secured_when: relay_on\n'
        "    sensed_by: {input: 0, secured_is: true}",
        'driver: unifi_access\n    address: "https://192.0.2.12:12445"\n'
        f'    settings: {{door: "0ed545f8-2fcd-4839-9021-b39e707f6aa9", token: "${{env:UNIFI}}", '
        f'fingerprint: "{"0f" * 32}"}}',
    )
    said = "No restore_doors step names Door 2 Room 11"
    found = here.say("check", str(school))
    assert found.code == 0, found.out
    [line] = [one for one in found.out.splitlines() if said in one]
    assert line.startswith("playbooks/lockdown.yaml:")
    change(
        school / "playbooks/lockdown.yaml",
        "all_clear:\n",
        "all_clear:\n  - id: doors\n    restore_doors: {doors: [door:d2], within: 10s}\n",
    )
    assert said not in here.say("check", str(school)).out


def test_a_folder_without_settings_is_checked_as_far_as_it_goes(here: Desk, school: Path) -> None:
    (school / "settings.yaml").unlink()
    found = here.say("check", str(school))
    assert found.code == 0
    assert "whether a sender is missing was not checked" in found.out


def test_a_folder_that_is_not_there_is_told_in_a_sentence(here: Desk, tmp_path: Path) -> None:
    found = here.say("check", str(tmp_path / "nowhere"))
    assert found.code == 1
    assert "does not exist" in found.out


def test_init_overwrites_nothing(here: Desk, school: Path) -> None:
    change(school / "site.yaml", "Maple Wood", "Mine")
    before = (school / "site.yaml").read_bytes()
    again = here.say("init", str(school), "--name", "Maple Wood")
    assert again.code == 1
    assert "exists already" in again.err
    assert (school / "site.yaml").read_bytes() == before


@pytest.mark.parametrize("kind", ["playbook", "settings", "site"])
def test_schemas_are_json(here: Desk, kind: str) -> None:
    printed = here.say("schema", kind)
    assert printed.code == 0
    assert printed.json["$schema"].startswith("https://json-schema.org/")
