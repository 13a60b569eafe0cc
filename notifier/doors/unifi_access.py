"""Doors on a UniFi Access console: developer API, bearer token, self-signed TLS pinned by fingerprint.

A hub tells what its relay was told and what the door position sensor senses; it has no monitor of the lock. So a door
of this kind is never *secured* by its own word: it stays unknown until a person looks.
The console's emergency switch is not used: it locks every door there is, also those that nobody declared a way out for.
A rule stays until it is reset, and then the door's schedule may open it at once: it is ended early in that case.
A console keeps one rule a door: one that somebody had set to open it is written over, named when the door is read, and
not given back by a release, which opens nothing (docs/decisions/0026).
Seen with our own imitation only. Source: UniFi Access API reference (doors, lock_rule), Access 1.24.6 and later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, Health, Tools
from notifier.model.door import DoorReading, Leaf, Mode
from notifier.model.settings import SecretText
from notifier.model.site import Door
from notifier.wire.device_settings import WebSettings, login_of, read_settings
from notifier.wire.web_device import WebDevice, WebNetwork

BASE = "/api/v1/developer"
TOLD = {"lock": True, "unlock": False}
OPENED_BY = {
    "keep_unlock": "somebody's rule keeps it unlocked, which a lockdown ends for good",
    "custom": "somebody's temporary rule is set, which a lockdown ends for good",
}
"""Rules that ours is written over. They are not given back: that would open a door that people believe locked."""
LOGIN = ("CODE_AUTH_FAILED", "CODE_ACCESS_TOKEN_INVALID", "CODE_UNAUTHORIZED", "CODE_OPERATION_FORBIDDEN")
LATER = ("CODE_DEVICE_DEVICE_OFFLINE", "CODE_DEVICE_DEVICE_BUSY", "CODE_SYSTEM_ERROR")
UNKNOWN_HERE = ("CODE_NOT_EXISTS", "CODE_RESOURCE_NOT_FOUND", "CODE_DEVICE_API_NOT_SUPPORTED")


class UnifiSettings(WebSettings):
    """What a door writes under `settings:`."""

    reads_inputs: ClassVar[bool] = False
    door: str = Field(min_length=1, max_length=128)
    """The door's id at the console."""
    token: SecretText = Field(repr=False)
    """An API token with view:space and edit:space."""
    door_monitor: bool = False
    """Whether a door position sensor is wired to the hub."""
    lock_after: Literal["lock_early", "lock_now"] = "lock_early"
    """The rule that locks a door which its schedule opens once ours is reset; other firmware may know another word."""


async def _call(console: WebDevice, method: str, path: str, kind: str | None = None) -> Mapping[str, Any]:
    """One exchange; its success is its code and not its status. `kind`: of the rule to be set. Raises AdapterError."""
    body = None if kind is None else json.dumps({"type": kind})
    headers = {} if kind is None else {"Content-Type": "application/json"}
    reply = await console.exchange(method, BASE + path, headers=headers, body=body)
    fields = reply.json if isinstance(reply.json, dict) else {}
    code = fields.get("code")
    if code == "SUCCESS" and reply.status == 200:
        data = fields.get("data")
        return data if isinstance(data, dict) else {}
    if code in LOGIN:
        raise WillNotWork(f"{console.name} refuses the token ({code}).", Reason.CREDENTIALS)
    if code in LATER:
        raise TryAgain(f"{console.name} could not do it now ({code}).")
    if code in UNKNOWN_HERE:
        raise WillNotWork(f"{console.name} has no such door, or it cannot be held ({code}).", Reason.NOT_SUPPORTED)
    if isinstance(code, str):
        raise WillNotWork(f"{console.name} refused it ({code[:60]}).", Reason.REFUSED)
    raise console.stranger() if reply.status == 200 else console.refusal(reply.status, "hold a door")


