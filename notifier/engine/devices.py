"""Doors, signals and speakers at work: carries commands out, reads back, and writes what was seen. The thin edge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.device_records import door_proof_body, let_out_body, restored_body, signal_body, signal_late_body
from notifier.engine.playbook_run import step_of
from notifier.engine.scene import Scene
from notifier.engine.speakers import Speakers
from notifier.engine.steps.announce import page_speakers, page_words
from notifier.engine.steps.release_doors import LetOut, let_out, words_of
from notifier.engine.steps.secure_doors import OPENED, Proof, other_path, prove_secured
from notifier.engine.steps.signals import obey, obey_late
from notifier.engine.supervision import Kind
from notifier.errors import AdapterError
from notifier.interfaces import DoorDriver, Ledger, SignalDriver, SignWords
from notifier.model.door import CommandState, DoorReading, Lock, Mode
from notifier.model.facts import Row
from notifier.model.incident import IncidentState
from notifier.model.site import Door, Signal
from notifier.model.step import Phase

HOLDS = (IncidentState.RAISED, IncidentState.ACTIVE, IncidentState.RELEASING)
"""While an incident is in one of these, its doors are commanded, retried and watched."""


LOCK_AGAIN_FOR = 60.0
"""Seconds that a door whose timed opening is over is told to lock, whatever has become of the incident."""
Guarded = Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]]


class Devices:
    """Everything of metal that the engine speaks to."""

    def __init__(self, desk: Desk, ledger: Ledger, nudge: Callable[[str], None], guarded: Guarded) -> None:
        """`guarded`: makes of a deed one whose failure is a trouble and nobody else's."""
        self._desk, self._ledger, self._nudge, self._guarded = desk, ledger, nudge, guarded
        self._doors: dict[str, asyncio.Task[None]] = {}
        self._signals: dict[str, asyncio.Task[None]] = {}
        self._stragglers: dict[str, asyncio.Task[None]] = {}
        """Signals that did not obey and are told on; a response does not wait for them."""
        self._others: set[asyncio.Task[None]] = set()
        self.speakers = Speakers(desk, ledger, nudge, self._spawn)
        self.opened: dict[str, str] = {}
        """Doors that a responder holds open, and for which incident: not commanded meanwhile."""
        self.second_modes: dict[str, Mode | None] = {}
        """Doors to the mode that their second path told while no response held them; a restart knows it anew."""

    async def close(self) -> None:
        tasks = [*self._doors.values(), *self._signals.values(), *self._stragglers.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> int:
        tasks = (*self._doors.values(), *self._signals.values())
        return sum(not task.done() for task in tasks) + len(self._others)

    def launch(self, scene: Scene, rows: list[Row]) -> None:
        """Put every claimed command among `rows` on the wire now: the first door in this turn of the loop, the rest in
        the next, so that whoever pressed is answered between them and does not wait for every door of a school.
        """
        first = True
        for row in rows:
            values = row.values
            if row.table != "command" or values.get("state") != CommandState.SENDING:
                continue
            kind, device = values["kind"], values["device"]
            if kind == "door" and values["verb"] == "secure":
                opening_over = values["step"].startswith(OPENED)
                if opening_over:
                    self.opened.pop(device, None)
                self.secure(scene, values["id"], device, opening_over=opening_over, first=first)
                first = False
            elif kind == "door" and values["verb"] == "release":
                self._spawn(self._release(scene, values["id"], device))
            elif kind == "door":
                self._spawn(self._restore(scene, values["id"], device))
            elif kind == "signal":
                self._switch(scene, values["id"], device, values["verb"] == "on")
            elif kind == "page":
                step = step_of(scene, values["step"])
                if step is not None and step.announce is not None:
                    words = page_words(scene.held, scene.playbook, step.announce, scene.drill)
                    self.speakers.say(scene, values["id"], device, page_speakers(scene, step).get(device, []), words)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._begun(coroutine)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def _begun(self, deed: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._guarded(deed))
        task.add_done_callback(lambda _task: deed.close())  # a task cancelled before its first step never ran it
        return task

    def secure(self, scene: Scene, command: str, door: str, *, opening_over: bool = False, first: bool = True) -> None:
        """One task per door: a newer command replaces an older one. `opening_over`: a responder's timed opening is.

        `first`: of those that are told together.
        """
        self.let_be(door)
        deed = self._secure(scene, command, door, opening_over, first)
        self._doors[door] = self._begun(deed)

    def let_be(self, door: str) -> None:
        """Stop telling this door: a newer command comes, or a person has seen that it is secured."""
        before = self._doors.pop(door, None)
        if before is not None:
            before.cancel()

    def _switch(self, scene: Scene, command: str, signal: str, on: bool) -> None:
        """One task per signal: on and off must not race each other."""
        for before in (self._signals.get(signal), self._stragglers.pop(signal, None)):
            if before is not None:
                before.cancel()
        self._signals[signal] = self._begun(self._signal(scene, command, signal, on))

    def lit_by_response(self, signal: str) -> Mapping[str, Any] | None:
        """The newest command to this signal, if it is to be on for a response that is open now."""
        rows = self._ledger.read("newest_commands", site=self._desk.site, kind="signal", device=signal, limit=1)
        if not rows or rows[0]["verb"] != "on":
            return None
        row = self._desk.incidents.get(rows[0]["incident"])
        return rows[0] if row is not None and row["state"] in HOLDS else None

    def light_again(self, signal: str) -> bool:
        """Tell it on once more: a try told it to go dark while a response began. False: nothing wants it on."""
        told = self.lit_by_response(signal)
        if told is None:
            return False
        row = self._desk.incidents[told["incident"]]
        scene = self._desk.scene(row, told["run"], Phase(told["phase"]), row["playbook"], row["zone"])
        self._switch(scene, told["id"], signal, True)
        return True

    def driver(self, kind: str) -> DoorDriver | None:
        return self._desk.gear.door_drivers.get(kind)

    def _wanted(self, incident: str, door: Door) -> bool:
        """Asked before every command: the response holds the door, nobody opened it, no fire alarm releases it."""
        row = self._desk.incidents.get(incident)
        return row is not None and row["state"] in HOLDS and self._may_lock(door)

    def _may_lock(self, door: Door) -> bool:
        return door.id not in self.opened and not (door.fire_release and self._desk.fire_alarm)

    async def _secure(self, scene: Scene, command: str, door_id: str, opening_over: bool, first: bool) -> None:
        if not first:
            await asyncio.sleep(0)
        door = scene.held.doors[door_id]
        until = self._desk.clock.now() + LOCK_AGAIN_FOR

        def wanted() -> bool:
            if opening_over and self._desk.clock.now() < until:
                return self._may_lock(
                    door
                )  # also when the response has closed meanwhile: somebody opened it for a time
            return self._wanted(scene.incident, door)

        async def report(proof: Proof) -> None:
            self._door_said(door.id, proof.reading)
            await self._ledger.run(lambda: door_proof_body(scene, command, door, proof, self._desk.clock.now()))
            if proof.proven:
                self._nudge(scene.incident)

        await prove_secured(door, self.driver, self._desk.clock, wanted, report)

    async def _restore(self, scene: Scene, command: str, door_id: str) -> None:
        """Command the lock open and read it back; a door that does not answer is a person's task, never retried."""
        door = scene.held.doors[door_id]
        driver = self.driver(door.driver)
        detail, reading = "no driver", DoorReading()
        if why_not := self._why_not_back(scene, door):
            driver, detail = None, why_not
        if driver is not None:
            await self._second_let_out(door, lambda: self._why_not_back(scene, door))
            try:
                await driver.restore(door)
                await self._desk.clock.sleep(0.3)
                reading = await self.read(door)
                detail = reading.detail
            except AdapterError as error:
                detail = str(error)
        open_now = reading.lock is Lock.UNSECURED
        await self._ledger.run(
            lambda: restored_body(scene, command, door, reading, detail, open_now, self._desk.clock.now())
        )
        self._nudge(scene.incident)

    async def _release(self, scene: Scene, command: str, door_id: str) -> None:
        """Let it out of its controller's lockdown mode and read it back; what is not out is a person's task."""
        door = scene.held.doors[door_id]

        def why_not() -> str:
            fire = "" if self._may_lock(door) else "the fire alarm is on, so it is not told to stay locked"
            return self._why_not_back(scene, door) or fire

        driver = self.driver(door.driver)
        second = self.second_way(door)
        if second is not None and driver is not None and not driver.locks_down(door):
            found = await self._let_second_out(door, second, why_not)
        else:
            found = await let_out(door, driver, self._desk.clock, why_not)
            if found.done(door):
                await self._second_let_out(door, why_not)
        self._door_said(door.id, found.reading)
        await self._let_out(scene, command, door, found, words_of(door, found))

    def second_way(self, door: Door) -> Door | None:
        """Its second path, if that locks it by a mode of a controller."""
        second = other_path(door)
        driver = self.driver(second.driver) if second is not None else None
        return second if second is not None and driver is not None and driver.locks_down(second) else None

    async def _second_let_out(self, door: Door, why_not: Callable[[], str]) -> None:
        """What the second path was told beside the first is taken back; what does not leave it is its own trouble."""
        second = self.second_way(door)
        if second is not None and self.second_modes.get(door.id) is Mode.NORMAL:
            await self._let_second_out(door, second, why_not)

    async def _let_second_out(self, door: Door, second: Door, why_not: Callable[[], str]) -> LetOut:
        """Its mode is what the second path tells, its lock what the first one senses. Told only if in the mode."""
        driver = self.driver(second.driver)
        if driver is None:
            return LetOut(DoorReading(), 0, f"there is no driver called {second.driver}")
        looked = LetOut(await self.read_with_mode(door), 0, "")
        if looked.reading.mode is Mode.NORMAL:
            return looked
        return await let_out(second, driver, self._desk.clock, why_not, lambda: self.read_with_mode(door))

    async def look_released(self, scene: Scene, command: str, door_id: str) -> None:
        """A dead process was letting it out: what came of that is read, and it is not told again."""
        door = scene.held.doors[door_id]
        found = LetOut(
            await self.read_with_mode(door), 0, "the daemon stopped meanwhile, and a restart tells no door to go back"
        )
        await self._let_out(scene, command, door, found, words_of(door, found))

    async def _let_out(self, scene: Scene, command: str, door: Door, found: LetOut, text: str) -> None:
        await self._ledger.run(lambda: let_out_body(scene, command, door, found, text, self._desk.clock.now()))
        self._nudge(scene.incident)

    def _why_not_back(self, scene: Scene, door: Door) -> str:
        """Asked right before a door is told to go back: what speaks against it now, if anything does."""
        row = self._desk.incidents.get(scene.incident)
        if row is None or row["state"] != IncidentState.CLOSING:
            return "the response is not ending any more"
        others = self._ledger.read("doors_held_elsewhere", site=scene.site, incident=scene.incident)
        if door.id in {other["device"] for other in others}:
            return "another response has locked it meanwhile"
        return ""

    async def _signal(self, scene: Scene, command: str, signal_id: str, on: bool) -> None:
        await asyncio.sleep(0)  # after the first door (`launch`)
        signal = scene.held.signals[signal_id]
        driver = self._desk.gear.signal_drivers.get(signal.driver)

        def wanted() -> bool:
            # A response that has closed wants nothing lit: what is STILL ON is told off until it obeys.
            row = self._desk.incidents.get(scene.incident)
            return (row is not None and row["state"] in HOLDS) is on

        words = SignWords(str(scene.playbook.action), scene.drill)
        obeyed, tries, seen = await obey(signal, on, driver, self._desk.clock, wanted, words, self._signal_said(signal))
        await self._ledger.run(
            lambda: signal_body(scene, command, signal.id, signal.name, on, obeyed, tries, seen, self._desk.clock.now())
        )
        self._nudge(scene.incident)
        if not obeyed and driver is not None and wanted():
            self._stragglers[signal_id] = self._begun(
                self._straggler(scene, command, signal, on, driver, wanted, words)
            )

    async def _straggler(
        self,
        scene: Scene,
        command: str,
        signal: Signal,
        on: bool,
        driver: SignalDriver,
        wanted: Callable[[], bool],
        words: SignWords,
    ) -> None:
        """A person was told; it is told on all the same, also after the response has closed."""
        seen = await obey_late(signal, on, driver, self._desk.clock, wanted, words, self._signal_said(signal))
        if seen is not None:
            now = self._desk.clock.now()
            await self._ledger.run(lambda: signal_late_body(scene, command, signal.id, on, seen, now))
            self._nudge(scene.incident)

    # ------------------------------------------------------------------------------------------------- reading doors

    async def read_with_mode(self, door: Door) -> DoorReading:
        """As `read`; where its first path knows no mode and the second one does, that one's is the door's."""
        reading, second = await self.read(door), self.second_way(door)
        if reading.mode is not None or second is None:
            return reading
        return replace(reading, mode=(await self.read(second, f"{door.id}:second")).mode)

    async def read(self, door: Door, subject: str = "") -> DoorReading:
        """`subject`: as whom it is seen, if this is not the door's first path."""
        driver = self.driver(door.driver)
        if driver is None:
            return DoorReading(detail=f"no driver called {door.driver}")
        try:
            reading = await driver.read(door)
        except AdapterError as error:
            return DoorReading(detail=str(error))
        self._door_said(subject or door.id, reading)
        return reading

    def _door_said(self, subject: str, reading: DoorReading) -> None:
        if reading.answered:
            self._desk.last_seen.saw(Kind.DOOR, subject, self._desk.clock.now(), reading.detail)

    def _signal_said(self, signal: Signal) -> Callable[[str], None]:
        return lambda said: self._desk.last_seen.saw(Kind.SIGNAL, signal.id, self._desk.clock.now(), said)

    def watched(self, incident: str, door: str) -> bool:
        """Whether a task of ours is proving this door now."""
        task = self._doors.get(door)
        return task is not None and not task.done()
