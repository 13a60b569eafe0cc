"""The voice of last resort: espeak-ng, where installed, as a separate program (GPL-3.0; never linked, only run)."""

from __future__ import annotations

import re
import shutil
import subprocess
from array import array

from notifier.channels._pa.recording import BadRecording, read_wav

LONGEST_TEXT = 600
"""Characters: some 45 s of speech; a longer page is not listened to."""
TIME_LIMIT = 20.0
"""Seconds for one text; it takes some 50 ms."""
WORDS_A_MINUTE = 145
"""Slower than talk: a hall with an echo needs the gaps."""
VOICES = {"en": "en-us", "es": "es-419", "fr": "fr-fr", "pt": "pt-br", "zh": "cmn"}
"""espeak-ng's names where they are not the language tag; Spanish as spoken in the Americas."""


class NoVoice(RuntimeError):
    """Nothing can say this here; the text says why and what to do."""


def speak(program: str, language: str, text: str) -> tuple[array[int], bool]:
    """(8 kHz samples, whether the text was cut). Raises NoVoice. Blocks; call it in a thread."""
    path = shutil.which(program) if program else None
    if path is None:
        raise NoVoice("no speech program is installed; install espeak-ng, or better record a voice")
    said = readable(text)
    short = said if len(said) <= LONGEST_TEXT else said[:LONGEST_TEXT].rpartition(" ")[0]
    base = language.partition("-")[0]
    # The words go in by standard input and never through a shell, so that no text can become an option or a command.
    command = [path, "-v", VOICES.get(base, base), "-s", str(WORDS_A_MINUTE), "-b", "1", "--stdin", "--stdout"]
    try:
        ran = subprocess.run(  # noqa: S603 - an argument list; the program is the technician's choice
            command, input=short.encode(), capture_output=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoVoice(f"{program} did not finish within {TIME_LIMIT:.0f} s; record a voice") from None
    except OSError as error:
        raise NoVoice(f"{program} cannot be run ({error.strerror}); record a voice") from error
    if ran.returncode != 0:
        raise NoVoice(f'{program} has no voice for "{language}"; record one')
    try:
        return read_wav(ran.stdout, program), short is not said
    except BadRecording as error:
        raise NoVoice(f'{program} said nothing for "{language}"; record a voice') from error


def readable(text: str) -> str:
    """The text without what espeak-ng takes for phonemes or what no voice can say."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]<>\x00-\x1f]", " ", text)).strip()
