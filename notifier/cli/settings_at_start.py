"""Which settings a start may use: today's file, else the copy that last worked, else that copy without broken senders.

Only a first start may refuse: a typo at 3 a.m. never leaves a school without a lockdown (PRODUCT 2.4).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from notifier.adapters import Installed
from notifier.cli.client import SETTINGS_FILE, state_folder
from notifier.errors import SetupError
from notifier.files.positions import Document, read_yaml
from notifier.files.settings_file import load_settings, read_settings
from notifier.model.settings import NodeSettings, leaves

LAST_GOOD = "last-good-settings.yaml"
NOWHERE = "postgresql://the-address-is-not-known.invalid/"
PARTS = ("senders", "public_address")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Settings that can be read, and what is wrong with having to use them."""

    settings: NodeSettings
    troubles: Mapping[str, str]
    """Subject to text; empty: it is today's file, whole."""


def todays(folder: Path) -> Chosen:
    """The settings file as it stands. Raises SetupError with every fault."""
    return Chosen(rooted(load_settings(folder / SETTINGS_FILE, Installed()), folder), {})


def last_good(folder: Path, wrong: SetupError) -> Iterator[Chosen]:
    """What to try when today's file is `wrong`, the best first; nothing if there never was a good start."""
    kept = state_folder(folder) / LAST_GOOD
    try:
        raw = kept.read_bytes()
    except OSError:
        return
    with contextlib.suppress(OSError):
        if (folder / SETTINGS_FILE).read_bytes() == raw and not _is_about(wrong, SETTINGS_FILE):
            return  # the same words would fail the same way
    told = {"file": f"settings.yaml cannot be used, {_first(wrong)}; the last good copy runs. Mend it: notifier check."}
    try:
        yield Chosen(rooted(read_settings(raw, str(kept), folder, Installed()), folder), told)
    except SetupError:
        yield from _without_broken(raw, kept, folder, told)


def keep(folder: Path, settings: NodeSettings) -> None:
    """Today's file has started: it is the last good one from now on. Readable by its owner only."""
    state = (folder / settings.state).resolve()
    beside = state / f".{LAST_GOOD}.new"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write((folder / SETTINGS_FILE).read_bytes())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(state / LAST_GOOD)


def rooted(settings: NodeSettings, folder: Path) -> NodeSettings:
    """With every path in them starting where the settings file is, wherever the daemon is started from."""
    update: dict[str, Any] = {}
    places = tuple(place if leaves(place) else str(folder / place) for place in settings.seal_places)
    if settings.seals_to is not None:
        update["seals_to"] = places[0] if isinstance(settings.seals_to, str) else places
    if (tls := settings.listen.tls) is not None:
        paths = {"certificate": str(folder / tls.certificate), "key": str(folder / tls.key)}
        update["listen"] = settings.listen.model_copy(update={"tls": tls.model_copy(update=paths)})
    return settings.model_copy(update=update)


def _without_broken(raw: bytes, kept: Path, folder: Path, told: Mapping[str, str]) -> Iterator[Chosen]:
    """The last good copy as far as it still can be used: a secret that is gone takes only its sender with it."""
    document, _ = read_yaml(kept.name, raw, show_values=False)
    if document is None or not isinstance(document.data, dict):
        return
    whole: dict[str, Any] = {name: part for name, part in document.data.items() if name not in PARTS}
    troubles = dict(told)
    if "store" in whole:
        try:
            read_settings(_written({"store": whole["store"]}), kept.name, folder, Installed())
        except SetupError as error:
            # Never another record beside the one that is there: it goes on in memory from the copy of that.
            whole["store"] = NOWHERE
            why = _why(error, _where(folder, document, "store"))
            troubles["store"] = f"The store cannot be reached, nothing is written down: {why}"
    for part in PARTS:
        entries = document.data.get(part)
        whole[part] = {}
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            alone = {**{each: each_part for each, each_part in whole.items() if each not in PARTS}, part: {name: entry}}
            try:
                read_settings(_written(alone), kept.name, folder, Installed())
            except SetupError as error:
                why = _why(error, _where(folder, document, part, name))
                troubles[f"{part}:{name}"] = f"The daemon runs without {name} ({part}): {why}"
            else:
                whole[part][name] = entry
    yield Chosen(rooted(read_settings(_written(whole), kept.name, folder, Installed()), folder), troubles)


def _written(data: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False).encode()


def _where(folder: Path, kept: Document, *path: str) -> str:
    """The line of an entry in today's file; of the copy that runs where today's does not have it."""
    with contextlib.suppress(OSError):
        today, _ = read_yaml(SETTINGS_FILE, (folder / SETTINGS_FILE).read_bytes(), show_values=False)
        if today is not None and path in today.keys:
            return f"line {today.keys[path][0]}"
    return f"line {kept.place(path, key=True)[0]} of {LAST_GOOD}"


def _first(error: SetupError) -> str:
    return _why(error, f"line {error.faults[0].line}")


def _why(error: SetupError, where: str) -> str:
    """`where`: also of a fault that was found in a part of the file alone, whose own line says nothing."""
    fault, *more = error.faults
    rest = f" (and {len(more)} more)" if more else ""
    return f"{where}: {fault.text.rstrip('.')}{rest}"


def _is_about(error: SetupError, name: str) -> bool:
    return any(Path(fault.file).name == name for fault in error.faults)
