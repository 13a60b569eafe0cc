"""JSON Schemas of the files people write, for editors that complete and underline."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from notifier.files.contacts_yaml import WrittenContacts
from notifier.model.playbook import Playbook
from notifier.model.settings import NodeSettings
from notifier.model.site import Site

MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "playbook": (Playbook, "A written response: playbooks/*.yaml"),
    "contacts": (WrittenContacts, "People: contacts/*.yaml; contacts/*.csv has the same fields as columns"),
    "site": (Site, "Zones, rooms, doors, speakers, signals, buttons: site.yaml"),
    "settings": (NodeSettings, "One node: where it stores, where it listens, its senders; not published"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Name (`contacts`, `playbook`, `site`, `settings`) to its JSON Schema, draft 2020-12."""
    return {name: schema(name) for name in MODELS}


def schema(name: str) -> dict[str, Any]:
    """One of them; KeyError for another name."""
    model, title = MODELS[name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(mode="validation"),
        "title": title,
    }
