"""Campus devices on real sockets, in the wire format of Shelly Gen2: one HTTP server, one listening port per device.

Every port hands its connections to the same aiohttp server, so a device costs one bound socket and nothing else.
Sources: shelly-api-docs.shelly.cloud gen2 General/RPCChannels, RPCProtocol, Authentication.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any, Self

from aiohttp import web

from notifier.campus.digest_guard import DigestGuard, Verdict
from notifier.campus.relay_device import RelayDevice, Seen, Wire
from notifier.campus.shelly_rpc import NO_HANDLER, OPEN_METHODS, RpcFault, answer, device_info, is_read
from notifier.clock import Clock

HOST = "127.0.0.1"


class ShellyServer:
    """`async with ShellyServer(clock) as server: url = server.add(device)`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._devices: dict[int, RelayDevice] = {}
        self._guards: dict[int, DigestGuard] = {}
        self._ports: dict[int, asyncio.Task[asyncio.Server]] = {}
        self._changed = asyncio.Event()
        self._http = web.Server(self._serve, handler_cancellation=True, access_log=None, keepalive_timeout=120.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        starting = tuple(self._ports.values())
        for port in tuple(self._ports):
            self._stop_listening(port)
        await asyncio.gather(*starting)
        await self._http.shutdown(0.1)

    def add(self, device: RelayDevice, port: int = 0) -> str:
        """Put the device on the network; returns its address. `port` 0: any free one. Needs a running loop."""
        listening = socket.create_server((HOST, port))
        port = listening.getsockname()[1]
        self._devices[port], self._guards[port] = device, DigestGuard(device.id)
        self._listen(port, listening)
        device.listeners.append(lambda: self._follow(port))
        return f"http://{HOST}:{port}"

    def forget_nonces(self, device: RelayDevice) -> None:
        """As after its restart: every digest nonce handed out so far is stale."""
        for port, known in self._devices.items():
            if known is device:
                self._guards[port].forget_nonces()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is asked after every request and every change of a wire."""
        while not condition():
            await self._changed.wait()

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
        unplugged = self._devices[port].wire is Wire.UNPLUGGED
        if unplugged and port in self._ports:
            self._stop_listening(port)
        elif not unplugged and port not in self._ports:
            self._listen(port, socket.create_server((HOST, port)))
        self._changed.set()
        self._changed = asyncio.Event()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        port = request.get_extra_info("sockname", (HOST, 0))[1]
        device = self._devices[port]
        if request.path == "/shelly":
            return web.json_response(device_info(device))
        if not request.path.startswith("/rpc"):
            return web.Response(status=404, text="Not Found")
        try:
            frame = await _frame(request)
        except ValueError:
            return web.json_response({"code": -103, "message": "Bad request!"}, status=500)
        method, params = frame["method"], frame["params"]
        if device.password is not None and method not in OPEN_METHODS:
            header = request.headers.get("Authorization")
            verdict = self._guards[port].judge(header, request.method, request.raw_path, device.password)
            if verdict is not Verdict.ACCEPTED:
                device.refused += 1
                challenge = self._guards[port].challenge(stale=verdict is Verdict.STALE)
                return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        relay = params.get("id", 0)
        device.saw(Seen(method, self.clock.now(), params.get("on"), relay if isinstance(relay, int) else 0))
        return await self._behave(request, device, frame)

    async def _behave(
        self, request: web.BaseRequest, device: RelayDevice, frame: Mapping[str, Any]
    ) -> web.StreamResponse:
        if device.slow:
            await self.clock.sleep(device.slow)
        if device.wire is Wire.HANGS:
            await self.until(lambda: device.wire is not Wire.HANGS)
            return _drop(request)
        if device.wire is Wire.HOLDS_READS and is_read(frame["method"]):
            await self.until(lambda: device.wire is not Wire.HOLDS_READS)
        if device.wire is Wire.SERVER_ERROR:
            return web.Response(status=500, text="Internal Server Error")
        if device.wire is Wire.BUSY:
            return web.Response(status=503, text="Service Unavailable")
        if device.wire is Wire.NONSENSE:
            return web.Response(text="<html>Welcome to the guest network</html>", content_type="text/html")
        status, body = _reply(device, frame, self.clock.now())
        if device.wire is Wire.RESET:
            return await _break_off(request, body)
        return web.json_response(body, status=status)


async def _frame(request: web.BaseRequest) -> dict[str, Any]:
    """A request as one frame, whichever of the three ways it came; ValueError if it is none."""
    named = request.path.removeprefix("/rpc").strip("/")
    if request.method == "GET":
        params = {name: _value(text) for name, text in request.query.items()}
        return {"method": named, "params": params}
    body = json.loads(await request.text() or "{}")
    if not isinstance(body, dict):
        raise ValueError("not an object")
    if named:
        return {"method": named, "params": body}
    if not isinstance(body.get("method"), str) or not isinstance(body.get("params", {}), dict):
        raise ValueError("not a frame")
    return {"id": body.get("id"), "src": body.get("src"), "method": body["method"], "params": body.get("params", {})}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reply(device: RelayDevice, frame: Mapping[str, Any], now: float) -> tuple[int, dict[str, Any]]:
    envelope = {"id": frame["id"], "src": device.id, "dst": frame["src"]} if "id" in frame else None
    try:
        result = answer(device, frame["method"], frame["params"], now)
    except RpcFault as fault:
        error = {"code": fault.code, "message": str(fault)}
        if envelope is not None:
            return 200, {**envelope, "error": error}
        return (404 if fault.code == NO_HANDLER else 500), error
    return 200, result if envelope is None else {**envelope, "result": result}


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _break_off(request: web.BaseRequest, body: Mapping[str, Any]) -> web.StreamResponse:
    whole = json.dumps(body).encode()
    reply = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
    await reply.prepare(request)
    await reply.write(whole[: len(whole) // 2])
    _drop(request)
    return reply
