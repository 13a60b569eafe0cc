"""G.711 mu-law by table (ITU-T G.711; the standard library's `audioop` is gone from Python 3.13)."""

from __future__ import annotations

import sys
from array import array
from functools import cache

SILENCE = 0xFF
"""The code of zero."""
BIAS = 0x84
CLIP = 32635


def encode(samples: array[int]) -> bytes:
    """16-bit linear samples to mu-law, one byte each; some 10 ms of work for 10 s of speech."""
    table = _codes()
    return bytes([table[sample] for sample in samples])  # a negative sample counts from the table's end


def decode(coded: bytes) -> array[int]:
    """Mu-law to 16-bit linear samples."""
    table = _levels()
    return array("h", [table[code] for code in coded])


@cache
def _levels() -> list[int]:
    levels = []
    for code in range(256):
        inverted = ~code & 0xFF
        magnitude = (((inverted & 0x0F) << 3) + BIAS << (inverted >> 4 & 7)) - BIAS
        levels.append(-magnitude if inverted & 0x80 else magnitude)
    return levels


@cache
def _codes() -> bytes:
    """The code of each sample; at index -1 stands the code of -1, so that no sample needs an offset."""
    table = bytearray(65536)
    for sample in range(-32768, 32768):
        magnitude = min(abs(sample), CLIP) + BIAS
        segment = magnitude.bit_length() - 8
        code = segment << 4 | magnitude >> segment + 3 & 0x0F
        table[sample] = ~(code | (0x80 if sample < 0 else 0)) & 0xFF
    return bytes(table)


def little_endian(samples: array[int]) -> array[int]:
    """WAV files are little-endian; on other machines the bytes are turned."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples
