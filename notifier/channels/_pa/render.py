"""One page, from words to the bytes that leave: when published, never at the press. Blocks; call it in a thread."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from notifier.channels._pa.mulaw import encode
from notifier.channels._pa.recording import BadRecording, read_recording
from notifier.channels._pa.speech import NoVoice, speak
from notifier.channels._pa.tones import DRILL_MARKER, RATE, TONES, synthesise
from notifier.interfaces import PageWords
from notifier.model.message import stamp_for

HOUSE_WORDS = Path(__file__).parent
"""Here lie `drill_en.wav`, `fire_stay_es.wav` and so on: said also where nothing else can speak."""
LEAD = 0.3
"""Seconds of silence before words that no tone precedes: a speaker opens while the first packets arrive."""
AFTER_TONE, BETWEEN_LANGUAGES, BETWEEN_REPETITIONS, TAIL = 0.25, 0.6, 0.9, 0.2
"""Seconds of silence; sent as packets, because a speaker closes when packets stop."""

Samples: TypeAlias = "array[int]"


@dataclass(frozen=True, slots=True)
class Rendered:
    """`audio`: G.711 mu-law at 8 kHz. `voiceless`: languages that nothing could say; worth trying again later."""

    audio: bytes
    warnings: tuple[str, ...]
    voiceless: tuple[str, ...]


def render(words: PageWords, speech_program: str) -> Rendered:
    """Tone, then every language, all of it `times` times; a drill has its marker and its spoken word at both ends."""
    warnings: list[str] = []
    languages = list(dict.fromkeys([*words.recordings, *words.texts]))
    voices = {language: _voice(words, language, speech_program, warnings) for language in languages}
    spoken = [voice for voice in voices.values() if voice is not None]
    voiceless = tuple(language for language, voice in voices.items() if voice is None)
    if words.tone not in TONES:
        warnings.append(f'there is no tone "{words.tone}"; "attention" sounds instead')
    tone = synthesise(TONES.get(words.tone, TONES["attention"]))
    if not tone and not spoken:
        warnings.append('nothing would sound at all, so the tone "attention" does')
        tone = synthesise(TONES["attention"])

    page: Samples = array("h")
    stamps = _drill_words(languages or ["en"], speech_program) if words.drill else array("h")
    if words.drill:
        page += synthesise(DRILL_MARKER) + _silence(AFTER_TONE) + stamps + _silence(BETWEEN_LANGUAGES)
    for repetition in range(words.times):
        page += _silence(BETWEEN_REPETITIONS if repetition else 0)
        page += tone + _silence(AFTER_TONE) if tone else _silence(LEAD)
        for place, voice in enumerate(spoken):
            page += _silence(BETWEEN_LANGUAGES if place else 0) + voice
    if words.drill:
        page += _silence(BETWEEN_LANGUAGES) + stamps + _silence(AFTER_TONE) + synthesise(DRILL_MARKER)
    page += _silence(TAIL)
    return Rendered(encode(page), tuple(warnings), voiceless)


def _voice(words: PageWords, language: str, program: str, warnings: list[str]) -> Samples | None:
    """The recorded voice, else the synthetic one, else None; every step down leaves a warning that says what to do."""
    why = f"no recording for {language}"
    if path := words.recordings.get(language) or _of_the_house(words, language):
        try:
            recorded = read_recording(Path(path))
        except BadRecording as error:
            if words.live:
                raise  # somebody waits for an answer and can say it again
            why = str(error)
        else:
            if not words.drill:
                return recorded
            # The sentence is the live one: who hears only its middle must hear that it is a drill.
            stamp = _drill_words([language], program) + _silence(AFTER_TONE)
            return stamp + recorded + _silence(AFTER_TONE) + stamp
    text = words.texts.get(language)
    if not text:
        warnings.append(f"{why} There is no text for {language} either, so nothing is said in it; record it again.")
        return None
    try:
        voice, cut = speak(program, language, text)
    except NoVoice as error:
        warnings.append(f"{why}: only the tone sounds for {language}, because {error}")
        return None
    if not words.live:  # who types it knows
        warnings.append(f"{why}: a synthetic voice speaks; a recorded human voice is understood better")
    if cut:
        warnings.append(f"the text for {language} is too long to be said whole; shorten it")
    return voice


def _of_the_house(words: PageWords, language: str) -> str | None:
    path = HOUSE_WORDS / f"{words.house}_{language.partition('-')[0]}.wav"
    return str(path) if words.house and path.exists() else None


@cache
def _recorded_drill_word(language: str) -> Samples | None:
    path = HOUSE_WORDS / f"drill_{language}.wav"
    return read_recording(path) if path.exists() else None


def _drill_words(languages: list[str], program: str) -> Samples:
    """The drill word once per language; a language that has none and no voice hears the English one."""
    said: Samples = array("h")
    for language in dict.fromkeys(language.partition("-")[0] for language in languages):
        word = _recorded_drill_word(language)
        if word is None:
            try:
                word, _ = speak(program, language, stamp_for(language))
            except NoVoice:
                word = _recorded_drill_word("en")
        if word is not None:
            said += (_silence(AFTER_TONE) if said else array("h")) + word
    return said


def _silence(seconds: float) -> Samples:
    return array("h", bytes(2 * round(seconds * RATE)))
