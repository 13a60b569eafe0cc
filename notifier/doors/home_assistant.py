"""Doors, signals and contacts behind Home Assistant: its REST interface with a long-lived token.

Statuses, states and the 200 for an entity that does not exist were seen on Home Assistant 2024.3.3; the tests run
against our own imitation of it, and `make test-peers` against a real one.
Source: developers.home-assistant.io docs/api/rest, docs/core/entity/lock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from notifier.doors._web_relay import Status, WebDoor, WebSignal, Wire
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import DoorDriver, SignalDriver
from notifier.model.door import Lock
from notifier.model.settings import Secret, SecretText
from notifier.model.site import Door
from notifier.wire.device_settings import WebSettings, login_of
from notifier.wire.web_device import Login, WebDevice

Entity = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", max_length=255)]
VERBS = {"lock": ("lock", "unlock")}
"""Service for on and for off by domain; all others are switched."""
SWITCHED = ("turn_on", "turn_off")
DOORS = ("lock", "switch", "input_boolean")
SIGNALS = ("switch", "light", "siren", "input_boolean")
WORDS = {"locked": True, "unlocked": False, "open": False, "on": True, "off": False}
ON_ITS_WAY = {"locking": Lock.MOVING, "unlocking": Lock.MOVING, "opening": Lock.MOVING, "jammed": Lock.JAMMED}


class HomeAssistantSettings(WebSettings):
    """What a door or fire alarm writes under `settings:`."""

    entity: Entity | None = None
    """What is told: `lock.front`, or a `switch.` that feeds a strike. A fire alarm needs none."""
    token: SecretText | None = Field(default=None, repr=False)
    """A long-lived access token of a user of its own."""
    code: SecretText | None = Field(default=None, repr=False)
    """For locks that ask for one."""
    inputs: dict[int, Entity] = Field(default_factory=dict, max_length=16)
    """Number to entity, for sensed_by, leaf_by and the fire panel: a `binary_sensor.`, or the lock itself if its own
    bolt sensor is to be believed."""

    @field_validator("entity")
    @classmethod
    def _can_be_told(cls, written: str | None) -> str | None:
        return _of_domain(written, DOORS)


class HomeAssistantSignalSettings(WebSettings):
    """What a signal writes under `settings:`."""

    entity: Entity
    token: SecretText | None = Field(default=None, repr=False)

    @field_validator("entity")
    @classmethod
    def _can_be_told(cls, written: str) -> str | None:
        return _of_domain(written, SIGNALS)


Written = HomeAssistantSettings | HomeAssistantSignalSettings


class HomeAssistant(Wire[HomeAssistantSettings]):
    """`POST /api/services/lock/lock`, `GET /api/states/lock.front`."""

    called = "Home Assistant"

    def login(self, address: str, settings: Written) -> Login:
        # One line per entity and not per server: a call returns when the radio has answered, and thirty doors must
        # not wait for one another.
        unit = getattr(settings, "entity", None) or ""
        return login_of(address, settings, "bearer", "", settings.token, unit)

    async def switch(self, device: WebDevice, settings: Written, on: bool) -> None:
        if settings.entity is None:
            raise WillNotWork(f"The settings name no entity for {device.name}.", Reason.OUR_FAULT)
        domain = settings.entity.partition(".")[0]
        service = VERBS.get(domain, SWITCHED)[0 if on else 1]
        told = {"entity_id": settings.entity}
        code = getattr(settings, "code", None)
        if code is not None and domain == "lock":
            told["code"] = code.reveal() if isinstance(code, Secret) else code
        reply = await device.exchange("POST", f"/api/services/{domain}/{service}", headers=JSON, body=json.dumps(told))
        if reply.status not in (200, 201):
            raise device.refusal(reply.status, f"call {domain}.{service}")
        # What it answers proves nothing: states that changed meanwhile, and [] for an entity that does not exist.
        if not isinstance(reply.json, list):
            raise device.stranger()

    async def secure(self, device: WebDevice, settings: HomeAssistantSettings, door: Door) -> None:
        _no_polarity(settings, door)
        await super().secure(device, settings, door)

    async def restore(self, device: WebDevice, settings: HomeAssistantSettings, door: Door) -> None:
        _no_polarity(settings, door)
        await super().restore(device, settings, door)

    async def status(self, device: WebDevice, settings: Written, inputs: frozenset[int]) -> Status:
        named = getattr(settings, "inputs", {})
        wanted = {number: named[number] for number in sorted(inputs) if number in named}
        entities = [*([settings.entity] if settings.entity else []), *wanted.values()]
        states: dict[str, tuple[str, bool]] = {}
        for entity in dict.fromkeys(entities):
            states[entity] = await _state(device, entity)
        relay_on = WORDS.get(states[settings.entity][0]) if settings.entity else None
        read = {number: _sensed(states[entity]) for number, entity in wanted.items()}
        on_its_way = {
            number: lock for number, entity in wanted.items() if (lock := ON_ITS_WAY.get(states[entity][0])) is not None
        }
        return Status(relay_on, read, on_its_way, _words(states))


class HomeAssistantDoor(WebDoor, DoorDriver):
    """A lock or a switch; its contacts are entities too."""

    Settings = HomeAssistantSettings
    proof = (
        "the entity that `inputs` names for the number under sensed_by: a binary sensor, or the lock's own report "
        "where you declare it so; never a state that Home Assistant only assumes"
    )
    wire = HomeAssistant()


class HomeAssistantSignal(WebSignal, SignalDriver):
    """A strobe, siren, light or switch."""

    Settings = HomeAssistantSignalSettings
    wire = HomeAssistant()


JSON = {"Content-Type": "application/json"}


async def _state(device: WebDevice, entity: str) -> tuple[str, bool]:
    """(state, whether it is only assumed). Raises AdapterError."""
    reply = await device.exchange("GET", f"/api/states/{entity}")
    fields = reply.json
    if reply.status == 404 and isinstance(fields, dict):
        raise WillNotWork(f"{device.name} knows no entity {entity}.", Reason.BAD_ADDRESS)
    if reply.status != 200:
        raise device.refusal(reply.status, f"tell the state of {entity}")
    if not isinstance(fields, dict) or not isinstance(fields.get("state"), str):
        raise device.stranger()
    attributes = fields.get("attributes")
    return fields["state"], isinstance(attributes, dict) and attributes.get("assumed_state") is True


def _sensed(state: tuple[str, bool]) -> bool | None:
    said, assumed = state
    return None if assumed else WORDS.get(said)


def _words(states: dict[str, tuple[str, bool]]) -> str:
    odd = [
        f"{entity} is {'only assumed ' if assumed else ''}{said}"
        for entity, (said, assumed) in states.items()
        if assumed or said not in WORDS
    ]
    return ", ".join(odd)


def _no_polarity(settings: HomeAssistantSettings, door: Door) -> None:
    if door.secured_when == "relay_off" and (settings.entity or "").startswith("lock."):
        why = "a lock entity is locked by locking it: `secured_when: relay_off` would unlock it. Remove that line."
        raise WillNotWork(f"{door.title}: {why}", Reason.OUR_FAULT)


def _of_domain(entity: str | None, domains: Iterable[str]) -> str | None:
    if entity is not None and entity.partition(".")[0] not in domains:
        raise ValueError(f"must be one of {', '.join(f'{domain}.…' for domain in domains)}")
    return entity
