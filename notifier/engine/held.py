"""The published set, held in memory: a press reads nothing but this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from notifier.interfaces import CameraDriver, Channel, DoorDriver, SignalDriver, SpeakerChannel
from notifier.model.delivery import Purpose
from notifier.model.people import Person
from notifier.model.playbook import Playbook
from notifier.model.settings import Sender
from notifier.model.site import Button, Camera, Door, Room, Signal, Site, Speaker, TriggerEntry


@dataclass(frozen=True)
class Held:
    """One publication: what an incident freezes when it begins."""

    version: int
    site: Site
    people: Mapping[str, Person]
    playbooks: Mapping[str, Playbook]
    recordings: Mapping[str, str] = field(default_factory=dict)
    """Path as written in a playbook to the file of this node that holds the recorded voice."""

    def recording(self, written: str) -> str:
        """The file of a recorded voice; it may be written with or without the folder it lies in."""
        for path in (written, f"playbooks/{written}", f"recordings/{written}"):
            if path in self.recordings:
                return self.recordings[path]
        return written

    @property
    def id(self) -> str:
        return self.site.site

    @cached_property
    def doors(self) -> dict[str, Door]:
        return {door.id: door for door in self.site.doors}

    @cached_property
    def signals(self) -> dict[str, Signal]:
        return {signal.id: signal for signal in self.site.signals}

    @cached_property
    def cameras(self) -> dict[str, Camera]:
        return {camera.id: camera for camera in self.site.cameras}

    @cached_property
    def speakers(self) -> dict[str, Speaker]:
        return {speaker.id: speaker for speaker in self.site.speakers}

    @cached_property
    def rooms(self) -> dict[str, Room]:
        return {room.id: room for room in self.site.rooms}

    @cached_property
    def buttons(self) -> dict[str, Button]:
        return {button.id: button for button in self.site.buttons}

    @cached_property
    def triggers(self) -> dict[str, TriggerEntry]:
        return {trigger.id: trigger for trigger in self.site.triggers}

    def device(self, source: str) -> Button | TriggerEntry | None:
        """What stands in the site file for the source of a press: `button:ID`, `trigger:ID` or `trigger:ID/sensor`."""
        kind, _, name = source.partition(":")
        return self.buttons.get(name) if kind == "button" else self.triggers.get(name.partition("/")[0])

    @cached_property
    def zone_names(self) -> dict[str, str]:
        return {zone.id: zone.name or zone.id for zone in self.site.zones}

    @cached_property
    def zones_inside(self) -> dict[str, frozenset[str]]:
        return {zone.id: self.site.zone_and_children(zone.id) for zone in self.site.zones}

    @cached_property
    def by_address(self) -> dict[tuple[str, str], tuple[Person, ...]]:
        """(kind, address) to the people who have it: a family phone belongs to several."""
        found: dict[tuple[str, str], tuple[Person, ...]] = {}
        for person in self.people.values():
            for kind, address in person.addresses.items():
                found[kind, address] = (*found.get((kind, address), ()), person)
        return found

    @cached_property
    def room_cards(self) -> dict[str, Room]:
        return {room.card: room for room in self.site.rooms if room.card}

    @cached_property
    def people_of_room(self) -> dict[str, tuple[Person, ...]]:
        """The on-site people of each room."""
        found: dict[str, tuple[Person, ...]] = {}
        for person in self.people.values():
            if person.room and person.on_site:
                found[person.room] = (*found.get(person.room, ()), person)
        return found

    @cached_property
    def occupied_rooms(self) -> tuple[str, ...]:
        """Rooms that say so or are somebody's room; not knowing counts as occupied (PRODUCT 5, place)."""
        return tuple(room.id for room in self.site.rooms if room.occupied != "never" or room.id in self.people_of_room)

    @cached_property
    def on_site(self) -> int:
        """How many people are at the site itself."""
        return sum(person.on_site for person in self.people.values())

    @cached_property
    def everybody(self) -> tuple[Person, ...]:
        return tuple(self.people.values())


@dataclass
class Gear:
    """The adapters that the wiring built: what the engine may speak through."""

    door_drivers: Mapping[str, DoorDriver] = field(default_factory=dict)
    signal_drivers: Mapping[str, SignalDriver] = field(default_factory=dict)
    speaker_channels: Mapping[str, SpeakerChannel] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    """By sender name."""
    senders: Mapping[str, Sender] = field(default_factory=dict)
    camera_drivers: Mapping[str, CameraDriver] = field(default_factory=dict)
    gaps: Callable[[], Sequence[dict[str, Any]]] = tuple
    """What this machine lacks, for readiness: as `engine.readiness.gap` makes them."""

    def senders_for(self, kind: str, purpose: Purpose | None = None) -> tuple[str, ...]:
        """Senders for a kind of address, the preferred one first; with `purpose`, those that may be used for it."""
        return tuple(
            name
            for name, channel in self.channels.items()
            if channel.address_kind == kind and (purpose is None or self._may(name, purpose))
        )

    def _may(self, name: str, purpose: Purpose) -> bool:
        sender = self.senders.get(name)
        return sender is None or purpose in sender.purposes

    def takes_replies(self, lane: str) -> bool:
        channel = self.channels.get(lane)
        return channel is not None and channel.takes_replies

    @property
    def reply_number(self) -> str | None:
        """Where people can text an answer that the sender of their message would not hear."""
        found = (channel.reply_number for channel in self.channels.values() if channel.takes_replies)
        return next((number for number in found if number), None)
