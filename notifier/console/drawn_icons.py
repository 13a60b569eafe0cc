"""The icons of the installed press pages as PNG (ISO/IEC 15948), drawn here: iOS takes no SVG for a home screen.

They have the shapes of `live.svg` and `drill.svg`: a square for the real thing, a disc for practice.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Mapping, Sequence

SIDE = 180  # pixels: what Apple names for a phone's home screen (Configuring Web Applications, apple-touch-icon)
SMALL = 60  # pixels: one colour is as sharp at any size, and the live page has a budget of bytes
RED, BLUE, WHITE = (0xB3, 0x00, 0x1B), (0x0A, 0x4A, 0x9E), (0xFF, 0xFF, 0xFF)


def drawn_icons() -> Mapping[str, bytes]:
    """By file name."""
    corner = [[_disc(x, y) for x in range(SIDE // 2)] for y in range(SIDE // 2)]  # the other three are its mirrors
    half = [b"".join([*row, *reversed(row)]) for row in corner]
    return {"live.png": _png([bytes(RED) * SMALL] * SMALL), "drill.png": _png([*half, *reversed(half)])}


def _disc(x: int, y: int) -> bytes:
    """Blue inside, white outside; along the edge as much of each as lies in the pixel."""
    middle = (SIDE - 1) / 2
    part = min(max(SIDE / 2 + 0.5 - math.hypot(x - middle, y - middle), 0.0), 1.0)
    return bytes(round(back + (front - back) * part) for front, back in zip(BLUE, WHITE, strict=True))


def _png(rows: Sequence[bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", len(rows), len(rows), 8, 2, 0, 0, 0)  # 8 bits for each of red, green and blue
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)  # 0: no filter
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
