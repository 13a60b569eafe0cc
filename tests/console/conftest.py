from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.browser import browser  # noqa: F401 a fixture is found by being here
from tests.console.school import School, open_school


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with open_school(tmp_path) as opened:
        yield opened
