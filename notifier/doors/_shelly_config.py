"""What a Shelly's own configuration could do to a door behind our back. Pure; read from Shelly.GetConfig.

Field names from memory of the vendor's Switch and Input pages and not tried on a device: a field that is missing or
reads otherwise is passed over in silence, so firmware that differs costs a warning and never raises a false one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from notifier.model.contact import relay_for
from notifier.model.site import Door


def dangers(door: Door, relay: int, expected: str | None, config: Mapping[str, Any]) -> list[str]:
    """Sentences for a technician, empty if the configuration leaves this door alone."""
    switch = config.get(f"switch:{relay}")
    if not isinstance(switch, dict):
        return []
    return [*_after_power_loss(door, expected, switch), *_by_itself(door, switch), *_by_input(door, relay, config)]


def _after_power_loss(door: Door, expected: str | None, switch: Mapping[str, Any]) -> Iterator[str]:
    initial = switch.get("initial_state")
    if initial not in ("off", "on", "restore_last", "match_input"):
        return
    if expected is not None:
        if initial != expected:
            yield f"When power returns it goes to '{initial}', the site file expects '{expected}'."
        return
    unlocks = initial == ("off" if relay_for(door, secured=True) else "on") or initial == "match_input"
    if unlocks and door.on_power_loss != "unlocks":
        yield f"When power returns its relay may unlock this door (initial_state is '{initial}'): set 'restore_last'."


def _by_itself(door: Door, switch: Mapping[str, Any]) -> Iterator[str]:
    timer = "auto_off" if relay_for(door, secured=True) else "auto_on"
    if switch.get(timer) is True:
        yield f"Its {timer} timer would unlock this door by itself after {switch.get(f'{timer}_delay')} s: turn it off."


def _by_input(door: Door, relay: int, config: Mapping[str, Any]) -> Iterator[str]:
    wired = {contact.input for contact in (door.sensed_by, door.leaf_by) if contact is not None}
    mode = config[f"switch:{relay}"].get("in_mode")
    if relay in wired and isinstance(mode, str) and mode != "detached":
        yield f"Input {relay} is this door's contact and also switches its relay (in_mode '{mode}'): set 'detached'."
    for number in sorted(wired):
        known = config.get(f"input:{number}")
        if isinstance(known, dict) and known.get("type") not in (None, "switch"):
            yield f"Input {number} is set up as '{known['type']}' and so reports no state: set it to 'switch'."
