"""Recorded voices: a WAV file as people have it, to 16-bit mono at 8 kHz, as loud as the tones."""

from __future__ import annotations

import math
import struct
from array import array
from operator import mul
from pathlib import Path

from notifier.channels._pa.mulaw import decode, little_endian
from notifier.channels._pa.tones import PEAK, RATE

LONGEST = 60.0
"""Seconds: longer is a speech and not a page, and more likely the wrong file."""
LARGEST = 64 * 1024 * 1024
"""Bytes: a minute of the heaviest studio format is less."""
LOWEST_RATE, HIGHEST_RATE = 4000, 192_000
QUIET = 10 ** (-40 / 20)
"""Peak below which there is no voice to lift, only hiss."""
CUTOFF = 3500
"""Hz: above lies what 8000 samples a second cannot carry, and would fold back as a buzz."""
LOBES = 12
"""Zero crossings of the filter on each side: folded sound stays about 50 dB down."""

PCM, FLOAT, MU_LAW, EXTENSIBLE = 1, 3, 7, 0xFFFE
ADVICE = "Save it as WAV, 16 bit PCM, mono."


class BadRecording(ValueError):
    """A file that cannot be said; the text says why and what to do."""


def read_recording(path: Path) -> array[int]:
    """The voice in `path`: 8 kHz, mono, peak at -3 dBFS, silence at both ends as recorded. Raises BadRecording."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadRecording(f"{path.name} is larger than 64 MB. {ADVICE}")
        data = path.read_bytes()
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be read ({error.strerror}).") from error
    return read_wav(data, path.name)


def read_wav(data: bytes, name: str) -> array[int]:
    """See `read_recording`; `name` is what the error calls it (RIFF/WAVE, Microsoft and IBM 1991; RFC 2361)."""
    kind, channels, rate, bits, body = _chunks(data, name)
    if channels not in {1, 2}:
        raise BadRecording(f"{name} has {channels} channels. {ADVICE}")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise BadRecording(f"{name} says {rate} samples a second, which is no voice recording. {ADVICE}")
    samples = _linear(kind, bits, body, name)
    if channels == 2:
        samples = array("h", [(left + right) // 2 for left, right in zip(samples[::2], samples[1::2], strict=False)])
    if len(samples) > LONGEST * rate:
        raise BadRecording(f"{name} is {len(samples) / rate:.0f} s long; a page is at most {LONGEST:.0f} s. Cut it.")
    if not samples or max(map(abs, samples)) < QUIET * 32767:
        raise BadRecording(f"{name} is silent. Record it again, closer to the microphone.")
    return loud(resample(samples, rate))


def loud(samples: array[int]) -> array[int]:
    """The same with its peak where the peak of the tones is."""
    gain = PEAK * 32767 / max(1, *map(abs, samples))
    return array("h", [round(sample * gain) for sample in samples])


def resample(samples: array[int], rate: int) -> array[int]:
    """To 8 kHz through a windowed-sinc low-pass filter, one set of weights per phase."""
    if rate == RATE:
        return samples
    shared = math.gcd(rate, RATE)
    up, down = RATE // shared, rate // shared
    reach = _reach(rate)
    padded = [0] * reach + samples.tolist() + [0] * (reach + 1)
    made = array("h")
    by_phase: dict[int, tuple[float, ...]] = {}
    for n in range(len(samples) * up // down):
        whole, phase = divmod(n * down, up)
        if phase not in by_phase:
            by_phase[phase] = _weights(rate, phase / up)
        total = sum(map(mul, padded[whole + 1 : whole + 1 + 2 * reach], by_phase[phase]))
        made.append(max(-32768, min(32767, round(total))))
    return made


def _reach(rate: int) -> int:
    return math.ceil(LOBES * rate / min(rate, RATE))


def _weights(rate: int, offset: float) -> tuple[float, ...]:
    reach = _reach(rate)
    turn = 2 * min(CUTOFF, 0.45 * rate) / rate
    weights = []
    for tap in range(1 - reach, reach + 1):
        x = tap - offset
        sinc = 1.0 if x == 0 else math.sin(math.pi * turn * x) / (math.pi * turn * x)
        weights.append(sinc * (0.5 + 0.5 * math.cos(math.pi * x / reach)))
    whole = sum(weights)
    return tuple(weight / whole for weight in weights)


def _chunks(data: bytes, name: str) -> tuple[int, int, int, int, bytes]:
    """(format, channels, rate, bits, audio bytes); a length beyond the end of the file means up to the end."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadRecording(f"{name} is not a WAV file. {ADVICE}")
    at, form = 12, b""
    while at + 8 <= len(data):
        tag, length = struct.unpack_from("<4sI", data, at)
        inside = data[at + 8 : at + 8 + length]
        if tag == b"fmt ":
            form = inside
        elif tag == b"data":
            if len(form) < 16:
                break
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
            if kind == EXTENSIBLE and len(form) >= 26:
                (kind,) = struct.unpack_from("<H", form, 24)
            return kind, channels, rate, bits, inside
        at += 8 + length + length % 2
    raise BadRecording(f"{name} is a damaged WAV file: it has no format or no sound in it. {ADVICE}")


def _linear(kind: int, bits: int, body: bytes, name: str) -> array[int]:
    if kind == MU_LAW and bits == 8:
        return decode(body)
    if kind == PCM and bits == 8:
        return array("h", [(byte - 128) << 8 for byte in body])
    if kind == PCM and bits in {16, 24, 32}:
        width = bits // 8
        top = bytearray(len(body) // width * 2)  # the two highest bytes of each sample
        whole = len(top) // 2 * width
        top[0::2] = body[width - 2 : whole : width]
        top[1::2] = body[width - 1 : whole : width]
        return little_endian(array("h", bytes(top)))
    if kind == FLOAT and bits == 32:
        floats = struct.unpack(f"<{len(body) // 4}f", body[: len(body) // 4 * 4])
        return array("h", [max(-32767, min(32767, round(32767 * each))) if each == each else 0 for each in floats])  # noqa: PLR0124 - a number that is not equal to itself is the file's NaN
    raise BadRecording(f"{name} is coded in a way that is not known here (format {kind}, {bits} bit). {ADVICE}")
