"""Settings of a node: secrets come from beside the file, and stand in no error, log or printout."""

from pathlib import Path

import pytest

from notifier.errors import SetupError
from notifier.files.device_secrets import site_with_secrets
from notifier.files.secrets import is_secret, put_in, references
from notifier.files.settings_file import load_settings, read_settings
from notifier.model.settings import NodeSettings, Secret
from tests.files.a_school import ADAPTERS, Relay, Texts, school
from tests.files.a_school import read as load_school

GOOD = b"""
senders:
  sms:
    channel: twilio_sms
    settings: {auth_token: "${env:TOKEN}", api_secret: "file:api.secret"}
"""


def read(raw: bytes, folder: Path, **environ: str) -> NodeSettings:
    return read_settings(raw, "settings.yaml", folder, ADAPTERS, environ)


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "api.secret").write_text("from a file\n")
    written = read(GOOD, tmp_path, TOKEN="from around").senders["sms"].settings
    taken = Texts.model_validate(written)
    assert isinstance(taken.auth_token, Secret)
    assert taken.auth_token.reveal() == "from around"
    assert taken.api_secret
    assert isinstance(taken.api_secret, Secret)
    assert taken.api_secret.reveal() == "from a file"


def test_settings_can_be_printed_without_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "api.secret").write_text("hush\n")
    settings = read(GOOD, tmp_path, TOKEN="hush")
    assert "hush" not in f"{settings!r} {settings} {settings.senders['sms'].settings}"


def test_without_drivers_the_names_of_fields_say_what_is_secret(tmp_path: Path) -> None:
    (tmp_path / "api.secret").write_text("hush\n")
    settings = read_settings(GOOD, "settings.yaml", tmp_path, None, {"TOKEN": "hush"})
    assert settings.senders["sms"].settings["auth_token"].reveal() == "hush"
    with pytest.raises(SetupError, match="`auth_token` is a secret and is written out"):
        read_settings(GOOD.replace(b"${env:TOKEN}", b"hush"), "settings.yaml", tmp_path, None, {})


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 70_000])
def test_a_secret_file_that_has_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "api.secret").write_bytes(content)
    with pytest.raises(SetupError, match=r"`api_secret`: api\.secret"):
        read(GOOD, tmp_path, TOKEN="x")


def test_a_check_away_from_the_node_needs_no_secrets_and_still_refuses_written_ones(tmp_path: Path) -> None:
    read_settings(GOOD, "settings.yaml", tmp_path, ADAPTERS, {}, put_secrets_in=False)
    bare = GOOD.replace(b"${env:TOKEN}", b"hush")
    with pytest.raises(SetupError, match="`auth_token` is a secret and is written out"):
        read_settings(bare, "settings.yaml", tmp_path, ADAPTERS, {}, put_secrets_in=False)


def test_missing_settings_say_where_an_example_is(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"deploy/settings\.example\.yaml"):
        load_settings(tmp_path / "settings.yaml")


@pytest.mark.parametrize(
    ("listen", "allowed"),
    [
        ("listen: {address: '127.0.0.1:8470'}", True),
        ("listen: {address: '[::1]:8470'}", True),
        ("listen: {address: 'localhost:8470'}", True),
        ("listen: {address: '0.0.0.0:8470'}", False),
        ("listen: {address: '10.0.0.4:8470'}", False),
        ("listen: {address: '10.0.0.4:8470', tls: {certificate: a, key: b}}", True),
        ("listen: {address: '10.0.0.4:8470'}\nbehind_proxy: [10.0.0.0/24]", True),
        ("listen: {address: '127.0.0.1'}", False),
        ("listen: {address: '127.0.0.1:99999'}", False),
    ],
)
def test_plain_http_is_for_this_machine_or_a_named_proxy(tmp_path: Path, listen: str, allowed: bool) -> None:
    if allowed:
        assert read(listen.encode(), tmp_path)
    else:
        with pytest.raises(SetupError, match=r"^settings\.yaml:1:"):
            read(listen.encode(), tmp_path)


def test_a_published_file_keeps_the_reference_and_not_the_secret() -> None:
    assert references({"password": "${env:DOOR}"}, Relay)[1] == []
    _, wrong = references({"password": "hush"}, Relay)
    assert [path for path, _, _ in wrong] == [("password",)]
    assert "hush" not in str(wrong)


def test_what_a_published_file_refers_to_is_put_in_on_the_node(tmp_path: Path) -> None:
    filled, wrong = put_in({"relay": 1, "password": "${env:DOOR}"}, Relay, tmp_path, {"DOOR": "hush"})
    assert wrong == []
    assert filled["relay"] == 1
    password = Relay.model_validate(filled).password
    assert isinstance(password, Secret)
    assert password.reveal() == "hush"


def test_optional_secrets_are_secrets_and_other_texts_are_not() -> None:
    fields = Texts.model_fields
    assert {name for name, field in fields.items() if is_secret(field.annotation, field.metadata)} == {
        "auth_token",
        "api_secret",
        "signing_key",
    }


def test_a_secret_written_as_a_number_is_refused_and_not_kept(tmp_path: Path) -> None:
    filled, wrong = put_in({"password": 4711}, Relay, tmp_path, {})
    assert [path for path, _, _ in wrong] == [("password",)]
    assert "4711" not in f"{filled} {wrong}"
    assert filled["password"].reveal() != "4711"


def test_doors_get_their_passwords_on_the_node_and_not_in_the_published_files(tmp_path: Path) -> None:
    door = b'egress: mechanical\n    settings: {password: "${env:DOOR}"}\n    second_path: {driver: shelly_gen2, '
    door += b'address: "http://192.0.2.9", settings: {password: "file:door.secret"}}'
    site = school()["site.yaml"].replace(b"egress: mechanical\n", door + b"\n")
    loaded = load_school(school(site=site))
    assert loaded.errors == ()
    assert loaded.site.doors[-1].settings == {"password": "${env:DOOR}"}

    ready, missing = site_with_secrets(loaded.site, ADAPTERS, tmp_path, {"DOOR": "hush"})
    assert Relay.model_validate(ready.doors[-1].settings).password.reveal() == "hush"
    assert "hush" not in repr(ready)
    assert [fault.level for fault in missing] == ["warning"]
    assert missing[0].text.startswith("door `d2`, second path: `password`: door.secret cannot be read")
    assert ready.doors[0] == loaded.site.doors[0]
