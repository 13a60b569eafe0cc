"""Doors, signals and contacts on ControlByWeb devices: X-400 series, X-320, WebRelay.

Written from a copy of the maker's X-410 integration manual and the WebRelay manuals; tried against our own imitation
only, on no device. Names of tags differ between families, so they are settings with the X-400 series as default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from notifier.doors._web_relay import Status, WebDoor, WebSignal, Wire, as_state
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, SignalDriver
from notifier.wire.device_settings import LoginSettings
from notifier.wire.web_device import Reply, WebDevice

Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]*(\{n\})?[A-Za-z0-9_]*$", min_length=1, max_length=64)]
_XML_TAG = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>([^<>&]*)</\1>")


class ControlByWebSettings(LoginSettings):
    """What a door, signal or fire alarm writes under `settings:`."""

    user: str = Field(default="none", pattern="^[^:]+$")
    """The maker's own example user is called `none`."""
    relay: int = Field(default=1, ge=1, le=32)
    """Which relay, counted from 1 as the device does."""
    page: Literal["state.json", "state.xml", "stateFull.xml", "customState.json", "customState.xml"] = "state.json"
    """Where it tells its state and takes commands; old WebRelays know `stateFull.xml` only."""
    relay_tag: Tag = "relay{n}"
    """What the state calls a relay; old WebRelays: `relay{n}state`, the single one `relaystate`."""
    command: Tag = "relay{n}"
    """What a command calls it; old WebRelays: `relay{n}State`, the single one `relayState`."""
    input_tags: tuple[Tag, ...] = Field(default=("digitalInput{n}", "digitalIO{n}"), min_length=1, max_length=4)
    """What the state calls an input; the first that is there counts. Old WebRelays: `input{n}state`."""


class ControlByWeb(Wire[ControlByWebSettings]):
    """`GET /state.json?relay1=1` acts and brings the state back; without arguments it only brings it."""

    called = "ControlByWeb device"
    scheme = "basic"

    async def switch(self, device: WebDevice, settings: ControlByWebSettings, on: bool) -> None:
        written = f"{settings.command.replace('{n}', str(settings.relay))}={int(on)}"
        found = _tags(device, await device.get(f"/{settings.page}?{written}", f"switch relay {settings.relay}"))
        tag = settings.relay_tag.replace("{n}", str(settings.relay))
        if tag not in found:
            raise WillNotWork(f"{device.name} says nothing of `{tag}` (settings: relay_tag).", Reason.NOT_SUPPORTED)
        if as_state(found[tag]) is not on:
            raise TryAgain(f"{device.name} was told {tag}={int(on)} and answers {found[tag][:20]!r}.")

    async def status(self, device: WebDevice, settings: ControlByWebSettings, inputs: frozenset[int]) -> Status:
        found = _tags(device, await device.get(f"/{settings.page}", "tell its state"))
        tag = settings.relay_tag.replace("{n}", str(settings.relay))
        relay_on = as_state(found.get(tag))
        read = {n: _first(found, [tag.replace("{n}", str(n)) for tag in settings.input_tags]) for n in inputs}
        return Status(relay_on, read, words="" if relay_on is not None else f"it says nothing of `{tag}`")


class ControlByWebDoor(WebDoor, DoorDriver):
    """A lock on one relay, its contacts on the inputs of the same device."""

    Settings = ControlByWebSettings
    proof = "the digital input declared under sensed_by; never the relay's own state"
    wire = ControlByWeb()


class ControlByWebSignal(WebSignal, SignalDriver):
    """A strobe, sign or beacon on one relay."""

    Settings = ControlByWebSettings
    wire = ControlByWeb()


def _tags(device: WebDevice, reply: Reply) -> Mapping[str, str]:
    """Tag to value. Both forms are flat, so the XML needs no parser, and nothing in it can be expanded."""
    text = reply.text.strip()
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise device.stranger() from None
        return {name: str(value) for name, value in found.items() if isinstance(value, str | int | float)}
    pairs = _XML_TAG.findall(text)
    names = [name for name, _ in pairs]
    if "<datavalues>" not in text.lower() or len(set(names)) != len(names):
        raise device.stranger()
    return dict(pairs)


def _first(found: Mapping[str, str], tags: list[str]) -> bool | None:
    return next((as_state(found[tag]) for tag in tags if tag in found), None)
