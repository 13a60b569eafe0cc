"""An invented relay board with an HTTP interface, with each of the logins that such boards ask for."""

import json
from collections.abc import Callable

from aiohttp import web

from notifier.campus.digest_guard import Algorithm
from notifier.campus.door_model import LockFault
from notifier.testing.door_bench import Arrived
from tests.doors.web_bench import WebDoorBench
from tests.doors.web_fake import FakeWeb

WORDS = ("/lock", "/unlock", "/lockdown", "/normal")


class FakeBoard(FakeWeb):
    """`POST /api/out/1 {"on": true}`, `GET /api/out/1`, `GET /in.txt`, and plain `GET /lock`, `GET /unlock`.

    A second one knows a mode: `GET /lockdown`, `GET /normal` (locked, badges work), `GET /mode`.
    """

    def __init__(self, scheme: str = "none", algorithm: Algorithm = "SHA-256", dry_status: int = 200) -> None:
        self.scheme, self.digest_algorithm = scheme, algorithm
        self.dry_status = dry_status
        self.ok = True
        self.bodies: list[str] = []
        self.lockdown = False
        super().__init__(bolt_input=0, leaf_input=1)

    def accepts(self, request: web.BaseRequest) -> bool:
        if self.scheme == "header":
            return request.headers.get("X-Key") == self.password
        if self.scheme == "query":
            return request.query.get("pw") == self.password
        return super().accepts(request)

    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        body = (await request.read()).decode()
        self.bodies.append(body)
        on: bool | None = None
        if request.path in WORDS:
            on = request.path in ("/lock", "/lockdown", "/normal")
        elif request.method == "POST":
            on = bool(json.loads(body)["on"])
        what = Arrived.READ if on is None else Arrived.ON if on else Arrived.OFF
        return what, lambda: self._answer(request.path, on)

    def _answer(self, path: str, on: bool | None) -> web.Response:
        output = self.strobe if path.endswith("/2") else self.lock
        if on is not None:
            if self.ok and self.lock.fault is not LockFault.DEAF:
                self.switch(output, on)
                self.lockdown = path == "/lockdown"
            return web.json_response({"result": "OK" if self.ok else "locked out"}, status=self.dry_status)
        if path == "/mode":
            return web.json_response({"mode": "LOCKDOWN" if self.lockdown else "day"})
        if path == "/in.txt":
            lines = [f"IN{n}={int(state)}" for n in (0, 1) if (state := self.input(n)) is not None]
            return web.Response(text="\n".join(lines))
        if path.startswith("/api/out/"):
            return web.json_response({"outs": [{"on": output.on(self.now)}]})
        return web.Response(status=404)


class ModeBoardBench(WebDoorBench):
    """A board with a lockdown mode; no word of it locks a door that its schedule opens."""

    fake: FakeBoard
    schedule_wins = True

    def stands_locked(self) -> None:
        self.fake.switch(self.fake.lock, True)
        self.fake.clock.time += self.fake.lock.travel

    def shuts_out(self) -> bool:
        return self.fake.lockdown
