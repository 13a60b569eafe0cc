"""An ntfy server on a real local socket, over the pure model: publish as JSON or with headers, poll, health."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Mapping
from email.header import decode_header, make_header
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from notifier.campus.ntfy_model import TOPIC, NtfyModel, NtfyRefusal, Published, PushFault

HEADERS = {
    "title": ("x-title", "title", "ti", "t"),
    "priority": ("x-priority", "priority", "prio", "p"),
    "tags": ("x-tags", "tags", "tag", "ta"),
    "click": ("x-click", "click"),
    "sequence_id": ("x-sequence-id", "sequence-id", "sid"),
}
LEVELS = {"min": 1, "low": 2, "default": 3, "high": 4, "urgent": 5, "max": 5}


class NtfyServer:
    """`async with NtfyServer(model) as server:` listens on `server.url`; after `stop`, `start` takes the same port."""

    def __init__(self, model: NtfyModel, host: str = "127.0.0.1", port: int = 0) -> None:
        self.model = model
        self.requests: list[tuple[str, str, Mapping[str, str], bytes]] = []
        """Method, path with query, headers, body: what came over the wire."""
        self.asked = asyncio.Event()
        """Set at the first request."""
        self.connections = 0
        """How many were ever opened."""
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._web: web.Server | None = None
        self._leaving = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        self._leaving.clear()
        self._web = web.Server(self._answer, access_log=None)
        made = self._web

        def protocol() -> asyncio.Protocol:
            self.connections += 1
            return made()

        self._server = await asyncio.get_running_loop().create_server(protocol, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop every connection, hanging ones too."""
        self._leaving.set()
        if self._server is not None:
            self._server.close()
        if self._web is not None:
            await self._web.shutdown(0.1)
        if self._server is not None:
            await self._server.wait_closed()
        self._server = self._web = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.method, request.path_qs, dict(request.headers), body))
        self.asked.set()
        fault = self.model.next_fault()
        if fault in (PushFault.HANGS, PushFault.RESET):
            return await self._drop(request, fault)
        try:
            self.model.admit(fault, *_visitor(request))
            if request.method in ("POST", "PUT"):
                made = self.model.publish(fault, *_publication(request, body))
                return await self._published(request, fault, made)
            if fault is PushFault.TAKES_AND_HANGS:
                return await self._drop(request, fault)
            return self._read(request)
        except NtfyRefusal as refusal:
            headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
            return web.json_response(refusal.body(), status=refusal.status, headers=headers)

    async def _published(
        self, request: web.BaseRequest, fault: PushFault | None, made: Published
    ) -> web.StreamResponse:
        if fault is PushFault.TAKES_AND_HANGS:
            return await self._drop(request, fault)
        if fault is PushFault.SLOW:
            await self.model.clock.sleep(self.model.slow)
        if fault is PushFault.NONSENSE:
            return web.Response(text="<html>Welcome to the guest network</html>", content_type="text/html")
        return web.json_response(made.body())

    def _read(self, request: web.BaseRequest) -> web.StreamResponse:
        topic, slash, kind = request.path.lstrip("/").partition("/")
        if request.path == "/v1/health":
            return web.json_response({"healthy": True})
        if slash and kind == "json" and TOPIC.fullmatch(topic) and request.query.get("poll") == "1":
            since = request.query.get("since", "all")
            found = self.model.since(topic, int(since) if since.isdigit() else 0)
            lines = "".join(f"{json.dumps(message.body(), ensure_ascii=False)}\n" for message in found)
            return web.Response(body=lines.encode(), headers={"Content-Type": "application/x-ndjson; charset=utf-8"})
        raise NtfyRefusal(404, 40401, "page not found")

    async def _drop(self, request: web.BaseRequest, fault: PushFault) -> web.StreamResponse:
        if fault is not PushFault.RESET:
            await self._leaving.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


def _visitor(request: web.BaseRequest) -> tuple[str | None, tuple[str, str] | None]:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value, None
    if kind.lower() == "basic":
        name, _, password = b64decode(value).decode().partition(":")
        return None, (name, password)
    return None, None


def _publication(request: web.BaseRequest, body: bytes) -> tuple[str, dict[str, Any]]:
    """Topic and fields, from JSON to the root or from headers to `/TOPIC`; raises NtfyRefusal."""
    topic = request.path.strip("/")
    if topic:
        return _topic(topic), {**_from_headers(request), "message": _text(body)}
    try:
        fields = json.loads(_text(body))
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise NtfyRefusal(400, 40017, "invalid request: request body must be message JSON")
    return _topic(str(fields.get("topic", ""))), fields


def _from_headers(request: web.BaseRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, aliases in HEADERS.items():
        written = next((request.headers[alias] for alias in aliases if alias in request.headers), "")
        if written:
            fields[name] = str(make_header(decode_header(written)))
    if "tags" in fields:
        fields["tags"] = [tag.strip() for tag in fields["tags"].split(",") if tag.strip()]
    if "priority" in fields:
        level = fields["priority"]
        fields["priority"] = LEVELS.get(level, int(level) if level.isdigit() else -1)
    return fields


def _topic(written: str) -> str:
    if not TOPIC.fullmatch(written):
        raise NtfyRefusal(400, 40009, "invalid request: topic invalid")
    return written


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NtfyRefusal(400, 40011, "invalid message: message must be UTF-8 encoded") from None
