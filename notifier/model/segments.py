"""How many SMS segments a text takes (3GPP TS 23.038 alphabet, TS 23.040 concatenation)."""

from __future__ import annotations

GSM7, UCS2 = "GSM-7", "UCS-2"

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = "^{}\\[~]|€\f"
_BASIC_SET, _EXTENDED_SET = frozenset(_BASIC), frozenset(_EXTENDED)


def encoding_of(text: str) -> str:
    """GSM-7 if every character is in its alphabet or extension, else UCS-2."""
    return GSM7 if all(ch in _BASIC_SET or ch in _EXTENDED_SET for ch in text) else UCS2


def segment_limits(encoding: str) -> tuple[int, int]:
    """(characters of a single segment, of each part of a longer message)."""
    return (160, 153) if encoding == GSM7 else (70, 67)


def units(text: str, encoding: str | None = None) -> int:
    """Length in the encoding's own units: extension characters and characters beyond the BMP take two.

    `encoding`: of the whole message, if `text` is only a piece of it.
    """
    if (encoding or encoding_of(text)) == GSM7:
        return len(text) + sum(ch in _EXTENDED_SET for ch in text)
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def segments(text: str) -> int:
    """Segments that carriers count and charge; at least one."""
    return len(parts(text))


def parts(text: str) -> list[str]:
    """The text as its segments carry it; a character of two units is never torn apart."""
    encoding = encoding_of(text)
    single, multi = segment_limits(encoding)
    if units(text) <= single:
        return [text]
    whole, part, used = [], "", 0
    for ch in text:
        takes = 1 + (ch in _EXTENDED_SET if encoding == GSM7 else ord(ch) > 0xFFFF)
        if used + takes > multi:
            whole.append(part)
            part, used = "", 0
        part, used = part + ch, used + takes
    return [*whole, part]


def first_foreign(text: str) -> str:
    """The first character that forces UCS-2, or an empty string."""
    return next((ch for ch in text if ch not in _BASIC_SET and ch not in _EXTENDED_SET), "")
