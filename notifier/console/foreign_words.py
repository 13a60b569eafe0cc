"""What people wrote, among words of ours: it may turn, hide or end nothing that stands beside it.

Unicode UAX 9 (bidirectional text) says how a letter turns its neighbours, UTR 36 what that is abused for.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates: no name needs one, and an open one reorders all that follows."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LEFTWARD = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters and marks of scripts that are written to the left: Hebrew, Arabic and their neighbours."""
_ODD = re.compile(f"{_TURNING.pattern}|{_CONTROL.pattern}|{_LEFTWARD.pattern}")
_UNSEEN = re.compile(f"{_TURNING.pattern}|{_CONTROL.pattern}|[\u00ad\u200b\u200e\u200f\u061c\u2028\u2029\u2060\ufeff]")
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Unseen, and needed: Persian words, families of emoji, marks of direction."""


def among_ours(value: Any) -> Any:
    """For each `{{ … }}` of a template (jinja's `finalize`): a text of ours is as it was, before any escaping."""
    if isinstance(value, str) and not isinstance(value, Markup) and _ODD.search(value):
        return isolated(value)
    return value


def isolated(text: str) -> str:
    """Readable, and without a hold on its neighbours: in a heading, an attribute or a title alike."""
    text = _CONTROL.sub("\ufffd", _TURNING.sub("", text))
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}" if _LEFTWARD.search(text) else text


def escaped(text: str) -> Markup:
    """For what is drawn without a template."""
    return escape(among_ours(text))


def spelled(text: str) -> str:
    """For two texts that are compared: what cannot be seen is named, because it may be the difference."""
    return _UNSEEN.sub(lambda sign: f"\u2039U+{ord(sign[0]):04X}\u203a", text)


def as_typed(text: object) -> Markup:
    """For a field that somebody sends back: nothing is put around it. What no field can hold is left out."""
    return escape(_CONTROL.sub("", str(text)))


def kept(text: str) -> str:
    """What of a typed text is kept: all that can be seen or is needed to see it; line ends and tabs."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t" or sign in JOINERS)
