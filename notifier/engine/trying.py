"""Ask a device now, for a technician who stands before it: read-only, unless a person asks for a command.

A try with a command never leaves a door less locked than it found it: a door that was open is locked, read back and
put back; one that was locked is told to lock and stays so, and leaves the lockdown mode that the try has put it into.
While any response is open there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifier.clock import stopwatch
from notifier.engine.devices import HOLDS, Devices
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.signal_trying import SignalTrying
from notifier.engine.steps.release_doors import let_out, words_of
from notifier.engine.steps.secure_doors import other_path
from notifier.engine.supervision import Kind
from notifier.engine.try_words import door_is_well, door_meaning, door_to_do, tried_camera
from notifier.errors import AdapterError, NotFound, Refused
from notifier.interfaces import Channel, Health, SpeakerChannel, TellsWhetherItPlays, TriedCamera
from notifier.model.contact import relay_for
from notifier.model.door import DoorReading, Lock, Mode
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact
from notifier.model.rights import Caller
from notifier.model.site import Door, Speaker

LOOKS = (0.15, 0.3, 0.6, 1.0, 1.5, 1.5)
"""Seconds between read-backs of a tried command: five in all, twice what a slow motor lock takes."""


@dataclass(slots=True)
class Looked:
    """One door asked by one path."""

    reading: DoorReading
    health: Health
    latency_ms: float


class Trying:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self.signals = SignalTrying(engine)

    @property
    def _devices(self) -> Devices:
        return self._engine.devices

    async def door(self, name: str, caller: Caller, command: bool) -> Mapping[str, Any]:
        """What door `name` answers now; raises NotFound, or Refused for a command that may not be."""
        doors = self._desk.held.doors
        if name not in doors:
            raise NotFound(f"The published site has no door {name!r}. There are: {', '.join(sorted(doors)) or 'none'}.")
        door = doors[name]
        if command:
            self._refuse_command(door)
        looked = await self._look(door)
        moved = await self._command(door, looked.reading, caller) if command else None
        second = other_path(door)
        picture = self._picture(door, looked)
        if moved is not None and (moved["lock"] != Lock.SECURED or moved["stays_in_lockdown"]):
            picture["well"] = False
        return {
            **picture,
            "held_by": next((row["code"] for row in self._holding()), None),
            "second_path": None
            if second is None
            else self._picture(second, await self._look(second, f"{name}:second")),
            "command": moved,
        }

    async def channel(self, name: str) -> Mapping[str, Any]:
        """What the provider of sender `name` answers now; nothing is sent."""
        found = await self._check(self._desk.gear.channels, name, "sender")
        if found["well"]:
            self._desk.last_seen.saw(Kind.PROVIDER, name, self._desk.clock.now(), found["text"])
        return {"sender": name, **found}

    async def speaker(self, name: str) -> Mapping[str, Any]:
        """What the output of speaker `name` answers now; nothing sounds."""
        speakers = self._desk.held.speakers
        if name not in speakers:
            known = ", ".join(sorted(speakers)) or "none"
            raise NotFound(f"The published site has no speaker {name!r}. There are: {known}.")
        speaker = speakers[name]
        found = await self._check(self._desk.gear.speaker_channels, speaker.channel, "speaker output")
        if found["well"]:
            self._desk.last_seen.saw(Kind.SPEAKER, f"by_{speaker.channel}", self._desk.clock.now(), found["text"])
            found |= await self._single(speaker)
        return {"speaker": name, "channel": speaker.channel, "address": speaker.address, **found}

    async def _single(self, speaker: Speaker) -> dict[str, Any]:
        """What the speaker's own device says, where there is one that can be asked."""
        channel: object = self._desk.gear.speaker_channels.get(speaker.channel)
        if not isinstance(channel, TellsWhetherItPlays):
            return {}
        playing = await channel.playing(speaker)
        if playing.on is None:
            return {"plays": None, "well": False, "text": f"The speaker does not say how it is: {playing.detail}"}
        self._desk.last_seen.saw(Kind.SPEAKER, speaker.id, self._desk.clock.now(), playing.detail)
        return {"plays": playing.on, "text": f"The speaker {'plays' if playing.on else 'is silent'}: {playing.detail}"}

    async def camera(self, name: str) -> TriedCamera:
        """What camera `name` shows now; raises NotFound."""
        cameras = self._desk.held.cameras
        if name not in cameras:
            known = ", ".join(sorted(cameras)) or "none"
            raise NotFound(f"The published site has no camera {name!r}. There are: {known}.")
        camera, asked_at = cameras[name], self._desk.clock.wall()
        started = stopwatch()
        look = await self._desk.pictures.look(self._desk.gear.camera_drivers, camera)
        return tried_camera(camera, look, asked_at, _since(started))

    async def _check(self, known: Mapping[str, Any], name: str, called: str) -> dict[str, Any]:
        asked: Channel | SpeakerChannel | None = known.get(name)
        if asked is None:
            raise NotFound(f"No {called} {name!r} is set up. There are: {', '.join(sorted(known)) or 'none'}.")
        started = stopwatch()
        try:
            health = await asked.check()
        except AdapterError as error:
            health = Health(False, str(error))
        return {"well": health.well, "text": health.text, "latency_ms": _since(started)}

    def _picture(self, door: Door, looked: Looked) -> dict[str, Any]:
        driver = self._devices.driver(door.driver)
        reading = looked.reading
        sensor: dict[str, Any] | None = {"lock_monitor": True} if door.can_be_proven else None
        if door.sensed_by is not None:
            sensor = door.sensed_by.model_dump()
        return {
            "id": door.id,
            "title": door.title,
            "driver": door.driver,
            "address": door.address,
            "well": door_is_well(door, reading, looked.health),
            "lock": str(reading.lock),
            "leaf": str(reading.leaf),
            "relay_on": reading.relay_on,
            "answered": reading.detail or "no answer",
            "check": looked.health.text,
            "latency_ms": looked.latency_ms,
            "meaning": door_meaning(door, reading),
            "to_do": list(door_to_do(door, reading, looked.health)),
            "mode": None if reading.mode is None else str(reading.mode),
            "proof": getattr(driver, "proof", ""),
            "leaves": driver.leaves if driver is not None else "",
            "sensor": sensor,
            "secured_when": door.secured_when,
            "on_power_loss": door.on_power_loss,
            "egress": door.egress,
            "commandable": door.commandable,
        }

    async def _look(self, door: Door, subject: str = "") -> Looked:
        started = stopwatch()
        reading = await self._devices.read(door, subject)
        latency = _since(started)
        driver = self._devices.driver(door.driver)
        try:
            health = await driver.check(door) if driver is not None else Health(False, reading.detail)
        except AdapterError as error:
            health = Health(False, str(error))
        return Looked(reading, health, latency)

    # ------------------------------------------------------------------------------------------- with a command

    def _holding(self) -> list[Mapping[str, Any]]:
        return [row for row in self._desk.incidents.values() if row["state"] in HOLDS]

    def _refuse_command(self, door: Door) -> None:
        if self._desk.incidents:
            code = next(iter(self._desk.incidents.values()))["code"]
            raise Refused(f"{code} is open: no door is moved for a try meanwhile. Try without --command.", 409)
        if not door.commandable:
            raise Refused(f"{door.title} is never commanded: its egress or stair re-entry is not declared.", 409)
        if door.fire_release and self._desk.fire_alarm:
            raise Refused(f"The fire alarm is on: {door.title} is not commanded. Try without --command.", 409)

    async def _command(self, door: Door, before: DoorReading, caller: Caller) -> dict[str, Any]:
        if before.relay_on is None:
            raise Refused(f"{door.title} does not answer, so nothing was commanded: {before.detail}", 409)
        was_locked = before.lock is Lock.SECURED or before.relay_on is relay_for(door, secured=True)
        await self._record(door, caller, "asked", {"was": str(before.lock), "put_back": not was_locked})
        driver = self._devices.driver(door.driver)
        assert driver is not None  # it was just read through it
        found: dict[str, Any] = {"was": str(before.lock), "taken": True, "fault": ""}
        started = stopwatch()
        try:
            await driver.secure(door)
        except AdapterError as error:
            found |= {"taken": False, "fault": str(error)}
        reading = await self._until(door, Lock.SECURED)
        found |= {"lock": str(reading.lock), "answered": reading.detail, "took_ms": _since(started)}
        well = Health(True, "")  # what its configuration may do stands above
        found["meaning"] = door_meaning(door, reading)
        found["to_do"] = [] if reading.lock is Lock.SECURED else list(door_to_do(door, reading, well))
        found |= {"put_back": "it was locked before and stays locked", "stays_in_lockdown": False}
        if not was_locked:
            found["put_back"] = await self._put_back(door)
        elif driver.locks_down(door) and before.mode is not Mode.LOCKDOWN:
            out = await let_out(door, driver, self._desk.clock, self._begun)
            found["stays_in_lockdown"] = not out.done(door)
            found["put_back"] = words_of(door, out)
            if out.done(door):
                found["put_back"] = f"it stays locked, and its controller's lockdown mode is left again: {out.detail}"
        await self._record(door, caller, "over", found)
        return found

    def _begun(self) -> str:
        return "a response began meanwhile" if self._desk.incidents else ""

    async def _put_back(self, door: Door) -> str:
        driver = self._devices.driver(door.driver)
        if self._desk.incidents or driver is None:
            return "NOT put back: a response began meanwhile, and it stays locked"
        try:
            await driver.restore(door)
        except AdapterError as error:
            return f"NOT put back, look at the door: {error}"
        reading = await self._until(door, Lock.UNSECURED)
        if reading.lock is Lock.UNSECURED:
            return f"put back, and it reads so: {reading.detail}"
        return f"told to go back, and not proven: {reading.detail}"

    async def _until(self, door: Door, wanted: Lock) -> DoorReading:
        reading = await self._devices.read(door)
        for pause in LOOKS:
            if reading.lock is wanted or not door.can_be_proven:
                break
            await self._desk.clock.sleep(pause)
            reading = await self._devices.read(door)
        return reading

    async def _record(self, door: Door, caller: Caller, what: str, data: Mapping[str, Any]) -> None:
        def body() -> Body[None]:
            said = {"door": door.id, "by": caller.name, "what": what, **data}
            yield Fact(EventKind.DOOR_TRIED, self._desk.site, None, said)

        await self._ledger.run(body)


class TryVerbs:
    """The verbs of `interfaces.Commands` that ask a device now; who may is checked by the console."""

    trying: Trying

    async def try_door(self, door: str, caller: Caller, command: bool) -> Mapping[str, Any]:
        return await self.trying.door(door, caller, command)

    async def try_signal(self, signal: str, caller: Caller, command: bool) -> Mapping[str, Any]:
        return await self.trying.signals.signal(signal, caller, command)

    async def try_channel(self, sender: str) -> Mapping[str, Any]:
        return await self.trying.channel(sender)

    async def try_speaker(self, speaker: str) -> Mapping[str, Any]:
        return await self.trying.speaker(speaker)

    async def try_camera(self, camera: str) -> TriedCamera:
        return await self.trying.camera(camera)


def _since(started: float) -> float:
    return round((stopwatch() - started) * 1000, 1)
