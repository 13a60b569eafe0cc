"""The words that leave. A drill's stamp is put on here, where no author and no adapter can take it off."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.model.delivery import Purpose
from notifier.model.segments import UCS2, encoding_of, segment_limits

STAMPS = {"en": "DRILL", "es": "SIMULACRO", "fr": "EXERCICE", "pt": "SIMULADO", "de": "ÜBUNG"}


def stamp_for(language: str) -> str:
    """The drill word of a language; languages without one get the English word."""
    return STAMPS.get(language.partition("-")[0], STAMPS["en"])


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is handed: final words in one language, already stamped if this is a drill.

    Channels read `title`, `text` and `sms_text()`; there is no way to an unstamped text.
    """

    title: str
    text: str
    language: str
    purpose: Purpose
    drill: bool
    severity: str = "severe"
    action: str = "other"
    incident: str = ""
    """The four-character code."""
    link: str = ""
    """The one-purpose answer link, if phones outside can open one."""
    answers: tuple[str, ...] = ()
    quiet: bool = False
    """Normal priority, no urgent sound: what staff inside get in a live lockdown."""
    collapse: str = ""
    """Same value: the later message replaces the earlier one on the device, where the channel can."""

    def __post_init__(self) -> None:
        if self.drill:
            word = stamp_for(self.language)
            object.__setattr__(self, "purpose", Purpose.DRILL)
            object.__setattr__(self, "title", _stamped(self.title, word))
            object.__setattr__(self, "text", _stamped(self.text, word))

    def sms_text(self) -> str:
        """The text for SMS; a drill's word stands in every segment, in case parts arrive alone."""
        if not self.drill:
            return self.text
        word = stamp_for(self.language)
        _single, multi = segment_limits(encoding_of(self.text))
        if encoding_of(self.text) == UCS2:
            multi -= 2  # characters outside the BMP take two places; leave room
        return _in_every_part(self.text, word, multi)


def _stamped(text: str, word: str) -> str:
    bare = text.strip()
    if not bare:
        return word
    start = "" if bare.startswith(f"{word}:") else f"{word}: "
    end = "" if bare.endswith(f"({word})") else f" ({word})"
    return f"{start}{bare}{end}"


def _in_every_part(text: str, word: str, limit: int) -> str:
    """`text` with `word` at least once in any run of `limit` characters."""
    parts: list[str] = []
    room = max(8, limit // 2 - len(word) - 3)
    since = 0
    for piece in text.split(" "):
        if since + len(piece) + 1 > room:
            parts.append(f"[{word}]")
            since = 0
        parts.append(piece)
        since += len(piece) + 1
    return " ".join(parts)
