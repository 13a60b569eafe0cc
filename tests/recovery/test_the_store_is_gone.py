"""A full disk, a removed file, a server that is stopped, frozen or closed: memory goes on, and all is kept later."""

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from notifier.ledger.postgres import PostgresLedger
from notifier.ledger.verify import verify
from notifier.model.events import EventKind
from notifier.testing.story import STORES, Story, story
from notifier.testing.story_process import StoryPostgresLedger
from tests.postgres_server import Server, server

DOORS = ("d1", "d2", "d7", "d8")
PATIENCE = 1.0
"""Real seconds for a commit: a machine that is busy with other tests is slower than the 0.25 s of a daemon."""


class Store:
    """What can be done to the store of a story, each with its undoing."""

    def __init__(self, server: Server | None = None) -> None:
        self.campus: Story
        self.server = server
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

    # ------------------------------------------------------------------------------------------------------ a server

    def is_stopped(self) -> Callable[[], None]:
        assert self.server is not None
        self.server.stop()
        return self.server.start

    def is_frozen(self) -> Callable[[], None]:
        assert self.server is not None
        frozen = self.server.pids()
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)

        def thaws() -> None:
            for pid in frozen:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

        return thaws

    def lets_nobody_in(self) -> Callable[[], None]:
        assert self.server is not None
        base = self.campus.settings.store.reveal().rpartition("/")[2]  # type: ignore[union-attr] # an address
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = "
        self.server.say(f"alter database {base} allow_connections false; {others}'{base}'")
        return lambda: self.server.say(f"alter database {base} allow_connections true")  # type: ignore[union-attr,return-value] # see above


Fault = Callable[[Store], Callable[[], None]]
FAULTS: dict[str, tuple[str, Fault]] = {
    "the sync hangs": ("sqlite", Store.hangs),
    "the disk is full": ("sqlite", Store.fills_up),
    "the file is removed": ("sqlite", Store.is_removed),
    "the server's commit hangs": ("postgres", Store.hangs),
    "the server is killed": ("postgres", Store.is_stopped),
    "the server is frozen": ("postgres", Store.is_frozen),
    "the server ends the connection and lets nobody in": ("postgres", Store.lets_nobody_in),
}


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Server]:
    with server("fsync=off") as running:
        yield running


@pytest.fixture
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, Fault]]:
    """A store and what will happen to it."""
    kind, fault = FAULTS[request.param]
    if kind == "sqlite":
        yield Store(), fault
        return
    running: Server = request.getfixturevalue("stoppable")
    monkeypatch.setattr(PostgresLedger, "_its_clock", StoryPostgresLedger._its_clock)
    STORES.append(running.database)
    try:
        yield Store(running), fault
    finally:
        STORES.pop()


on_both = pytest.mark.parametrize("broken", FAULTS, indirect=True)


def once(campus: Story, fault: Fault, *kinds: EventKind) -> None:
    """What was decided while the store was gone stands there once: its rows always, and its events too.

    A commit that hung and succeeded after all wrote the same rows as memory; it is in the chain beside memory's, and
    what brought memory back says so.
    """
    assert len(campus.log.read("incidents_page", before=1e15, limit=10)) == 1
    assert len(campus.log.read("answers_of_incident", incident=campus.incident)) == 1
    counted = {kind: len(campus.log.told(kind)) for kind in kinds}
    merged = [data for kind, data in campus.log.all_events() if kind is EventKind.MERGED]
    named = [pair for data in merged for pair in data.get("again", ())]
    assert set(counted.values()) <= ({1, 2} if fault is Store.hangs else {1}), counted
    assert sum(counted.values()) - len(counted) <= len(named), f"{counted}, and only {named} are named as the same"


async def recorded_again(campus: Story) -> None:
    """Real time: a disk knows nothing of the story's clock."""
    back = asyncio.Event()
    campus.daemon.ledger.on_back(lambda _back: back.set())
    if not campus.daemon.ledger.recorded:
        async with asyncio.timeout(60):
            await back.wait()
    await campus.advance("1s")


@on_both
@pytest.mark.timeout(180)
async def test_a_press_without_a_store_is_answered_and_carried_out_and_kept_later(broken: tuple[Store, Fault]) -> None:
    store, fault = broken
    async with story(failover=True, commit_patience=PATIENCE, before_commit=store.before_commit) as campus:
        store.campus = campus
        undo = fault(store)
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
        once(campus, fault, EventKind.INCIDENT_OPENED, EventKind.ANSWERED, EventKind.ESCALATED)
        for name in ("Ada", "Ben", "Officer Diaz"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        await campus.log.verifies()
        path = campus.folder / "state" / "ledger.sqlite"
    assert not [each for each in verify(path) if each.fault] if path.exists() else True


@on_both
@pytest.mark.timeout(180)
async def test_a_store_that_goes_in_mid_incident_loses_nothing_of_it(broken: tuple[Store, Fault]) -> None:
    store, fault = broken
    async with story(failover=True, commit_patience=PATIENCE, before_commit=store.before_commit) as campus:
        store.campus = campus
        campus.door("d7").jams()
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("1", after="4s")
        pressed = await campus.press("front-office")
        assert pressed.recorded
        await campus.advance("2s")
        undo = fault(store)
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
        once(
            campus,
            fault,
            EventKind.INCIDENT_OPENED,
            EventKind.ANSWERED,
            EventKind.NOT_SECURED,
            EventKind.APPROVAL_ASKED,
        )
        await campus.log.verifies()
        for door in DOORS:
            campus.door(door).was_never_told_to_unlock()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("broken", ["the sync hangs", "the server is frozen"], indirect=True)
async def test_a_whole_lockdown_is_lived_through_without_any_store(broken: tuple[Store, Fault]) -> None:
    store, fault = broken
    async with story(failover=True, commit_patience=PATIENCE, before_commit=store.before_commit) as campus:
        store.campus = campus
        undo = fault(store)
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
