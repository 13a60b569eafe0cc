"""The running engine of one site: decides through bodies, then puts what was decided on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from notifier.engine import recovery
from notifier.engine.browsers import let_go, retire_body
from notifier.engine.closing import close_body
from notifier.engine.deliveries import Settled
from notifier.engine.desk import ONLY_DELIVERIES, Desk
from notifier.engine.devices import Devices
from notifier.engine.door_watch import DoorWatch
from notifier.engine.early_reports import EarlyReports
from notifier.engine.intake import press_body
from notifier.engine.lanes import Lane, Lanes, LaneWork
from notifier.engine.letters_out import LettersOut
from notifier.engine.lost import LostDeliveries
from notifier.engine.notices import about_id
from notifier.engine.playbook_run import step_of
from notifier.engine.presses import Intake, Press
from notifier.engine.progress import look_body
from notifier.engine.recall import rerouting_body
from notifier.engine.scene import Scene
from notifier.engine.sweep import Sweep
from notifier.engine.timer_rounds import TimerRounds
from notifier.engine.timers_beside import Fired
from notifier.engine.troubles import is_known, trouble_body
from notifier.errors import LedgerError
from notifier.interfaces import Ledger
from notifier.model.delivery import Report
from notifier.model.facts import Event, Row
from notifier.model.incident import Activation, IncidentState

log = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds until a part that has failed begins again."""


