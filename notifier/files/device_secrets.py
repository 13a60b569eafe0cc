"""Published files name the secrets of devices; the node that speaks to the devices puts them in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notifier.errors import Fault
from notifier.files.catalogue import AdapterCatalogue, Kinds
from notifier.files.secrets import put_in
from notifier.model.site import Site


def site_with_secrets(
    site: Site, adapters: AdapterCatalogue, folder: str | Path, environ: Mapping[str, str] | None = None
) -> tuple[Site, tuple[Fault, ...]]:
    """`site` for the drivers of this node: `${env:NAME}` and `file:PATH` in devices' settings replaced by the secrets.

    `folder`: where relative paths start. A secret that is missing is a warning and not an error: a door without its
    password must not keep the other doors from being locked. Do not store or show what is returned.
    """
    faults: list[Fault] = []

    def filled(what: str, thing: Any, kinds: Kinds) -> Any:
        settings, wrong = put_in(thing.settings, kinds.get(thing.driver), Path(folder), environ)
        faults.extend(Fault("site.yaml", 1, 1, f"{what}: {text}", advice, "warning") for _, text, advice in wrong)
        changes: dict[str, Any] = {"settings": settings} if thing.settings else {}
        if (second := getattr(thing, "second_path", None)) is not None:
            changes["second_path"] = filled(f"{what}, second path", second, kinds)
        return thing.model_copy(update=changes) if changes else thing

    fire = site.fire_alarm
    changed = site.model_copy(
        update={
            "doors": tuple(filled(f"door `{door.id}`", door, adapters.door_kinds) for door in site.doors),
            "signals": tuple(filled(f"signal `{signal.id}`", signal, adapters.signal_kinds) for signal in site.signals),
            "cameras": tuple(filled(f"camera `{camera.id}`", camera, adapters.camera_kinds) for camera in site.cameras),
            "triggers": tuple(filled(f"trigger `{one.id}`", one, adapters.trigger_kinds) for one in site.triggers),
            "fire_alarm": filled("fire alarm", fire, adapters.door_kinds) if fire is not None else None,
        }
    )
    return changed, tuple(faults)
