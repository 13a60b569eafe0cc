"""An invented relay board with an HTTP interface, with each of the logins that such boards ask for."""

import json
from collections.abc import Callable

from aiohttp import web

from notifier.campus.digest_guard import Algorithm
from notifier.testing.door_bench import Arrived
from tests.doors.web_fake import FakeWeb


class FakeBoard(FakeWeb):
    """`POST /api/out/1 {"on": true}`, `GET /api/out/1`, `GET /in.txt`, and plain `GET /lock`, `GET /unlock`."""

    def __init__(self, scheme: str = "none", algorithm: Algorithm = "SHA-256", dry_status: int = 200) -> None:
        self.scheme, self.digest_algorithm = scheme, algorithm
        self.dry_status = dry_status
        self.ok = True
        self.bodies: list[str] = []
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
        if request.path in ("/lock", "/unlock"):
            on = request.path == "/lock"
        elif request.method == "POST":
            on = bool(json.loads(body)["on"])
        what = Arrived.READ if on is None else Arrived.ON if on else Arrived.OFF
        return what, lambda: self._answer(request.path, on)

    def _answer(self, path: str, on: bool | None) -> web.Response:
        output = self.strobe if path.endswith("/2") else self.lock
        if on is not None:
            if self.ok:
                self.switch(output, on)
            return web.json_response({"result": "OK" if self.ok else "locked out"}, status=self.dry_status)
        if path == "/in.txt":
            lines = [f"IN{n}={int(state)}" for n in (0, 1) if (state := self.input(n)) is not None]
            return web.Response(text="\n".join(lines))
        if path.startswith("/api/out/"):
            return web.json_response({"outs": [{"on": output.on(self.now)}]})
        return web.Response(status=404)
