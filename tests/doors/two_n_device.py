"""A 2N intercom in its own wire format: every answer is 200 and says `success`; digest with MD5.

Source: a copy of the maker's HTTP API manual; the entries of the two status answers from memory.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from notifier.campus.digest_guard import Algorithm
from notifier.testing.door_bench import Arrived
from tests.doors.web_fake import FakeWeb

DOES = {"on": True, "lock": True, "off": False, "unlock": False}


class FakeTwoN(FakeWeb):
    """Switch 1 is the lock, beacon apart; bolt on input1, leaf on input2."""

    scheme = "digest"
    digest_algorithm: Algorithm = "MD5"

    def __init__(self) -> None:
        super().__init__(bolt_input=1, leaf_input=2)
        self.held = False
        self.active = False
        self.fails_with: dict[str, Any] | None = None

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        action = request.query.get("action", "") if request.path == "/api/switch/ctrl" else ""
        on = DOES.get(action)
        what = Arrived.READ if on is None else Arrived.ON if on else Arrived.OFF
        return what, lambda: web.json_response(self._answer(request, on))

    def _answer(self, request: web.BaseRequest, on: bool | None) -> dict[str, Any]:
        if self.fails_with is not None:
            return {"success": False, "error": self.fails_with}
        if request.path == "/api/io/status":
            states = {f"input{n}": self.input(n) for n in (1, 2)}
            ports = [{"port": port, "state": int(state)} for port, state in states.items() if state is not None]
            return {"success": True, "result": {"ports": [{"port": "relay1", "state": 0}, *ports]}}
        if request.query.get("switch") != "1":
            return self._wrong("switch")
        if request.path == "/api/switch/status":
            told = self.lock.on(self.now)
            state = {"switch": 1, "active": self.active, "locked": told, "held": self.held}
            return {"success": True, "result": {"switches": [state]}}
        if on is None:
            return self._wrong("action")
        self.switch(self.lock, on)
        if request.query["action"] in ("on", "off"):
            self.active = on
        return {"success": True}

    @staticmethod
    def _wrong(name: str) -> dict[str, Any]:
        return {"success": False, "error": {"code": 12, "param": name, "description": "invalid parameter value"}}
