"""A push service and the browsers that subscribed to it: it checks who pushes, keeps what is pending by topic, and its
browsers decrypt. Written after RFC 8030, 8188, 8291 and 8292, apart from the channel's own code.
"""

import asyncio
import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey

from notifier.channels.web_push import WebPush, WebPushSettings
from notifier.clock import SystemClock
from notifier.interfaces import Tools
from notifier.model.push import Subscription
from notifier.testing.far_end import Far, FarEnd, Taken

VAPID_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
CONTACT = "mailto:it@maplewood.example"


def b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """One subscription: its keys never leave it."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    gone: bool = False

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def opens(self, body: bytes) -> bytes:
        """Raises if it is not for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + self.public + sender
        secret = HKDF(hashes.SHA256(), 32, self.auth, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert padded[-1:] == b"\x02"
        return padded[:-1]


class PushService(FarEnd):
    busy_delay = 7.0
    secrets = (VAPID_PRIVATE,)
    bad_address: str
    """Of a browser that has let go of its subscription."""

    def __init__(self) -> None:
        self.how = Far.WELL
        self.browsers: dict[str, Browser] = {}
        self.shown: list[tuple[Browser, dict[str, object], dict[str, str]]] = []
        """Browser, decrypted message, headers of the request."""
        self.pending: dict[tuple[str, str], int] = {}
        """(browser, topic) to how many were pushed: only the last stays."""
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._stopped = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def good_address(self) -> str:  # type: ignore[override]  # known only once it listens
        return self.address_of(self.ada)

    def address_of(self, browser: Browser) -> str:
        return Subscription(f"{self.url}/wpush/{browser.id}", browser.public, browser.auth).address()

    def subscribes(self) -> Browser:
        made = Browser()
        self.browsers[made.id] = made
        return made

    async def start(self) -> None:
        self._stopped.clear()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        if self._port == 0:
            self._port = self._runner.addresses[0][1]
            self.ada, gone = self.subscribes(), self.subscribes()
            gone.gone = True
            self.bad_address = self.address_of(gone)

    async def stop(self) -> None:
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def behave(self, how: Far) -> None:
        self.how = how

    def taken(self) -> Sequence[Taken]:
        return [Taken(self.address_of(who), str(said["body"]), str(said["title"])) for who, said, _ in self.shown]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body, how = await request.read(), self.how
        if how is Far.RESET:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if how is Far.HANGS:
            await self._stopped.wait()
        if how is Far.BUSY:
            return web.Response(status=429, headers={"Retry-After": "7"})
        if how is Far.STRANGER or not self._vapid(request.headers.get("Authorization", "")):
            return web.Response(status=403)
        if how is Far.BROKEN:
            return web.Response(status=503)
        browser = self.browsers.get(request.path.rpartition("/")[2])
        if request.method != "POST" or browser is None:
            if how is Far.TAKES_AND_HANGS:
                await self._stopped.wait()
            return web.Response(status=404)
        if browser.gone:
            return web.Response(status=410)
        if len(body) > 4096:
            return web.Response(status=413)
        if "TTL" not in request.headers or request.headers.get("Content-Encoding") != "aes128gcm":
            return web.Response(status=400)
        topic = request.headers.get("Topic", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,32}", topic):
            return web.Response(status=400)
        self.pending[browser.id, topic] = self.pending.get((browser.id, topic), 0) + 1
        self.shown.append((browser, json.loads(browser.opens(body)), dict(request.headers)))
        if how is Far.TAKES_AND_HANGS:
            await self._stopped.wait()
        if how is Far.NONSENSE:
            return web.Response(text="<html>Welcome to the hotel's network", content_type="text/html")
        return web.Response(status=201, headers={"Location": f"{self.url}/message/{len(self.shown)}"})

    def _vapid(self, header: str) -> bool:
        """A claim for this very service, signed by the key beside it, not older and not longer than a day."""
        found = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", header)
        if found is None:
            return False
        point = b64(found[2])
        jwk = {"kty": "EC", "crv": "P-256"}
        x, y = (urlsafe_b64encode(half).rstrip(b"=").decode() for half in (point[1:33], point[33:]))
        claim = json.loads(jws.deserialize_compact(found[1], ECKey.import_key({**jwk, "x": x, "y": y})).payload)
        left = claim["exp"] - SystemClock().wall().timestamp()
        return claim["aud"] == self.url and claim["sub"] == CONTACT and 0 < left <= 86400

    def make(self, tools: Tools, **more: object) -> WebPush:
        plain = {
            "contact": CONTACT,
            "private_key": VAPID_PRIVATE,
            "services": [f"127.0.0.1:{self._port}"],
            "timeout": "500ms",
            "connect_timeout": "400ms",
        }
        return WebPush("browsers", WebPushSettings.model_validate(plain | more), tools)
