"""One real server for the tests of this room that need one and do not stop it."""

from collections.abc import Iterator

import pytest

from tests.postgres_server import Server, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    # What a disk does is the kill tests' business; here it would only be slow.
    with server("fsync=off") as running:
        yield running
