"""Doors that a playbook puts into the lockdown mode of their controller and that no all-clear of it takes out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from notifier import adapters
from notifier.clock import SystemClock
from notifier.errors import Fault
from notifier.files.load import Loaded
from notifier.files.positions import read_yaml
from notifier.files.selecting import doors_of
from notifier.interfaces import DoorDriver, Tools
from notifier.model.site import Door


def left_in_lockdown(loaded: Loaded, files: Mapping[str, bytes]) -> list[Fault]:
    """A warning for each playbook with such doors, at its `all_clear`; `plan` says the same of what is published."""
    return list(_warnings(loaded, files))


def _warnings(loaded: Loaded, files: Mapping[str, bytes]) -> Iterator[Fault]:
    drivers: dict[str, DoorDriver | None] = {}
    doors = {door.id: door for door in loaded.site.doors if _locks_down(door, drivers)}
    for path, name in loaded.playbook_in.items() if doors else ():
        playbook = loaded.playbooks[name]
        told = [one for step in playbook.steps if step.secure_doors for one in step.secure_doors.doors]
        back = [one for step in playbook.all_clear if step.restore_doors for one in step.restore_doors.doors]
        out = doors_of(back, loaded.site)
        left = (doors.keys() & doors_of(told, loaded.site).ids) - out.ids
        if not left or out.open:  # $zone: the place of the press decides, and `plan --zone` says it
            continue
        document, _ = read_yaml(path, files[path])
        place = document.place(("all_clear",), key=True) if document else (1, 1)
        titles = [door.title for door in doors.values() if door.id in left]
        some = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
        text = f"No restore_doors step names {some}: locked by the lockdown mode of the controller, which stays on."
        advice = "Add restore_doors for them here, or say who releases them there after the all-clear."
        yield Fault(path, *place, text, advice, "warning")


def _locks_down(door: Door, drivers: dict[str, DoorDriver | None]) -> bool:
    """Asked of the driver itself, which speaks to nothing for it."""
    if door.driver not in drivers:
        known = door.driver in adapters.known(DoorDriver)
        tools = Tools(http=None, clock=SystemClock(), state_dir="")
        drivers[door.driver] = adapters.door_driver(door.driver)(tools) if known else None
    driver = drivers[door.driver]
    return driver is not None and driver.locks_down(door)
