"""The wire to the server stalls at a commit, memory goes on, and the commit had succeeded: it happened once, and the
record says so in words."""

import asyncio
from collections.abc import Iterator

import pytest

from notifier.daemon.replay_aside import replay_at
from notifier.ledger.postgres import PostgresLedger
from notifier.model.events import EventKind
from notifier.testing.story import STORES, Story, story
from notifier.testing.story_process import StoryPostgresLedger
from tests.postgres_server import Server, server
from tests.recovery.stalling_wire import StallingWire, What
from tests.recovery.test_the_store_is_gone import PATIENCE, recorded_again

DOORS = ("d1", "d2", "d7", "d8")


@pytest.fixture(scope="module")
def behind_the_wire() -> Iterator[Server]:
    with server("fsync=off") as running:
        yield running


@pytest.fixture
def wire(behind_the_wire: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[StallingWire]:
    monkeypatch.setattr(PostgresLedger, "_its_clock", StoryPostgresLedger._its_clock)
    with StallingWire(behind_the_wire.port) as made:
        STORES.append(lambda: behind_the_wire.database().replace(f":{behind_the_wire.port}/", f":{made.port}/"))
        try:
            yield made
        finally:
            STORES.pop()


async def pressed_into_a_stall(campus: Story, wire: StallingWire, what: What) -> None:
    wire.stalls(what)
    said = await campus.press("front-office")
    assert wire.committed.is_set()
    assert not said.recorded
    await campus.advance("5s")
    for door in DOORS:
        campus.door(door).is_secured()
    wire.flows()
    await recorded_again(campus)
    await campus.advance("10s")


@pytest.mark.timeout(180)
async def test_a_press_that_was_committed_late_stands_once_and_its_double_is_named(wire: StallingWire) -> None:
    async with story(failover=True, commit_patience=PATIENCE) as campus:
        await pressed_into_a_stall(campus, wire, "answers")
        assert len(campus.log.read("incidents_page", before=1e15, limit=10)) == 1
        assert len(campus.log.read("activations_of_incident", incident=campus.incident)) == 1
        for name in ("Ada", "Ben", "Officer Diaz"):
            campus.phone(name).has("LOCKDOWN", by="sms", times=1)
        opened = len(campus.log.told(EventKind.INCIDENT_OPENED))
        assert opened == 2, "The commit did not come late: this test has shown nothing."
        views = campus.daemon.views
        shown = views.timeline(campus.incident, limit=500, after=None)["items"], views.board(campus.incident)["newest"]
        for events in shown:
            assert [each["kind"] for each in events].count("incident_opened") == 1
        found = await campus.daemon.ledger.verify()
        assert [str(each) for each in found if each.fault] == []
        said = [str(each) for each in found if "says the same again. It happened once." in str(each)]
        assert len(said) == 1, found
        replayed = await asyncio.to_thread(replay_at, campus.daemon.store, campus.incident)
        assert [step["differences"] for step in replayed["items"] if step["differences"]] == []
        both = [step for step in replayed["items"] if step["kind"] == "incident_opened"]
        assert [step["verdict"] for step in both] == ["same", "known"]
        assert "which was committed late; it happened once" in both[1]["text"]


@pytest.mark.timeout(180)
async def test_a_commit_that_never_got_there_is_told_by_memory_alone(wire: StallingWire) -> None:
    async with story(failover=True, commit_patience=PATIENCE) as campus:
        wire.stalls("commits")
        said = await campus.press("front-office")
        assert not said.recorded
        # It comes back while the commit is still on its way: by then the connection that carries it has been ended.
        await recorded_again(campus)
        wire.flows()
        await campus.advance("10s")
        assert len(campus.log.told(EventKind.INCIDENT_OPENED)) == 1
        assert await campus.daemon.ledger.verify() == []
        replayed = await asyncio.to_thread(replay_at, campus.daemon.store, campus.incident)
        assert [step["differences"] for step in replayed["items"] if step["differences"]] == []
