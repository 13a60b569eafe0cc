"""Looks through the cameras, and what the last look at each of them said. Pictures themselves are never kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notifier.interfaces import CameraDriver, Health, Look
from notifier.model.site import Camera

PATIENCE = 9.0
"""Seconds that a look may take at most: within what supervision gives each of its looks."""


@dataclass(frozen=True, slots=True)
class LastLook:
    """Of one camera, in wall time."""

    well: bool
    said: str
    looked_at: datetime
    picture_at: datetime | None = None
    """When a picture last came."""
    taken_at: datetime | None = None
    """When that one was taken, by the camera's own word."""
    size: str = ""


class Pictures:
    """What this node has seen since it started. Cameras are its own, so no other node needs to know."""

    def __init__(self) -> None:
        self._last: dict[str, LastLook] = {}

    def last(self, camera: str) -> LastLook | None:
        return self._last.get(camera)

    async def look(self, drivers: Mapping[str, CameraDriver], camera: Camera) -> Look:
        """Look through `camera` now. Never raises for a dead wire."""
        driver = drivers.get(camera.driver)
        if driver is None:
            return Look(Health(False, f"there is no driver {camera.driver}."), None, sure=True)
        try:
            async with asyncio.timeout(PATIENCE):
                found = await driver.look(camera)
        except TimeoutError:
            found = Look(Health(False, f"it gave no picture within {PATIENCE:.0f} s."), None)
        self._keep(camera.id, found, driver.tools.clock.wall())
        return found

    def _keep(self, camera: str, found: Look, wall: datetime) -> None:
        before, still, health = self._last.get(camera), found.still, found.health
        if still is not None:
            size = f"{still.picture.width} x {still.picture.height}"
            self._last[camera] = LastLook(health.well, health.text, wall, wall, still.taken_at, size)
        elif before is not None:
            kept = (before.picture_at, before.taken_at, before.size)
            self._last[camera] = LastLook(health.well, health.text, wall, *kept)
        else:
            self._last[camera] = LastLook(health.well, health.text, wall)
