"""A real daemon before a pretended school, for what starts a response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from notifier.daemon.triggers import Triggers
from notifier.testing.schools import small_school
from tests.console.browser import OnlineSchool, school_online

PATIENCE = 30.0


def with_triggers(triggers: str, more: str = "") -> dict[str, bytes]:
    """The small school with `triggers` (YAML list items) and `more` of the site file."""
    files = small_school()
    return files | {"site.yaml": files["site.yaml"] + f"\ntriggers:\n{triggers}\n{more}".encode()}


class Running:
    def __init__(self, school: OnlineSchool) -> None:
        self.school, self.daemon = school, school.daemon
        self._changed = asyncio.Event()
        self.daemon.ledger.follow(lambda events: self._changed.set())

    @property
    def url(self) -> str:
        return self.school.url

    @property
    def triggers(self) -> Triggers:
        return self.daemon.triggers

    def incidents(self) -> list[dict[str, Any]]:
        return list(self.daemon.engine.desk.incidents.values())

    def troubles(self) -> dict[str, str]:
        """Id to text of those that are not cleared."""
        rows = self.daemon.ledger.read("troubles", site=self.daemon.engine.desk.site)
        return {row["id"]: row["text"] for row in rows}

    def tasks(self) -> dict[str, str]:
        """Kind to text of those that are open."""
        rows = self.daemon.ledger.read("tasks_open", site=self.daemon.engine.desk.site)
        return {row["kind"]: row["text"] for row in rows}

    async def until(self, holds: Callable[[], Any]) -> None:
        """Waits for what is committed, or for at most a moment each time, until it is so."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._changed.clear()
                try:
                    async with asyncio.timeout(0.1):
                        await self._changed.wait()
                except TimeoutError:
                    continue


@asynccontextmanager
async def running(folder: Path, files: dict[str, bytes]) -> AsyncIterator[Running]:
    async with school_online(folder, files) as school:
        yield Running(school)
