"""An Axis speaker as VAPIX describes it: digest, one talker at a time, a live stream; with faults on order."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Self

from aiohttp import web

from notifier.model.site import Speaker
from notifier.testing.check_speaker_channel import Ears

USER, PASSWORD = "pager", "made-up-password"
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


class AxisDevice:
    """`plays`: what came, stream by stream. `fault`: "", "500", "slow", "reset", "hangs up" or "mute"."""

    def __init__(self, algorithm: str = "MD5") -> None:
        self.algorithm, self.fault, self.password = algorithm, "", PASSWORD
        self.plays: list[bytearray] = []
        self.asked: list[str] = []
        self.talking = self.mixed = False
        self.url = ""
        self._nonces: dict[str, set[str]] = {}
        self._news = asyncio.Event()

    async def open(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # asyncio's server has them
        self.url = f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        await self._runner.cleanup()

    def forget_nonces(self) -> None:
        self._nonces.clear()

    async def until(self, heard: Callable[[], bool]) -> None:
        while not heard():
            self._news.clear()
            await self._news.wait()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        if self.fault == "reset":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.fault == "slow":
            await asyncio.sleep(30)
        if self.fault == "500":
            return web.Response(status=500)
        if not self._knows(request):
            nonce = secrets.token_hex(8)
            self._nonces[nonce] = set()
            asks = f'Digest realm="AXIS_ACCC8E000001", nonce="{nonce}", algorithm={self.algorithm}, qop="auth"'
            return web.Response(status=401, headers={"WWW-Authenticate": asks})
        if request.path == "/axis-cgi/param.cgi":
            return web.Response(text="root.Properties.Audio.Audio=yes\nroot.Properties.Audio.Source.A0.Output=yes\n")
        if request.path == "/axis-cgi/audio/transmit.cgi" and request.method == "POST":
            return await self._listen(request)
        return web.Response(status=404)

    async def _listen(self, request: web.BaseRequest) -> web.Response:
        if request.content_type != "audio/basic":
            return web.Response(status=415)
        if self.talking:
            self.mixed = True
            return web.Response(status=503)
        self.talking = True
        heard = bytearray()
        try:
            async for piece in request.content.iter_any():
                if not heard:
                    self.plays.append(heard)
                heard += piece
                self._news.set()
                if self.fault == "hangs up" and len(heard) > 3000:
                    assert request.transport is not None
                    request.transport.abort()
        finally:
            self.talking = False
        return web.Response(status=204)

    def _knows(self, request: web.BaseRequest) -> bool:
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        said = {name: quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
        seen = self._nonces.get(said.get("nonce", ""))
        if scheme != "Digest" or seen is None or said["nc"] in seen or said["uri"] != str(request.rel_url):
            return False
        seen.add(said["nc"])
        make = hashlib.md5 if self.algorithm == "MD5" else hashlib.sha256
        ha1 = make(f"{USER}:AXIS_ACCC8E000001:{self.password}".encode()).hexdigest()
        ha2 = make(f"{request.method}:{said['uri']}".encode()).hexdigest()
        line = f"{ha1}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{ha2}"
        return said["username"] == USER and said["response"] == make(line.encode()).hexdigest()


class AxisEars(Ears):
    bad_address = "ftp://10.0.0.9"
    speakers: Sequence[Speaker]

    def __init__(self) -> None:
        self.devices = [AxisDevice("MD5"), AxisDevice("SHA-256")]

    async def __aenter__(self) -> Self:
        for device in self.devices:
            await device.open()
        hall, yard = (device.url for device in self.devices)
        places = (("hall", hall), ("gym", hall), ("yard", yard))
        self.speakers = [Speaker(id=name, zone="north", channel="axis_audio", address=url) for name, url in places]
        return self

    async def __aexit__(self, *_: object) -> None:
        for device in self.devices:
            await device.close()

    def _at(self, address: str) -> AxisDevice:
        return next(device for device in self.devices if device.url == address)

    def pages(self, address: str) -> Sequence[bytes]:
        return [bytes(heard) for heard in self._at(address).plays]

    def mixed(self, address: str) -> bool:
        return self._at(address).mixed

    async def until(self, heard: Callable[[], bool]) -> None:
        waiting = [asyncio.ensure_future(device.until(heard)) for device in self.devices]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
