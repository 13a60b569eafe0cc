"""What pages say of the site itself: its name, where it is, what time it is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.browsers import push_key
from notifier.engine.desk import Desk


def site_facts(desk: Desk) -> Mapping[str, Any]:
    held = desk.current
    if held is None:
        return {
            "id": "", "name": "notifier", "address": "", "entrance": "", "timezone": "UTC", "languages": ["en"],
            "push_key": "",
            "version": None, "zones": [], "buttons": [],
        }  # fmt: skip
    site = held.site
    return {
        "id": site.site,
        "name": site.name,
        "address": site.address,
        "entrance": site.entrance,
        "timezone": site.timezone,
        "languages": list(site.languages),
        "version": held.version,
        "push_key": push_key(desk.gear.channels.values()),
        "zones": [{"id": each.id, "name": each.name or each.id, "parent": each.parent} for each in site.zones],
        "buttons": [
            {"id": each.id, "name": each.name or each.id, "zone_name": held.zone_names.get(each.zone, each.zone)}
            for each in site.buttons
        ],
    }
