"""Stories are told on both stores: the daemon's behaviour must not depend on where it keeps its record.

Every one is told on both; `NOTIFIER_STORIES_ON=postgres` (or `sqlite`) tells each on that store only. One server stands
for all stories of a process, and its databases are emptied, not made: making one took longer than most stories.
"""

import os
from collections.abc import Iterator

import pytest

from notifier.testing.story import STORES
from tests.postgres_server import Reused, server


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only_on(store, why): a story about one store itself")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store" in metafunc.fixturenames:
        wanted = os.environ.get("NOTIFIER_STORIES_ON", "")
        only = metafunc.definition.get_closest_marker("only_on")
        stores = [only.args[0]] if only else [wanted] if wanted else ["sqlite", "postgres"]
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
