"""Lock doors: the commands that a step begins with, and the loop that proves each one or keeps saying it is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from notifier.clock import Clock
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_doors
from notifier.errors import AdapterError
from notifier.interfaces import DoorDriver
from notifier.model.door import CommandState, DoorReading, Lock, Mode
from notifier.model.facts import Row
from notifier.model.incident import Action
from notifier.model.playbook import Playbook, SecureDoors, Step
from notifier.model.site import Door, Site

FIRST_LOOKS = (0.15, 0.3, 0.6, 1.0)
"""Seconds until the read-backs after the first command: a bolt takes 0.1-1 s; most are proven at the second look."""
TELL_AGAIN = 1.5
"""Seconds between commands to a door that does not prove: a relay board answers within 0.5 s when it is well."""
PATIENT_AFTER, TELL_PATIENTLY = 8, 5.0
"""After so many tries a human has been told; it goes on, slower, in case somebody has mended the door."""
OPENED = "_open:"
"""What the step of a command begins with that ends a responder's timed opening."""
BADGES_TOO = 3
"""Commands after which a door that is locked counts as secured although its controller still lets badges open it."""
ALL_EXTERIOR = "_exterior"
"""The step that a lockdown adds by itself: every commandable exterior door (PRODUCT 5, door)."""


def exterior_step(playbook: Playbook, site: Site) -> Step | None:
    """The added first-wave step, unless this is no lockdown or the site decided to leave them, with a name."""
    if playbook.action is not Action.LOCKDOWN or site.lockdown_exterior != "lock":
        return None
    return Step.model_construct(id=ALL_EXTERIOR, secure_doors=SecureDoors(doors=("side:exterior",)))


def first_rows(scene: Scene, step: Step, taken: set[str]) -> list[Row]:
    """A command per door, born claimed: it goes straight onto the wire after the commit.

    `taken`: doors that another step of this wave already commands; filled with ours.
    """
    deed = step.secure_doors
    assert deed is not None
    if scene.drill and not scene.playbook.drill:
        return []
    rows: list[Row] = []
    for door in select_doors(scene.held, deed.doors, scene.zone):
        if door.id in taken:
            continue
        taken.add(door.id)
        held_back = door.fire_release and scene.fire_alarm
        state = CommandState.NOT_PROVEN if held_back else CommandState.SENDING
        rows.append(command_row(scene, step, "door", door.id, "secure", state, "fire alarm" if held_back else ""))
    return rows


def command_row(
    scene: Scene, step: Step, kind: str, device: str, verb: str, state: CommandState, detail: str = ""
) -> Row:
    return Row(
        "command",
        {
            "site": scene.site,
            "id": scene.command_id(step, kind, device, verb),
            "incident": scene.incident,
            "run": scene.run,
            "phase": str(scene.phase),
            "step": step.id,
            "kind": kind,
            "device": device,
            "verb": verb,
            "state": str(state),
            "node": scene.node,
            "tries": 0,
            "due": scene.now,
            "at": scene.now,
            "detail": detail,
        },
        new=True,
    )


@dataclass(slots=True)
class Proof:
    """What became of one door's command."""

    reading: DoorReading
    proven: bool
    tries: int
    detail: str


def other_path(door: Door) -> Door | None:
    """The same door by its second path, if it has one."""
    path = door.second_path
    if path is None:
        return None
    return door.model_copy(
        update={
            "driver": path.driver,
            "address": path.address,
            "secured_when": path.secured_when,
            "settings": path.settings,
        }
    )


async def prove_secured(
    door: Door,
    drivers: Callable[[str], DoorDriver | None],
    clock: Clock,
    wanted: Callable[[], bool],
    report: Callable[[Proof], Awaitable[None]],
) -> Proof:
    """Command, read back, retry, second path, until proven or not `wanted` any more.

    `wanted` is asked before every command: an ended incident or a fire alarm stops the retries at once. `report` is
    called when what is known changes and when proof comes; this returns only then, or when it is not wanted.
    """
    tries = 0
    known: tuple[Lock, str] | None = None
    proof = Proof(DoorReading(), False, 0, "")
    paths = [path for path in (door, other_path(door)) if path is not None]
    while wanted():
        path = paths[(tries + 1) % len(paths)] if tries >= 2 else paths[0]  # twice, then the other one, in turn
        driver = drivers(path.driver)
        trouble = f"no driver called {path.driver}" if driver is None else ""
        if driver is not None:
            tries += 1
            try:
                await driver.secure(path)
            except AdapterError as error:
                trouble = str(error)
            except Exception as error:  # a fault of ours in a driver must not end the tries at this door
                trouble = f"a fault of ours, {error!r}"
        pause = TELL_AGAIN if tries < PATIENT_AFTER else TELL_PATIENTLY
        looks = FIRST_LOOKS if tries == 1 and not trouble else (pause / 2, pause / 2)
        for look in looks:
            reading = await _read(door, drivers)
            detail = reading.detail or trouble or "no answer"
            proof = Proof(reading, _proves(reading, tries, taken=not trouble), tries, detail)
            if proof.proven:
                await report(proof)
                return proof
            if (reading.lock, detail) != known and not (tries == 1 and look == FIRST_LOOKS[0] and not trouble):
                known = (reading.lock, detail)
                await report(proof)  # the very first look mostly meets a bolt on its way; it is not worth a line
            await clock.sleep(look)
            if not wanted():
                return proof
    return proof


def _proves(reading: DoorReading, tries: int, *, taken: bool) -> bool:
    """A door that was locked anyway reads secured before its controller has heard of the lockdown."""
    open_to_badges = reading.mode is Mode.NORMAL and not (taken and tries >= BADGES_TOO)
    return reading.lock is Lock.SECURED and not open_to_badges


async def _read(door: Door, drivers: Callable[[str], DoorDriver | None]) -> DoorReading:
    driver = drivers(door.driver)
    if driver is None:
        return DoorReading(detail=f"no driver called {door.driver}")
    try:
        return await driver.read(door)
    except (TimeoutError, AdapterError) as error:
        return DoorReading(detail=str(error))
