"""A Tasmota relay with two outputs, in its own wire format: every answer is 200, what it means stands inside.

Source: github.com/tasmota/docs docs/Commands.md for commands; the shape of answers from memory.
"""

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from notifier.campus.door_model import Output
from notifier.testing.door_bench import Arrived
from tests.doors.web_fake import FakeWeb


class FakeTasmota(FakeWeb):
    """Lock on relay 1, beacon on relay 2; bolt on Switch1, leaf on Switch2."""

    def __init__(self, *, single: bool = False) -> None:
        super().__init__(bolt_input=1, leaf_input=2)
        self.single = single
        self.power_lock = False
        self.pulse_time = 0
        self.power_on_state = 3
        self.answers_with: dict[str, Any] | None = None

    def accepts(self, request: web.BaseRequest) -> bool:
        given = (request.query.get("user"), request.query.get("password"))
        return self.password is None or given == (self.user, self.password)

    def unauthorized(self) -> web.Response:
        return web.json_response({"WARNING": "Need user=<username>&password=<password>"})

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        command = request.query.get("cmnd", "") if request.path == "/cm" else ""
        told = re.fullmatch(r"(?i)power(\d*) (on|off|1|0)", command)
        what = Arrived.READ if not told else Arrived.ON if told[2].lower() in ("on", "1") else Arrived.OFF

        def deed() -> web.Response:
            if self.answers_with is not None:
                return web.json_response(self.answers_with)
            return web.json_response(self._power(int(told[1] or 1), told[2]) if told else self._answer(command))

        return what, deed

    def _outputs(self) -> dict[int, Output]:
        return {1: self.lock} if self.single else {1: self.lock, 2: self.strobe}

    def _name(self, relay: int) -> str:
        return "POWER" if self.single else f"POWER{relay}"

    def _power(self, relay: int, word: str) -> dict[str, Any]:
        if relay not in self._outputs():
            return {"Command": "Unknown"}
        if not self.power_lock:
            self.switch(self._outputs()[relay], word.lower() in ("on", "1"))
        return {self._name(relay): self._word(self._outputs()[relay].on(self.now))}

    def _answer(self, command: str) -> dict[str, Any]:
        states = {self._name(n): self._word(output.on(self.now)) for n, output in self._outputs().items()}
        inputs = {n: self.input(n) for n in (1, 2)}
        switches = {f"Switch{n}": self._word(state) for n, state in inputs.items() if state is not None}
        every: dict[str, Any] = {
            "StatusSNS": {"Time": "2026-09-01T08:00:00", **switches},
            "StatusSTS": {"Time": "2026-09-01T08:00:00", "UptimeSec": 75, **states},
        }
        if command == "Status 0":
            return {"Status": {"DeviceName": "door 7", "Power": 0}, **every}
        if command == "Status 10":
            return {"StatusSNS": every["StatusSNS"]}
        if command == "Status 11":
            return {"StatusSTS": every["StatusSTS"]}
        if command == "PulseTime1":
            return {"PulseTime1": {"Set": self.pulse_time, "Remaining": 0}}
        if command == "PowerOnState":
            return {"PowerOnState": self.power_on_state}
        return {"Command": "Unknown"}

    @staticmethod
    def _word(on: bool | None) -> str:
        return "ON" if on else "OFF"
