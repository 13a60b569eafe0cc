"""What the house itself says over speakers when the fire alarm sounds during a lockdown and a person has decided.

Recorded beside the pages' renderer (`make voices`), so that they are said where nothing can speak. Our own words, not
the Standard Response Protocol's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum


class FireWord(StrEnum):
    """What is decided for a zone."""

    STAY = "stay"
    GO = "go"


TIMES = 2
"""How often a page of these is said."""
TONES: Mapping[FireWord, str] = {FireWord.STAY: "attention", FireWord.GO: "evacuate"}
WORDS: Mapping[FireWord, Mapping[str, str]] = {
    FireWord.STAY: {
        "en": "Attention. The fire alarm is sounding. Stay in lockdown. Leave only if you see smoke or fire.",
        "es": "Atención. Suena la alarma de incendio. Sigan en lockdown. Salgan solo si ven humo o fuego.",
    },
    FireWord.GO: {
        "en": "Attention. Fire alarm. Leave this part of the building now, by the nearest safe way.",
        "es": "Atención. Alarma de incendio. Salgan ahora de esta parte del edificio por el camino seguro más cercano.",
    },
}


def said_in(word: FireWord, languages: Sequence[str]) -> dict[str, str]:
    """Language to words, in the site's order; a site of none of our languages hears English."""
    known = WORDS[word]
    found = {each: known[base] for each in languages if (base := each.partition("-")[0]) in known}
    return found or {"en": known["en"]}


def not_said_in(languages: Sequence[str]) -> list[str]:
    """Languages of a site for which the house has no words."""
    known = WORDS[FireWord.STAY]
    return [each for each in languages if each.partition("-")[0] not in known]
