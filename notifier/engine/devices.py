"""Doors, signals and speakers at work: carries commands out, reads back, and writes what was seen. The thin edge."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.playbook_run import step_of
from notifier.engine.scene import Scene
from notifier.engine.steps.announce import page_speakers, page_words
from notifier.engine.steps.secure_doors import Proof, prove_secured
from notifier.engine.steps.signals import obey
from notifier.errors import AdapterError
from notifier.interfaces import DoorDriver, Ledger, PageReport
from notifier.model.door import CommandState, CommandWord, DoorReading, Lock, move_command
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import IncidentState
from notifier.model.site import Door

HOLDS = (IncidentState.RAISED, IncidentState.ACTIVE, IncidentState.RELEASING)
"""While an incident is in one of these, its doors are commanded, retried and watched."""


class Devices:
    """Everything of metal that the engine speaks to."""

    def __init__(self, desk: Desk, ledger: Ledger, nudge: Callable[[str], None]) -> None:
        self._desk, self._ledger, self._nudge = desk, ledger, nudge
        self._doors: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self.opened: dict[str, str] = {}
        """Doors that a responder holds open, and for which incident: not commanded meanwhile."""

    async def close(self) -> None:
        tasks = [*self._doors.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> int:
        return sum(not task.done() for task in self._doors.values()) + len(self._others)

    def launch(self, scene: Scene, rows: list[Row]) -> None:
        """Put every claimed command among `rows` on the wire now, doors first."""
        for row in rows:
            values = row.values
            if row.table != "command" or values.get("state") != CommandState.SENDING:
                continue
            kind, device = values["kind"], values["device"]
            if kind == "door":
                self.secure(scene, values["id"], device) if values["verb"] == "secure" else self._spawn(
                    self._restore(scene, values["id"], device)
                )
            elif kind == "signal":
                self._spawn(self._signal(scene, values["id"], device, values["verb"] == "on"))
            elif kind == "page":
                self._spawn(self._page(scene, values["id"], values["step"], device))

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def secure(self, scene: Scene, command: str, door: str) -> None:
        """One task per door: a newer command replaces an older one."""
        before = self._doors.get(door)
        if before is not None:
            before.cancel()
        self._doors[door] = asyncio.get_running_loop().create_task(self._secure(scene, command, door))

    def driver(self, kind: str) -> DoorDriver | None:
        return self._desk.gear.door_drivers.get(kind)

    def _wanted(self, incident: str, door: Door) -> bool:
        """Asked before every command: the response holds the door, nobody opened it, no fire alarm releases it."""
        row = self._desk.incidents.get(incident)
        if row is None or row["state"] not in HOLDS or door.id in self.opened:
            return False
        return not (door.fire_release and self._desk.fire_alarm)

    async def _secure(self, scene: Scene, command: str, door_id: str) -> None:
        door = scene.held.doors[door_id]

        async def report(proof: Proof) -> None:
            await self._ledger.run(lambda: door_proof_body(scene, command, door, proof, self._desk.clock.now()))
            if proof.proven:
                self._nudge(scene.incident)

        await prove_secured(door, self.driver, self._desk.clock, lambda: self._wanted(scene.incident, door), report)

    async def _restore(self, scene: Scene, command: str, door_id: str) -> None:
        """Command the lock open and read it back; a door that does not answer is a person's task, never retried."""
        door = scene.held.doors[door_id]
        driver = self.driver(door.driver)
        detail, reading = "no driver", DoorReading()
        if driver is not None:
            try:
                await driver.restore(door)
                await self._desk.clock.sleep(0.3)
                reading = await driver.read(door)
                detail = reading.detail
            except AdapterError as error:
                detail = str(error)
        open_now = reading.lock is Lock.UNSECURED
        await self._ledger.run(
            lambda: restored_body(scene, command, door, reading, detail, open_now, self._desk.clock.now())
        )
        self._nudge(scene.incident)

    async def _signal(self, scene: Scene, command: str, signal_id: str, on: bool) -> None:
        signal = scene.held.signals[signal_id]
        driver = self._desk.gear.signal_drivers.get(signal.driver)

        def wanted() -> bool:
            row = self._desk.incidents.get(scene.incident)
            return row is not None and (not on or row["state"] in HOLDS)

        obeyed, tries, seen = await obey(signal, on, driver, self._desk.clock, wanted)
        await self._ledger.run(
            lambda: signal_body(scene, command, signal.id, signal.name, on, obeyed, tries, seen, self._desk.clock.now())
        )
        self._nudge(scene.incident)

    async def _page(self, scene: Scene, command: str, step_id: str, kind: str) -> None:
        step = step_of(scene, step_id)
        assert step is not None
        assert step.announce is not None
        words = page_words(scene.held, scene.playbook, step.announce, scene.drill)
        speakers = page_speakers(scene, step).get(kind, [])
        channel = self._desk.gear.speaker_channels.get(kind)

        def started() -> None:
            self._spawn(self._page_started(scene, command, [speaker.id for speaker in speakers]))

        report, fault = PageReport(0, 0.0, False), f"no speaker output called {kind} is configured"
        if channel is not None:
            try:
                report = await channel.page(speakers, words, scene.priority, started)
                fault = "" if report.finished else (report.detail or "overtaken by another page")
            except AdapterError as error:
                fault = str(error)
        await self._ledger.run(
            lambda: page_body(scene, command, kind, len(speakers), report, fault, self._desk.clock.now())
        )
        self._nudge(scene.incident)

    async def _page_started(self, scene: Scene, command: str, speakers: list[str]) -> None:
        def body() -> Body[None]:
            yield Fact(EventKind.PAGE_STARTED, scene.site, scene.incident, {"command": command, "speakers": speakers})

        await self._ledger.run(body)

    async def silence(self, incident: str) -> None:
        """Stop the pages of a response that is over, so that its closing words are heard."""
        scene_speakers = self._desk.held.site.speakers
        for kind, channel in self._desk.gear.speaker_channels.items():
            mine = [speaker for speaker in scene_speakers if speaker.channel == kind]
            if mine:
                try:
                    await channel.stop(mine)
                except AdapterError:
                    continue  # a speaker that cannot be silenced now is overtaken by the closing page

    # ------------------------------------------------------------------------------------------------- reading doors

    async def read(self, door: Door) -> DoorReading:
        driver = self.driver(door.driver)
        if driver is None:
            return DoorReading(detail=f"no driver called {door.driver}")
        try:
            return await driver.read(door)
        except AdapterError as error:
            return DoorReading(detail=str(error))

    def watched(self, incident: str, door: str) -> bool:
        """Whether a task of ours is proving this door now."""
        task = self._doors.get(door)
        return task is not None and not task.done()


