"""Home Assistant's REST interface with a lock and a beacon, as it answered in version 2024.3.3.

A service call on an entity that does not exist is 200 with an empty list; a state that does not exist is 404 JSON; a
wrong token is 401 text.
"""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from notifier.testing.door_bench import Arrived
from tests.doors.web_fake import FakeWeb

SERVICES = {"lock": True, "unlock": False, "turn_on": True, "turn_off": False}


class FakeHomeAssistant(FakeWeb):
    """`lock.d7` and `switch.d7` are the same lock, `binary_sensor.d7_bolt` and `_leaf` its contacts."""

    scheme = "bearer"

    def __init__(self) -> None:
        super().__init__(bolt_input=0, leaf_input=1)
        self.over: dict[str, str] = {}
        """Entity to a state that is reported instead of the true one."""
        self.assumed: set[str] = set()
        self.code: str | None = None

    def unauthorized(self) -> web.Response:
        return web.Response(status=401, text="401: Unauthorized")

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        parts = request.path.strip("/").split("/")
        if request.method == "POST" and parts[:2] == ["api", "services"] and parts[-1] in SERVICES:
            told = json.loads(await request.text())
            on = SERVICES[parts[-1]]
            return (Arrived.ON if on else Arrived.OFF), lambda: self._serve_call(parts[2], told, on)
        return Arrived.READ, lambda: self._state(parts[-1])

    def _serve_call(self, domain: str, told: dict[str, Any], on: bool) -> web.Response:
        entity = told["entity_id"]
        outputs = {"lock.d7": self.lock, "switch.d7": self.lock, "siren.hall": self.strobe}
        if entity not in outputs or entity.partition(".")[0] != domain:
            return web.json_response([])
        if domain == "lock" and self.code is not None and told.get("code") != self.code:
            return web.Response(status=400, text="400: Bad Request")
        self.switch(outputs[entity], on)
        return web.json_response([{"entity_id": entity, "state": self._word(entity)}])

    def _word(self, entity: str) -> str | None:
        on: bool | None
        if entity in self.over:
            return self.over[entity]
        if entity == "lock.d7":
            return "locked" if self.lock.on(self.now) else "unlocked"
        if entity in ("binary_sensor.d7_bolt", "binary_sensor.d7_leaf"):
            on = self.input(0 if entity.endswith("bolt") else 1)
            return "unavailable" if on is None else "on" if on else "off"
        if entity in ("switch.d7", "siren.hall"):
            on = (self.lock if entity == "switch.d7" else self.strobe).on(self.now)
            return "on" if on else "off"
        return None

    def _state(self, entity: str) -> web.Response:
        word = self._word(entity)
        if word is None:
            return web.json_response({"message": "Entity not found."}, status=404)
        attributes = {"friendly_name": entity, **({"assumed_state": True} if entity in self.assumed else {})}
        return web.json_response({"entity_id": entity, "state": word, "attributes": attributes})
