"""A device over HTTP on a real socket that can be broken on order; what it says is its subclass's own wire format.

Every request lands in `requests` once its login was accepted, so a test sees what really reached the device.
"""

import asyncio
import base64
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

from aiohttp import web

from notifier.campus.digest_guard import Algorithm, DigestGuard, Verdict
from notifier.campus.door_model import DoorModel, Output
from notifier.campus.relay_device import Wire
from notifier.interfaces import Tools
from notifier.testing.door_bench import Arrived
from tests.campus.hand_clock import HandClock

HOST = "127.0.0.1"
PASSWORD = "correct-horse-7"
LIMITS = {"connect_limit": "300ms", "reply_limit": "600ms"}


def tools() -> Tools:
    return Tools(http=None, clock=HandClock(), state_dir="", allow_addresses=("127.0.0.0/8",))


class FakeWeb(ABC):
    """One lock (`lock`, bolt contact on `bolt_input`) and one beacon (`strobe`), as its subclass presents them."""

    scheme = "none"
    user = "admin"
    digest_algorithm: Algorithm = "SHA-256"

    def __init__(self, *, bolt_input: int, leaf_input: int, password: str | None = PASSWORD) -> None:
        self.clock = HandClock()
        self.lock = DoorModel(bolt_input=bolt_input, leaf_input=leaf_input)
        self.strobe = Output()
        self.password = password
        self.wire = Wire.WELL
        self.requests: list[tuple[Arrived, str]] = []
        self.refused = 0
        self.guard = DigestGuard("device", self.user, self.digest_algorithm)
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._http = web.Server(self._serve, handler_cancellation=True, access_log=None)
        self.port = 0

    # ------------------------------------------------------------------------------------------- what it is

    @abstractmethod
    async def judge(self, request: web.BaseRequest) -> tuple[Arrived, Callable[[], web.Response]]:
        """What the request is, and what does it and answers; nothing is done before that is called."""

    def accepts(self, request: web.BaseRequest) -> bool:
        """Whether the request's login is right."""
        if self.password is None or self.scheme == "none":
            return True
        header = request.headers.get("Authorization", "")
        if self.scheme == "basic":
            return header == "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self.scheme == "bearer":
            return header == f"Bearer {self.password}"
        verdict = self.guard.judge(header or None, request.method, request.raw_path, self.password)
        return verdict is Verdict.ACCEPTED

    def unauthorized(self) -> web.Response:
        challenge = {"basic": 'Basic realm="device"', "digest": self.guard.challenge()}.get(self.scheme, "")
        return web.Response(status=401, headers={"WWW-Authenticate": challenge} if challenge else {}, text="401")

    # ------------------------------------------------------------------------------------------- the socket

    async def __aenter__(self) -> Self:
        await self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.unplug()
        await self._http.shutdown(0.1)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def plug_in(self) -> None:
        listening = socket.create_server((HOST, self.port))
        self.port = listening.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(self._http, sock=listening)

    def unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._http.connections:
            if connection.transport is not None:
                connection.transport.abort()

    def set_wire(self, wire: Wire) -> None:
        before, self.wire = self.wire, wire
        if wire is Wire.UNPLUGGED:
            self.unplug()
        elif before is Wire.UNPLUGGED and self._server is None:
            # Bound at once, so that the very next connection is taken; served from the loop's next turn on.
            listening = socket.create_server((HOST, self.port))
            loop = asyncio.get_running_loop()
            self._plugging = loop.create_task(loop.create_server(self._http, sock=listening))
            self._plugging.add_done_callback(lambda done: setattr(self, "_server", done.result()))
        self._tell()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def now(self) -> float:
        return self.clock.now()

    def switch(self, output: Output, on: bool) -> None:
        output.switch(on, self.now)

    def input(self, number: int) -> bool | None:
        return self.lock.inputs(self.now).get(number)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self.accepts(request):
            self.refused += 1
            return self.unauthorized()
        what, deed = await self.judge(request)
        self.requests.append((what, request.raw_path))
        self._tell()
        if self.wire is Wire.HANGS:
            await self.until(lambda: self.wire is not Wire.HANGS)
            return _drop(request)
        if self.wire is Wire.HOLDS_READS and what is Arrived.READ:
            await self.until(lambda: self.wire is not Wire.HOLDS_READS)
        if self.wire is Wire.SERVER_ERROR:
            return web.Response(status=500, text="Internal Server Error")
        if self.wire is Wire.BUSY:
            return web.Response(status=503, text="Service Unavailable")
        if self.wire is Wire.NONSENSE:
            return web.Response(text="<html>Welcome to the guest network</html>", content_type="text/html")
        answer = deed()
        if self.wire is Wire.RESET:
            return await _break_off(request, bytes(answer.body or b"") or b"ok")  # type: ignore[arg-type]  # bytes here
        return answer


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _break_off(request: web.BaseRequest, whole: bytes) -> web.StreamResponse:
    reply = web.StreamResponse(headers={"Content-Length": str(len(whole) + 8)})
    await reply.prepare(request)
    await reply.write(whole[: len(whole) // 2])
    _drop(request)
    return reply
