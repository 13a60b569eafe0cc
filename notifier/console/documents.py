"""Documents that do not change while the daemon runs: the description of the API, style, icons."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Sequence

from aiohttp import web

from notifier.console.answer_page import templates
from notifier.console.assets import find
from notifier.console.openapi import fields_of, openapi
from notifier.console.route import Call, Route
from notifier.errors import NotFound

KEPT_FOR_EVER = "public, max-age=31536000, immutable"
"""For a name that holds its own hash (RFC 8246)."""
KEPT = "public, max-age=300"
"""Five minutes: one incident's page loads it once, and an upgrade reaches everybody before the next."""


async def openapi_document(call: Call) -> web.Response:
    return web.Response(body=await _drawn("openapi", call, _description), content_type="application/json")


async def docs_page(call: Call) -> web.Response:
    return web.Response(body=await _drawn("docs", call, _readable), content_type="text/html", charset="utf-8")


def _description(routes: Sequence[Route]) -> bytes:
    return json.dumps(openapi(routes), ensure_ascii=False).encode()


def _readable(routes: Sequence[Route]) -> bytes:
    rows = [(route, fields_of(route)) for route in routes]
    return templates().get_template("docs.html").render(rows=rows).encode()


async def _drawn(name: str, call: Call, draw: Callable[[Sequence[Route]], bytes]) -> bytes:
    """Drawn once, in a thread: it takes tens of milliseconds, and strangers may ask for it as often as they like."""
    known = _documents.get(name)
    if known is not None and known[0] is call.routes:
        return known[1]
    return await asyncio.to_thread(_draw, name, call.routes, draw)


def _draw(name: str, routes: Sequence[Route], draw: Callable[[Sequence[Route]], bytes]) -> bytes:
    with _drawing:
        known = _documents.get(name)
        if known is None or known[0] is not routes:
            known = _documents[name] = routes, draw(routes)
    return known[1]


_documents: dict[str, tuple[Sequence[Route], bytes]] = {}
_drawing = threading.Lock()


async def static_file(call: Call) -> web.Response:
    found = find(call.path["name"])
    if found is None:
        raise NotFound("There is no such file.")
    asset, current = found
    headers = {"Cache-Control": KEPT_FOR_EVER if current else KEPT, "Vary": "Accept-Encoding"}
    body = asset.body
    if _takes_gzip(call.request.headers.get("Accept-Encoding", "")):
        headers["Content-Encoding"], body = "gzip", asset.packed
    charset = None if asset.kind == "image/png" else "utf-8"
    return web.Response(body=body, content_type=asset.kind, charset=charset, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """Whether it is named, and not by weight nought (RFC 9110 section 12.5.3)."""
    for one in accepted.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == "gzip":
            return re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return False
