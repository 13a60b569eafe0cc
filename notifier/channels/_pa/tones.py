"""The tones before a page: one per action, made here, so that staff can tell them apart before a word is said.

None of them is the temporal-3 pattern (three times 0.5 s on, 0.5 s off: *evacuate*, ISO 8201 and NFPA 72) or
temporal-4 (carbon monoxide): those belong to the listed alarm systems, and here not even `evacuate` borrows them.
All lie between 300 and 3400 Hz, which is what G.711 and a corridor speaker carry.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

RATE = 8000
PEAK = 10 ** (-3 / 20)
"""-3 dBFS: loud, and no amplifier behind it clips."""
EDGE = 0.008
"""Seconds of fade at each end of a note: a hard edge is a click outside the band."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sine from `start` to `end` Hz over `seconds`, then `pause` seconds of silence."""

    start: float
    end: float
    seconds: float
    pause: float = 0.0


def _steady(hertz: float, seconds: float, pause: float = 0.0) -> Note:
    return Note(hertz, hertz, seconds, pause)


TONES: dict[str, tuple[Note, ...]] = {
    # Falling triplets without a breath: urgent, and unlike every sounder of a fire alarm.
    "lockdown": (_steady(1480, 0.12), _steady(1175, 0.12), _steady(880, 0.12)) * 6,
    # A slow door chime, twice.
    "secure": (_steady(880, 0.7), _steady(660, 0.7, 0.3)) * 2,
    # One long level note.
    "hold": (_steady(660, 1.6),),
    # Rising sweeps.
    "evacuate": (Note(500, 1200, 1.1, 0.15),) * 2,
    # Rises and falls slowly, as an outdoor siren does.
    "shelter": (Note(400, 750, 0.9), Note(750, 400, 0.9)) * 2,
    # Quick high pairs.
    "medical": (_steady(988, 0.16, 0.06), _steady(1319, 0.16, 0.35)) * 2,
    # A rising chord, friendly.
    "all_clear": (_steady(523, 0.22), _steady(659, 0.22), _steady(784, 0.22), _steady(1047, 0.5)),
    # Two falling notes.
    "attention": (_steady(1047, 0.3), _steady(784, 0.5)),
    "none": (),
}
DRILL_MARKER: tuple[Note, ...] = (_steady(440, 0.1, 0.08),) * 5
"""Low quick ticks at both ends of every drill page, before any other sound."""


def synthesise(notes: tuple[Note, ...]) -> array[int]:
    """16-bit samples at 8 kHz."""
    samples = array("h")
    phase = 0.0
    for note in notes:
        length = round(note.seconds * RATE)
        edge = round(EDGE * RATE)
        for n in range(length):
            fade = min(1.0, (n + 0.5) / edge, (length - n - 0.5) / edge)
            samples.append(round(32767 * PEAK * fade * math.sin(phase)))
            phase += 2 * math.pi * (note.start + (note.end - note.start) * n / length) / RATE
        samples.extend([0] * round(note.pause * RATE))
    return samples
