"""What every decision may look at without asking the ledger: publications, senders, opt-outs, open incidents."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifier.clock import Clock
from notifier.engine.audience import AGENCY, OUTSIDE, QUIET_HOURS, Audience, address_people
from notifier.engine.browsers import Browsers, with_browsers
from notifier.engine.closing import Moment
from notifier.engine.held import Gear, Held
from notifier.engine.last_seen import LastSeen
from notifier.engine.pictures import Pictures
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_people
from notifier.engine.steps.notify import Letters, letters_for
from notifier.engine.writing import decoded
from notifier.errors import NotFound
from notifier.model.delivery import DeliveryWord, Purpose
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.model.incident import IncidentState
from notifier.model.people import Person
from notifier.model.playbook import Notify
from notifier.model.quiet_hours import quiet_until
from notifier.model.step import Phase

ONLY_DELIVERIES = frozenset(
    {
        EventKind.DELIVERIES_QUEUED,
        EventKind.DELIVERIES_SETTLED,
        EventKind.DELIVERIES_REPORTED,
        EventKind.DELIVERIES_STOPPED,
    }
)
"""Events whose thousands of rows hold nothing that the desk keeps."""


@dataclass
class Desk:
    """One per site and node. Changed only by what has been committed."""

    clock: Clock
    node: str
    gear: Gear
    link_key: bytes
    public_url: str | None = None
    state_dir: str = "."
    """A folder of this node: what people say over the speakers is kept there."""
    held_of: dict[int, Held] = field(default_factory=dict)
    """Those that open incidents run on, and the newest."""
    earlier: Callable[[int], Held] | None = None
    """Reads a publication that nothing runs on any more; for pictures of what is over, never inside a transaction."""
    current: Held | None = None
    opted_out: set[tuple[str, str, str]] = field(default_factory=set)
    """(kind, address, lane)."""
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Open incidents as committed: what a lane asks right before the wire."""
    answered: set[tuple[str, str]] = field(default_factory=set)
    fire_alarm: bool = False
    browsers: Browsers = field(default_factory=Browsers)
    last_seen: LastSeen = field(default_factory=LastSeen)
    pictures: Pictures = field(default_factory=Pictures)

    @property
    def held(self) -> Held:
        if self.current is None:
            raise NotFound("Nothing is published yet. Publish a set of files first: notifier publish DIR.")
        return self.current

    @property
    def site(self) -> str:
        return self.held.id

    def moment(self) -> Moment:
        wall = self.clock.wall()
        return Moment(self.clock.now(), wall.isoformat(timespec="milliseconds"), self.site_time(), self.node)

    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.held.site.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def site_time(self) -> str:
        """The clock on the wall of the school, "10:41"."""
        return self.clock.wall().astimezone(self.zone()).strftime("%H:%M")

    def scene(
        self, row: Mapping[str, Any], run: int, phase: Phase, playbook: str, zone: str | None, **more: Any
    ) -> Scene:
        """The scene of a run as it stands now, from its incident's row."""
        held = self.held_with(playbook, more.pop("publication", None), row["publication"])
        at = self.moment()
        return Scene(
            held=held,
            playbook=held.playbooks[playbook],
            incident=row["id"],
            code=row["code"],
            run=run,
            phase=phase,
            zone=zone,
            drill=bool(row["drill"]),
            now=at.now,
            wall=at.wall,
            node=self.node,
            presser=row["presser"],
            commander=row["commander"],
            fire_alarm=self.fire_alarm,
            clock_time=self._raised_time(row),
            **more,
        )

    def held_for(self, version: int) -> Held:
        """The publication of any incident, also of one that is over. Raises NotFound."""
        held = self.held_of.get(version)
        if held is None and self.earlier is not None:
            held = self.held_of[version] = self.earlier(version)
        if held is None:
            raise NotFound(f"Publication {version} is not known to this node.")
        return held

    def held_with(self, playbook: str, *versions: int | None) -> Held:
        """The first of these publications that has the playbook: a run keeps the one it began with. Raises NotFound."""
        for version in (*versions, self.held.version):
            held = self.held_of.get(version) if version is not None else None
            if held is not None and playbook in held.playbooks:
                return held
        raise NotFound(f"No publication that this node holds has the playbook {playbook!r}.")

    def _raised_time(self, row: Mapping[str, Any]) -> str:
        raised = datetime.fromisoformat(row["raised_wall"])
        try:
            return raised.astimezone(ZoneInfo(self.held.site.timezone)).strftime("%H:%M")
        except (ZoneInfoNotFoundError, ValueError):
            return raised.strftime("%H:%M")

    def scene_of_step(self, row: Mapping[str, Any], step: Mapping[str, Any], **more: Any) -> Scene:
        detail = decoded(step["detail"])
        return self.scene(
            row,
            step["run"],
            Phase(step["phase"]),
            step["playbook"],
            detail.get("zone"),
            publication=detail.get("publication"),
            after_drill=bool(detail.get("after_drill")),
            **more,
        )

    # ------------------------------------------------------------------------------------------ people and letters

    def senders_for(self, kind: str, purpose: Purpose | None = None) -> tuple[str, ...]:
        return self.gear.senders_for(kind, purpose)

    def audience(
        self,
        scene: Scene,
        people: Iterable[Person],
        kinds: Sequence[str],
        *,
        at_once: bool | None = None,
        purpose: Purpose = Purpose.EMERGENCY,
    ) -> Audience:
        """Addresses and senders; a drill leaves outside people alone unless its playbook says so.

        Routine messages need consent, and in quiet hours that refuse them reach nobody.
        """
        purpose = Purpose.DRILL if scene.drill else purpose
        routine = purpose is Purpose.ROUTINE
        chosen = [person for person in people if not scene.drill or scene.playbook.drill or person.on_site]
        hours = self.held.site.quiet_hours
        if routine and hours is not None and hours.then == "refuse" and self.quiet_until() is not None:
            refused = Audience()
            refused.leave_out(QUIET_HOURS, (person.id for person in chosen))
            return refused
        kinds = with_browsers(kinds)
        senders = {kind: self.senders_for(kind, purpose) for kind in kinds}
        once = scene.playbook.everyone_at_once if at_once is None else at_once
        opted_out = frozenset(self.opted_out)
        return address_people(
            chosen,
            kinds,
            senders,
            all_at_once=once,
            opted_out=opted_out,
            routine=routine,
            browsers_of=self.browsers.of,
        )

    def quiet_until(self) -> datetime | None:
        """When the quiet hours end that the site is in now, UTC; None: it is in none."""
        return quiet_until(self.held.site.quiet_hours, self.clock.wall(), self.zone())

    def people(
        self, scene: Scene, selectors: Sequence[str], unanswered: frozenset[str] = frozenset()
    ) -> tuple[Person, ...]:
        """`role:commander` is whoever holds command, else nobody here: the approver list itself has an order."""
        return select_people(scene.held, selectors, scene.zone, scene.commander, unanswered)

    def letters(self, scene: Scene, deed: Notify, **facts: str) -> Letters:
        letters = letters_for(scene, deed, self.public_url, self.reply_code(scene), **facts)
        if letters.purpose is Purpose.ROUTINE and (end := self.quiet_until()) is not None:
            letters.due = self.clock.now() + (end - self.clock.wall()).total_seconds()
        return letters

    def reply_code(self, scene: Scene) -> str | None:
        """Replies need the incident's code only while another one is live too."""
        others = [row for row in self.incidents.values() if row["id"] != scene.incident and not row["drill"]]
        return scene.code if others and not scene.drill else None

    # ------------------------------------------------------------------------------------------------ answer links

    def link_token(self, incident: str, person: str) -> str:
        """144 bits that only this site can make; kept nowhere, made again when needed."""
        mac = hmac.new(self.link_key, f"{incident}\x00{person}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac[:18]).decode()

    def link(self, incident: str, person: str) -> str:
        return f"{self.public_url.rstrip('/')}/r/{self.link_token(incident, person)}" if self.public_url else ""

    def link_hashes(self, scene: Scene, audience: Audience, letters: Letters) -> dict[str, str]:
        if not letters.with_link:
            return {}
        return {
            plan.person.id: hash_token(self.link_token(scene.incident, plan.person.id)) for plan in audience.planned
        }

    # ------------------------------------------------------------------------------------------------- what is open

    def halted(self, incident: str, phase: str, outside: int) -> DeliveryWord | None:
        """What becomes of a claimed delivery that must not leave now; asked right before the wire.

        RECALL: never any more. RETRY: it waits with the others while outside is paused.
        """
        row = self.incidents.get(incident)
        over = row is None or row["state"] not in (IncidentState.ACTIVE, IncidentState.RELEASING)
        if phase == Phase.MAIN:
            if over:
                return DeliveryWord.RECALL if outside != AGENCY else None
            paused = row is not None and row["outside_paused"] and outside == OUTSIDE
            return DeliveryWord.RETRY if paused else None
        return None if over else DeliveryWord.RECALL

    def learn(self, events: Sequence[Event]) -> list[str]:
        """Take in what was committed; returns incidents whose row changed."""
        changed = []
        for event in events:
            if event.kind in ONLY_DELIVERIES:
                continue
            for row in event.rows:
                if row.table == "incident":
                    changed.append(self._learn_incident(dict(row.values), row.new))
                elif row.table == "answer" and row.values["person"] and row.values["answer"] != "phone_gone":
                    self.answered.add((row.values["incident"], row.values["person"]))
                elif row.table == "browser":
                    self.browsers.learn(row.values)
                elif row.table == "opt_out":
                    pair = (row.values["kind"], row.values["address"], row.values["lane"])
                    (self.opted_out.add if row.values["active"] else self.opted_out.discard)(pair)
        return changed

    def _learn_incident(self, values: dict[str, Any], new: bool) -> str:
        incident = str(values["id"])
        if new:
            self.incidents[incident] = values
        elif incident in self.incidents:
            self.incidents[incident] |= values
        known = self.incidents.get(incident)
        if known is not None and known["state"] == IncidentState.CLOSED:
            self.incidents.pop(incident)
            self.answered = {pair for pair in self.answered if pair[0] != incident}
        return incident


def hash_token(token: str) -> str:
    """High-entropy secrets need no slow hash: 144 bits cannot be guessed from SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()
