"""A Shelly 2.5 of the first generation in its own wire format (from memory of the vendor's Gen1 API)."""

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from notifier.campus.door_model import Output
from notifier.testing.door_bench import Arrived
from tests.doors.web_fake import FakeWeb


class FakeShellyGen1(FakeWeb):
    """Lock on relay 0, beacon on relay 1; bolt on input 0, leaf on input 1."""

    scheme = "basic"

    def __init__(self) -> None:
        super().__init__(bolt_input=0, leaf_input=1)
        self.settings: dict[str, Any] = {
            "name": None, "ison": False, "has_timer": False, "default_state": "last",
            "btn_type": "detached", "auto_on": 0.0, "auto_off": 0.0,
        }  # fmt: skip
        self.overpower = False

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        turn = request.query.get("turn")
        what = {"on": Arrived.ON, "off": Arrived.OFF}.get(turn or "", Arrived.READ)
        return what, lambda: self._answer(request.path, turn)

    def _answer(self, path: str, turn: str | None) -> web.Response:
        outputs: dict[int, Output] = {0: self.lock, 1: self.strobe}
        if path == "/status":
            inputs = [
                {"input": {True: 1, False: 0, None: None}[self.input(n)], "event": "", "event_cnt": 0} for n in (0, 1)
            ]
            relays = [self._relay(output) for output in outputs.values()]
            return web.json_response({"wifi_sta": {"connected": True}, "relays": relays, "inputs": inputs})
        named = re.fullmatch(r"/(settings/)?relay/(\d+)", path)
        if named is None or int(named[2]) not in outputs:
            return web.Response(status=404, text="Not Found")
        if named[1]:
            return web.json_response(self.settings)
        if turn in ("on", "off"):
            self.switch(outputs[int(named[2])], turn == "on")
        return web.json_response(self._relay(outputs[int(named[2])]))

    def _relay(self, output: Output) -> dict[str, Any]:
        return {
            "ison": output.on(self.now), "has_timer": False, "timer_started": 0, "timer_duration": 0,
            "timer_remaining": 0, "overpower": self.overpower, "source": "http",
        }  # fmt: skip
