"""Sound that somebody sends: which forms are taken, and how they become a WAV file. Pure."""

from __future__ import annotations

import struct

LARGEST = 2 * 1024 * 1024
"""Bytes of a live recording: a minute at 16 kHz and 16 bit."""
MU_LAW, PCM = 7, 1
RATE = 8000
ADVICE = "Send WAV with PCM of 8 or 16 bit or mu-law, at most 60 s and 2 MB."
WAV_TYPES = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"})
"""RFC 2361 and what browsers write."""


class NoSound(ValueError):
    """It cannot be said; the text says why and what to do."""


def as_wav(sound: bytes, content_type: str) -> bytes:
    """A WAV file of it. Takes WAV itself and raw 8 kHz mu-law (`audio/basic`, RFC 2046). Raises NoSound."""
    kind = content_type.partition(";")[0].strip().lower()
    if not sound:
        raise NoSound(f"The recording is empty. {ADVICE}")
    if len(sound) > LARGEST:
        raise NoSound(f"The recording has {len(sound)} bytes. {ADVICE}")
    if kind == "audio/basic":
        form = struct.pack("<HHIIHH", MU_LAW, 1, RATE, RATE, 1, 8)
        inside = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(sound)) + sound
        return b"RIFF" + struct.pack("<I", len(inside)) + inside
    if kind not in WAV_TYPES and kind not in ("", "application/octet-stream"):
        raise NoSound(f"{kind} cannot be decoded here. {ADVICE}")
    if sound[:4] != b"RIFF" or sound[8:12] != b"WAVE":
        raise NoSound(f"This is no WAV file. {ADVICE}")
    return sound