class Orchestrator:
    """Runs everything of one site. Built by the daemon, spoken to through `engine.commands`."""

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self.desk, self.ledger = desk, ledger
        self.devices = Devices(desk, ledger, self.nudge, self._guarded)
        self.letters = LettersOut(desk, ledger, self.devices, lambda: self.lanes, self.nudge)
        self.door_watch = DoorWatch(desk, ledger, self.devices)
        self.lanes = self._build_lanes()
        self.lost = LostDeliveries(desk, ledger, self.letters.message_of, self._settled_later, self._senders_now)
        self._nudged: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sweeping = Sweep()
        self._timers = TimerRounds(desk, ledger, self.late_press, self._after_fire, self.trouble)
        self._news = EarlyReports(desk, ledger)
        self.ready = False

    # ----------------------------------------------------------------------------------------------------- lifecycle

    def _build_lanes(self) -> Lanes:
        desk = self.desk
        work = LaneWork(
            message_of=self.letters.message_of,
            halted=desk.halted,
            answered=lambda incident, person: (incident, person) in desk.answered,
            settled=self._settled,
            next_address=lambda row: recovery.next_address_rows(desk, self.ledger, row),
            senders_for=self._senders_now,
            wake_lane=lambda name: self.lanes.wake(name),  # noqa: PLW0108 the lanes are made here
            lost=lambda row: self.lost.add(row),  # noqa: PLW0108 it is made after the lanes
            broken=self._broken,
        )
        return Lanes(
            {
                name: Lane(name, desk.site, desk.gear.senders[name], channel, self.ledger, desk.clock, work)
                for name, channel in desk.gear.channels.items()
            }
        )

    async def start(self) -> None:
        """Pick up where the last process was: nothing lost, nothing forgotten, no unlock."""
        self.ledger.follow(self._committed)
        await recovery.recover(self)
        self.ready = True

    async def run(self) -> None:
        """Until cancelled."""
        sweep = partial(self._sweeping.run, self.desk.clock, lambda: self.desk.incidents, self.nudge)
        parts = (self._timers.run, sweep, self.door_watch.run, self.lost.run, *(lane.run for lane in self.lanes))
        tasks = [asyncio.create_task(self.kept_going(part)) for part in parts]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in (*tasks, *self._tasks, *self._nudged.values()):
                task.cancel()
            await asyncio.gather(*tasks, *self._tasks, *self._nudged.values(), return_exceptions=True)
            await self.devices.close()

    async def kept_going(self, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `part` for ever: one that fails is a trouble and begins again, and never ends the others."""
        while True:
            await self._guarded(part())
            await self.desk.clock.sleep(AGAIN)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """A deed whose failure is a trouble and never anybody else's."""
        task = asyncio.get_running_loop().create_task(self._guarded(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: coroutine.close())  # a task cancelled before its first step never ran it

    async def _guarded(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        try:
            await coroutine
        except LedgerError as error:
            log.error("not recorded: %s", error)
        except Exception as error:
            log.exception("a deed failed")
            await self.trouble("our_fault", type(error).__name__, f"A part of the response failed: {error!r}.")

    @property
    def settled_down(self) -> bool:
        """Nothing claimed, asked about, written or commanded. A door that goes on being tried is being commanded."""
        busy = self._tasks or self._nudged or self.devices.busy or self.lost.busy
        return not busy and not any(lane.busy for lane in self.lanes)

    def _committed(self, events: Sequence[Event]) -> None:
        for incident in self.desk.learn(events):
            self.nudge(incident)
        self._sweeping.heard(events)
        for event in events:
            if event.kind not in ONLY_DELIVERIES and any(row.table == "timer" for row in event.rows):
                self._timers.wake()
                break

    # --------------------------------------------------------------------------------------------------------- press

    def press_of(self, activation: Activation, *, incident_id: str, forced: bool = False) -> Press:
        """Everything a press needs, from what is held in memory; unknown parts fall back and are named."""
        desk = self.desk
        held = desk.held
        playbook = held.playbooks[activation.playbook]
        wall = desk.clock.wall()
        return Press(
            activation=activation,
            held=held,
            playbook=playbook,
            zone=activation.zone,
            incident_id=incident_id,
            node=self.ledger.node,
            now=desk.clock.now(),
            wall=wall.isoformat(timespec="milliseconds"),
            clock_time=desk.site_time(),
            unix=wall.timestamp(),
            fire_alarm=desk.fire_alarm,
            forced=forced,
        )

    async def press(self, activation: Activation, incident_id: str) -> Intake:
        """Durable first, then straight onto the wire: the first door before the answer, which others wake up for."""

        def body() -> Any:
            return press_body(self.press_of(activation, incident_id=incident_id), self.desk.held_of)

        with self.lanes.giving_way():
            intake: Intake = await self.ledger.run(body, urgent=True)
            self.after_press(intake)
            if intake.started:
                await asyncio.sleep(0)
        return intake

    def after_press(self, intake: Intake) -> None:
        if intake.unheard:
            self.desk.incidents = {
                row["id"]: dict(row) for row in self.ledger.read("open_incidents", site=self.desk.site)
            }
            recovery.resume(self, self.desk.incidents[intake.incident])
        if intake.danger_returned or (intake.started and intake.incident == about_id(intake.activation)):
            self.spawn(self.letters.stop_closing(intake.incident))
        if intake.scene is not None and intake.started:
            self.wave(intake.scene, intake.rows)

    def wave(self, scene: Scene, rows: Sequence[Row]) -> None:
        """Carry out what a transaction decided: commands on the wire, messages written."""
        rows = list(rows)
        self.devices.launch(scene, rows)
        for row in rows:
            if row.table == "step" and row.values.get("state") == "running":
                step = step_of(scene, row.values["id"])
                if step is not None and step.notify is not None:
                    self.spawn(self.letters.step(scene, row.values["id"]))
        self._timers.wake()
        self.nudge(scene.incident)

    async def closing_wave(self, scene: Scene, rows: Sequence[Row]) -> None:
        """Nothing of the response leaves any more, and what had left is known, before the closing words go out."""
        await self.letters.drain(scene)
        self.wave(scene, rows)

    # ------------------------------------------------------------------------------------------------------ messages

    def _senders_now(self, kind: str) -> tuple[str, ...]:
        """Senders for a kind of address; passed-over ones only if there is no other."""
        names = self.desk.senders_for(kind)
        well = tuple(name for name in names if not self.lanes[name].passed_over)
        return well or names

    def _broken(self, lane: str, is_open: bool, why: str) -> None:
        if is_open:
            self.spawn(self._reroute(lane))
            self.spawn(self.trouble("sender", lane, f"The sender {lane} is passed over: {why.rstrip('.')}."))
        else:
            self.spawn(self.clear_trouble("sender", lane))

    async def _reroute(self, lane: str) -> None:
        """What waits behind a broken sender goes to the next one of its kind, at once."""
        kind = self.desk.gear.channels[lane].address_kind
        others = [name for name in self.desk.senders_for(kind) if name != lane and not self.lanes[name].passed_over]
        if not others:
            return
        more = 1
        while more:
            more = await self.ledger.run(lambda: rerouting_body(self.desk.site, lane, others[0], 500))
            self.lanes.wake(others[0])

    def _settled(self, settled: Sequence[Settled], rows: Mapping[str, Mapping[str, Any]]) -> None:
        for person, address in let_go(settled, rows):
            self.spawn(self.ledger.run(partial(retire_body, self.desk.site, person, address, self.desk.clock.now())))
        steps = set()
        for each in settled:
            row = rows[each.id]
            steps.add((row["incident"], row["run"], row["phase"], row["step"]))
        for incident, run, phase, step in steps:
            if not self.ledger.read(
                "step_has_open", site=self.desk.site, incident=incident, run=run, phase=phase, step=step
            ):
                self.nudge(incident)
        if self._news.waiting:
            self.spawn(self._news.told_again())

    def _settled_later(self, incident: str, lane: str) -> None:
        self.lanes.wake(lane)
        self.nudge(incident)

    async def reports(self, reports: Sequence[Report]) -> None:
        """Later news of providers; news of an attempt that is not settled yet waits for it."""
        failed = await self._news.told(reports)
        for row in failed:
            rows = recovery.next_address_rows(self.desk, self.ledger, row)
            if rows:
                await self.ledger.run(lambda: recovery.further_body(self.desk.site, row["incident"], rows))
                self.lanes.wake()
        for incident in {row["incident"] for row in failed}:
            self.nudge(incident)

    # ---------------------------------------------------------------------------------------------- steps and timers

    def nudge(self, incident: str) -> None:
        """Look at this incident again soon; many nudges are one look."""
        if incident in self._nudged or not self.ready:
            return
        task = asyncio.get_running_loop().create_task(self._look(incident))
        self._nudged[incident] = task

    async def _look(self, incident: str) -> None:
        await asyncio.sleep(0)
        self._nudged.pop(incident, None)
        try:
            with self._sweeping.look(incident):
                looked = await self.ledger.run(lambda: look_body(self.desk, incident))
                for scene, rows in looked.waves:
                    self.wave(scene, rows)
                if looked.closing_done:
                    await self.ledger.run(lambda: close_body(self.desk.site, incident, self.desk.moment()))
        except LedgerError as error:
            log.error("could not look at incident %s: %s", incident, error)
        except Exception as error:
            log.exception("could not look at incident %s", incident)
            await self.trouble("our_fault", "look", f"An incident could not be looked at: {error!r}.")

    def _after_fire(self, fired: Fired) -> None:
        for scene, rows in fired.waves:
            self.wave(scene, rows)
        for intake in fired.intakes:
            self.after_press(intake)
        for incident in fired.incidents:
            self.nudge(incident)
        if fired.lanes:
            self.lanes.wake()

    def late_press(self, row: Mapping[str, Any]) -> Press:
        activation = Activation(
            row["id"],
            row["source"],
            row["playbook"],
            row["zone"],
            bool(row["drill"]),
            row["note"],
            row["pressed_at"],
            row["dedupe"] or "",
            row["presser"],
        )
        return self.press_of(activation, incident_id=f"late-{row['id']}", forced=True)

    # ------------------------------------------------------------------------------------------------------ troubles

    async def trouble(self, kind: str, subject: str, text: str) -> None:
        await self._say(kind, subject, text, well=False)

    async def clear_trouble(self, kind: str, subject: str) -> None:
        await self._say(kind, subject, "", well=True)

    async def _say(self, kind: str, subject: str, text: str, *, well: bool) -> None:
        site = self.desk.site
        with contextlib.suppress(LedgerError):
            # Most of what is watched is as it was, and saying so again needs no transaction.
            if not is_known(self.ledger.read("trouble_by_id", site=site, id=f"{kind}:{subject}"), well):
                await self.ledger.run(lambda: trouble_body(site, kind, subject, text, well, self.desk.moment()))

    def open_incident(self, incident: str) -> Mapping[str, Any] | None:
        row = self.desk.incidents.get(incident)
        return row if row is not None and row["state"] != IncidentState.CLOSED else None
