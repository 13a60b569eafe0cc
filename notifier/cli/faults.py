"""Every mistake in a folder, settings included."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from notifier.adapters import Installed
from notifier.cli.client import SETTINGS_FILE
from notifier.cli.left_in_lockdown import left_in_lockdown
from notifier.errors import Fault, SetupError
from notifier.files.folder import overlooked, read_folder
from notifier.files.load import load
from notifier.files.positions import LARGEST_YAML, read_yaml
from notifier.files.rules import POLICE_ONE_UPLINK, STEP_CHANNEL
from notifier.files.settings_file import read_settings
from notifier.model.settings import Sender

ABOUT_SENDERS = {STEP_CHANNEL.name, POLICE_ONE_UPLINK.name}
"""Rules that mean nothing while the senders cannot be read."""


NOT_HERE = "No harm on a desk; the node itself does not start without it."


def faults_in(folder: Path) -> Sequence[Fault]:
    """Every fault of a folder, settings included; in the order of files and lines."""
    try:
        files = read_folder(folder)
    except SetupError as error:
        return error.faults
    senders, allowed, faults = _settings(folder)
    faults += overlooked(folder)
    try:
        loaded = load(files, Installed(), senders or {}, allow_addresses=allowed)
        found: Iterable[Fault] = loaded.faults
        faults += left_in_lockdown(loaded, files)
    except SetupError as error:
        found = error.faults
    faults += [fault for fault in found if senders is not None or fault.rule not in ABOUT_SENDERS]
    return sorted(set(faults))


def senders_of(folder: Path) -> Mapping[str, Sender] | None:
    """The senders that a folder's settings name, without their secrets; None if nobody can read them."""
    return _settings(folder)[0]


def _settings(folder: Path) -> tuple[Mapping[str, Sender] | None, Sequence[str] | None, list[Fault]]:
    """Senders and allowed networks as far as they can be read, None if not; and what is wrong with the settings."""
    try:
        with (folder / SETTINGS_FILE).open("rb") as file:
            raw = file.read(LARGEST_YAML + 1)
    except FileNotFoundError:
        text = "There is no settings file here: whether a sender is missing was not checked."
        return None, None, [Fault(SETTINGS_FILE, 1, 1, text, "Each node needs one to run.", "warning")]
    except OSError as error:
        text = f"The settings cannot be read: {error.strerror}."
        return None, None, [Fault(SETTINGS_FILE, 1, 1, text, "Give this account the right to read them.")]
    try:
        settings = read_settings(raw, SETTINGS_FILE, folder, Installed(), put_secrets_in=False)
    except SetupError as error:
        return _senders(raw), None, list(error.faults)
    try:
        read_settings(raw, SETTINGS_FILE, folder, Installed())
    except SetupError as error:
        return (
            settings.senders,
            settings.allow_addresses,
            [
                *(replace(fault, level="warning", advice=NOT_HERE) for fault in error.faults),
                *_open_secrets(raw, folder),
            ],
        )
    return settings.senders, settings.allow_addresses, _open_secrets(raw, folder)


def _open_secrets(raw: bytes, folder: Path) -> list[Fault]:
    """Warnings of secrets in files that every account of this machine may read."""
    document, _ = read_yaml(SETTINGS_FILE, raw, show_values=False)
    found = []
    for path, place in document.values.items() if document else ():
        written = document.value(path) if document else None
        if not isinstance(written, str) or not written.startswith("file:"):
            continue
        name = written[5:].strip()
        with contextlib.suppress(OSError):
            if (folder / name).stat().st_mode & stat.S_IROTH:
                text = f"Every account of this machine may read {name}, and it is a secret."
                found.append(Fault(SETTINGS_FILE, *place, text, f"Type: chmod 600 {folder / name}", "warning"))
    return found


def _senders(raw: bytes) -> dict[str, Sender] | None:
    """The senders of faulty settings: a mistake in one of them makes no playbook wrong."""
    document, _ = read_yaml(SETTINGS_FILE, raw, show_values=False)
    written = document.data.get("senders", {}) if document and isinstance(document.data, dict) else None
    if not isinstance(written, dict):
        return None
    senders: dict[str, Sender] = {}
    for name, entry in written.items():
        bare: Any = {**entry, "settings": {}} if isinstance(entry, dict) else entry
        try:
            senders[name] = Sender.model_validate(bare)
        except ValidationError:
            return None
        if senders[name].channel not in Installed.channel_kinds:
            return None  # nobody knows what it would carry
    return senders
