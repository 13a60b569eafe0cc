"""Documents that do not change while the daemon runs: the description of the API, style, icons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from aiohttp import web

from notifier.console.answer_page import templates
from notifier.console.openapi import fields_of, openapi
from notifier.console.route import Call
from notifier.errors import NotFound

HERE = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".svg": "image/svg+xml"}
KEPT = "public, max-age=300"
"""Five minutes: one incident's page loads it once, and an upgrade reaches everybody before the next."""


async def openapi_document(call: Call) -> web.Response:
    return web.json_response(openapi(call.routes), dumps=lambda content: json.dumps(content, ensure_ascii=False))


async def docs_page(call: Call) -> web.Response:
    rows = [(route, fields_of(route)) for route in call.routes]
    return web.Response(text=templates().get_template("docs.html").render(rows=rows), content_type="text/html")


async def static_file(call: Call) -> web.Response:
    found = _files().get(call.path["name"])
    if found is None:
        raise NotFound("There is no such file.")
    body, kind = found
    return web.Response(body=body, content_type=kind, charset="utf-8", headers={"Cache-Control": KEPT})


@cache
def _files() -> Mapping[str, tuple[bytes, str]]:
    return {path.name: (path.read_bytes(), KINDS[path.suffix]) for path in HERE.iterdir() if path.suffix in KINDS}
