"""The settings file of one node: read, checked against the drivers it names, secrets put in."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from pydantic import BaseModel, ValidationError

from notifier.errors import Fault, SetupError
from notifier.files.catalogue import AdapterCatalogue
from notifier.files.plain_words import faults_of, nearest
from notifier.files.positions import LARGEST_YAML, Document, read_yaml
from notifier.files.positions import Path as Place
from notifier.files.secrets import Wrong, put_in, put_into_address, references
from notifier.model.settings import NodeSettings


def load_settings(
    path: str | Path, adapters: AdapterCatalogue | None = None, environ: Mapping[str, str] | None = None
) -> NodeSettings:
    """The settings at `path`. With `adapters`, each driver's `settings:` are checked against its own class.

    Raises SetupError with every fault; no message has a secret in it.
    """
    file = Path(path)
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST_YAML + 1)
    except OSError as error:
        why = f"The settings cannot be read: {error.strerror or error}."
        raise SetupError([Fault(str(path), 1, 1, why, "Copy deploy/settings.example.yaml.")]) from error
    return read_settings(raw, str(path), file.parent, adapters, environ)


def read_settings(
    raw: bytes,
    name: str,
    folder: Path,
    adapters: AdapterCatalogue | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    put_secrets_in: bool = True,
) -> NodeSettings:
    """As `load_settings`, from bytes; `folder` is where `file:` paths start.

    `put_secrets_in`: false for a check on another machine than the node, which alone has the secrets; what is returned
    then has stand-ins for them.
    """
    document, faults = read_yaml(name, raw, show_values=False)
    if document is None:
        raise SetupError(faults)
    data = document.data
    if isinstance(data, dict):
        data = dict(data)
        for part, kinds in _drivers(adapters).items():
            if isinstance(data.get(part), dict):
                put = (lambda written, model: put_in(written, model, folder, environ)) if put_secrets_in else references
                data[part] = _with_secrets(document, data[part], part, kinds, put, faults)
        if isinstance(data.get("store"), str):
            data["store"], wrong = put_into_address(data["store"], folder, environ, put_in=put_secrets_in)
            faults += [_fault(document, ("store",), text, advice) for text, advice in wrong]
    settings = None
    try:
        settings = NodeSettings.model_validate(data)
    except ValidationError as error:
        guessed = {(fault.line, fault.column) for fault in faults}
        said = faults_of(error, document, NodeSettings, show_values=False)
        faults += [one for one in said if (one.line, one.column) not in guessed]
    if settings is not None:
        faults += _check(settings, document)
    if settings is None or any(fault.level == "error" for fault in faults):
        raise SetupError(sorted(set(faults)))
    return settings


def _drivers(adapters: AdapterCatalogue | None) -> dict[str, Mapping[str, type[BaseModel] | None] | None]:
    """Part of the settings to the kinds it may name; None where nobody said."""
    return {
        "senders": adapters.channel_kinds if adapters else None,
        "public_address": adapters.speaker_kinds if adapters else None,
    }


def _with_secrets(
    document: Document,
    entries: Mapping[str, Any],
    part: str,
    kinds: Mapping[str, type[BaseModel] | None] | None,
    put: Callable[[Mapping[str, Any], type[BaseModel] | None], tuple[dict[str, Any], list[Wrong]]],
    faults: list[Fault],
) -> dict[str, Any]:
    out = dict(entries)
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            continue
        kind = entry.get("channel") if part == "senders" else name
        model: type[BaseModel] | None = None
        if kinds is not None and isinstance(kind, str):
            if kind not in kinds:
                at: Place = (part, name, "channel") if part == "senders" else (part, name)
                text = f"There is no channel `{kind}` in this installation."
                faults.append(_fault(document, at, text, nearest(kind, kinds)))
                continue
            model = kinds[kind]
        written = entry.get("settings", {})
        if not isinstance(written, dict):
            continue
        filled, wrong = put(written, model)
        base: Place = (part, name, "settings")
        faults += [_fault(document, (*base, *path), text, advice) for path, text, advice in wrong]
        if model is not None:
            try:
                model.model_validate(filled)
            except ValidationError as error:
                faults += faults_of(error, document, model, base, show_values=False)
        out[name] = {**entry, "settings": filled} if filled else entry
    return out


def _check(settings: NodeSettings, document: Document) -> list[Fault]:
    faults = []
    for path, address in ((("listen", "address"), settings.listen.address), (("press_listen",), settings.press_listen)):
        if address is None:
            continue
        host, colon, port = address.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            text = f"`{address}` is not host:port."
            faults.append(_fault(document, path, text, "Write it like 127.0.0.1:8470."))
        elif path[0] == "listen" and not (settings.listen.tls or settings.behind_proxy or _loopback(host)):
            text = f"`{address}` would be plain HTTP for everybody on the network."
            advice = "Add listen.tls (certificate, key), or behind_proxy (networks), or listen on 127.0.0.1."
            faults.append(_fault(document, path, text, advice))
    if settings.backup is not None:
        try:
            CronTrigger.from_crontab(settings.backup.cron, timezone="UTC")
        except ValueError as error:
            text = f"`{settings.backup.cron[:60]}` is no time: {str(error)[:160].rstrip('.')}."
            faults.append(_fault(document, ("backup", "cron"), text, "Write it like 15 2 * * * (every day at 2:15)."))
    for part in ("behind_proxy", "allow_addresses"):
        for index, network in enumerate(getattr(settings, part)):
            try:
                ipaddress.ip_network(network)
            except ValueError:
                text = f"`{network}` is not a network."
                faults.append(_fault(document, (part, index), text, "Write it like 10.0.0.0/8 or 192.168.1.7/32."))
    return faults


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _fault(document: Document, path: Place, text: str, advice: str) -> Fault:
    return Fault(document.file, *document.place(path), text, advice)
