"""Poly phones on loopback: they join the paging address and say what belongs to their group, as the advisory has it.

A phone opens on an alert, plays transmit packets of that host, mends one lost packet from the next one's copy, and
closes on an end. Speech without an alert, or after an end, is `strange` and not heard.
"""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from notifier.channels.poly_page import PolyPage
from notifier.interfaces import SpeakerChannel
from notifier.model.site import Speaker
from notifier.testing.check_speaker_channel import Ears

ALERT, TRANSMIT, END = 0x0F, 0x10, 0xFF
_ports = count(30_000 + os.getpid() % 1000 * 20)


@dataclass
class Heard:
    """One page on one channel."""

    channel: int
    caller: str
    serial: int
    alerts: int = 0
    ends: int = 0
    frames: dict[int, bytes] = field(default_factory=dict)
    """Sample count to the frame that was said."""
    mended: int = 0
    codecs: set[int] = field(default_factory=set)
    open: bool = True

    @property
    def audio(self) -> bytes:
        return b"".join(self.frames[at] for at in sorted(self.frames))


class PolyPhones(Ears):
    bad_address = "26"

    def __init__(self) -> None:
        self.port = next(_ports)
        self.address = f"239.255.20.1:{self.port}"
        self.speakers = [
            Speaker(id=name, zone="north", channel="poly_page", address=group)
            for name, group in (("hall", "1"), ("gym", "1"), ("yard", "25"))
        ]
        self.heard: list[Heard] = []
        self.strange: list[bytes] = []
        self.order: list[int] = []
        self.lose: Callable[[int], bool] = lambda _frame: False
        """Which frames (counted from 0) get lost on the way."""
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.setblocking(False)
        self._ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._ear.bind(("239.255.20.1", self.port))
        member = socket.inet_aton("239.255.20.1") + socket.inet_aton("127.0.0.1")
        self._ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        asyncio.get_running_loop().add_reader(self._ear, self._hear)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._ear)
        self._ear.close()

    def pages(self, address: str) -> Sequence[bytes]:
        return [each.audio for each in self.heard if each.channel == 25 + int(address)]

    def mixed(self, address: str) -> bool:
        """A second page while the first was open would have been the same session here: its frames would jump back."""
        return bool(self.strange)

    async def until(self, heard: Callable[[], bool]) -> None:
        while not heard():
            self._news.clear()
            await self._news.wait()

    def kill(self, output: SpeakerChannel) -> bool:
        assert isinstance(output, PolyPage)
        assert output.pacing_pid is not None
        os.kill(output.pacing_pid, signal.SIGKILL)
        for each in self.heard:
            each.open = False  # a phone closes by itself when nothing comes any more
        return True

    def _hear(self) -> None:
        while True:
            try:
                packet = self._ear.recv(2048)
            except BlockingIOError:
                break
            self._packet(packet)
        self._news.set()

    def _packet(self, packet: bytes) -> None:
        opcode, channel, serial, length, caller = struct.unpack_from("!BBIB13s", packet)
        assert length == 13
        self.order.append(opcode)
        now = next((each for each in reversed(self.heard) if each.channel == channel and each.open), None)
        if opcode == ALERT:
            if now is None or now.frames:
                now = Heard(channel, caller.rstrip(b"\0").decode(), serial)
                self.heard.append(now)
            now.alerts += 1
        elif opcode == END:
            last = next((each for each in reversed(self.heard) if each.channel == channel), None)
            if last is None:
                self.strange.append(packet)
                return
            last.ends, last.open = last.ends + 1, False
        elif now is None or opcode != TRANSMIT:
            self.strange.append(packet)
        else:
            self._frame(now, packet[20:])

    def _frame(self, now: Heard, said: bytes) -> None:
        codec, _flags, samples = struct.unpack_from("!BBI", said)
        now.codecs.add(codec)
        frames = said[6:]
        if samples in now.frames:
            self.strange.append(said)
        if self.lose(samples // 160):
            return
        now.frames[samples] = frames[-160:]
        if samples - 160 not in now.frames and len(frames) == 320:
            now.frames[samples - 160] = frames[:160]
            now.mended += 1
