"""A service that Apprise's `json://` plugin posts to: it checks what it is given and keeps it."""

import asyncio
import json
from collections.abc import Sequence

from aiohttp import web

from notifier.testing.far_end import Far, FarEnd, Taken

SECRET_PATH = "made-up-apprise-secret"


class AppriseFarEnd(FarEnd):
    good_address, bad_address = "office", None
    # A plugin says yes to any 2xx, whatever stands in it, and hides how long it was asked to wait.
    cannot = (Far.NONSENSE,)
    secrets = (SECRET_PATH,)

    def __init__(self) -> None:
        self.how = Far.WELL
        self.status: int | None = None
        self.posted: list[Taken] = []
        self.asked = asyncio.Event()
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._stopped = asyncio.Event()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self._port}/{SECRET_PATH}"

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
        return self.posted

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw, how = await request.read(), self.how
        self.asked.set()
        if how is Far.RESET:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if how is Far.HANGS:
            await self._stopped.wait()
        refusals = {Far.BUSY: 429, Far.STRANGER: 401, Far.BROKEN: 500}
        if (status := self.status or refusals.get(how)) is not None:
            return web.Response(status=status)
        if request.method != "POST" or request.path != f"/{SECRET_PATH}":
            return web.Response(status=404)
        said = json.loads(raw)
        assert (said["version"], said["type"]) == ("1.0", "info")
        self.posted.append(Taken("office", said["message"], said["title"]))
        if how is Far.TAKES_AND_HANGS:
            await self._stopped.wait()
        return web.Response(text="ok")