class UnifiDoor(DoorDriver):
    """A door held locked by a rule of its own until the rule is taken back."""

    Settings = UnifiSettings
    proof = "none: a UniFi hub has no monitor of the lock, so a person has to look"
    leaves = "the rule keep_lock at the console, until it is reset"

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = WebNetwork(tools.allow_addresses, "UniFi console")

    async def close(self) -> None:
        await self._network.close()

    async def secure(self, door: Door) -> None:
        await self._rule(door, "keep_lock")

    async def restore(self, door: Door) -> None:
        console, settings = self._found(door)
        await console.command(lambda: _open(console, settings))

    def locks_down(self, door: Door) -> bool:
        return True

    async def release(self, door: Door) -> None:
        console, settings = self._found(door)
        await console.command(lambda: _reset(console, settings))

    async def read(self, door: Door) -> DoorReading:
        try:
            console, settings = self._found(door)
            fields = await _ask(console, _path(settings))
        except AdapterError as error:
            return DoorReading(detail=str(error))
        reading = _reading(fields, settings)
        try:
            rule = await _ask(console, f"{_path(settings)}/lock_rule")
        except AdapterError as error:
            return replace(reading, detail=f"{reading.detail}; its rule was not read: {error}")
        held_open = OPENED_BY.get(str(rule.get("type")))
        return replace(
            reading, mode=_mode(rule), detail=f"{reading.detail}; {held_open}" if held_open else reading.detail
        )

    async def check(self, door: Door) -> Health:
        """Ask for the door and its rule; switches nothing."""
        try:
            console, settings = self._found(door)
            known = await _ask(console, _path(settings))
            rule = await _ask(console, f"{_path(settings)}/lock_rule")
        except AdapterError as error:
            return Health(False, f"{door.title}: {error}")
        reading = _reading(known, settings)
        words = f"{door.title}: {reading.detail}, rule {rule.get('type', 'not told')}."
        if known.get("is_bind_hub") is False:
            return Health(False, f"{words} No hub is bound to this door, so nothing can lock it.")
        return Health(reading.relay_on is not None, words)

    async def _rule(self, door: Door, kind: str) -> None:
        console, settings = self._found(door)
        await console.command(lambda: _call(console, "PUT", f"{_path(settings)}/lock_rule", kind))

    def _found(self, door: Door) -> tuple[WebDevice, UnifiSettings]:
        settings: UnifiSettings = read_settings(UnifiSettings, door.settings)
        return self._network.device(login_of(door.address, settings, "bearer", "", settings.token)), settings


async def _open(console: WebDevice, settings: UnifiSettings) -> None:
    """A door that its schedule opens is left to it, which locks it again in the evening; a rule of ours would not."""
    rule = f"{_path(settings)}/lock_rule"
    await _call(console, "PUT", rule, "reset")
    if (await _call(console, "GET", _path(settings))).get("door_lock_relay_status") != "unlock":
        await _call(console, "PUT", rule, "keep_unlock")


async def _reset(console: WebDevice, settings: UnifiSettings) -> None:
    rule = f"{_path(settings)}/lock_rule"
    if _mode(await _call(console, "GET", rule)) is Mode.LOCKDOWN:
        await _call(console, "PUT", rule, "reset")
    if (await _call(console, "GET", _path(settings))).get("door_lock_relay_status") == "unlock":
        await _call(console, "PUT", rule, settings.lock_after)


def _mode(rule: Mapping[str, Any]) -> Mode:
    """No rule at all is an empty answer."""
    return Mode.LOCKDOWN if rule.get("type") == "keep_lock" else Mode.NORMAL


async def _ask(console: WebDevice, path: str) -> Mapping[str, Any]:
    return await console.ask(path, lambda: _call(console, "GET", path))


def _path(settings: UnifiSettings) -> str:
    return f"/doors/{quote(settings.door, safe='')}"


def _reading(fields: Mapping[str, Any], settings: UnifiSettings) -> DoorReading:
    told = TOLD.get(str(fields.get("door_lock_relay_status")))
    if told is None:
        return DoorReading(detail="the console answered without a relay status that we know")
    position = fields.get("door_position_status") if settings.door_monitor else None
    leaf = {"open": Leaf.OPEN, "close": Leaf.CLOSED}.get(str(position), Leaf.UNKNOWN)
    words = [f"hub told to {'lock' if told else 'unlock'}", "nothing senses the lock"]
    if settings.door_monitor:
        told_leaf = {Leaf.OPEN: "leaf OPEN", Leaf.CLOSED: "leaf closed"}
        words.append(told_leaf.get(leaf, "the door position sensor says nothing"))
    return DoorReading(leaf=leaf, relay_on=told, detail=", ".join(words))
