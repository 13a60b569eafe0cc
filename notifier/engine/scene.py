"""Where and when a step is planned: everything a deed may look at, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.held import Held
from notifier.model.playbook import Playbook, Step
from notifier.model.step import Phase

AGAIN = 6
"""A later run's page goes before an earlier run's closing words: danger that returns is not kept waiting."""


@dataclass(frozen=True)
class Scene:
    """One run of one playbook for one incident, at one moment."""

    held: Held
    playbook: Playbook
    incident: str
    code: str
    run: int
    phase: Phase
    zone: str | None
    drill: bool
    now: float
    wall: str
    node: str
    presser: str = ""
    commander: str | None = None
    fire_alarm: bool = False
    after_drill: bool = False
    """A drill was overtaken by this incident: its messages say so."""
    elsewhere: frozenset[str] = field(default_factory=frozenset)
    """Doors that another live incident holds: never restored by this one."""
    doors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Door rows as last read, by id."""
    clock_time: str = ""
    """Wall time as people read it at the site, "10:41"."""

    @property
    def site(self) -> str:
        return self.held.id

    @property
    def priority(self) -> int:
        """Of pages: a live lockdown before everything, live before drill, closing words before what they end."""
        rank = {"extreme": 3, "severe": 2, "moderate": 1}.get(self.playbook.severity, 0)
        closing = 5 if self.phase is not Phase.MAIN else 0
        # A later run overtakes an earlier one's closing words (danger returned), and never climbs a rung by its number.
        return (0 if self.drill else 100_000) + self.playbook.rung * 10_000 + min(self.run, 999) * 10 + rank + closing

    def facts(self, **more: str) -> dict[str, str]:
        """What `{{field}}` may be filled with here."""
        zone = self.held.zone_names.get(self.zone or "", "")
        commander = self.held.people.get(self.commander or "")
        known = {
            "site": self.held.site.name,
            "zone": zone,
            "action": self.playbook.title,
            "time": self.clock_time,
            "presser": self.presser,
            "incident": self.code,
            "commander": commander.name if commander else "",
        }
        return known | {name: value for name, value in more.items() if value}

    def command_id(self, step: Step, kind: str, device: str, verb: str) -> str:
        return f"{self.incident}:{self.run}:{self.phase}:{step.id}:{kind}:{device}:{verb}"
