"""The sheet of room cards, for a printer: one A6 page a room, with nothing that must be loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from notifier.console.answer_page import templates
from notifier.console.answer_words import LANGUAGES
from notifier.console.route import Call

STYLE = (Path(__file__).parent / "static" / "room_cards.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'"
"""The style stands in the page itself, so that a saved page prints as well."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "when": "In an emergency or drill:",
        "scan": "Scan. Tap SAFE or NEED HELP.",
        "text": "Or text to",
        "safe": "SAFE",
        "help": "HELP",
        "call": "In danger? Call 911.",
    },
    "es": {
        "when": "En una emergencia o simulacro:",
        "scan": "Escanee. Toque A SALVO o PIDO AYUDA.",
        "text": "O mande un SMS al",
        "safe": "A SALVO",
        "help": "AYUDA",
        "call": "¿En peligro? Llame al 911.",
    },
}


async def sheet(call: Call) -> web.Response:
    """Whoever holds a card can answer for its room, so this is for those who hang them up."""
    page = sheet_page(call.parts.views.room_cards())
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": POLICY})


def sheet_page(found: Mapping[str, Any]) -> str:
    """The page of what `Views.room_cards` says."""
    languages = [code for code in LANGUAGES if code in found["languages"]]
    return templates().get_template("room_cards.html").render(
        style=STYLE,
        site=found["site"],
        number=next(iter(found["numbers"]), ""),
        cards=[{**item, "qr": _qr(item)} for item in found["items"]],
        without_code=found["without_code"],
        words=[(code, WORDS[code]) for code in languages if code in WORDS],
    )  # fmt: skip


def _qr(item: Mapping[str, Any]) -> str:
    """SVG; error correction M (15 %): a card on a wall gets scratched. Empty where no link can be opened."""
    if not item["link"]:
        return ""
    import segno

    made: str = segno.make(item["link"], error="m", micro=False).svg_inline(border=4, omitsize=True)
    return made
