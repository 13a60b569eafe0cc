"""Stories are told on both stores: the daemon's behaviour must not depend on where it keeps its record.

All are told on SQLite, and those of `ON_BOTH` on PostgreSQL too: one for each kind of transaction, so that the suite
keeps its budget. `NOTIFIER_STORIES_ON=postgres` (or `sqlite`) tells every one on that store only.
"""

import os
from collections.abc import Iterator

import pytest

from notifier.testing.story import STORES
from tests.postgres_server import Reused, server

ON_BOTH = {
    "test_one_press_locks_the_school_and_tells_everybody",
    "test_fifty_presses_at_once_are_one_incident",
    "test_the_first_answer_stops_what_has_not_left",
    "test_a_lockdown_ends_room_by_room",
    "test_two_people_end_what_one_may_start",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store" in metafunc.fixturenames:
        wanted = os.environ.get("NOTIFIER_STORIES_ON", "")
        both = metafunc.module.__name__.rpartition(".")[2] in ON_BOTH
        stores = [wanted] if wanted else ["sqlite", "postgres"] if both else ["sqlite"]
        metafunc.parametrize("store", stores, indirect=True)


@pytest.fixture(scope="session")
def stories_server() -> Iterator[Reused]:
    # What a disk does is the ledger's own tests' business.
    with server("fsync=off", "full_page_writes=off", "listen_addresses=''") as running:
        yield Reused(running)


@pytest.fixture(autouse=True)
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield "sqlite"
        return
    databases: Reused = request.getfixturevalue("stories_server")
    STORES.append(databases.database)
    try:
        yield "postgres"
    finally:
        STORES.pop()
        databases.give_back()
