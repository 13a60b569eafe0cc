"""A typing mistake at 3 a.m. never leaves a school without a lockdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.school import SECRETS, Desk, Running, change, new_school, running, sentences, typed

NOT_YAML = "\t: [broken\n"


def troubles(desk: Desk) -> dict[str, str]:
    listed = desk("troubles", "--json").json["items"]
    return {one["id"]: one["text"] for one in listed if one["state"] != "cleared"}


def test_break_every_file_restart_press(here: Desk, school: Path) -> None:
    names = ["site.yaml", "playbooks/lockdown.yaml", "contacts/people.csv", "settings.yaml"]
    whole = {name: (school / name).read_bytes() for name in names}
    for name in names:
        (school / name).write_text(NOT_YAML)

    with running(school) as daemon:
        raised = here("raise", "lockdown", "--json")
        assert raised.code == 0
        assert raised.json["recorded"] is True
        told = troubles(here)
        assert "settings.yaml cannot be used, line 1" in told["settings:file"]
        assert "the last good copy runs" in told["settings:file"]
        assert "site.yaml" in told["files:edited"]
        assert "settings.yaml cannot be used" in daemon.log

    for name, content in whole.items():
        (school / name).write_bytes(content)
    with running(school):
        assert not [each for each in troubles(here) if each.startswith(("settings", "files"))]


def test_a_secret_that_is_gone_takes_only_its_own_sender_with_it(here: Desk, school: Path) -> None:
    left = {name: value for name, value in SECRETS.items() if name != "NTFY_TOKEN"}
    with running(school, left):
        senders = {one["sender"] for one in here("channels", "list", "--json").json["items"]}
        assert senders == {"sms", "email"}
        told = troubles(here)["settings:senders:push"]
        assert "NTFY_TOKEN" in told
        lines = (school / "settings.yaml").read_text().splitlines()
        (place,) = [number for number, text in enumerate(lines, 1) if text.strip() in {"push:", "push: {"}]
        assert f"line {place}:" in told
        assert here("raise", "lockdown").code == 0


def test_an_address_that_cannot_be_listened_on_leaves_the_last_good_one(
    daemon: Running, here: Desk, school: Path
) -> None:
    change(school / "settings.yaml", "127.0.0.1:0", daemon.url.removeprefix("http://"))
    with running(school) as again:
        assert again.url != daemon.url
        assert "cannot be listened on" in troubles(here)["settings:file"]


def test_a_first_start_refuses_faulty_files_and_names_every_fault() -> None:
    with new_school("lockdown", "hold") as folder:
        change(folder / "playbooks/hold.yaml", "severity:", "severityy:")
        change(folder / "site.yaml", "driver: shelly_gen2\n    address", "driver: shelly_gen3\n    address")
        refused = typed("run", str(folder), environ=SECRETS)
        assert refused.code == 1
        said = "\n".join(sentences(refused.err))
        assert "playbooks/hold.yaml:" in said
        assert "site.yaml:" in said
        assert refused.out == ""


def test_a_first_start_without_its_secrets_is_refused() -> None:
    with new_school("lockdown") as folder:
        refused = typed("run", str(folder))
        assert refused.code == 1
        assert "NTFY_TOKEN" in refused.err
        assert "TWILIO_AUTH_TOKEN" in refused.err
        sentences(refused.err)


def test_a_folder_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    refused = typed("run", str(tmp_path / "nowhere"))
    assert refused.code == 1
    assert "settings.yaml:1:1: error: The settings cannot be read" in refused.err
    sentences(refused.err)


@pytest.mark.parametrize("written", ["state: elsewhere\n\t: [broken", "state: elsewhere\nlisten: 3\n"])
def test_the_state_folder_is_found_although_the_settings_are_broken(tmp_path: Path, written: str) -> None:
    from notifier.cli.client import state_folder

    (tmp_path / "settings.yaml").write_text(written)
    assert state_folder(tmp_path) == tmp_path / "elsewhere"


def test_paths_in_the_settings_start_where_the_settings_file_is(tmp_path: Path) -> None:
    from notifier.cli.settings_at_start import todays

    (tmp_path / "settings.yaml").write_text(
        "listen: {address: '0.0.0.0:8470', tls: {certificate: tls/a.pem, key: /etc/a.key}}\nseals_to: elsewhere\n"
    )
    settings = todays(tmp_path).settings
    assert settings.listen.tls is not None
    assert settings.listen.tls.certificate == str(tmp_path / "tls/a.pem")
    assert settings.listen.tls.key == "/etc/a.key"
    assert settings.seals_to == str(tmp_path / "elsewhere")
