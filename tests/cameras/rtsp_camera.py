"""An RTSP camera on a real socket: H.264 in RTP, interleaved over the one TCP connection, HTTP digest.

Sources: RFC 2326 (RTSP 1.0; interleaved data, section 10.12), RFC 3550 (RTP), RFC 6184 (H.264 in RTP, FU-A).
"""

import asyncio
import base64
import re
import shutil
import struct
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Self

from notifier.campus.camera_model import CameraModel, Sight
from notifier.campus.digest_guard import DigestGuard, Verdict
from notifier.interfaces import Tools
from notifier.model.site import Camera
from notifier.testing.camera_bench import CameraBench, CameraTrouble
from tests.cameras.camera_device import HOST, PASSWORD, SIGHTS, WRONG
from tests.campus.hand_clock import HandClock

MISSING = "ffmpeg is missing; type: sudo apt-get install -y ffmpeg"
PIECE = 1200
"""Bytes of one RTP packet, as on Ethernet."""
NAL = re.compile(b"\x00\x00\x00?\x01")
SPS, PPS, KEY = 7, 8, 5
FRAMES = 4
"""Pictures in the loop that it sends."""


def has_ffmpeg() -> bool:
    return shutil.which("ffmpeg") is not None


async def encoded(jpegs: Sequence[bytes]) -> list[bytes]:
    """The pictures as H.264, one NAL unit after the other, each picture a key frame."""
    command = "ffmpeg -loglevel error -f image2pipe -c:v mjpeg -i pipe:0 -c:v libx264 -preset ultrafast -g 1"
    command += " -pix_fmt yuv420p -bf 0 -f h264 pipe:1"
    made = await asyncio.create_subprocess_exec(
        *command.split(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await made.communicate(b"".join(jpegs))
    finally:
        if made.returncode is None:
            made.kill()
            await made.wait()
    return [unit for unit in NAL.split(out) if unit]


class FakeRtspCamera(CameraBench):
    secrets: Sequence[str] = (PASSWORD, WRONG)
    patience = 60.0
    cannot = frozenset({
        CameraTrouble.HANGS, CameraTrouble.HANGS_MIDWAY, CameraTrouble.LOGIN_PAGE, CameraTrouble.CUT_SHORT,
        CameraTrouble.TOO_LONG, CameraTrouble.ELSEWHERE,
    })  # fmt: skip
    """A stream has no word for most of these; hanging is tested apart, with a small limit of its own."""

    def __init__(self, **settings: Any) -> None:
        self.clock, self.model = HandClock(), CameraModel("c1", columns=40, rows=24)
        self.size = self.model.size
        self.settings = settings
        self.trouble: CameraTrouble | None = None
        self.guard = DigestGuard("camera", "viewer", "MD5")
        self.asked: list[str] = []
        self.was_asked = asyncio.Event()
        self._units: dict[Sight, list[bytes]] = {}
        self._open: set[asyncio.StreamWriter] = set()
        self._playing = self._most = self._rounds = 0
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        self._units[Sight.CLEAR] = await self._drawn(Sight.CLEAR)
        await self._listen()
        self.camera = Camera(
            id="c1", zone="north", driver="rtsp_still", address=f"rtsp://{HOST}:{self.port}/stream2",
            settings={"user": "viewer", "password": PASSWORD, **self.settings},
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        self._unplug()

    def tools(self) -> Tools:
        return Tools(http=None, clock=self.clock, state_dir="", allow_addresses=("127.0.0.0/8",))

    def stranger(self) -> Camera | None:
        return self.camera.model_copy(update={"settings": {**self.camera.settings, "password": WRONG}})

    def inflict(self, trouble: CameraTrouble) -> None:
        self.trouble = trouble
        self.model.sight = SIGHTS.get(trouble, Sight.CLEAR)
        if trouble is CameraTrouble.CUT:
            self._unplug()

    def mend(self) -> None:
        self.trouble, self.model.sight = None, Sight.CLEAR
        if self._server is None:
            self._plugging = asyncio.get_running_loop().create_task(self._listen())

    def let_pass(self, seconds: float) -> None:
        self.clock.time += seconds

    def did(self) -> Sequence[str]:
        harmless = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER")
        return [verb for verb in self.asked if verb not in harmless]

    def most_at_once(self) -> int:
        return self._most

    # ------------------------------------------------------------------------------------------- the stream

    async def _drawn(self, sight: Sight) -> list[bytes]:
        self.model.sight = sight
        at = self.clock.wall()
        return await encoded([self.model.picture(at + timedelta(seconds=second)) for second in range(FRAMES)])

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        playing: asyncio.Task[None] | None = None
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                verb, uri, _ = head.split("\r\n", 1)[0].split(" ")
                self.asked.append(verb)
                self.was_asked.set()
                status, extra, body = await self._answer(verb, uri, head)
                number = re.search(r"CSeq: (\d+)", head)
                assert number is not None
                text = f"RTSP/1.0 {status}\r\nCSeq: {number[1]}\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}"
                writer.write(text.encode())
                if verb == "PLAY" and status == "200 OK":
                    playing = asyncio.create_task(self._play(writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever looked has gone
        finally:
            if playing is not None:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)
            self._open.discard(writer)
            writer.close()

    async def _answer(self, verb: str, uri: str, head: str) -> tuple[str, str, str]:
        if self.trouble is CameraTrouble.HANGS:
            await asyncio.Event().wait()
        if self.trouble is CameraTrouble.BROKEN:
            return "500 Internal Server Error", "", ""
        if verb == "OPTIONS":
            return "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""
        login = re.search(r"^Authorization: (.+?)\r?$", head, re.MULTILINE)
        if not self._let_in(login[1] if login else "", verb, uri):
            return "401 Unauthorized", f"WWW-Authenticate: {self.guard.challenge()}\r\n", ""
        if verb == "DESCRIBE":
            if not uri.endswith("/stream2"):
                return "404 Not Found", "", ""
            return "200 OK", f"Content-Type: application/sdp\r\nContent-Base: {uri}/\r\n", self._description()
        if verb == "SETUP" and "TCP" not in head:
            return "461 Unsupported Transport", "", ""
        if verb == "SETUP":
            return "200 OK", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n", ""
        return "200 OK", "Session: 1\r\n", ""

    def _let_in(self, header: str, verb: str, uri: str) -> bool:
        return self.guard.judge(header, verb, uri, PASSWORD) is Verdict.ACCEPTED

    def _description(self) -> str:
        units = self._units[Sight.CLEAR]
        sets = [base64.b64encode(next(u for u in units if u[0] & 31 == kind)).decode() for kind in (SPS, PPS)]
        lines = (
            "v=0", f"o=- 0 0 IN IP4 {HOST}", "s=camera", "t=0 0", "m=video 0 RTP/AVP 96", "c=IN IP4 0.0.0.0",
            "a=rtpmap:96 H264/90000", f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={','.join(sets)}",
            "a=control:track1",
        )  # fmt: skip
        return "".join(f"{line}\r\n" for line in lines)

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        """Pictures as they are drawn now; a real camera never sends the same twice."""
        self._playing += 1
        self._most = max(self._most, self._playing)
        try:
            if self.model.sight is not Sight.FROZEN or Sight.FROZEN not in self._units:
                self._rounds += 1
                self.clock.time += self._rounds * 1e-3
                self._units[self.model.sight] = await self._drawn(self.model.sight)
            number = stamp = 0
            while True:
                for unit in self._units[self.model.sight]:
                    for last, piece in _packets(unit):
                        if last and unit[0] & 31 == KEY and self.trouble is CameraTrouble.HANGS_MIDWAY:
                            await asyncio.Event().wait()
                        mark = 0x80 if last and unit[0] & 31 == KEY else 0
                        packet = struct.pack(">BBHII", 0x80, 96 | mark, number & 0xFFFF, stamp, 0x1234) + piece
                        writer.write(b"$\x00" + struct.pack(">H", len(packet)) + packet)
                        number += 1
                    if unit[0] & 31 == KEY:
                        stamp += 9000
                        await writer.drain()
        finally:
            self._playing -= 1


def _packets(unit: bytes) -> Iterator[tuple[bool, bytes]]:
    if len(unit) <= PIECE:
        yield True, unit
        return
    body = unit[1:]
    for at in range(0, len(body), PIECE):
        last = at + PIECE >= len(body)
        yield (
            last,
            bytes([unit[0] & 0xE0 | 28, unit[0] & 31 | (0x80 if at == 0 else 0) | (0x40 if last else 0)])
            + body[at : at + PIECE],
        )