def _door_row(site: str, door: str, reading: DoorReading, detail: str, now: float) -> Row:
    return Row(
        "door",
        {
            "site": site,
            "id": door,
            "lock": str(reading.lock),
            "leaf": str(reading.leaf),
            "sensed_at": now,
            "sensed_how": detail,
        },
    )


def door_proof_body(scene: Scene, command: str, door: Door, proof: Proof, now: float) -> Body[None]:
    """What was read after a command, and the end of the command if it is proven."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    rows = [_door_row(scene.site, door.id, proof.reading, proof.detail, now)]
    kind = EventKind.DOOR_READ
    new = state
    if proof.proven and state in (CommandState.SENDING, CommandState.NOT_PROVEN):
        new, kind = move_command(state, CommandWord.PROVE), EventKind.COMMAND_OVER
        if state is CommandState.NOT_PROVEN:
            task = yield Ask("task_by_id", {"site": scene.site, "id": f"door:{scene.incident}:{door.id}"})
            if task and task[0]["state"] != "done":
                rows.append(
                    Row(
                        "task",
                        {
                            "site": scene.site,
                            "id": task[0]["id"],
                            "state": "done",
                            "moved_at": now,
                            "text": f"{task[0]['text']} Now reads secured ({proof.detail}).",
                        },
                    )
                )
    rows.append(
        Row(
            "command",
            {
                "site": scene.site,
                "id": command,
                "state": str(new),
                "tries": proof.tries,
                "detail": proof.detail,
                "at": now,
            },
        )
    )
    yield Fact(
        kind,
        scene.site,
        scene.incident,
        {
            "door": door.id,
            "lock": str(proof.reading.lock),
            "leaf": str(proof.reading.leaf),
            "proven": proof.proven,
            "tries": proof.tries,
            "detail": proof.detail,
        },
        rows,
    )


def restored_body(
    scene: Scene, command: str, door: Door, reading: DoorReading, detail: str, done: bool, now: float
) -> Body[None]:
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    if state is not CommandState.SENDING:
        return
    new = move_command(state, CommandWord.PROVE if done else CommandWord.GIVE_UP)
    rows = [
        _door_row(scene.site, door.id, reading, detail, now),
        Row("command", {"site": scene.site, "id": command, "state": str(new), "tries": 1, "detail": detail, "at": now}),
    ]
    if not done:
        rows.append(
            _task(
                scene,
                f"restore:{scene.incident}:{door.id}",
                "door_not_restored",
                door.id,
                f"{door.title} was told to go back to unlocked and does not read so: {detail}.",
                now,
            )
        )
    yield Fact(
        EventKind.COMMAND_OVER,
        scene.site,
        scene.incident,
        {"door": door.id, "verb": "restore", "proven": done, "detail": detail},
        rows,
    )


def _task(scene: Scene, task: str, kind: str, subject: str, text: str, now: float) -> Row:
    return Row(
        "task",
        {
            "site": scene.site,
            "id": task,
            "incident": scene.incident,
            "kind": kind,
            "subject": subject,
            "text": text,
            "state": "open",
            "owner": None,
            "owner_name": None,
            "at": now,
            "moved_at": None,
        },
        new=True,
    )


def signal_body(
    scene: Scene, command: str, signal: str, name: str, on: bool, obeyed: bool, tries: int, seen: str, now: float
) -> Body[None]:
    """An output that says it is on has taken the command; that anybody saw it is not known: `sent`, not `proven`."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    if state is not CommandState.SENDING:
        return
    new = move_command(state, CommandWord.TAKEN if obeyed else CommandWord.GIVE_UP)
    rows = [
        Row(
            "command", {"site": scene.site, "id": command, "state": str(new), "tries": tries, "detail": seen, "at": now}
        )
    ]
    if not obeyed:
        text = (
            f"{name or signal} does not come on: {seen}."
            if on
            else f"{name or signal} is STILL ON. Told to stop {tries} times: {seen}."
        )
        rows.append(
            _task(
                scene,
                f"signal:{scene.incident}:{signal}:{'on' if on else 'off'}",
                "signal_not_on" if on else "signal_still_on",
                signal,
                text,
                now,
            )
        )
    yield Fact(
        EventKind.COMMAND_OVER,
        scene.site,
        scene.incident,
        {"signal": signal, "on": on, "obeyed": obeyed, "tries": tries, "detail": seen},
        rows,
    )


