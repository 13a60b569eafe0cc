"""`log verify` without a daemon: the store of a folder is read where its settings say that it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notifier.cli.client import SETTINGS_FILE, state_folder
from notifier.daemon.store import STORE, StorePlace
from notifier.errors import SetupError
from notifier.files.settings_file import load_settings, read_settings
from notifier.ledger.left_behind import left_behind
from notifier.ledger.postgres_server import without_password
from notifier.ledger.postgres_verify import verify_server
from notifier.ledger.verify import verify


def looked_at(folder: Path) -> tuple[str, Sequence[Mapping[str, Any]]] | None:
    """Where the record is and what was found; None if there is none. Raises LedgerError if it cannot be read."""
    store = store_of(folder)
    if store.address is None and not store.path.is_file():
        return None
    if store.address is None:
        found = verify(store.path)
    else:
        found = asyncio.run(verify_server(store.address, store.path.parent, store.node))
    shown = without_password(store.address or str(store.path))
    listed = [{"text": each.text, "fault": each.fault} for each in found]
    return f"{shown}:", [*listed, *_left_behind(store)]


def _left_behind(store: StorePlace) -> list[dict[str, Any]]:
    """A record that was kept beside the store is no damage; one that nobody will bring back is."""
    listed = []
    for left in left_behind(store.path, store.node, store.spool_to):
        then = "The next start brings that back."
        if not left.whole:
            then = "Keep a copy, and ask for help."
        elif not left.mine:
            then = f"Only a daemon with `node: {left.node}` brings that back."
        listed.append({"text": f"{left.text} {then}", "fault": not (left.whole and left.mine)})
    return listed


def store_of(folder: Path) -> StorePlace:
    """Where the record of a folder is, also when its settings have a mistake."""
    state = state_folder(folder)
    try:
        return StorePlace.of(load_settings(folder / SETTINGS_FILE), folder, state)
    except SetupError:
        return _without_secrets(folder, state)


def _without_secrets(folder: Path, state: Path) -> StorePlace:
    """Whoever types has not the daemon's environment; the names are the same."""
    try:
        raw = (folder / SETTINGS_FILE).read_bytes()
        settings = read_settings(raw, SETTINGS_FILE, folder, put_secrets_in=False)
        return StorePlace.of(settings, folder, state)
    except (SetupError, OSError):
        return StorePlace(state / STORE, None, "")  # whatever is wrong in the settings, the usual place may hold it
