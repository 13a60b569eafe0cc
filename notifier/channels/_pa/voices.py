"""Makes the spoken words that ship with the house: `make voices`. Needs espeak-ng; only its author runs it.

The English sentences are those of the Standard Response Protocol, a mark of The "I Love U Guys" Foundation, said as
the Foundation words them; `times: 2` of a playbook says them twice. The Spanish ones are ours, not the Foundation's.
"""

from __future__ import annotations

import sys
import wave
from array import array
from pathlib import Path

from notifier.channels._pa.mulaw import little_endian
from notifier.channels._pa.speech import NoVoice, speak
from notifier.channels._pa.tones import RATE
from notifier.model.fire_words import WORDS, FireWord

HOUSE = Path(__file__).parents[2]
SCHOOL = HOUSE / "demo_school" / "recordings"

Said = tuple[tuple[str, str], ...]
"""(language of the voice, text), one after the other: the Protocol's English words keep their English voice."""

_DRILL_EN: Said = (("en", "This is a drill."),)
_DRILL_ES: Said = (("es", "Esto es un simulacro."),)
_LOCKDOWN_EN: Said = (("en", "Lockdown! Locks, lights, out of sight."),)
_LOCKDOWN_ES: Said = (("en", "Lockdown!"), ("es", "Llave, luces, fuera de la vista."))
SCHOOL_WORDS: dict[str, Said] = {
    "lockdown_en": _LOCKDOWN_EN,
    "lockdown_es": _LOCKDOWN_ES,
    "drill_lockdown_en": _DRILL_EN + _LOCKDOWN_EN + _DRILL_EN,
    "drill_lockdown_es": _DRILL_ES + _LOCKDOWN_ES + _DRILL_ES,
    "secure_en": (("en", "Secure! Get inside. Lock outside doors."),),
    "secure_es": (("en", "Secure!"), ("es", "Entren al edificio. Cierren con llave las puertas exteriores.")),
    "hold_en": (("en", "Hold! In your room or area. Clear the halls."),),
    "hold_es": (("en", "Hold!"), ("es", "Permanezcan en su salón o área. Despejen los pasillos.")),
    "evacuate_en": (("en", "Evacuate! To the assembly area."),),
    "evacuate_es": (("en", "Evacuate!"), ("es", "Vayan al área de reunión.")),
    "shelter_en": (("en", "Shelter! Severe weather. Move to your shelter area, away from windows."),),
    "shelter_es": (("en", "Shelter!"), ("es", "Mal tiempo severo. Vayan a su área de refugio, lejos de las ventanas.")),
    "lockdown_over_en": (("en", "The lockdown has ended. Please stay with your class."),),
    "lockdown_over_es": (("es", "El"), ("en", "lockdown"), ("es", "ha terminado. Por favor sigan con su clase.")),
}
HOUSE_WORDS: dict[str, Said] = {
    "drill_en": (("en", "Drill. This is a drill."),),
    "drill_es": (("es", "Simulacro. Esto es un simulacro."),),
    # Said as `notifier.model.fire_words` has them written.
    "fire_stay_en": (("en", WORDS[FireWord.STAY]["en"]),),
    "fire_stay_es": (
        ("es", "Atención. Suena la alarma de incendio. Sigan en"),
        ("en", "lockdown."),
        ("es", "Salgan solo si ven humo o fuego."),
    ),
    "fire_go_en": (("en", WORDS[FireWord.GO]["en"]),),
    "fire_go_es": (("es", WORDS[FireWord.GO]["es"]),),
}
PAUSE = 0.15
"""Seconds between two voices."""


def make(folder: Path, words: dict[str, Said]) -> list[Path]:
    """One 16-bit mono 8 kHz WAV per entry: the form that every player opens. Raises NoVoice."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, parts in words.items():
        samples = array("h")
        for place, (language, text) in enumerate(parts):
            if place:
                samples.extend([0] * round(PAUSE * RATE))
            samples.extend(_trimmed(speak("espeak-ng", language, text)[0]))
        made.append(folder / f"{name}.wav")
        with wave.open(str(made[-1]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(little_endian(samples).tobytes())
    return made


def _trimmed(samples: array[int], quiet: int = 200, margin: int = RATE // 20) -> array[int]:
    """Without the silence at both ends, but for 50 ms; the pauses are put in when a page is rendered."""
    loud = [place for place, sample in enumerate(samples) if abs(sample) > quiet]
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]


def main() -> int:
    try:
        made = [*make(SCHOOL, SCHOOL_WORDS), *make(Path(__file__).parent, HOUSE_WORDS)]
    except NoVoice as error:
        sys.stderr.write(f"The words cannot be made: {error}.\n")
        return 1
    sys.stdout.write(f"{len(made)} files, {sum(path.stat().st_size for path in made) // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