def page_body(
    scene: Scene, command: str, kind: str, speakers: int, report: PageReport, fault: str, now: float
) -> Body[None]:
    """Sent is not heard: a page that left whole is `sent`; one that did not is somebody's task."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    if state is not CommandState.SENDING:
        return
    new = move_command(state, CommandWord.TAKEN if not fault else CommandWord.GIVE_UP)
    detail = json.dumps({"packets": report.packets, "worst_gap_ms": round(report.worst_gap_ms, 1), "fault": fault})
    rows = [
        Row("command", {"site": scene.site, "id": command, "state": str(new), "tries": 1, "detail": detail, "at": now})
    ]
    if fault and not report.packets:
        rows.append(
            _task(
                scene,
                f"page:{command}",
                "page_failed",
                kind,
                f"The page did not leave for {speakers} speakers: {fault}.",
                now,
            )
        )
    yield Fact(
        EventKind.PAGE_OVER,
        scene.site,
        scene.incident,
        {
            "kind": kind,
            "packets": report.packets,
            "worst_gap_ms": report.worst_gap_ms,
            "fault": fault,
            "speakers": speakers,
        },
        rows,
    )


def watch_body(site: str, door: Door, reading: DoorReading, incident: str, now: float) -> Body[bool]:
    """A held door was read again; True if it was secured and is not any more, and nobody of ours commanded it."""
    known = yield Ask("lock_door", {"site": site, "id": door.id})
    if not known or known[0]["held_by"] != incident:
        return False
    was = Lock(known[0]["lock"])
    alarm = was is Lock.SECURED and reading.lock is not Lock.SECURED and known[0]["commanded"] == "secure"
    if was is reading.lock and known[0]["leaf"] == reading.leaf:
        return False
    rows = [_door_row(site, door.id, reading, reading.detail, now)]
    if alarm:
        says = "reads UNLOCKED" if reading.lock is Lock.UNSECURED else f"reads {reading.lock}"
        rows.append(
            Row(
                "task",
                {
                    "site": site,
                    "id": f"door:{incident}:{door.id}",
                    "incident": incident,
                    "kind": "door_alarm",
                    "subject": door.id,
                    "text": f"{door.title} NOT SECURED. It was secured and now {says} "
                    f"({reading.detail}). Nobody commanded it.",
                    "state": "open",
                    "owner": None,
                    "owner_name": None,
                    "at": now,
                    "moved_at": None,
                },
                new=True,
            )
        )
    yield Fact(
        EventKind.DOOR_ALARM if alarm else EventKind.DOOR_READ,
        site,
        incident,
        {
            "door": door.id,
            "lock": str(reading.lock),
            "leaf": str(reading.leaf),
            "was": str(was),
            "detail": reading.detail,
        },
        rows,
    )
    return alarm


def poll_body(site: str, readings: Mapping[str, DoorReading], now: float) -> Body[int]:
    """Doors read while nothing is wrong: what they were before an incident is known from this. Changes only."""
    known = {row["id"]: row for row in (yield Ask("doors_of_site", {"site": site}))}
    rows = []
    for door, reading in readings.items():
        before = known.get(door)
        if before is None:
            rows.append(
                Row(
                    "door",
                    {
                        "site": site,
                        "id": door,
                        "lock": str(reading.lock),
                        "leaf": str(reading.leaf),
                        "commanded": None,
                        "commanded_at": None,
                        "sensed_at": now,
                        "sensed_how": reading.detail,
                        "before_incident": None,
                        "held_by": None,
                    },
                    new=True,
                )
            )
        elif before["held_by"] is None and (before["lock"], before["leaf"]) != (reading.lock, reading.leaf):
            rows.append(_door_row(site, door, reading, reading.detail, now))
    if rows:
        yield Fact(EventKind.DOOR_READ, site, None, {"doors": len(rows)}, rows)
    return len(rows)
