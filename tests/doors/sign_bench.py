"""A text sign on a real socket: shows what it is sent, tells what it shows, may be deaf, may have no way to tell."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, Self
from urllib.parse import parse_qs

from aiohttp import web

from notifier.campus.relay_device import Wire
from notifier.model.site import Signal
from notifier.testing.door_bench import Arrived, SignalBench, Trouble
from tests.campus.troubles import WIRES
from tests.doors.controller_bench import LIMITS, PASSWORD, WRONG
from tests.doors.controller_server import Asked, ControllerServer


class SignBench(SignalBench):
    secrets = (PASSWORD, WRONG)
    cannot = frozenset({Trouble.LIES, Trouble.SILENT_CONTACT})

    def __init__(self) -> None:
        self.shows = "Welcome"
        self.deaf = False

    async def __aenter__(self) -> Self:
        self.server = ControllerServer(self.answer, self.naming, self.guard)
        self.url = await self.server.start()
        settings: dict[str, Any] = {
            **LIMITS,
            "auth": "basic",
            "password": PASSWORD,
            "show": {"method": "POST", "url": "/message", "body": '{"lines": ["{text}"], "colour": "red"}'},
            "blank": "Welcome",
            "state": {"url": "/message", "json_path": "lines.0"},
            "texts": {"lockdown": {"en": "LOCKDOWN", "es": "CIERRE"}, "evacuate": 'GO "NOW"'},
            "languages": ["en", "es"],
        }
        self.signal = Signal(id="sign1", zone="north", driver="sign_text", address=self.url, settings=settings)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    def with_settings(self, **changes: Any) -> Signal:
        return self.signal.model_copy(update={"settings": {**self.signal.settings, **changes}})

    def stranger(self) -> Signal:
        return self.with_settings(password=WRONG)

    def lit(self) -> bool:
        return self.shows != "Welcome"

    def inflict(self, trouble: Trouble) -> None:
        if trouble is Trouble.DEAF:
            self.deaf = True
            return
        self.server.set_wire(WIRES[trouble])

    def mend(self) -> None:
        self.deaf = False
        self.server.set_wire(Wire.WELL)

    def arrived(self) -> Sequence[Arrived]:
        return self.server.arrived

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.server.until(condition)

    def guard(self, asked: Asked) -> web.Response | None:
        wanted = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        return None if asked.headers.get("Authorization") == f"Basic {wanted}" else web.Response(status=401)

    def naming(self, asked: Asked) -> Arrived | None:
        if asked.method == "GET" and "?" not in asked.raw_path:
            return Arrived.READ
        return Arrived.OFF if b"Welcome" in asked.body else Arrived.ON

    def answer(self, asked: Asked) -> web.Response:
        if asked.method == "GET" and "?" not in asked.raw_path:
            return web.json_response({"lines": [self.shows], "lamp": "ok"})
        if self.deaf:
            return web.Response(status=204)
        if asked.headers["Content-Type"] == "application/x-www-form-urlencoded":
            self.shows = parse_qs(asked.body.decode())["say"][0]
        elif asked.headers["Content-Type"].startswith("text/plain"):
            self.shows = asked.body.decode()
        else:
            self.shows = json.loads(asked.body)["lines"][0]
        return web.Response(status=204)
