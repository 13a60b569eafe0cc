"""Cutting a message that is too long for its channel: never in the middle of a character, never the drill's stamp."""

from __future__ import annotations

from json.encoder import encode_basestring as quoted

from notifier.model.message import Message, stamp_for

CUT = "…"


def fitted(message: Message, room: int) -> tuple[str, str]:
    """Title and text that take at most `room` bytes as JSON strings in UTF-8; the title at most a third of them.

    What is cut ends in "…", and for a drill in its stamp as well, so that both ends still say so.
    """
    ending = f"{CUT} ({stamp_for(message.language)})" if message.drill else CUT
    title = shortened(message.title, room // 3, ending)
    return title, shortened(message.text, room - size(title), ending)


def shortened(text: str, room: int, ending: str) -> str:
    """The longest start of `text` that fits with `ending`; `text` itself if it fits; `ending` if nothing does."""
    if size(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle].rstrip() + ending) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ending


def size(text: str) -> int:
    """Bytes as a JSON string in UTF-8, quotes and escapes counted."""
    return len(quoted(text).encode("utf-8", "replace"))
