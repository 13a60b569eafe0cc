"""Our own icons as inline SVG: they take the colour of their words, forced colours included.

They stand in static/icons.svg, drawn on 24 by 24, one symbol a line: for actions, for every state of doors, people,
messages and troubles, for things to do. The word always stands beside the shape. A medical cross is never drawn: it is
a protected emblem; a heart with a pulse stands for medical.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from markupsafe import Markup

_FILE = Path(__file__).parent.parent / "static" / "icons.svg"
_SYMBOL = re.compile(r'<symbol id="(?P<name>\w+)" viewBox="0 0 24 24">(?P<drawn>.*)</symbol>')


def icon(name: str, size: int = 24, classes: str = "") -> Markup:
    """The drawing, hidden from screen readers: the word beside it is what is read. Raises KeyError."""
    kind = f"icon {classes}".rstrip()
    return Markup(  # noqa: S704 every part of it is ours
        f'<svg class="{kind}" width="{size}" height="{size}" viewBox="0 0 24 24" aria-hidden="true">'
        f"{icons()[name]}</svg>"
    )


@cache
def icons() -> Mapping[str, str]:
    """Name to what is drawn."""
    return {found["name"]: found["drawn"] for found in _SYMBOL.finditer(_FILE.read_text(encoding="utf-8"))}
