"""Any camera that streams over RTSP: one frame, fetched by ffmpeg. For cameras that hand out no JPEG.

It costs more than a still: a connection, and a second or two until the first key frame, with a processor at work. So at
most two run at once, each with a hard time limit, and an `http_still`, `onvif` or `axis` is better where there is one.
Address, user and password go to ffmpeg over its standard input, so they stand in no process list; what ffmpeg writes is
never repeated, for it may hold them. ffmpeg is told to speak RTSP over TCP and nothing else; a redirect to another RTSP
address it follows by itself, which cannot be forbidden: keep cameras on a network of their own.
Tried with ffmpeg 5.1 before our own imitation (H.264 over TCP, digest); with no camera yet.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ClassVar
from urllib.parse import quote, urlsplit

from pydantic import Field

from notifier.cameras._web_camera import Looks, plain, rules_of, still_of
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import CameraDriver, Still, Tools
from notifier.model.looks import LookRules
from notifier.model.outgoing import Outgoing, address_allowed, outgoing_allowed
from notifier.model.picture import LONGEST_PICTURE
from notifier.model.settings import SecretText
from notifier.model.site import Camera
from notifier.model.words import Duration
from notifier.wire.device_line import DeviceLine
from notifier.wire.device_settings import read_settings

AT_ONCE = 2
"""Decoders at work on this node: doors and pages need its processors more."""
STREAM = re.compile(r"rtsps?://[A-Za-z0-9._~:/?#@!$&()*+,;=%\[\]-]+")
"""What an address may hold: nothing that could end a line or a quotation of what ffmpeg is handed."""
FFMPEG = (
    "ffmpeg", "-hide_banner", "-loglevel", "error",
    "-protocol_whitelist", "pipe,rtsp,rtp,tcp,tls", "-f", "concat", "-safe", "0", "-i", "pipe:0",
    "-an", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1",
)  # fmt: skip
SCRIPT = "ffconcat version 1.0\nfile '{}'\noption rtsp_transport tcp\noption analyzeduration 200000\n"
MOST_WORDS = 16_384
"""Bytes of what ffmpeg says that are read."""
MEANS: tuple[tuple[str, Reason | None, str], ...] = (
    ("401 Unauthorized", Reason.CREDENTIALS, "refuses the user or password (settings: user, password)"),
    ("403 Forbidden", Reason.CREDENTIALS, "does not let this user look"),
    ("404 Not Found", Reason.NOT_SUPPORTED, "has no stream at this path (address)"),
    ("Protocol not found", Reason.NOT_SUPPORTED, "cannot be spoken to: this ffmpeg knows no RTSP"),
    ("Connection refused", None, "cannot be reached: check its power and network"),
    ("No route to host", None, "cannot be reached: check its power and network"),
)
"""What stands in ffmpeg's words, and what it means; anything else may pass."""


def stream_fault(address: str, allowed: Sequence[str] | None) -> str:
    """What is wrong with the address of a stream, or nothing; asked by `notifier check` too."""
    if STREAM.fullmatch(address) is None:
        return 'It is not the address of a stream: write it like "rtsp://10.0.0.61:554/stream2".'
    verdict = outgoing_allowed(f"http{address.removeprefix('rtsp')}", allowed or ())
    unknown = verdict is Outgoing.FORBIDDEN and allowed is None
    return "" if verdict is Outgoing.ALLOWED or unknown else verdict.sentence


class RtspStillSettings(Looks):
    """What a camera writes under `settings:`."""

    address_fault: ClassVar[Callable[[str, Sequence[str] | None], str]] = staticmethod(stream_fault)

    user: str | None = Field(default=None, pattern="^[^:]+$")
    password: SecretText | None = Field(default=None, repr=False)
    reply_limit: Duration = Field(default=8.0, gt=0, le=8.5)
    """Seconds until ffmpeg is ended. Many cameras send a key frame every two to five seconds."""


