"""What was seen of doors, signals and speakers, written down. Bodies only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier.engine.holds import SEEN_BY
from notifier.engine.scene import Scene
from notifier.engine.steps.release_doors import LetOut
from notifier.engine.steps.secure_doors import Proof
from notifier.model.door import CommandState, CommandWord, DoorReading, Lock, Mode, move_command
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.site import Door
from notifier.model.step import TaskState


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
            **({} if reading.mode is None else {"mode": str(reading.mode)}),
        },
    )


def sensed(known: Mapping[str, Any] | None, reading: DoorReading) -> DoorReading:
    """What is known of a door after a reading: until something senses the lock, the last word of a person stands."""
    how = (known["sensed_how"] or "") if known else ""
    if known and reading.lock is Lock.UNKNOWN and how.startswith(SEEN_BY):
        return replace(reading, lock=Lock(known["lock"]), detail=how)
    return reading


def door_proof_body(scene: Scene, command: str, door: Door, proof: Proof, now: float) -> Body[None]:
    """What was read after a command, and the end of the command if it is proven."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    seen = yield Ask("lock_door", {"site": scene.site, "id": door.id})
    reading = sensed(seen[0] if seen else None, proof.reading)
    how = proof.detail if reading is proof.reading else reading.detail
    rows = [_door_row(scene.site, door.id, reading, how, now)]
    kind = EventKind.DOOR_READ
    new = state
    if proof.proven and state in (CommandState.SENDING, CommandState.NOT_PROVEN):
        new, kind = move_command(state, CommandWord.PROVE), EventKind.COMMAND_OVER
    if proof.proven:
        rows += yield from _now_secured(scene, door, proof.detail, now)
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
            "lock": str(reading.lock),
            "leaf": str(proof.reading.leaf),
            "proven": proof.proven,
            "tries": proof.tries,
            "detail": proof.detail,
        },
        rows,
    )


def _now_secured(scene: Scene, door: Door, detail: str, now: float) -> Body[list[Row]]:
    """The task of a door that was late is done; one that was found unlocked stays for a person to look."""
    task = yield Ask("task_by_id", {"site": scene.site, "id": f"door:{scene.incident}:{door.id}"})
    if not task or task[0]["state"] == TaskState.DONE:
        return []
    known = {"site": scene.site, "id": task[0]["id"], "moved_at": now}
    if task[0]["kind"] == "door_alarm":
        return [Row("task", {**known, "text": f"{task[0]['text']} It reads secured again ({detail})."})]
    text = f"{task[0]['text']} Now reads secured ({detail})."
    return [Row("task", {**known, "state": str(TaskState.DONE), "text": text})]


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
            task_row(
                scene,
                f"restore:{scene.incident}:{door.id}",
                "door_not_restored",
                door.id,
                f"{door.title} was told to go back to unlocked and does not read so: {detail.rstrip('.')}.",
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


def let_out_body(scene: Scene, command: str, door: Door, found: LetOut, text: str, now: float) -> Body[None]:
    """What became of a door that was let out of lockdown; `text`: what people are told if it is not out and locked."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    if state is not CommandState.SENDING:
        return
    done = found.done(door)
    new = str(move_command(state, CommandWord.PROVE if done else CommandWord.GIVE_UP))
    change = {"site": scene.site, "id": command, "state": new, "tries": found.tries, "detail": found.detail, "at": now}
    rows = [_door_row(scene.site, door.id, found.reading, found.detail, now), Row("command", change)]
    if not done:
        task = f"release:{scene.incident}:{door.id}"
        rows.append(task_row(scene, task, "door_not_released", door.id, text, now))
    data = {"door": door.id, "verb": "release", "proven": done, "mode": found.reading.mode, "detail": found.detail}
    yield Fact(EventKind.COMMAND_OVER, scene.site, scene.incident, data, rows)


def task_row(scene: Scene, task: str, kind: str, subject: str, text: str, now: float) -> Row:
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
            f"{name or signal} does not come on: {seen.rstrip('.')}."
            if on
            else f"{name or signal} is STILL ON. Told to stop {tries} times: {seen.rstrip('.')}."
        )
        rows.append(
            task_row(
                scene,
                signal_task(scene.incident, signal, on),
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


def signal_late_body(scene: Scene, command: str, signal: str, on: bool, seen: str, now: float) -> Body[None]:
    """A signal that did not obey has done so at last: its command is over and its task is done."""
    known = yield Ask("lock_command", {"site": scene.site, "id": command})
    state = CommandState(known[0]["state"])
    if state is not CommandState.NOT_PROVEN:
        return
    new = str(move_command(state, CommandWord.PROVE))
    rows = [Row("command", {"site": scene.site, "id": command, "state": new, "detail": seen, "at": now})]
    task = yield Ask("task_by_id", {"site": scene.site, "id": signal_task(scene.incident, signal, on)})
    if task and task[0]["state"] != TaskState.DONE:
        text = f"{task[0]['text']} It obeyed at last: {seen.rstrip('.')}."
        values = {"site": scene.site, "id": task[0]["id"], "state": str(TaskState.DONE), "text": text, "moved_at": now}
        rows.append(Row("task", values))
    data = {"signal": signal, "on": on, "obeyed": True, "late": True, "detail": seen}
    yield Fact(EventKind.COMMAND_OVER, scene.site, scene.incident, data, rows)


def signal_task(incident: str, signal: str, on: bool) -> str:
    return f"signal:{incident}:{signal}:{'on' if on else 'off'}"


def is_as_known(known: Sequence[Mapping[str, Any]], reading: DoorReading, incident: str) -> bool:
    """Whether its row says so already, or another response holds it now."""
    if not known or known[0]["held_by"] != incident:
        return True
    reading = sensed(known[0], reading)
    return not _news(known[0], reading)


def watch_body(site: str, door: Door, reading: DoorReading, incident: str, now: float) -> Body[bool]:
    """A held door was read again; True if it was secured and is not any more, and nobody of ours commanded it."""
    known = yield Ask("lock_door", {"site": site, "id": door.id})
    if is_as_known(known, reading, incident):
        return False
    reading = sensed(known[0], reading)
    was = Lock(known[0]["lock"])
    alarm = was is Lock.SECURED and reading.lock is not Lock.SECURED and known[0]["commanded"] == "secure"
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
    """Doors read while nothing is wrong: what they were before an incident is known from this. Changes only.

    A door that goes into lockdown while no response holds it was put there by somebody else: so it was before the next.
    """
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
                        "mode": None if reading.mode is None else str(reading.mode),
                    },
                    new=True,
                )
            )
        elif before["held_by"] is None and _news(before, reading):
            row = _door_row(site, door, reading, reading.detail, now)
            by_hand = before["mode"] == Mode.NORMAL and reading.mode is Mode.LOCKDOWN
            was = {"mode_before": str(Mode.LOCKDOWN) if by_hand else None}
            rows.append(Row("door", {**row.values, **was}) if by_hand or reading.mode is Mode.NORMAL else row)
    if rows:
        yield Fact(EventKind.DOOR_READ, site, None, {"doors": len(rows)}, rows)
    return len(rows)


def _news(known: Mapping[str, Any], reading: DoorReading) -> bool:
    return (known["lock"], known["leaf"]) != (reading.lock, reading.leaf) or _other_mode(known, reading)


def _other_mode(known: Mapping[str, Any], reading: DoorReading) -> bool:
    """A controller that says nothing of it is no news."""
    return reading.mode is not None and known["mode"] != reading.mode
