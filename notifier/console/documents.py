"""Documents that do not change while the daemon runs: the description of the API, style, icons."""

from __future__ import annotations

import json
import re

from aiohttp import web

from notifier.console.answer_page import templates
from notifier.console.assets import find
from notifier.console.openapi import fields_of, openapi
from notifier.console.route import Call
from notifier.errors import NotFound

KEPT_FOR_EVER = "public, max-age=31536000, immutable"
"""For a name that holds its own hash (RFC 8246)."""
KEPT = "public, max-age=300"
"""Five minutes: one incident's page loads it once, and an upgrade reaches everybody before the next."""


async def openapi_document(call: Call) -> web.Response:
    return web.json_response(openapi(call.routes), dumps=lambda content: json.dumps(content, ensure_ascii=False))


async def docs_page(call: Call) -> web.Response:
    rows = [(route, fields_of(route)) for route in call.routes]
    return web.Response(text=templates().get_template("docs.html").render(rows=rows), content_type="text/html")


async def static_file(call: Call) -> web.Response:
    found = find(call.path["name"])
    if found is None:
        raise NotFound("There is no such file.")
    asset, current = found
    headers = {"Cache-Control": KEPT_FOR_EVER if current else KEPT, "Vary": "Accept-Encoding"}
    body = asset.body
    if _takes_gzip(call.request.headers.get("Accept-Encoding", "")):
        headers["Content-Encoding"], body = "gzip", asset.packed
    return web.Response(body=body, content_type=asset.kind, charset="utf-8", headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether it is named, and not by weight nought (RFC 9110 section 12.5.3)."""
    for one in accepted.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == "gzip":
            return re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return False
