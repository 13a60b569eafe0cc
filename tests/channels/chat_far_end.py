"""Slack's and Teams' incoming webhooks on one socket: they check what they are given as the real ones do."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from notifier.testing.far_end import Far, FarEnd, Taken

SECRET_PATH = "T000/B000/made-up-hook-secret"


def of_a_hook(url: str) -> dict[str, Any]:
    """Settings of a sender with one hook, which does not wait long."""
    return {"hooks": {"office": {"url": url}}, "timeout": "500ms", "connect_timeout": "400ms"}


class ChatFarEnd(FarEnd):
    good_address, bad_address = "office", None
    busy_delay = 7.0
    secrets = (SECRET_PATH,)

    def __init__(self, service: str) -> None:
        self.service = service
        self.how = Far.WELL
        self.dead = False
        self.posted: list[dict[str, Any]] = []
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._stopped = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/{SECRET_PATH}"

    async def start(self) -> None:
        self._stopped.clear()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def behave(self, how: Far) -> None:
        self.how = how

    def taken(self) -> Sequence[Taken]:
        read = _slack_words if self.service == "slack" else _teams_words
        return [Taken("office", *read(content)) for content in self.posted]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw, how = await request.read(), self.how
        if how is Far.RESET:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if how is Far.HANGS:
            await self._stopped.wait()
        if how is Far.BUSY:
            return web.Response(status=429, headers={"Retry-After": "7"})
        if how is Far.STRANGER:
            return web.Response(status=403, text="invalid_token")
        if how is Far.BROKEN:
            return web.Response(status=500)
        if self.dead or request.path != f"/{SECRET_PATH}":
            return web.Response(status=404, text="no_service")
        if request.method != "POST":
            return web.Response(status=400, text="invalid_payload")
        content = json.loads(raw)
        self.taken_if_right(content)
        if how is Far.TAKES_AND_HANGS:
            await self._stopped.wait()
        if how is Far.NONSENSE:
            return web.Response(text="<html>Welcome to the hotel's network", content_type="text/html")
        return web.Response(text="ok") if self.service == "slack" else web.Response(status=202)

    def taken_if_right(self, content: dict[str, Any]) -> None:
        (_slack_words if self.service == "slack" else _teams_words)(content)
        self.posted.append(content)


def _slack_words(content: dict[str, Any]) -> tuple[str, str]:
    head, section = content["blocks"]
    assert "<" not in content["text"], "Slack would read a command"
    assert (head["type"], section["type"]) == ("header", "section")
    assert {head["text"]["type"], section["text"]["type"]} == {"plain_text"}
    assert 0 < len(head["text"]["text"]) <= 150
    assert 0 < len(section["text"]["text"]) <= 3000
    return section["text"]["text"], head["text"]["text"]


def _teams_words(content: dict[str, Any]) -> tuple[str, str]:
    (attached,) = content["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attached["content"]
    assert (card["type"], len(json.dumps(content, ensure_ascii=False).encode()) < 28_000) == ("AdaptiveCard", True)
    title, text = (block["inlines"][0]["text"] for block in card["body"])
    return text, title
