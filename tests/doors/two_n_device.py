"""A 2N intercom in its own wire format: every answer is 200 and says `success`; digest with MD5.

Source: a copy of the maker's HTTP API manual; the entries of the two status answers, and what lock and hold do to each
other, from memory.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from notifier.campus.digest_guard import Algorithm
from notifier.campus.door_model import LockFault
from notifier.testing.door_bench import Arrived
from tests.doors.web_bench import WebDoorBench
from tests.doors.web_fake import FakeWeb

DOES = {"on": True, "lock": True, "release": True, "off": False, "unlock": False, "hold": False}


class FakeTwoN(FakeWeb):
    """Switch 1 is the lock, beacon apart; bolt on input1, leaf on input2.

    A switch at rest leaves the bolt thrown; held or active, it opens; locked, codes and cards do nothing. `output`: its
    output feeds the lock the other way round, as a plain relay does.
    """

    scheme = "digest"
    digest_algorithm: Algorithm = "MD5"
    output = False

    def __init__(self) -> None:
        super().__init__(bolt_input=1, leaf_input=2)
        self.held = not self.output
        self.active = False
        self.locked = False
        self.held_by_day = False
        """Its own time profile holds it open whenever it is not locked."""
        self.fails_with: dict[str, Any] | None = None

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        action = request.query.get("action", "") if request.path == "/api/switch/ctrl" else ""
        on = DOES.get(action)
        what = Arrived.READ if on is None else Arrived.ON if on else Arrived.OFF
        return what, lambda: web.json_response(self._answer(request, action))

    def _answer(self, request: web.BaseRequest, action: str) -> dict[str, Any]:
        if self.fails_with is not None:
            return {"success": False, "error": self.fails_with}
        if request.path == "/api/io/status":
            states = {f"input{n}": self.input(n) for n in (1, 2)}
            ports = [{"port": port, "state": int(state)} for port, state in states.items() if state is not None]
            return {"success": True, "result": {"ports": [{"port": "relay1", "state": 0}, *ports]}}
        if request.query.get("switch") != "1":
            return self._wrong("switch")
        if request.path == "/api/switch/status":
            active = self.active or self.held
            state = {"switch": 1, "active": active, "locked": self.locked, "held": self.held}
            return {"success": True, "result": {"switches": [state]}}
        if action not in DOES:
            return self._wrong("action")
        if self.lock.fault is not LockFault.DEAF:
            self.obey(action)
        return {"success": True}

    def obey(self, action: str) -> None:
        if action in ("on", "off"):
            self.active = action == "on"
        elif action in ("hold", "release"):
            self.held = action == "hold"
        else:
            self.locked = action == "lock"
            self.held |= self.held_by_day and not self.locked
        opened = not self.locked and (self.held or self.active)
        self.switch(self.lock, self.active if self.output else not opened)

    @staticmethod
    def _wrong(name: str) -> dict[str, Any]:
        return {"success": False, "error": {"code": 12, "param": name, "description": "invalid parameter value"}}


class FakeTwoNOutput(FakeTwoN):
    output = True


class TwoNBench(WebDoorBench):
    """With `by: lock`, which is a mode of the device."""

    fake: FakeTwoN

    def stands_locked(self) -> None:
        self.fake.obey("release")
        self.fake.clock.time += self.fake.lock.travel

    def shuts_out(self) -> bool:
        return self.fake.locked

    def schedule_would_open(self) -> None:
        self.fake.held_by_day = True
