"""A full disk, a removed file, a sync that hangs: the response goes on from memory, says so, and is kept later."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable

import pytest

from notifier.ledger.verify import verify
from notifier.model.events import EventKind
from notifier.testing.story import Story, story

DOORS = ("d1", "d2", "d7", "d8")


class Store:
    """What can be done to the store of a story, each with its undoing."""

    def __init__(self) -> None:
        self.campus: Story
        self.well = threading.Event()
        self.well.set()
        self.full = False

    def before_commit(self) -> None:
        """On the writer's thread."""
        self.well.wait(30.0)
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")

    def hangs(self) -> Callable[[], None]:
        self.well.clear()
        return self.well.set

    def fills_up(self) -> Callable[[], None]:
        self.full = True

        def is_emptied() -> None:
            self.full = False

        return is_emptied

    def is_removed(self) -> Callable[[], None]:
        for path in self.campus.folder.glob("state/ledger.sqlite*"):
            path.unlink()
        return lambda: None


FAULTS: dict[str, Callable[[Store], Callable[[], None]]] = {
    "the sync hangs": Store.hangs,
    "the disk is full": Store.fills_up,
    "the file is removed": Store.is_removed,
}


async def recorded_again(campus: Story) -> None:
    """Real time: a disk knows nothing of the story's clock."""
    back = asyncio.Event()
    campus.daemon.ledger.on_back(lambda _back: back.set())
    if not campus.daemon.ledger.recorded:
        async with asyncio.timeout(20):
            await back.wait()
    await campus.advance("1s")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_press_without_a_store_is_answered_and_carried_out_and_kept_later(fault: str) -> None:
    store = Store()
    async with story(failover=True, before_commit=store.before_commit) as campus:
        store.campus = campus
        undo = FAULTS[fault](store)
        pressed = await campus.press("front-office")
        assert not pressed.recorded, "It said that it was recorded, and the store was gone."
        await campus.advance("5s")
        for door in DOORS:
            campus.door(door).is_secured()
        campus.speaker("north-rooms").heard("Lockdown!")
        for name in ("Ada", "Ben", "Officer Diaz", "Kim"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        campus.phone("Ben").writes("1")
        undo()
        await recorded_again(campus)
        campus.log.has_no_trouble("store")
        await campus.advance("2m")
        campus.phone("Kim").has("no answer from Room 2")
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.ANSWERED, EventKind.ESCALATED)
        for name in ("Ada", "Ben", "Officer Diaz"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        await campus.log.verifies()
        path = campus.folder / "state" / "ledger.sqlite"
    assert verify(path) == [] if path.exists() else True


@pytest.mark.parametrize("fault", ["the sync hangs", "the disk is full", "the file is removed"])
async def test_a_store_that_goes_in_mid_incident_loses_nothing_of_it(fault: str) -> None:
    store = Store()
    async with story(failover=True, before_commit=store.before_commit) as campus:
        store.campus = campus
        campus.door("d7").jams()
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("1", after="4s")
        pressed = await campus.press("front-office")
        assert pressed.recorded
        await campus.advance("2s")
        undo = FAULTS[fault](store)
        await campus.advance("10s")
        campus.phone("Officer Diaz").has("NOT secured: Door 7 Room 1", by="sms", times=1)
        campus.door("d7").mends()
        await campus.advance("5s")
        campus.door("d7").is_secured()
        undo()
        await recorded_again(campus)
        troubles = [data["kind"] for kind, data in campus.log.all_events() if kind is EventKind.TROUBLE_RAISED]
        assert "store" in troubles, "Nobody was told that nothing was being written down."
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        campus.is_("closed")
        for name in ("Ada", "Ben", "Officer Diaz"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1).has("lockdown ended", by="sms", times=1)
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.NOT_SECURED, EventKind.ROOM_RELEASED)
        await campus.log.verifies()
        for door in DOORS:
            campus.door(door).was_never_told_to_unlock()


async def test_a_whole_lockdown_is_lived_through_without_any_store() -> None:
    store = Store()
    async with story(failover=True, before_commit=store.before_commit) as campus:
        store.campus = campus
        undo = store.hangs()
        for name in ("Ada", "Ben", "Carla"):
            campus.phone(name).expects_push("LOCKDOWN").replies("safe")
        await campus.press("front-office")
        await campus.advance("10s")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        campus.is_("closed")
        assert not campus.daemon.ledger.recorded
        campus.phone("Officer Diaz").has("lockdown ended", by="sms", times=1)
        undo()
        await recorded_again(campus)
        campus.is_("closed")
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.ROOM_RELEASED, EventKind.INCIDENT_MOVED)
        await campus.log.verifies()
