"""The closing of a response: rooms released, closing steps, signals off, closed. Nothing here ever unlocks a door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.held import Held
from notifier.engine.holds import door_orders, held_elsewhere, let_go
from notifier.engine.playbook_run import begin
from notifier.engine.scene import Scene
from notifier.engine.steps.secure_doors import command_row
from notifier.engine.steps.signals import off_step
from notifier.errors import NotFound, Refused
from notifier.model.door import CommandState, CommandWord, move_command
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import IncidentState, IncidentWord, RoomState, move_incident
from notifier.model.second_person import Human
from notifier.model.step import (
    Phase,
    StepState,
    StepWord,
    TimerKind,
    TimerState,
    move_step,
)

LINKS_LIVE_ON = 86400.0
"""Seconds that answer links work after the close (ARCHITECTURE, decision 17)."""


@dataclass(frozen=True)
class Person:
    """A human account: approvals compare these, never sessions or devices."""

    id: str
    name: str
    since: float = 0.0
    """Ledger time when the account was made or reset."""
    made_by: str = ""
    """The person who did that (`model.second_person`)."""
    shown: bool = False
    """They come by the token that who did it was shown."""

    @property
    def human(self) -> Human:
        return Human(self.id, self.since, self.made_by, self.shown)


@dataclass(frozen=True)
class Moment:
    """When, and what else is known outside the ledger."""

    now: float
    wall: str
    clock_time: str
    node: str


@dataclass(slots=True)
class Ended:
    """What an ending did."""

    state: IncidentState
    approval: str | None = None
    expires: float | None = None
    scene: Scene | None = None
    rows: list[Row] = field(default_factory=list)
    """Of a closing run that began: its first wave waits for the wire."""


def incident_row(site: str, incident: str) -> Body[Mapping[str, Any]]:
    """The incident, locked for this transaction; NotFound."""
    rows = yield Ask("lock_incident", {"site": site, "id": incident})
    if not rows:
        raise NotFound(f"There is no incident {incident}.")
    return rows[0]


def begin_closing(
    held_of: Mapping[int, Held], row: Mapping[str, Any], phase: Phase, at: Moment
) -> Body[tuple[Scene, list[Row]]]:
    """The closing steps, and the end of every signal that this incident switched on."""
    site, incident = row["site"], row["id"]
    held = held_of[row["publication"]]
    doors = yield Ask("doors_of_site", {"site": site})
    elsewhere = yield from held_elsewhere(site, incident)
    scene = Scene(
        held=held,
        playbook=held.playbooks[row["playbook"]],
        incident=incident,
        code=row["code"],
        run=row["run"],
        phase=phase,
        zone=row["zone"],
        drill=bool(row["drill"]),
        now=at.now,
        wall=at.wall,
        node=at.node,
        presser=row["presser"],
        commander=row["commander"],
        elsewhere=frozenset(elsewhere),
        doors={door["id"]: door for door in doors},
        clock_time=at.clock_time,
    )
    rows = begin(scene)
    rows += door_orders(scene, rows, scene.doors)
    rows += yield from _signals_off(scene)
    over = yield from _main_steps_over(site, incident)
    yield Fact(EventKind.STEP_STARTED, site, incident, {"phase": str(phase), "run": row["run"]}, [*over, *rows])
    return scene, rows


def _main_steps_over(site: str, incident: str) -> Body[list[Row]]:
    """What the response still had going on is overtaken by its end."""
    steps = yield Ask("steps_of_incident", {"site": site, "incident": incident})
    return [
        Row(
            "step",
            {
                **{name: step[name] for name in ("site", "incident", "run", "phase", "id")},
                "state": str(move_step(StepState.RUNNING, StepWord.CANCEL)),
            },
        )
        for step in steps
        if step["phase"] == Phase.MAIN and step["state"] == StepState.RUNNING
    ]


def closing_overtaken(site: str, incident: str) -> Body[list[Row]]:
    """Danger has returned: what the closing was telling devices is over, the switching off of strobes above all."""
    commands = yield Ask("open_commands", {"site": site, "incident": incident})
    return [
        Row(
            "command",
            {
                "site": site,
                "id": command["id"],
                "state": str(move_command(CommandState(command["state"]), CommandWord.CANCEL)),
            },
        )
        for command in commands
        if command["phase"] != Phase.MAIN
    ]


def _signals_off(scene: Scene) -> Body[list[Row]]:
    lit = yield Ask("lit_signals", {"site": scene.site, "incident": scene.incident})
    others = yield Ask("lit_elsewhere", {"site": scene.site, "incident": scene.incident})
    kept = {row["device"] for row in others}
    step = off_step()
    devices = sorted({row["device"] for row in lit} - kept)
    if not devices:
        return []
    state_row = Row(
        "step",
        {
            "site": scene.site,
            "incident": scene.incident,
            "run": scene.run,
            "id": step.id,
            "phase": str(scene.phase),
            "playbook": scene.playbook.playbook,
            "place": 998,
            "deed": "signal",
            "state": str(StepState.RUNNING),
            "started_at": scene.now,
            "over_at": None,
            "expanded": 0,
            "approval": None,
            "level": 0,
            "detail": {"begun": scene.now},
        },
        new=True,
    )
    commands = [command_row(scene, step, "signal", device, "off", CommandState.SENDING) for device in devices]
    return [state_row, *commands]


def release_body(
    held_of: Mapping[int, Held], site: str, incident: str, rooms: Sequence[str], who: Person, override: str, at: Moment
) -> Body[Ended]:
    """Mark rooms released; when every occupied room is, or `override` gives a reason, the closing begins.

    Releasing a room records that its people are safe. It never commands a lock.
    """
    row = yield from incident_row(site, incident)
    if row["state"] != IncidentState.RELEASING:
        raise Refused(f"Rooms are released after the all-clear is given; this incident is {row['state']}.", status=409)
    held = held_of[row["publication"]]
    wrong = [room for room in rooms if room not in held.rooms]
    if wrong:
        raise NotFound(f"There is no room {', '.join(wrong)} at {held.site.name}.")
    if rooms:
        marked = [
            Row(
                "room",
                {
                    "site": site,
                    "incident": incident,
                    "id": room,
                    "state": str(RoomState.RELEASED),
                    "by_whom": who.name,
                    "at": at.now,
                },
                new=True,
            )
            for room in rooms
        ]
        yield Fact(EventKind.ROOM_RELEASED, site, incident, {"rooms": list(rooms), "by": who.name}, marked)
    known = yield Ask("rooms_of_incident", {"site": site, "incident": incident})
    released = {room["id"] for room in known if room["state"] == RoomState.RELEASED} | set(rooms)
    left = [room for room in held.occupied_rooms if room not in released]
    if left and not override.strip():
        return Ended(IncidentState.RELEASING)
    state = move_incident(IncidentState.RELEASING, IncidentWord.ROOMS_RELEASED)
    data = {
        "word": str(IncidentWord.ROOMS_RELEASED),
        "from": row["state"],
        "to": str(state),
        "by": who.name,
        "override": override,
        "not_released": left,
    }
    yield Fact(
        EventKind.INCIDENT_MOVED,
        site,
        incident,
        data,
        [Row("incident", {"site": site, "id": incident, "state": str(state)})],
    )
    ended = Ended(state)
    ended.scene, ended.rows = yield from begin_closing(held_of, row, Phase.ALL_CLEAR, at)
    return ended


def close_body(site: str, incident: str, at: Moment) -> Body[bool]:
    """Closed: doors are let go (as they stand), links get their end, every timer stops."""
    row = yield from incident_row(site, incident)
    if row["state"] != IncidentState.CLOSING:
        return False
    state = move_incident(IncidentState.CLOSING, IncidentWord.FINISH)
    rows: list[Row] = [Row("incident", {"site": site, "id": incident, "state": str(state), "closed_at": at.now})]
    timers = yield Ask("waiting_timers_of_incident", {"site": site, "incident": incident})
    rows += [
        Row("timer", {"site": site, "id": timer["id"], "state": str(TimerState.CANCELLED)})
        for timer in timers
        if timer["kind"] != TimerKind.RE_SECURE
    ]
    doors = yield Ask("doors_of_site", {"site": site})
    rows += let_go(site, incident, doors, (yield from held_elsewhere(site, incident)))
    commands = yield Ask("open_commands", {"site": site, "incident": incident})
    rows += [
        Row("command", {"site": site, "id": command["id"], "state": str(CommandState.CANCELLED)})
        for command in commands
    ]
    rows += yield from links_end(site, incident, at.now)
    yield Fact(
        EventKind.INCIDENT_MOVED,
        site,
        incident,
        {"word": str(IncidentWord.FINISH), "from": row["state"], "to": str(state)},
        rows,
    )
    return True


def links_end(site: str, incident: str, now: float) -> Body[list[Row]]:
    """The rows that give every answer link of an incident its end."""
    links = yield Ask("links_of_incident", {"site": site, "incident": incident})
    return [Row("link", {"site": site, "hash": link["hash"], "dies_at": now + LINKS_LIVE_ON}) for link in links]
