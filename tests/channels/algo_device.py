"""An Algo endpoint as its RESTful API guide describes it: HMAC with a clock, files, a status; with faults on order."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, Self

from aiohttp import web

from notifier.clock import SystemClock
from notifier.model.site import Speaker
from notifier.testing.check_speaker_channel import Ears

PASSWORD = "made-up-password"
SECONDS = {"attention.wav": 0.8, "drill-attention.wav": 1.0, "lockdown.wav": 2.0, "chime.wav": 0.4}
TICK = 0.02


class AlgoDevice:
    """`plays`: what came out of it, page by page. `fault`: "", "500", "slow", "reset", "silent", "stuck" or "blind"."""

    def __init__(self, password: str | None = PASSWORD) -> None:
        self.password, self.clock, self.skew, self.fault = password, SystemClock(), 0.0, ""
        self.plays: list[tuple[str, bytearray]] = []
        self.mixed = False
        self.asked: list[tuple[str, Any]] = []
        self.url = ""
        self._left: float = 0.0
        self._nonces: set[str] = set()
        self._news = asyncio.Event()

    async def open(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # asyncio's server has them
        self.url = f"http://127.0.0.1:{port}"
        self._ticking = asyncio.create_task(self._speak())

    async def close(self) -> None:
        self._ticking.cancel()
        with suppress(asyncio.CancelledError):
            await self._ticking
        await self._runner.cleanup()

    @property
    def on(self) -> bool:
        return self._left > 0

    async def until(self, heard: Callable[[], bool]) -> None:
        while not heard():
            self._news.clear()
            await self._news.wait()

    async def _speak(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            if self._left > 0:
                name, heard = self.plays[-1]
                heard += (name * 160).encode()[: round(8000 * TICK)]
                self._left -= TICK
            self._news.set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if self.fault == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.fault == "slow":
            await asyncio.sleep(30)
        if self.fault == "500":
            return web.Response(status=500)
        if not self._knows(request, body):
            return web.json_response({"error": "unauthorized"}, status=401)
        said = json.loads(body) if body else None
        self.asked.append((request.path, said))
        match request.method, request.path:
            case "GET", "/api/info/about":
                return web.json_response({"Product Name": "8180g2", "Firmware Version": "5.5"})
            case "GET", "/api/info/status":
                return self._status()
            case "POST", "/api/controls/tone/start":
                return self._start(said["path"], loop=said["loop"])
            case "POST", "/api/controls/tone/stop":
                if self.fault != "stuck":
                    self._left = 0.0
                return web.json_response({"result": "ok"})
        return web.Response(status=404)

    def _status(self) -> web.Response:
        if self.fault == "blind":
            return web.Response(status=404)
        action = f"Playing {self.plays[-1][0]}" if self.on else "Idle"
        return web.json_response({"Device Name": "hall", "Current Action": action, "Volume": "8"})

    def _start(self, name: str, *, loop: bool) -> web.Response:
        if name not in SECONDS:
            return web.json_response({"error": "no such file"}, status=400)
        if self.fault == "silent":
            return web.json_response({"result": "ok"})
        self.mixed = self.mixed or self.on
        self._left = 1e9 if loop else SECONDS[name]
        self.plays.append((name, bytearray((name * 160).encode()[:160])))  # its first 20 ms
        return web.json_response({"result": "ok"})

    def _knows(self, request: web.BaseRequest, body: bytes) -> bool:
        """As the guide says: the MAC over what came, a clock within 30 s, no nonce twice in one second."""
        if self.password is None:
            return True
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        if scheme != "hmac" or rest.count(":") != 2:
            return False
        user, nonce, given = rest.split(":")
        when = int(parsedate_to_datetime(request.headers["Date"]).timestamp())
        if abs(self.clock.wall().timestamp() + self.skew - when) > 30 or f"{when}:{nonce}" in self._nonces:
            return False
        digest = hashlib.md5(body).hexdigest()
        if body and request.headers.get("Content-MD5") != digest:
            return False
        parts = [request.method, request.path, *([digest, "application/json"] if body else []), str(when), nonce]
        wanted = hmac.new(self.password.encode(), ":".join(parts).encode(), hashlib.sha256).hexdigest()
        self._nonces.add(f"{when}:{nonce}")
        return user == "admin" and hmac.compare_digest(wanted, given)


class AlgoEars(Ears):
    bad_address = "ftp://10.0.0.9"
    speakers: Sequence[Speaker]

    def __init__(self) -> None:
        self.devices = [AlgoDevice(), AlgoDevice()]

    async def __aenter__(self) -> Self:
        for device in self.devices:
            await device.open()
        hall, yard = (device.url for device in self.devices)
        places = (("hall", hall), ("gym", hall), ("yard", yard))
        self.speakers = [Speaker(id=name, zone="north", channel="algo", address=url) for name, url in places]
        return self

    async def __aexit__(self, *_: object) -> None:
        for device in self.devices:
            await device.close()

    def device(self, address: str) -> AlgoDevice:
        return next(device for device in self.devices if device.url == address)

    def pages(self, address: str) -> Sequence[bytes]:
        """A file that is played again within a page is one page: as they are told apart here, by what is played."""
        played = self.device(address).plays
        joined: list[bytes] = []
        for n, (name, heard) in enumerate(played):
            if n and name == "lockdown.wav" and played[n - 1][0] == name:
                joined[-1] += bytes(heard)
            else:
                joined.append(bytes(heard))
        return [heard for heard in joined if heard]

    def mixed(self, address: str) -> bool:
        return self.device(address).mixed

    async def until(self, heard: Callable[[], bool]) -> None:
        waiting = [asyncio.ensure_future(device.until(heard)) for device in self.devices]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
