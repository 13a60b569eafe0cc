"""An IP speaker's ears: joins multicast groups and writes down every RTP packet that comes (RFC 3550, RFC 3551).

Arrival times are the kernel's own (SO_TIMESTAMPNS, socket(7)), so a busy event loop here does not look like a stalled
sender there. What it decodes it decodes by itself and not by the sender's tables, to be a second opinion.
"""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

RATE = 8000
SO_TIMESTAMPNS = 35
"""Linux asm-generic/socket.h; Python has no name for it."""
BUFFER = 1 << 20
"""Bytes: four minutes of one stream, should the loop be busy for long."""
SOUND = 200
"""Root mean square, of 32767, from which a packet is sound and not silence."""


@dataclass(slots=True)
class Stream:
    """One talkspurt as a speaker sees it: packets of one SSRC on one group."""

    group: str
    ssrc: int
    marker_on_first: bool
    dscp: int | None = None
    payload_types: set[int] = field(default_factory=set)
    markers: int = 0
    sequences: list[int] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    """Seconds, on the kernel's wall clock."""
    audio: bytearray = field(default_factory=bytearray)
    """Mu-law, as it came."""

    @property
    def packets(self) -> int:
        return len(self.sequences)

    @property
    def gaps_ms(self) -> list[float]:
        """Milliseconds between neighbours."""
        return [(b - a) * 1000 for a, b in zip(self.arrivals, self.arrivals[1:], strict=False)]

    @property
    def worst_gap_ms(self) -> float:
        return max(self.gaps_ms, default=0.0)

    def gap_ms(self, share: float) -> float:
        """The spacing that `share` (0 to 1) of the packets keep, in milliseconds."""
        ordered = sorted(self.gaps_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def continuous(self) -> bool:
        """Whether no packet is missing, doubled or out of order, and each carries on where the last one ended."""
        size = len(self.audio) // max(1, self.packets)
        sequences = zip(self.sequences, self.sequences[1:], strict=False)
        timestamps = zip(self.timestamps, self.timestamps[1:], strict=False)
        return all((b - a) & 0xFFFF == 1 for a, b in sequences) and all(
            (b - a) & 0xFFFFFFFF == size for a, b in timestamps
        )

    def loudness(self, seconds: float = 0.02) -> list[float]:
        """Root mean square of each stretch of `seconds`, of 32767."""
        size = round(seconds * RATE)
        squares = [mu_law_level(code) ** 2 for code in self.audio]
        return [math.sqrt(sum(squares[at : at + size]) / size) for at in range(0, len(squares) - size + 1, size)]

    @property
    def sounds(self) -> bool:
        """Whether there is anything to hear in it."""
        return any(level > SOUND for level in self.loudness())


class RtpListener:
    """Listens on `groups` ("239.10.0.1:5004") through the card with the address `interface`."""

    def __init__(self, groups: Sequence[str], interface: str = "127.0.0.1") -> None:
        self._groups = list(dict.fromkeys(groups))
        self._interface = interface
        self._sockets: list[socket.socket] = []
        self._streams: list[Stream] = []
        self._news = asyncio.Event()
        self.strangers = 0
        """Datagrams that are no RTP version 2."""

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for group in self._groups:
            host, _, port = group.rpartition(":")
            ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sockets.append(ear)
            ear.setblocking(False)
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            ear.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
            ear.bind((host, int(port)))  # to the group and not to every address: two groups may share a port
            member = socket.inet_aton(host) + socket.inet_aton(self._interface)
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            loop.add_reader(ear, self._hear, ear, group)

    async def close(self) -> None:
        for ear in self._sockets:
            asyncio.get_running_loop().remove_reader(ear)
            ear.close()
        self._sockets.clear()

    def streams(self, group: str | None = None) -> list[Stream]:
        """What was heard on `group`, or on all, in the order in which it began."""
        return [stream for stream in self._streams if group in {None, stream.group}]

    async def until(self, heard: Callable[[], bool]) -> None:
        """Returns when `heard()`; looks again after each packet."""
        while not heard():
            self._news.clear()
            await self._news.wait()

    def _hear(self, ear: socket.socket, group: str) -> None:
        while True:
            try:
                packet, ancillary, _, _ = ear.recvmsg(2048, 256)
            except BlockingIOError:
                break
            arrival, dscp = _stamps(ancillary)
            self._write_down(group, packet, arrival, dscp)
        self._news.set()

    def _write_down(self, group: str, packet: bytes, arrival: float, dscp: int | None) -> None:
        if len(packet) < 12 or packet[0] != 0x80:
            self.strangers += 1
            return
        kind, sequence, timestamp, ssrc = struct.unpack_from("!xBHII", packet)
        marker = bool(kind & 0x80)
        stream = next((known for known in reversed(self._streams) if (known.group, known.ssrc) == (group, ssrc)), None)
        if stream is None:
            stream = Stream(group, ssrc, marker, dscp)
            self._streams.append(stream)
        stream.markers += marker
        stream.payload_types.add(kind & 0x7F)
        stream.sequences.append(sequence)
        stream.timestamps.append(timestamp)
        stream.arrivals.append(arrival)
        stream.audio += packet[12:]


def mu_law_level(code: int) -> int:
    """One G.711 mu-law byte to a 16-bit level (ITU-T G.711 table 2a)."""
    sign, segment, step = ~code & 0x80, (~code >> 4) & 7, ~code & 0x0F
    level = ((2 * step + 33) << segment) - 33
    return -4 * level if sign else 4 * level


def _stamps(ancillary: list[tuple[int, int, bytes]]) -> tuple[float, int | None]:
    arrival, dscp = 0.0, None
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("@ll", data[: struct.calcsize("@ll")])
            arrival = seconds + nanoseconds / 1e9
        elif (level, kind) == (socket.IPPROTO_IP, socket.IP_TOS):
            dscp = data[0] >> 2
    return arrival, dscp
