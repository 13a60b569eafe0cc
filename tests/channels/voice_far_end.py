"""Twilio's calls on a real socket: it dials, somebody or a machine takes the call, it asks us what to say and tells us
which key was pressed, every request signed. Written apart from the channel's reading of them.
"""

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web

from notifier.campus.twilio_wire import sign
from notifier.channels.twilio_voice import TwilioVoice, VoiceSettings
from notifier.clock import Clock, SystemClock
from notifier.interfaces import CallbackReply, CallbackRequest, Tools
from notifier.testing.far_end import Far, FarEnd, Taken

OURS, ACCOUNT = "+15550100000", f"AC{7:032x}"
PUBLIC = "https://school.example"


@dataclass
class Phone:
    """What happens when this number is called."""

    by: str = "human"
    """human, unknown, machine_end_beep, machine_start, fax; or busy, no-answer, failed."""
    keys: str = ""
    """Pressed one at a time, each at the next question."""


@dataclass
class Call:
    sid: str
    to: str
    form: dict[str, str]
    status: str = "queued"
    said: list[str] = field(default_factory=list)
    locales: list[str] = field(default_factory=list)
    asked: int = 0
    """How often keys were waited for."""


class VoiceFarEnd(FarEnd):
    good_address, bad_address = "+15550100142", "+15550100199"
    busy_delay = 7.0

    def __init__(self, public_url: str | None = PUBLIC, state_dir: str = "", clock: Clock | None = None) -> None:
        self.public_url, self.state_dir = public_url, state_dir
        self.clock = clock or SystemClock()
        self.token = secrets.token_hex(16)
        self.secrets = (self.token,)
        self.how = Far.WELL
        self.phones: dict[str, Phone] = {}
        self.calls: list[Call] = []
        self.replies: list[tuple[str, CallbackReply]] = []
        """What our callbacks made of each request, by name."""
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._stopped = asyncio.Event()
        self.channel: TwilioVoice | None = None
        self.reach = ""
        """Where our webhooks are served; empty: the channel is asked directly."""
        self.sign_with = self.token

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        self._stopped.clear()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._http = aiohttp.ClientSession()

    async def stop(self) -> None:
        self._stopped.set()
        if self._runner is not None:
            await self._runner.cleanup()
            await self._http.close()
            self._runner = None

    def behave(self, how: Far) -> None:
        self.how = how

    def taken(self) -> Sequence[Taken]:
        return [Taken(call.to, call.said[0] if call.said else "") for call in self.calls]

    def make(self, **more: object) -> TwilioVoice:
        plain = {
            "account_sid": ACCOUNT,
            "auth_token": self.token,
            "from_number": OURS,
            "api_url": self.url,
            "timeout": "500ms",
            "connect_timeout": "400ms",
            "ask_timeout": "1s",
        }
        tools = Tools(http=None, clock=self.clock, state_dir=self.state_dir, public_url=self.public_url)
        self.channel = TwilioVoice("calls", VoiceSettings.model_validate(plain | more), tools)
        return self.channel

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = (await request.read()).decode()
        how = self.how
        if how is Far.RESET:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if how is Far.HANGS:
            await self._stopped.wait()
        if how is Far.BUSY:
            return web.json_response({"code": 20429}, status=429, headers={"Retry-After": "7"})
        right = "Basic " + base64.b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        if how is Far.STRANGER or request.headers.get("Authorization") != right:
            return web.json_response({"code": 20003, "message": "Authenticate"}, status=401)
        if how is Far.BROKEN:
            return web.json_response({"code": 20500}, status=500)
        path = f"/2010-04-01/Accounts/{ACCOUNT}"
        if request.path == f"{path}.json":
            return web.json_response({"sid": ACCOUNT, "status": "active"})
        if request.path != f"{path}/Calls.json":
            return web.json_response({"code": 20404}, status=404)
        if request.method == "GET":
            if how is Far.TAKES_AND_HANGS:
                await self._stopped.wait()
            to = request.query.get("To")
            made = [call for call in reversed(self.calls) if to is None or call.to == to]
            return web.json_response({"calls": [self._json(call) for call in made], "next_page_uri": None})
        form = dict(parse_qsl(body, keep_blank_values=True))
        if form["To"] == self.bad_address:
            return web.json_response({"code": 21211, "message": f"{form['To']} is not valid"}, status=400)
        call = Call(f"CA{len(self.calls) + 1:032x}", form["To"], form)
        self.calls.append(call)
        await self._dial(call)
        if how is Far.TAKES_AND_HANGS:
            await self._stopped.wait()
        if how is Far.NONSENSE:
            return web.Response(text="<html>")
        return web.json_response(self._json(call), status=201)

    def _json(self, call: Call) -> dict[str, object]:
        now = formatdate(self.clock.wall().timestamp()).replace("-0000", "+0000")
        return {"sid": call.sid, "to": call.to, "from": OURS, "status": call.status, "date_created": now}

    async def _dial(self, call: Call) -> None:
        phone = self.phones.get(call.to, Phone())
        if phone.by in ("busy", "no-answer", "failed"):
            call.status = phone.by
        elif "Twiml" in call.form:
            await self._perform(call, phone, call.form["Twiml"], "")
        else:
            answered = {"AnsweredBy": phone.by} if "MachineDetection" in call.form else {}
            twiml = await self._post(call, call.form["Url"], answered)
            await self._perform(call, phone, twiml, phone.keys)
        if call.status == "queued":
            call.status = "completed"
        if "StatusCallback" in call.form:
            await self._post(call, call.form["StatusCallback"], {"CallStatus": call.status})

    async def _perform(self, call: Call, phone: Phone, twiml: str, keys: str) -> None:
        """Says what it is told; a key ends a question and what came after it."""
        for verb in ET.fromstring(twiml):
            if verb.tag == "Hangup":
                return
            for say in verb.iter("Say"):
                call.said.append(say.text or "")
                call.locales.append(say.get("language", ""))
            if verb.tag == "Gather":
                call.asked += 1
                if keys:
                    assert (verb.get("method"), verb.get("numDigits"), verb.get("input")) == ("POST", "1", "dtmf")
                    twiml = await self._post(call, verb.get("action") or "", {"Digits": keys[0]})
                    await self._perform(call, phone, twiml, keys[1:])
                    return

    async def _post(self, call: Call, url: str, more: dict[str, str]) -> str:
        fields = {"AccountSid": ACCOUNT, "CallSid": call.sid, "To": call.to, "From": OURS, **more}
        headers = {"X-Twilio-Signature": sign(self.sign_with, url, fields)}
        if self.reach:
            parts = urlsplit(url)
            there = f"{self.reach}{parts.path}" + (f"?{parts.query}" if parts.query else "")
            async with self._http.post(there, data=fields, headers=headers) as reply:
                return await reply.text()
        assert self.channel is not None
        form = aiohttp.FormData(fields)()
        name = urlsplit(url).path.rpartition("/")[2]
        kind = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        read = self.channel.callbacks()[name](CallbackRequest("POST", url, kind, form._value))
        self.replies.append((name, read))
        return read.body
