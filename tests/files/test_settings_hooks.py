"""Secrets behind names: the address of a chat hook is one, however deep it stands."""

from pathlib import Path

import pytest

from notifier.adapters import Installed
from notifier.errors import SetupError
from notifier.files.settings_file import read_settings

HOOK = "https://hooks.chat.example/T0/B0/made-up"


def written(url: str) -> bytes:
    return f"senders:\n  chat:\n    channel: slack\n    settings: {{hooks: {{office: {{url: '{url}'}}}}}}\n".encode()


def test_a_hook_comes_from_the_environment_and_is_not_shown(tmp_path: Path) -> None:
    found = read_settings(written("${env:HOOK}"), "settings.yaml", tmp_path, Installed(), {"HOOK": HOOK})
    url = found.senders["chat"].settings["hooks"]["office"]["url"]
    assert url.reveal() == HOOK
    assert "made-up" not in repr(found)


def test_a_hook_that_is_written_out_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as refused:
        read_settings(written(HOOK), "settings.yaml", tmp_path, Installed(), {})
    assert "is a secret and is written out" in str(refused.value)
    assert "made-up" not in str(refused.value)


def test_hooks_can_be_checked_on_a_machine_that_does_not_have_them(tmp_path: Path) -> None:
    raw = written("${env:HOOK}")
    assert read_settings(raw, "settings.yaml", tmp_path, Installed(), {}, put_secrets_in=False).senders
