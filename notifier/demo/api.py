"""What people and the front-office button say to the daemon, over its HTTP interface and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from notifier.errors import NotifierError

PAGE = 200
LIMIT = aiohttp.ClientTimeout(total=20.0)
STREAM = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=120.0)
LONGEST_LINE = 1 << 22
"""Bytes of one event: an escalation may name every room."""


BUSY = 503
TRIES, BETWEEN_TRIES = 5, 1.0
"""A daemon whose store does not take anything now says that nothing was done: asked again, a second later."""


class Answered(NotifierError):
    """The daemon refused, in its own words."""


class Api:
    """One account at one daemon. `async with Api(base, token)`, or `Api(base, socket=path)` for the machine's owner."""

    def __init__(self, base: str, token: str = "", socket: Path | None = None) -> None:
        self.base = base.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._socket = socket
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.UnixConnector(str(self._socket)) if self._socket else aiohttp.TCPConnector()
        self._session = aiohttp.ClientSession(
            connector=connector, headers=self._headers, timeout=LIMIT, read_bufsize=LONGEST_LINE
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Raises Answered."""
        return await self._ask("GET", f"/api/v1{path}", params=query)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Raises Answered."""
        return await self._ask("POST", f"/api/v1{path}", json=dict(body or {}))

    async def press(self, path: str) -> dict[str, Any]:
        """As an enrolled button does: the secret is in the path, and nobody logs in. Raises Answered."""
        return await self._ask("POST", path)

    async def each(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every item of a list, page after page. Raises Answered."""
        items: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = await self.get(path, **query, **({"after": after} if after else {}))
            items += page["items"]
            after = page["next"]
            if not after:
                return items

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """What happens, as it happens; the first one is a greeting (`cursor`), which has no `kind`."""
        async with self._session.get(f"{self.base}/api/v1/events", timeout=STREAM) as stream:
            if stream.status != 200:
                raise Answered(await _words(stream))
            async for line in stream.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        for left in reversed(range(TRIES)):
            async with self._session.request(method, f"{self.base}{path}", **more) as response:
                if response.status < 300:
                    answer: dict[str, Any] = await response.json()
                    return answer
                if response.status != BUSY or not left:
                    raise Answered(await _words(response))
            await asyncio.sleep(BETWEEN_TRIES)
        raise AssertionError("the last try returns or raises")


async def _words(response: aiohttp.ClientResponse) -> str:
    try:
        problem = json.loads(await response.text())
        return f"{response.status}: {problem.get('detail') or problem.get('title')}"
    except (ValueError, AttributeError):
        return f"{response.status}"
