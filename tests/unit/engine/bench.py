"""Walks bodies over the real store in memory: what the engine decides, without anything that puts it on a wire."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from notifier.clock import Clock
from notifier.engine.acknowledgements import Given, answer_body
from notifier.engine.closing import Ended, Person, close_body, release_body
from notifier.engine.deliveries import Settled, claim_body, settle_body
from notifier.engine.desk import Desk
from notifier.engine.device_records import door_proof_body, let_out_body, restored_body, signal_body
from notifier.engine.devices import Devices
from notifier.engine.endings import ask_ending_body, decide_body
from notifier.engine.held import Held
from notifier.engine.intake import press_body
from notifier.engine.lanes import Lanes
from notifier.engine.letters_out import LettersOut
from notifier.engine.page_records import over_body
from notifier.engine.playbook_run import step_of
from notifier.engine.presses import Intake, Press
from notifier.engine.progress import look_body
from notifier.engine.scene import Scene
from notifier.engine.steps.release_doors import LetOut, words_of
from notifier.engine.steps.secure_doors import Proof
from notifier.engine.timers import fire_body
from notifier.interfaces import Ending, PageReport
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.delivery import DeliveryWord
from notifier.model.door import DoorReading, Lock, Mode
from notifier.model.facts import Body, Row
from notifier.model.incident import Activation
from notifier.model.step import Phase
from tests.unit.engine.school import SITE, gear, held

T = TypeVar("T")
MORNING = 1_790_000_000.0
ADA, BEN = Person("u-ada", "Ada Ng"), Person("u-ben", "Ben Oz")


class HandClock(Clock):
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = MORNING

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class SilentSpeakers:
    async def silence(self, scene: Scene) -> None: ...


class SilentDevices:
    """Stands where devices stand; nothing of metal is here."""

    speakers = SilentSpeakers()


class Bench:
    def __init__(self, ledger: SqliteLedger, clock: HandClock, published: Held) -> None:
        self.ledger, self.clock = ledger, clock
        self.desk = Desk(clock, ledger.node, gear(), b"key", held_of={published.version: published}, current=published)
        self.fired: list[Intake] = []
        self.letters = LettersOut(
            self.desk,
            ledger,
            SilentDevices(),  # type: ignore[arg-type]  # only `speakers.silence` is asked of it
            lambda: Lanes({}),
            lambda _incident: None,
        )
        self._numbers = itertools.count(1)
        self._metal: Devices | None = None
        ledger.follow(self.desk.learn)

    def publish(self, published: Held) -> None:
        self.desk.held_of[published.version] = published
        self.desk.current = published

    def metal(self) -> Devices:
        """Real tasks for the doors, from now on."""
        self._metal = Devices(self.desk, self.ledger, lambda _incident: None, lambda deed: deed)
        return self._metal

    async def run(self, body: Callable[[], Body[T]]) -> T:
        return await self.ledger.run(body)

    # --------------------------------------------------------------------------------------------------------- look

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """Rows of a table as they stand, in the order in which they were written."""
        with self.ledger.writer.lock:
            cursor = self.ledger.writer.db.execute(f"select * from {table} order by rowid")
            names = [column[0] for column in cursor.description]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [row for row in found if all(row[name] == value for name, value in where.items())]

    def row(self, table: str, **where: Any) -> dict[str, Any]:
        (found,) = self.rows(table, **where)
        return found

    def state(self, incident: str) -> str:
        return str(self.row("incident", id=incident)["state"])

    def steps(self, incident: str, run: int = 0, phase: str = "main") -> dict[str, str]:
        return {row["id"]: row["state"] for row in self.rows("step", incident=incident, run=run, phase=phase)}

    def waiting(self, kind: str) -> list[dict[str, Any]]:
        return self.rows("timer", kind=kind, state="waiting")

    def told(self, **where: Any) -> list[str]:
        """Who has a delivery, in the order of writing."""
        return [row["person"] for row in self.rows("delivery", **where)]

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        tables = ("incident", "activation", "step", "timer", "command", "door", "delivery", "answer", "room",
                  "approval", "task", "event", "lane")  # fmt: skip
        return {table: self.rows(table) for table in tables}

    # -------------------------------------------------------------------------------------------------------- press

    def press_of(self, activation: Activation, incident: str, *, forced: bool = False) -> Press:
        published = self.desk.held
        return Press(
            activation=activation,
            held=published,
            playbook=published.playbooks[activation.playbook],
            zone=activation.zone,
            incident_id=incident,
            node=self.ledger.node,
            now=self.clock.now(),
            wall=self.clock.wall().isoformat(),
            clock_time="10:00",
            unix=self.clock.wall().timestamp(),
            fire_alarm=self.desk.fire_alarm,
            forced=forced,
        )

    async def press(
        self,
        playbook: str = "lockdown",
        zone: str | None = "north",
        *,
        source: str | None = None,
        drill: bool = False,
        ago: float | None = None,
        dedupe: str = "",
    ) -> Intake:
        """`source`: another one each time unless it is named. `ago`: seconds since the press was made."""
        number = next(self._numbers)
        pressed_at = None if ago is None else self.clock.now() - ago
        source = source or f"button:{number}"
        act = Activation(f"act{number}", source, playbook, zone, drill, "", pressed_at, dedupe, "Ada")
        incident = f"inc{number}"
        intake: Intake = await self.run(lambda: press_body(self.press_of(act, incident), self.desk.held_of))
        await self.after_press(intake)
        return intake

    async def after_press(self, intake: Intake) -> None:
        if intake.danger_returned:
            await self.letters.stop_closing(intake.incident)
        if intake.started and intake.scene is not None:
            await self.wave(intake.scene, intake.rows)

    async def wave(self, scene: Scene, rows: Sequence[Row]) -> None:
        """What the orchestrator does after a commit; devices are told only by those that `metal` made."""
        if self._metal is not None:
            self._metal.launch(scene, list(rows))
        for row in list(rows):
            if row.table == "step" and row.values.get("state") == "running":
                step = step_of(scene, row.values["id"])
                if step is not None and step.notify is not None:
                    await self.letters.step(scene, row.values["id"])

    async def look(self, incident: str) -> None:
        """Until nothing changes any more."""
        for _turn in range(20):
            looked = await self.run(lambda: look_body(self.desk, incident))
            for scene, rows in looked.waves:
                await self.wave(scene, rows)
            if looked.closing_done:
                await self.run(lambda: close_body(SITE, incident, self.desk.moment()))
            if not looked.waves:
                return
        raise AssertionError("it never comes to rest")

    # --------------------------------------------------------------------------------------------------------- time

    def late(self, row: Mapping[str, Any]) -> Press:
        act = Activation(
            row["id"], row["source"], row["playbook"], row["zone"], bool(row["drill"]), row["note"], row["pressed_at"],
            row["dedupe"] or "", row["presser"],
        )  # fmt: skip
        return self.press_of(act, f"late-{row['id']}", forced=True)

    async def advance(self, seconds: float) -> None:
        """From due time to due time, each timer at its own."""
        until = self.clock.time + seconds
        while True:
            due = self.ledger.read("next_due", site=SITE)[0]["due"]
            if due is None or due > until:
                break
            self.clock.time = max(self.clock.time, due)
            ids = [row["id"] for row in self.ledger.read("due_timers", site=SITE, now=self.clock.time, limit=100)]
            fired = await self.run(lambda ids=ids: fire_body(self.desk, ids, self.late))
            for scene, rows in fired.waves:
                await self.wave(scene, rows)
            for intake in fired.intakes:
                self.fired.append(intake)
                await self.after_press(intake)
            for incident in fired.incidents:
                await self.look(incident)
        self.clock.time = until

    # ------------------------------------------------------------------------------------------------- what answers

    async def settle(self, word: DeliveryWord = DeliveryWord.ACCEPTED, *, look: bool = True, **where: Any) -> int:
        """Every delivery that may leave now gets this outcome; `where` keeps the others queued by looking at rows."""
        done = 0
        for lane in self.desk.gear.channels:
            claim = await self.run(
                lambda lane=lane: claim_body(SITE, lane, self.ledger.node, 500, None, self.clock.now())
            )
            batch = []
            for row in claim.rows:
                fits = all(row[name] == value for name, value in where.items())
                said = word if fits else DeliveryWord.RETRY
                batch.append(
                    Settled(row["id"], row["incident"], row["attempt"], said, self.clock.now(), ref=row["id"],
                            due=self.clock.now())
                )  # fmt: skip
                done += fits
            if batch:
                await self.run(lambda batch=batch: settle_body(SITE, self.ledger.node, batch, {}))
        if look:
            for row in self.rows("incident"):
                await self.look(row["id"])
        return done

    def _scene_of(self, command: Mapping[str, Any]) -> Scene:
        incident = self.row("incident", id=command["incident"])
        (step,) = self.rows("step", incident=command["incident"], run=command["run"], phase=command["phase"],
                            id=command["step"])  # fmt: skip
        return self.desk.scene_of_step(incident, step)

    async def devices(self, *, proven: bool = True, only: str | None = None, look: bool = True) -> list[str]:
        """Every device that was told and waits answers; returns what they were told: `gate secure`."""
        said = []
        for command in self.rows("command", state="sending"):
            if only is None or command["device"] == only:
                said.append(f"{command['device']} {command['verb']}")
                await self._device(command, proven)
        if look:
            for row in self.rows("incident"):
                await self.look(row["id"])
        return said

    async def _device(self, command: Mapping[str, Any], proven: bool) -> None:
        scene, ident, now = self._scene_of(command), command["id"], self.clock.now()
        device, verb = command["device"], command["verb"]
        if command["kind"] == "door":
            locked = proven is (verb != "restore")
            mode = (Mode.NORMAL if proven else Mode.LOCKDOWN) if verb == "release" else None
            await self.read(device, Lock.SECURED if locked else Lock.UNSECURED, command, proven=proven, mode=mode)
        elif command["kind"] == "signal":
            await self.run(lambda: signal_body(scene, ident, device, "", verb == "on", proven, 1, "output", now))
        else:
            fault = "" if proven else "dead"
            await self.run(
                lambda: over_body(scene, ident, "pa", {"s1": "Hall"}, PageReport(10, 1.0, proven), fault, now)
            )

    async def read(
        self, device: str, lock: Lock, command: Mapping[str, Any], *, proven: bool, mode: Mode | None = None
    ) -> None:
        """What a door reads after this command."""
        scene, ident, now = self._scene_of(command), command["id"], self.clock.now()
        door, reading = scene.held.doors[device], DoorReading(lock, detail="contact", mode=mode)
        if command["verb"] == "secure":
            await self.run(lambda: door_proof_body(scene, ident, door, Proof(reading, proven, 1, "contact"), now))
        elif command["verb"] == "release":
            found = LetOut(reading, 1, "")
            await self.run(lambda: let_out_body(scene, ident, door, found, words_of(door, found), now))
        else:
            await self.run(lambda: restored_body(scene, ident, door, reading, "contact", proven, now))

    # ------------------------------------------------------------------------------------------------------- people

    async def answer(
        self, incident: str, who: str, answer: str = "safe", *, room: str | None = None, certain: bool = True,
        channel: str = "sms", text: str = "",
    ) -> bool:  # fmt: skip
        """`who`: a person, or `card` for the card of `room`."""
        person = None if who == "card" else who
        known = self.desk.held.people.get(who)
        given = Given(
            id=f"ans{next(self._numbers)}", site=SITE, incident=incident, person=person,
            room=room or (known.room if known and known.on_site else None), answer=answer, text=text, channel=channel,
            ref=None, certain=certain, now=self.clock.now(), wall=self.clock.wall().isoformat(), who=who,
        )  # fmt: skip
        done = await self.run(lambda: answer_body(given))
        await self.look(incident)
        return done

    async def end(self, incident: str, ending: Ending, who: Person = ADA, reason: str = "") -> Ended:
        ended = await self.run(
            lambda: ask_ending_body(
                self.desk.held_of, SITE, incident, ending, who, reason, self.desk.moment(), f"ap{next(self._numbers)}"
            )
        )
        await self.after_end(ended)
        return ended

    async def decide(
        self, approval: str, who: Person = BEN, *, grant: bool = True, may_command: bool = True, district: bool = False
    ) -> Ended | None:
        _row, ended = await self.run(
            lambda: decide_body(
                self.desk.held_of, SITE, approval, who, grant, self.desk.moment(), may_command, district
            )
        )
        if ended is not None:
            await self.after_end(ended)
        return ended

    async def release(self, incident: str, rooms: Sequence[str] = (), override: str = "") -> Ended:
        ended = await self.run(
            lambda: release_body(self.desk.held_of, SITE, incident, rooms, ADA, override, self.desk.moment())
        )
        await self.after_end(ended)
        return ended

    async def after_end(self, ended: Ended) -> None:
        if ended.scene is not None:
            await self.letters.drain(ended.scene)
            await self.wave(ended.scene, ended.rows)

    async def both_end(self, incident: str, ending: Ending) -> Ended:
        """Two people agree."""
        asked = await self.end(incident, ending)
        assert asked.approval is not None
        ended = await self.decide(asked.approval)
        assert ended is not None
        return ended

    async def all_clear(self, incident: str) -> None:
        """All-clear by two, every room released, everything answers: closed if nothing waits for a person."""
        ended = await self.both_end(incident, Ending.ALL_CLEAR)
        if ended.state == "releasing":
            await self.release(incident, override="the principal walked the halls")
        await self.finish(incident)

    async def finish(self, incident: str) -> None:
        await self.settle()
        await self.settle()  # what corrects a message leaves after it
        await self.devices()
        await self.look(incident)

    def closing_steps(self, incident: str, phase: Phase = Phase.ALL_CLEAR, run: int = 0) -> dict[str, str]:
        return self.steps(incident, run, str(phase))


@asynccontextmanager
async def bench(published: Held | None = None) -> AsyncIterator[Bench]:
    clock = HandClock()
    ledger = await SqliteLedger.open(":memory:", "n1", clock)
    try:
        yield Bench(ledger, clock, published or held())
    finally:
        await ledger.close()
