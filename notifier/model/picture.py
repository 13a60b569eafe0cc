"""What a JPEG's own headers say: whether it is a whole picture, how large, and whether anything can be on it. Pure.

No pixel is decoded: a look at a camera must cost next to nothing while a school is quiet (decision 0025). What is read
here is the file's frame: markers, tables, the length of its coded data. Source: ITU-T T.81 (JPEG), annexes B, F and K.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_PICTURE = 5_000_000
"""Bytes. Eight megapixels at high quality are about four million; what sends more is no camera's still."""
BLANK = 1.05
"""Coded data of a picture over what one single colour would take, below which nothing else can be on it. Measured at
1280 x 720: one colour 1.00, an empty corridor without noise at low quality 1.12, black with a line of text 1.25: a dark
picture with a clock in its corner cannot be told from an empty corridor, and is not called blank."""

_NEXT = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)
"""The marker after coded data: 0 behind FF is data, D0 to D7 are restarts."""
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
SOI, EOI, SOS, DHT, DRI = b"\xff\xd8", 0xD9, 0xDA, 0xC4, 0xDD
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
SEQUENTIAL, PROGRESSIVE = frozenset({0xC0, 0xC1}), frozenset({0xC2})
RESTART_COST = 32
"""Bits that each restart adds at most to a picture of one colour: its first block says the colour anew."""


class NotAPicture(ValueError):
    """These bytes are no whole JPEG; the words say what they are instead."""

    def __init__(self, text: str, *, cut: bool = False) -> None:
        """`cut`: it begins as a picture and ends too early, so that the next one may be whole."""
        super().__init__(text)
        self.cut = cut


@dataclass(frozen=True, slots=True)
class Picture:
    """What its headers say."""

    width: int
    height: int
    richness: float | None
    """Coded data over what one single colour would take, see BLANK; None: a kind of which that cannot be told."""

    @property
    def blank(self) -> bool:
        return self.richness is not None and self.richness < BLANK


@dataclass(slots=True)
class _Frame:
    data: bytes
    size: tuple[int, int] = (0, 0)
    sequential: bool = False
    parts: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Component to its horizontal and vertical sampling."""
    lengths: dict[int, dict[int, int]] = field(default_factory=dict)
    """Huffman table (class and number) to symbol to bits."""
    restart_every: int = 0
    scans: list[tuple[int, float | None]] = field(default_factory=list)
    """Of each scan: bits of coded data, and those that one colour would take."""


def read_jpeg(data: bytes) -> Picture:
    """What the headers of a whole JPEG say; raises NotAPicture with what is wrong."""
    if not data:
        raise NotAPicture("an empty answer", cut=True)
    if not data.startswith(SOI):
        raise NotAPicture(_instead(data))
    frame = _Frame(data)
    at = 2
    while True:
        marker, at = _marker(data, at)
        if marker == EOI:
            break
        body, at = _segment(data, at)
        if marker in FRAMES:
            _read_frame(frame, marker, body)
        elif marker == DHT:
            _read_tables(frame, body)
        elif marker == DRI and len(body) >= 2:
            frame.restart_every = int.from_bytes(body[:2], "big")
        elif marker == SOS:
            at = _read_scan(frame, body, at)
    if not frame.scans:
        raise NotAPicture("a JPEG without a picture in it")
    return Picture(*frame.size, _richness(frame))


def _instead(data: bytes) -> str:
    start = data[:64].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page, mostly a login"
    if start.startswith((b"<", b"{", b"[")):
        return "text instead of a picture"
    for kind, sign in (("PNG", b"\x89png"), ("GIF", b"gif8"), ("WebP", b"riff"), ("a multipart stream", b"--")):
        if start.startswith(sign):
            return f"{kind} instead of a JPEG"
    return "something that is no JPEG"


def _marker(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise NotAPicture("a JPEG that ends too early", cut=True)
    if data[at] != 0xFF:
        raise NotAPicture("a JPEG whose headers are damaged")
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at >= len(data):
        raise NotAPicture("a JPEG that ends too early", cut=True)
    return data[at], at + 1


def _segment(data: bytes, at: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[at : at + 2], "big")
    if at + 2 > len(data) or at + length > len(data):
        raise NotAPicture("a JPEG that ends too early", cut=True)
    if length < 2:
        raise NotAPicture("a JPEG whose headers are damaged")
    return data[at + 2 : at + length], at + length


def _read_frame(frame: _Frame, marker: int, body: bytes) -> None:
    if marker not in SEQUENTIAL | PROGRESSIVE:
        raise NotAPicture("a kind of JPEG that no browser shows")
    parts = body[5] if len(body) > 5 else 0
    if not parts or len(body) < 6 + 3 * parts:
        raise NotAPicture("a JPEG whose headers are damaged")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if not (width and height):
        raise NotAPicture("a JPEG without a size")
    frame.size, frame.sequential = (width, height), marker in SEQUENTIAL
    for number in range(parts):
        part, sampling = body[6 + 3 * number], body[7 + 3 * number]
        frame.parts[part] = (sampling >> 4 or 1, sampling & 15 or 1)


def _read_tables(frame: _Frame, body: bytes) -> None:
    at = 0
    while at + 17 <= len(body):
        table, counts = body[at], body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        if len(symbols) < sum(counts):
            raise NotAPicture("a JPEG whose headers are damaged")
        bits = (length for length, count in enumerate(counts, 1) for _ in range(count))
        frame.lengths[table] = dict(zip(symbols, bits, strict=True))
        at += 17 + sum(counts)


def _read_scan(frame: _Frame, body: bytes, at: int) -> int:
    if not frame.parts:
        raise NotAPicture("a JPEG whose headers are damaged")
    ends = _NEXT.search(frame.data, at)
    if ends is None:
        raise NotAPicture("a JPEG that ends too early", cut=True)
    end = ends.start()
    restarts = len(_RESTART.findall(frame.data, at, end))
    bits = (end - at - frame.data.count(b"\xff\x00", at, end) - 2 * restarts) * 8
    if not bits:
        raise NotAPicture("a JPEG without a picture in it")
    frame.scans.append((bits, _of_one_colour(frame, body, restarts)))
    return end


def _of_one_colour(frame: _Frame, body: bytes, restarts: int) -> float | None:
    """Bits of a sequential scan over all parts, in which every block repeats the colour of the one before."""
    count = body[0] if body else 0
    if not frame.sequential or count != len(frame.parts) or len(body) < 1 + 2 * count:
        return None
    across = max(h for h, _ in frame.parts.values())
    down = max(v for _, v in frame.parts.values())
    cost = 0
    for number in range(count):
        part, tables = body[1 + 2 * number], body[2 + 2 * number]
        same = frame.lengths.get(tables >> 4, {}).get(0)
        nothing_more = frame.lengths.get(0x10 | tables & 15, {}).get(0)
        if part not in frame.parts or same is None or nothing_more is None:
            return None
        h, v = frame.parts[part] if count > 1 else (1, 1)
        cost += h * v * (same + nothing_more)
    if count == 1:
        across = down = 1
    width, height = frame.size
    units = -(-width // (8 * across)) * -(-height // (8 * down))
    return float(units * cost + (1 + restarts) * RESTART_COST)


def _richness(frame: _Frame) -> float | None:
    wanted = [plain for _, plain in frame.scans]
    if len(wanted) != 1 or wanted[0] is None:
        return None
    return frame.scans[0][0] / wanted[0]
