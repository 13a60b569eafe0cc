"""A site: zones, rooms, doors, speakers, signals, cameras, buttons (the site file)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from notifier.model.quiet_hours import QuietHours
from notifier.model.watching import Canary, TroublePolicy
from notifier.model.words import Duration, Identifier, Selector, Written


class Zone(Written):
    """A part of the site that doors, rooms and speakers belong to; contains its children."""

    id: Identifier
    name: str = ""
    parent: Identifier | None = None


class Room(Written):
    id: Identifier
    zone: Identifier
    name: str = ""
    occupied: Literal["always", "schedule", "never"] = "schedule"
    card: str | None = Field(default=None, pattern=r"^[0-9A-Z]{4,8}$")
    """The code printed on the room's card, by which it reports over SMS without an account."""


class SensedBy(Written):
    """The input of the device that senses the lock (a bolt or strike contact), never the relay's own output."""

    input: int = Field(default=0, ge=0)
    secured_is: bool = True


class LeafBy(Written):
    """The input that senses the leaf (a door position contact)."""

    input: int = Field(ge=0)
    closed_is: bool = True


class Path(Written):
    """Another way to command the same lock, tried when the first does not prove it."""

    driver: Identifier
    address: str
    secured_when: Literal["relay_on", "relay_off"] = "relay_on"
    settings: dict[str, Any] = Field(default_factory=dict)


class Door(Written):
    """One leaf with one lock."""

    id: Identifier
    number: int | str | None = None
    name: str = ""
    zone: Identifier
    rooms: tuple[Identifier, ...] = ()
    side: Literal["exterior", "interior", "stair"]
    driver: Identifier
    address: str
    settings: dict[str, Any] = Field(default_factory=dict)
    """What the driver needs besides the address; checked against the driver's own Settings class."""
    secured_when: Literal["relay_on", "relay_off"] = "relay_on"
    """Polarity is wiring: which output locks."""
    sensed_by: SensedBy | None = None
    leaf_by: LeafBy | None = None
    second_path: Path | None = None
    egress: Literal["mechanical", "rex", "none"] | None = None
    """How people get out when it is locked; undeclared means that it is never commanded."""
    stair_reentry: Literal["allowed", "forbidden"] | None = None
    fire_release: bool = False
    """Released by the fire panel: no locking command goes to it while a fire alarm is on."""
    on_power_loss: Literal["stays", "unlocks", "locks"] = "stays"
    verified_by: str = ""
    verified_on: date | None = None
    tags: tuple[str, ...] = ()

    @property
    def commandable(self) -> bool:
        """Whether a playbook may lock it at all (PRODUCT 5, door)."""
        if self.egress is None:
            return False
        return self.side != "stair" or self.stair_reentry == "allowed"

    @property
    def drivers(self) -> tuple[str, ...]:
        """The driver of each path to its lock."""
        return (self.driver,) if self.second_path is None else (self.driver, self.second_path.driver)

    @property
    def can_be_proven(self) -> bool:
        """Whether a sensor of the lock is declared: a contact (`sensed_by`), or an access controller's lock monitor."""
        return self.sensed_by is not None or self.settings.get("lock_monitor") is True

    @property
    def title(self) -> str:
        """What people call it: "Door 7 north"."""
        number = f"Door {self.number}" if self.number is not None else f"Door {self.id}"
        return f"{number} {self.name or self.zone}".strip()


class Speaker(Written):
    id: Identifier
    zone: Identifier
    name: str = ""
    channel: Identifier = "pa_multicast"
    address: str
    settings: dict[str, Any] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()


class Signal(Written):
    """A strobe, sign or beacon that stays on until the incident is cleared."""

    id: Identifier
    zone: Identifier
    name: str = ""
    driver: Identifier
    address: str
    settings: dict[str, Any] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()


class Button(Written):
    id: Identifier
    zone: Identifier
    name: str = ""
    playbook: Identifier
    get: bool = False
    """Whether a GET counts as a press: only for devices that can do nothing else, from their named network."""
    networks: tuple[str, ...] = ()
    inside: bool = True
    seen_every: Duration | None = Field(default=None, ge=60.0)
    """How often its device gives a sign of life; silent for longer is a trouble. None: it gives none by itself."""


