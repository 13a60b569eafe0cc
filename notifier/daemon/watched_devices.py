"""How each door, signal, speaker and camera of the published site is looked at. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from notifier.daemon.supervision import Target
from notifier.engine.device_records import poll_body
from notifier.engine.holds import left_in_lockdown
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.steps.secure_doors import other_path
from notifier.engine.steps.signals import OUTPUT
from notifier.engine.supervision import Finding, Kind
from notifier.errors import LedgerError
from notifier.interfaces import DoorDriver, Health, TellsWhetherItPlays
from notifier.model.door import DoorReading, Lock
from notifier.model.site import Camera, Door, Signal, Speaker

DEEP = 10
"""Each so-many-th look at a door asks for its configuration too: what may move a lock by itself changes seldom."""


LEFT = (
    "is still in lockdown mode at its controller, where a response has left it: badges and schedules do nothing "
    "there. Release it at the controller; a restore_doors step in the playbook's all_clear would do it."
)


class WatchedDevices:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk = engine, engine.desk
        self._looks: dict[str, int] = {}
        self._configured: dict[str, Health] = {}

    def targets(self) -> Iterable[Target]:
        site, gear = self._desk.held.site, self._desk.gear
        for door in site.doors:
            yield Target(Kind.DOOR, door.id, partial(self._door, door))
        for signal in site.signals:
            driver = gear.signal_drivers.get(signal.driver)
            if driver is None or driver.can_tell(signal):
                yield Target(Kind.SIGNAL, signal.id, partial(self._signal, signal))
        for speaker in site.speakers:
            if isinstance(gear.speaker_channels.get(speaker.channel), TellsWhetherItPlays):
                yield Target(Kind.SPEAKER, speaker.id, partial(self._speaker, speaker))
        for name in sorted({speaker.channel for speaker in site.speakers}):
            yield Target(Kind.SPEAKER, f"by_{name}", partial(self._output, name))
        for camera in site.cameras:
            yield Target(Kind.CAMERA, camera.id, partial(self._camera, camera))

    # --------------------------------------------------------------------------------------------------------- doors

    async def _door(self, door: Door) -> Sequence[Finding]:
        known = self._engine.ledger.read("lock_door", site=self._desk.site, id=door.id)
        if known and known[0]["held_by"] is not None:
            return []  # a response holds it and reads it every few seconds
        devices, second, subject = self._engine.devices, other_path(door), f"{door.id}:second"
        reading = await devices.read(door)
        by_second = await devices.read(second, subject) if second is not None else None
        known_as = reading
        if by_second is not None:
            known_as = reading if reading.mode is not None else replace(reading, mode=by_second.mode)
            devices.second_modes[door.id] = by_second.mode
        with suppress(LedgerError):
            await self._engine.ledger.run(
                lambda: poll_body(self._desk.site, {door.id: known_as}, self._desk.clock.now())
            )
        found = [await self._path(door, reading, door.id), self._left(door, reading, door.id)]
        if second is not None and by_second is not None:
            found += [await self._path(second, by_second, subject), self._left(door, by_second, subject)]
        return found

    def _left(self, door: Door, reading: DoorReading, subject: str) -> Finding:
        """Whether it stands in a lockdown mode that a response of ours has left it in."""
        rows = self._engine.ledger.read("lock_door", site=self._desk.site, id=door.id)
        left = bool(rows) and left_in_lockdown({**rows[0], "mode": reading.mode})
        text = f"{door.title} {LEFT}" if left else ""
        return Finding(Kind.DOOR, f"{subject}:lockdown", not left, text, sure=True)

    async def _path(self, door: Door, reading: DoorReading, subject: str) -> Finding:
        way = " by its second path" if subject.endswith(":second") else ""
        fault = door_fault(door, reading)
        if fault:
            return Finding(Kind.DOOR, subject, False, f"{door.title}{way} {fault}")
        driver = self._engine.devices.driver(door.driver)
        if driver is not None and type(driver).check is not DoorDriver.check:
            looks = self._looks.get(subject, 0)
            self._looks[subject] = looks + 1
            if looks % DEEP == 0 or not self._configured.get(subject, Health(True, "")).well:
                self._configured[subject] = await driver.check(door)
            health = self._configured[subject]
            if not health.well:
                return Finding(Kind.DOOR, subject, False, f"{health.text} Try it: notifier doors try {door.id}")
        return Finding(Kind.DOOR, subject, True, "")

    # ------------------------------------------------------------------------------------------ signals and speakers

    async def _signal(self, signal: Signal) -> Sequence[Finding]:
        driver, name = self._desk.gear.signal_drivers.get(signal.driver), signal.name or signal.id
        if driver is None:
            return [Finding(Kind.SIGNAL, signal.id, False, f"{name}: there is no driver {signal.driver}.", sure=True)]
        on = await driver.read_signal(signal)
        well = on is not None
        text = "" if well else f"The signal {name} does not answer: it would stay dark. Look at its power and network."
        found = [Finding(Kind.SIGNAL, signal.id, well, text, said=OUTPUT[on])]
        if on is not None and not self._desk.incidents:
            lit = f"The signal {name} is on, and no response is open: people take it for an alarm. Look who lit it."
            found.append(Finding(Kind.SIGNAL, f"{signal.id}:lit", not on, lit if on else ""))
        return found

    async def _speaker(self, speaker: Speaker) -> Sequence[Finding]:
        channel: object = self._desk.gear.speaker_channels.get(speaker.channel)
        if not isinstance(channel, TellsWhetherItPlays):
            return []
        playing = await channel.playing(speaker)
        well = playing.on is not None
        name = speaker.name or speaker.id
        text = "" if well else f"The speaker {name} does not say how it is ({playing.detail}): it may stay silent."
        return [Finding(Kind.SPEAKER, speaker.id, well, text, said=playing.detail if well else None)]

    async def _output(self, name: str) -> Sequence[Finding]:
        """What drives the speakers of one kind; says nothing of a single speaker that cannot be asked."""
        subject, channel = f"by_{name}", self._desk.gear.speaker_channels.get(name)
        if channel is None:
            text = f"No output {name} is set up: its speakers stay silent. Add it to public_address in settings.yaml."
            return [Finding(Kind.SPEAKER, subject, False, text, sure=True)]
        health = await channel.check()
        text, said = ("", health.text) if health.well else (f"{name}: {health.text}", None)
        return [Finding(Kind.SPEAKER, subject, health.well, text, said=said)]

    # ------------------------------------------------------------------------------------------------------- cameras

    async def _camera(self, camera: Camera) -> Sequence[Finding]:
        """Fetches a picture: that a web server answers proves no camera (decision 0025)."""
        found = await self._desk.pictures.look(self._desk.gear.camera_drivers, camera)
        name, well = camera.name or camera.id, found.health.well
        text = "" if well else f"The camera {name}: {found.health.text} Try it: notifier cameras try {camera.id}"
        said = found.health.text if found.still is not None else None
        return [Finding(Kind.CAMERA, camera.id, well, text, found.sure, said)]


def door_fault(door: Door, reading: DoorReading) -> str:
    """What is wrong with a door's device, with what to do; empty if it could be commanded and proven."""
    if reading.relay_on is None and reading.lock is Lock.UNKNOWN:
        said = reading.detail or "no word"
        return f"does not answer: it could not be locked. {_sentence(said)}"
    if reading.lock is Lock.JAMMED:
        return "reads jammed: it was told and does not get there. Look at the lock."
    if reading.lock is Lock.UNKNOWN and door.can_be_proven:
        return f"answers, but its sensor says nothing ({reading.detail}): it could not be proven. Look at the contact."
    return ""


def _sentence(said: str) -> str:
    """What the driver said of it, with something to do."""
    text = f"{said[:1].upper()}{said[1:]}".rstrip(".")
    return f"{text}." if "check" in said.lower() else f"{text}. Check its power and network."
