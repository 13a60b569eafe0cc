"""Campus cameras on real sockets: a JPEG by HTTP at one path, digest where a camera has a password; one port each."""

from __future__ import annotations

import asyncio
import socket
from typing import Self

from aiohttp import web

from notifier.campus.camera_model import CameraModel
from notifier.campus.digest_guard import DigestGuard, Verdict
from notifier.campus.relay_device import Wire
from notifier.clock import Clock

HOST = "127.0.0.1"
PATH = "/snapshot.jpg"


class CameraServer:
    """`async with CameraServer(clock) as server: url = server.add(camera)`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._cameras: dict[int, tuple[CameraModel, DigestGuard]] = {}
        self._ports: dict[int, asyncio.Task[asyncio.Server]] = {}
        self._changed = asyncio.Event()
        self._http = web.Server(self._serve, handler_cancellation=True, access_log=None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        starting = tuple(self._ports.values())
        for port in tuple(self._ports):
            self._stop_listening(port)
        await asyncio.gather(*starting)
        await self._http.shutdown(0.1)

    def add(self, camera: CameraModel) -> str:
        """Put the camera on the network; returns its address. Needs a running loop."""
        listening = socket.create_server((HOST, 0))
        port = listening.getsockname()[1]
        self._cameras[port] = camera, DigestGuard(camera.id, camera.user, "MD5")
        self._listen(port, listening)
        camera.listeners.append(lambda: self._follow(port))
        return f"http://{HOST}:{port}"

    def _listen(self, port: int, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._ports[port] = loop.create_task(loop.create_server(self._http, sock=listening))

    def _stop_listening(self, port: int) -> None:
        starting = self._ports.pop(port)
        if starting.done():
            starting.result().close()  # at once, so that the port is free to be plugged in again
        else:
            starting.add_done_callback(lambda started: started.result().close())
        for connection in self._http.connections:
            if connection.transport and connection.transport.get_extra_info("sockname")[1] == port:
                connection.transport.abort()

    def _follow(self, port: int) -> None:
        unplugged = self._cameras[port][0].wire is Wire.UNPLUGGED
        if unplugged and port in self._ports:
            self._stop_listening(port)
        elif not unplugged and port not in self._ports:
            self._listen(port, socket.create_server((HOST, port)))
        self._changed.set()
        self._changed = asyncio.Event()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        camera, guard = self._cameras[request.get_extra_info("sockname", (HOST, 0))[1]]
        if camera.password is not None:
            header = request.headers.get("Authorization")
            if guard.judge(header, request.method, request.raw_path, camera.password) is not Verdict.ACCEPTED:
                return web.Response(status=401, headers={"WWW-Authenticate": guard.challenge()})
        if request.method != "GET" or request.raw_path != PATH:
            return web.Response(status=404, text="Not Found")
        while camera.wire is Wire.HANGS:
            await self._changed.wait()
        if camera.wire is Wire.NONSENSE:
            return web.Response(text="<html>Welcome to the guest network</html>", content_type="text/html")
        if camera.wire is not Wire.WELL:
            return web.Response(status=503 if camera.wire is Wire.BUSY else 500)
        return web.Response(body=camera.picture(self.clock.wall()), content_type="image/jpeg")
