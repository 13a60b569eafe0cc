"""The words that leave. A drill's stamp is put on here, where no author and no adapter can take it off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from notifier.model.delivery import Purpose
from notifier.model.segments import encoding_of, parts, segment_limits, units

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
        return _in_every_part(self.text, stamp_for(self.language))


def _stamped(text: str, word: str) -> str:
    bare = text.strip()
    if not bare:
        return word
    start = "" if bare.startswith(f"{word}:") else f"{word}: "
    end = "" if bare.endswith(f"({word})") else f" ({word})"
    return f"{start}{bare}{end}"


def _in_every_part(text: str, word: str) -> str:
    """`text` with `word` whole in each of its segments. Only a link is never broken for it."""
    if len(parts(text)) == 1:
        return text
    stamp = f"[{word}]"
    encoding = encoding_of(f"{text}{stamp}")
    _single, multi = segment_limits(encoding)
    # A segment may begin just inside a stamp and must still reach the end of the next: two stamps, the spaces around
    # them, and one place that a sign of two may leave empty at the end.
    room = multi - 2 * (units(stamp, encoding) + 2) - 1
    written: list[str] = []
    since = 0
    for piece in _pieces(text, room // 2 - 1):
        size = units(piece, encoding) + 1
        if since + size > room:
            written.append(stamp)
            since = 0
        written.append(piece)
        since += size
    stamped = " ".join(written)
    return stamped if word in parts(stamped)[-1] else f"{stamped} {stamp}"


def _pieces(text: str, room: int) -> Iterator[str]:
    """Words, and what is written without spaces in pieces of `room` signs."""
    for piece in text.split(" "):
        if "://" in piece or len(piece) <= room:
            yield piece
        else:
            yield from (piece[start : start + room] for start in range(0, len(piece), room))