class RtspStill(CameraDriver):
    """One frame of a stream."""

    Settings = RtspStillSettings

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._lines: dict[str, DeviceLine[Still | AdapterError]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def rules(self, camera: Camera) -> LookRules:
        return rules_of(read_settings(RtspStillSettings, camera.settings))

    async def still(self, camera: Camera) -> Still:
        settings: RtspStillSettings = read_settings(RtspStillSettings, camera.settings)
        if fault := stream_fault(camera.address, self.tools.allow_addresses):
            raise WillNotWork(f"The camera's address cannot be used. {fault}", Reason.BAD_ADDRESS)

        async def fetch() -> Still | AdapterError:
            try:
                async with self._room:
                    return await self._fetched(camera, settings)
            except AdapterError as error:
                return error

        found = await self._lines.setdefault(camera.id, DeviceLine()).ask(f"{camera.address} {settings!r}", fetch)
        if isinstance(found, AdapterError):
            raise found
        return found

    async def _fetched(self, camera: Camera, settings: RtspStillSettings) -> Still:
        name = f"The camera at {urlsplit(camera.address).netloc}"
        try:
            async with asyncio.timeout(settings.reply_limit):
                host = await _judged(camera.address, self.tools.allow_addresses)
                jpeg, words = await _run(SCRIPT.format(_stream(camera.address, host, settings)).encode())
        except TimeoutError:
            raise TryAgain(f"{name} sent no frame within {settings.reply_limit:g} s.") from None
        except FileNotFoundError:
            text = "ffmpeg is missing on this node: type: sudo apt-get install -y ffmpeg."
            raise WillNotWork(text, Reason.NOT_SUPPORTED) from None
        except OSError:
            raise TryAgain(f"{name} cannot be reached: its name leads nowhere, or this node is out of means.") from None
        if len(jpeg) > LONGEST_PICTURE:
            raise WillNotWork(f"{name} sent a frame of more than {LONGEST_PICTURE} bytes.", Reason.NOT_SUPPORTED)
        if jpeg:
            return still_of(name, jpeg)
        for sign, reason, means in MEANS:
            if sign in words:
                raise TryAgain(f"{name} {means}.") if reason is None else WillNotWork(f"{name} {means}.", reason)
        raise TryAgain(f"{name} sent nothing that ffmpeg could read.")


async def _judged(address: str, allowed: Sequence[str]) -> str:
    """The host as it may be connected to: what a name leads to is judged, and that is what is asked. Raises OSError."""
    parts = urlsplit(address)
    known = await asyncio.get_running_loop().getaddrinfo(parts.hostname, parts.port or 554, type=socket.SOCK_STREAM)
    hosts = [str(each[4][0]) for each in known]
    if not all(address_allowed(host, allowed) for host in hosts):
        raise WillNotWork("The camera's name leads to this machine itself or a link-local address.", Reason.BAD_ADDRESS)
    return f"[{hosts[0]}]" if ipaddress.ip_address(hosts[0].partition("%")[0]).version == 6 else hosts[0]


def _stream(address: str, host: str, settings: RtspStillSettings) -> str:
    parts = urlsplit(address)
    login = ""
    if settings.user is not None:
        login = f"{quote(settings.user, safe='')}:{quote(plain(settings.password), safe='')}@"
    return parts._replace(netloc=f"{login}{host}:{parts.port or 554}").geturl()


async def _run(script: bytes) -> tuple[bytes, str]:
    """What ffmpeg brings and says; it is ended with whoever waits for it."""
    child = await asyncio.create_subprocess_exec(
        *FFMPEG, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None  # noqa: S101 all three are pipes
    assert child.stdout is not None  # noqa: S101 as above
    assert child.stderr is not None  # noqa: S101 as above
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.write(script)
            await child.stdin.drain()
        child.stdin.close()
        reading = (_read(child.stdout, LONGEST_PICTURE + 1), _read(child.stderr, MOST_WORDS))
        brought, words = await asyncio.gather(*reading)
        return brought, words.decode("utf-8", "replace")
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        await child.wait()


async def _read(stream: asyncio.StreamReader, most: int) -> bytes:
    found = bytearray()
    while len(found) < most and (piece := await stream.read(65_536)):
        found += piece
    return bytes(found[:most])