class Camera(Written):
    id: Identifier
    zone: Identifier
    name: str = ""
    driver: Identifier
    address: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Verify(Written):
    """People may look first: silence fires (PRODUCT 5, verify). Never for a human press."""

    ack: Duration = 15.0
    """Until somebody says that they look."""
    investigate: Duration = 120.0
    """From then on."""


class TriggerEntry(Written):
    """Something beside our own buttons and pages that starts a response."""

    id: Identifier
    driver: Identifier
    """The file name in `notifier/triggers/`."""
    name: str = ""
    """What people are told has reported it."""
    zone: Identifier | None = None
    """Where it is, if it does not say so itself."""
    playbook: Identifier | None = None
    """What it starts, if it does not say so itself."""
    verify: Verify | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class ScheduledDrill(Written):
    """A drill that begins by itself, in the site's own time."""

    id: Identifier
    name: str = ""
    playbook: Identifier
    cron: str = Field(default="", max_length=200)
    """Minute, hour, day of month, month, day of week: "30 10 15 * *". Days of the week by their names: mon-fri."""
    at: str = Field(default="", max_length=16)
    """Or the minute of one day: "2026-12-03 10:30"."""
    zone: Identifier | None = None
    told_ahead: Duration = 600.0
    """How long before it begins people are told; dispatch and police among them, so that nobody drives out."""
    tell: tuple[Selector, ...] = ("role:dispatch", "role:police", "role:office", "role:principal")


class Leave(Written):
    """Exterior doors are left as they are in a lockdown: somebody's decision, with a reason."""

    leave: str
    by: str


class FireAlarm(Written):
    """The fire panel's contact, supervised."""

    driver: Identifier
    address: str
    input: int = Field(default=0, ge=0)
    active_is: bool = True
    settings: dict[str, Any] = Field(default_factory=dict)


class AcceptedGap(Written):
    """A zone without an audible and visible path that a named person accepts for a time (PRODUCT 3, PA)."""

    zone: Identifier
    accepted_by: str
    until: date
    reason: str


class TwoPeople(Written):
    """What needs a second person (PRODUCT 1): endings of a live incident, and what a site says. Starting never does."""

    all_clear: bool = True
    recall: bool = True
    mistake: bool = True
    publish: bool = False
    """Publishing files: one person proposes a set, another looks at it and lets it run."""
    outside_messages: bool = False
    """Messages typed during a response to people who are not on site. Playbooks' own never need it, nor does anything
    to police, fire, EMS or dispatch.
    """


class Site(Written):
    site: Identifier
    name: str
    address: str = ""
    entrance: str = ""
    """Where responders come in: read out in the 911 script."""
    timezone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    lockdown_exterior: Literal["lock"] | Leave = "lock"
    public_url: str | None = None
    """The address that phones outside can open; None: answers come by reply code."""
    zones: tuple[Zone, ...] = ()
    rooms: tuple[Room, ...] = ()
    doors: tuple[Door, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    signals: tuple[Signal, ...] = ()
    buttons: tuple[Button, ...] = ()
    cameras: tuple[Camera, ...] = ()
    triggers: tuple[TriggerEntry, ...] = ()
    drills: tuple[ScheduledDrill, ...] = ()
    quiet_hours: QuietHours | None = None
    fire_alarm: FireAlarm | None = None
    accepted_gaps: tuple[AcceptedGap, ...] = ()
    troubles: TroublePolicy = TroublePolicy()
    """Who is told of what of ours is broken, and when."""
    canary: Canary | None = None
    two_people: TwoPeople = TwoPeople()

    def zone_and_children(self, zone: str) -> frozenset[str]:
        """The zone itself and every zone inside it."""
        inside = {zone}
        grew = True
        while grew:
            more = {child.id for child in self.zones if child.parent in inside} - inside
            inside |= more
            grew = bool(more)
        return frozenset(inside)
