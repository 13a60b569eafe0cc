"""A camera over HTTP on a real socket that can be broken on order; its kind says where its picture is.

What it sees comes from the virtual campus; what goes wrong on the wire is here.
"""

import asyncio
import base64
import socket
from collections.abc import Sequence
from typing import Any, Self

from aiohttp import web

from notifier.campus.camera_model import CameraModel, Sight
from notifier.campus.digest_guard import Algorithm, DigestGuard, Verdict
from notifier.interfaces import Tools
from notifier.model.site import Camera
from notifier.testing.camera_bench import CameraBench, CameraTrouble
from tests.campus.hand_clock import HandClock

HOST = "127.0.0.1"
PASSWORD = "correct-horse-7"
WRONG = "not-the-password"
LIMITS = {"connect_limit": "4s", "reply_limit": "1s"}
"""Nothing here waits for a connection that does not come: that limit only has to outlast a busy machine."""
METADATA = "http://169.254.169.254/latest/meta-data/"
LOGIN_PAGE = "<!DOCTYPE html><html><title>Login</title><form><input type=password></form></html>"
SIGHTS = {CameraTrouble.FROZEN: Sight.FROZEN, CameraTrouble.BLANK: Sight.DARK}


class FakeCamera(CameraBench):
    """A JPEG at `path`; a subclass knows more."""

    driver = "http_still"
    path = "/snapshot.jpg"
    scheme = "digest"
    user = "admin"
    algorithm: Algorithm = "MD5"
    secrets: Sequence[str] = (PASSWORD, WRONG)

    def __init__(self, **settings: Any) -> None:
        self.clock = HandClock()
        self.model = CameraModel("c1")
        self.size = self.model.size
        self.settings = settings
        self.trouble: CameraTrouble | None = None
        self.guard = DigestGuard("camera", self.user, self.algorithm)
        self.asked: list[tuple[str, str]] = []
        """Method and path of every request with a good login."""
        self.refused = 0
        self.headers: dict[str, str] = {}
        """What stands beside each picture."""
        self._now, self._most = 0, 0
        self._let_go = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._http = web.Server(self._serve, handler_cancellation=True, access_log=None)
        self.port = 0

    # ------------------------------------------------------------------------------------------- the bench

    async def __aenter__(self) -> Self:
        await self._listen()
        self.camera = Camera(
            id="c1", zone="north", name="North hall", driver=self.driver, address=self.url,
            settings={**LIMITS, **self.written(PASSWORD), **self.settings},
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        self._unplug()
        await self._http.shutdown(0.1)

    def written(self, password: str) -> dict[str, Any]:
        """What its camera writes under `settings:`."""
        return {"path": self.path, "auth": self.scheme, "user": self.user, "password": password}

    def tools(self) -> Tools:
        return Tools(http=None, clock=self.clock, state_dir="", allow_addresses=("127.0.0.0/8",))

    def stranger(self) -> Camera | None:
        if self.scheme == "none":
            return None
        return self.camera.model_copy(update={"settings": {**self.camera.settings, **self.written(WRONG)}})

    def inflict(self, trouble: CameraTrouble) -> None:
        self.trouble = trouble
        self.model.sight = SIGHTS.get(trouble, Sight.CLEAR)
        if trouble is CameraTrouble.CUT:
            self._unplug()

    def mend(self) -> None:
        self.trouble, self.model.sight = None, Sight.CLEAR
        self._let_go.set()
        self._let_go = asyncio.Event()
        if self._server is None:
            # Bound at once, so that the very next connection is taken; served from the loop's next turn on.
            listening = socket.create_server((HOST, self.port))
            self._plugging = asyncio.get_running_loop().create_task(self._serve_on(listening))

    def let_pass(self, seconds: float) -> None:
        self.clock.time += seconds

    def did(self) -> Sequence[str]:
        return [f"{method} {path}" for method, path in self.asked if method != "GET"]

    def most_at_once(self) -> int:
        return self._most

    # ------------------------------------------------------------------------------------------- what it is

    def accepts(self, request: web.BaseRequest) -> bool:
        header = request.headers.get("Authorization", "")
        if self.scheme == "none":
            return True
        if self.scheme == "basic":
            return header == "Basic " + base64.b64encode(f"{self.user}:{PASSWORD}".encode()).decode()
        if self.scheme == "bearer":
            return header == f"Bearer {PASSWORD}"
        return self.guard.judge(header, request.method, request.raw_path, PASSWORD) is Verdict.ACCEPTED

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.raw_path != self.path:
            return web.Response(status=404, text="Not Found")
        return await self.send_picture(request)

    async def send_picture(self, request: web.BaseRequest) -> web.StreamResponse:
        jpeg = self.model.picture(self.clock.wall())
        headers = {"Content-Type": "image/jpeg", **self.headers}
        match self.trouble:
            case CameraTrouble.HANGS_MIDWAY:
                reply = web.StreamResponse(headers={**headers, "Content-Length": str(len(jpeg))})
                await reply.prepare(request)
                await reply.write(jpeg[: len(jpeg) // 2])
                await self._let_go.wait()
                return _dropped(request)
            case CameraTrouble.CUT_SHORT:
                return web.Response(body=jpeg[: len(jpeg) // 2], headers=headers)
            case CameraTrouble.TOO_LONG:  # a whole picture, with comments that nobody needs
                comment = b"\xff\xfe\xff\xff" + bytes(0xFFFF - 2)
                reply = web.StreamResponse(headers=headers)
                await reply.prepare(request)
                await reply.write(jpeg[:2])
                for _ in range(100):
                    await reply.write(comment)
                await reply.write(jpeg[2:])
                return reply
        return web.Response(body=jpeg, headers=headers)

    # ------------------------------------------------------------------------------------------- the socket

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def _listen(self) -> None:
        listening = socket.create_server((HOST, self.port))
        self.port = listening.getsockname()[1]
        await self._serve_on(listening)

    async def _serve_on(self, listening: socket.socket) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._http, sock=listening)

    def _unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._http.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self.accepts(request):
            self.refused += 1
            return self.unauthorized()
        self.asked.append((request.method, request.raw_path))
        self._now += 1
        self._most = max(self._most, self._now)
        try:
            match self.trouble:
                case CameraTrouble.HANGS:
                    await self._let_go.wait()
                    return _dropped(request)
                case CameraTrouble.BROKEN:
                    return web.Response(status=500, text="Internal Server Error")
                case CameraTrouble.LOGIN_PAGE:
                    return web.Response(text=LOGIN_PAGE, content_type="text/html")
                case CameraTrouble.ELSEWHERE:
                    return web.Response(status=302, headers={"Location": METADATA})
            return await self.answer(request)
        finally:
            self._now -= 1

    def unauthorized(self) -> web.Response:
        challenge = {"basic": 'Basic realm="camera"', "digest": self.guard.challenge()}.get(self.scheme, "")
        return web.Response(status=401, headers={"WWW-Authenticate": challenge} if challenge else {}, text="401")


def _dropped(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
