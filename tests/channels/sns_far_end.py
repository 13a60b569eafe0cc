"""moto's SNS, which keeps topics, attributes and SMS as AWS does, behind a door that can misbehave."""

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import web
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.sns.models import sns_backends

from notifier.channels.aws_sns import AwsSns, SnsSettings
from notifier.clock import SystemClock
from notifier.interfaces import Tools
from notifier.testing.far_end import Far, FarEnd, Taken

ACCOUNT, REGION = "123456789012", "us-east-1"
KEY, SECRET = "AKIAINVENTED00000001", "wJalr/made-up/secret+0123456789"
OPTED_OUT = "+15550100177"


class SnsFarEnd(FarEnd):
    """Its own port stays the same over restarts; moto behind it is in this process and keeps what it took."""

    good_address, bad_address = "+15550100142", "+15550100199"
    secrets = (SECRET,)
    loggers = ("werkzeug", "moto", "aiohttp")

    def __init__(self) -> None:
        self.how = Far.WELL
        self.sandbox = False
        self.forms: list[dict[str, str]] = []
        self.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._backend = sns_backends[ACCOUNT][REGION]
        self._before = len(self._backend.sms_messages)
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._stopped = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        if self._port == 0:
            logging.getLogger("werkzeug").setLevel(logging.ERROR)
            await asyncio.to_thread(self.moto.start)
            self._moto_port = self.moto.get_host_and_port()[1]
        self._stopped.clear()
        self._http = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it has just been started

    async def stop(self) -> None:
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()
            await self._http.close()
            self._runner = None

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await asyncio.to_thread(self.moto.stop)

    def behave(self, how: Far) -> None:
        self.how = how

    def taken(self) -> Sequence[Taken]:
        return [Taken(number, text) for number, text in list(self._backend.sms_messages.values())[self._before :]]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        how = self.how
        if how is Far.RESET:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if how is Far.HANGS:
            await self._stopped.wait()
        if how is Far.BUSY:
            return _error(429, "Throttled", "Rate exceeded")
        if how is Far.STRANGER:
            return _error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        if how is Far.BROKEN:
            return _error(500, "InternalError", "Something is wrong")
        if form.get("Action") == "GetSMSSandboxAccountStatus":  # moto has none
            return _xml(
                "<GetSMSSandboxAccountStatusResponse><GetSMSSandboxAccountStatusResult>"
                f"<IsInSandbox>{str(self.sandbox).lower()}</IsInSandbox>"
                "</GetSMSSandboxAccountStatusResult></GetSMSSandboxAccountStatusResponse>"
            )
        number = form.get("PhoneNumber")
        if number == self.bad_address:
            sentence = f"Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to"
            return _error(400, "InvalidParameter", sentence)
        if number == OPTED_OUT:
            return _error(400, "OptedOut", f"Phone number {number} is opted out")
        self.forms.append(form)
        async with self._http.request(
            request.method, f"http://127.0.0.1:{self._moto_port}{request.path_qs}", data=body, headers=request.headers
        ) as answer:
            raw, status, kind = await answer.read(), answer.status, answer.content_type
        if how is Far.TAKES_AND_HANGS:
            await self._stopped.wait()
        if how is Far.NONSENSE:
            return web.Response(text="<html>Welcome to the hotel's network", content_type="text/html")
        return web.Response(body=raw, status=status, content_type=kind)

    def make(self, **more: object) -> AwsSns:
        plain = {
            "region": REGION,
            "access_key_id": KEY,
            "secret_access_key": SECRET,
            "endpoint": self.url,
            "timeout": "2s",
            "connect_timeout": "1500ms",
        }
        tools = Tools(http=None, clock=SystemClock(), state_dir="")
        return AwsSns("sms_second", SnsSettings.model_validate(plain | more), tools)


def _error(status: int, code: str, text: str) -> web.Response:
    return _xml(f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
                "<RequestId>r</RequestId></ErrorResponse>", status)  # fmt: skip


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/xml")
