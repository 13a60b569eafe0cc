"""What the checks are handed: a folder as far as it can be read, and whether its daemon answers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from notifier.adapters import Installed
from notifier.cli.client import SETTINGS_FILE, SOCKET_NAME, state_folder
from notifier.cli.record_at_rest import store_of
from notifier.cli.settings_at_start import rooted
from notifier.daemon.store import StorePlace
from notifier.errors import Fault, SetupError
from notifier.files.device_secrets import site_with_secrets
from notifier.files.folder import read_folder
from notifier.files.load import Loaded, load
from notifier.files.settings_file import load_settings, read_settings
from notifier.model.settings import NodeSettings
from notifier.model.site import Site

ENVIRONMENT = Path("/etc/notifier/secrets.env")
"""Where the unit in `deploy/systemd` takes the secrets from."""
PATIENCE = 5.0
"""Seconds for one question."""


@dataclass(frozen=True, slots=True)
class Alive:
    """What the daemon says of itself."""

    ready: bool
    recorded: bool


@dataclass(frozen=True, slots=True)
class Patient:
    folder: Path
    state: Path
    store: StorePlace
    settings: NodeSettings | None
    """None: not even without their secrets can they be read."""
    settings_faults: Sequence[Fault]
    has_secrets: bool
    loaded: Loaded | None
    site: Site | None
    """As the files say, with the secrets of devices; None if they cannot be read."""
    files_faults: Sequence[Fault]
    alive: Alive | None
    """None: no daemon answers."""


async def patient(folder: Path, environ: Mapping[str, str] | None = None) -> Patient:
    """Reads, and asks the daemon; changes nothing and raises nothing. `folder` is absolute."""
    around = {**_from_file(ENVIRONMENT), **os.environ} if environ is None else environ
    settings, faults, has_secrets = _settings(folder, around)
    loaded, wrong = _files(folder, settings)
    site = site_with_secrets(loaded.site, Installed(), folder)[0] if loaded is not None else None
    state = state_folder(folder)
    return Patient(
        folder, state, store_of(folder), settings, faults, has_secrets, loaded, site, wrong, await ask(state)
    )


async def ask(state: Path) -> Alive | None:
    """What answers at the control socket; None: nobody."""
    limit = aiohttp.ClientTimeout(total=PATIENCE)
    try:
        connector = aiohttp.UnixConnector(str(state / SOCKET_NAME))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=limit) as session,
            session.get("http://daemon/readyz") as response,
        ):
            said = await response.json(content_type=None)
            return Alive(bool(said["ready"]), bool(said["recorded"]))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError):
        return None


def _settings(folder: Path, environ: Mapping[str, str]) -> tuple[NodeSettings | None, Sequence[Fault], bool]:
    path = folder / SETTINGS_FILE
    try:
        return rooted(load_settings(path, Installed(), environ), folder), (), True
    except SetupError as error:
        faults = error.faults
    try:
        settings = read_settings(path.read_bytes(), SETTINGS_FILE, folder, Installed(), put_secrets_in=False)
    except (SetupError, OSError):
        return None, faults, False
    return rooted(settings, folder), faults, False


def _files(folder: Path, settings: NodeSettings | None) -> tuple[Loaded | None, Sequence[Fault]]:
    try:
        files = read_folder(folder)
        allowed = settings.allow_addresses if settings else None
        loaded = load(files, Installed(), settings.senders if settings else {}, allow_addresses=allowed)
    except SetupError as error:
        return None, error.faults
    return loaded, loaded.errors


def _from_file(path: Path) -> dict[str, str]:
    """NAME=value, one a line, as systemd's EnvironmentFile= reads the plain ones."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith(("#", ";")))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
