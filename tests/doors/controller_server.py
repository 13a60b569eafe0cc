"""One door controller or cloud on a real socket whose wire can be broken on order; what it answers is handed in."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from notifier.campus.relay_device import Wire
from notifier.testing.door_bench import Arrived

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it reached the device."""

    method: str
    path: str
    raw_path: str
    headers: dict[str, str]
    body: bytes


Answering = Callable[[Asked], web.Response]
Naming = Callable[[Asked], Arrived | None]


class ControllerServer:
    """`guard` answers for a request that is not let in, else None; `naming` says what a request is (None: neither)."""

    def __init__(
        self,
        answer: Answering,
        naming: Naming,
        guard: Callable[[Asked], web.Response | None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer, self.naming, self.guard = answer, naming, guard
        self.wire = Wire.WELL
        self.arrived: list[Arrived] = []
        self.seen: list[Asked] = []
        self.refused = 0
        self.port = 0
        self._tls = tls
        self._changed = asyncio.Event()
        self._listening: asyncio.Server | None = None
        self._http = web.Server(self._serve, handler_cancellation=True, access_log=None, keepalive_timeout=120.0)

    async def start(self) -> str:
        listening = socket.create_server((HOST, self.port))
        self.port = listening.getsockname()[1]
        self._listening = await asyncio.get_running_loop().create_server(self._http, sock=listening, ssl=self._tls)
        return f"http{'s' if self._tls else ''}://{HOST}:{self.port}"

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
        for connection in self._http.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await self._http.shutdown(0.1)

    def set_wire(self, wire: Wire) -> None:
        was, self.wire = self.wire, wire
        if wire is Wire.UNPLUGGED and self._listening is not None:
            self._listening.close()
            self._listening = None
            for connection in self._http.connections:
                if connection.transport is not None:
                    connection.transport.abort()
        elif was is Wire.UNPLUGGED and wire is not Wire.UNPLUGGED:
            listening = socket.create_server((HOST, self.port))
            self._starting = asyncio.get_running_loop().create_task(self._listen_again(listening))
        self._tell()

    async def _listen_again(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._http, sock=listening, ssl=self._tls)

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = Asked(request.method, request.path, request.raw_path, dict(request.headers), await request.read())
        if (kept_out := self.guard(asked)) is not None:
            self.refused += 1
            return kept_out
        what = self.naming(asked)
        if what is not None:
            self.arrived.append(what)
            self.seen.append(asked)
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
        answer = self.answer(asked)
        if self.wire is not Wire.RESET:
            return answer
        whole = answer.body if isinstance(answer.body, bytes) and answer.body else b"{}"
        broken = web.StreamResponse(headers={"Content-Length": str(len(whole))})
        await broken.prepare(request)
        await broken.write(whole[: len(whole) // 2])
        _drop(request)
        return broken


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
