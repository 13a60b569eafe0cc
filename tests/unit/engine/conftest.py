"""One bench per test: the small school over a store in memory."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.engine.bench import Bench, bench


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    async with bench() as made:
        yield made
