"""One real server, and on it two nodes of one school."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.nodes.pair import Pair, pair
from tests.postgres_server import Server, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    # What a disk does is the kill tests' business; here it would only be slow.
    with server("fsync=off") as running:
        yield running


@pytest.fixture
async def nodes(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair(postgres.database(), tmp_path) as made:
        yield made
