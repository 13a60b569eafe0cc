"""Twilio's double on a real socket: the part of its API that a school uses, with a memory, callbacks and faults."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from notifier.campus.sms_model import Arrival, Fault, InboundNews, News, Phone, Refusal, SmsModel, Text
from notifier.campus.sms_pump import SmsPump
from notifier.campus.twilio_wire import VERSION, callback_fields, message_json, page_json, refusal_json, sign
from notifier.clock import Clock

HOST = "127.0.0.1"

# Twilio gives a webhook 15 s, then counts it as failed (error 11200).
CALLBACK_LIMIT = 15.0
CALLBACKS_AT_ONCE = 50

# The last answers that our webhooks gave, for tests to look at.
ANSWERS_KEPT = 1000


class TwilioServer:
    """`async with TwilioServer(clock, model) as twilio:`, then hand `twilio.url` to the channel as `api_url`."""

    def __init__(
        self,
        clock: Clock,
        model: SmsModel | None = None,
        *,
        account: str = f"AC{7:032x}",
        token: str | None = None,
        inbound_url: str = "",
        reach: Callable[[str], str] = lambda url: url,
        port: int = 0,
    ) -> None:
        """`inbound_url`: the webhook for what people text. `reach` turns a public URL into one that can be opened.

        `token` None: an invented one, to be read from `.token`.
        """
        self.model = model or SmsModel()
        self.account, self.inbound_url = account, inbound_url
        self.token = token or secrets.token_hex(16)
        self.answers: deque[tuple[str, int]] = deque(maxlen=ANSWERS_KEPT)
        """(URL, status) of what our webhooks answered; status 0: nobody answered."""
        self.requests = 0
        self.in_flight = 0
        """Requests and callbacks going on; one that hangs on order does not count."""
        self._clock, self._reach, self._port = clock, reach, port
        self._epoch = clock.wall().timestamp() - clock.now()
        self._authorization = "Basic " + base64.b64encode(f"{account}:{self.token}".encode()).decode()
        self._messages = f"/{VERSION}/Accounts/{account}/Messages"
        self._pump = SmsPump(self.model, clock, self._tell)
        self._posting: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(CALLBACKS_AT_ONCE)
        self._let_go = asyncio.Event()
        self._arrived = asyncio.Event()
        self._runner: web.ServerRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.model.listeners.append(self._notice)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def settled(self) -> bool:
        """Nothing is under way, and nothing is due before the clock moves."""
        due = self.model.due()
        return self.in_flight == 0 and (due is None or due > self._clock.now())

    async def start(self) -> None:
        self._let_go.clear()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALLBACK_LIMIT))
        server = web.Server(self._serve, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._pump.start()

    async def stop(self) -> None:
        """As if the machine were switched off; `start` comes back on the same port with the same memory."""
        await self._pump.stop()
        self._let_go.set()
        for task in tuple(self._posting):
            task.cancel()
        if self._posting:
            await asyncio.wait(self._posting)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def person_texts(self, number: str, text: str, to: str = "") -> Text:
        """A person writes to our number; posts the signed webhook."""
        written = self.model.person_texts(self._clock.now(), number, text, to)
        self._pump.nudge()
        return written

    async def arrives(self, number: str, text: str = "", within: float = 10.0) -> Arrival:
        """Waits (real seconds) until a message with `text` in it is on that phone."""
        async with asyncio.timeout(within):
            while True:
                for arrival in self.model.phone(number).inbox:
                    if text in arrival.text:
                        return arrival
                await self._arrived.wait()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        self.in_flight += 1
        try:
            return await self._answer(request)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        model = self.model
        fault = model.fault
        if model.slow_by:
            await self._clock.sleep(model.slow_by)
        if fault is not Fault.NONE and (early := await self._misbehave(request, fault)):
            return early
        if request.headers.get("Authorization") != self._authorization:
            return _refused(Refusal(20003, 401))
        path = request.rel_url.raw_path
        if path == f"{self._messages}.json":
            answer = self._create(body) if request.method == "POST" else self._list(request.rel_url.query)
        elif request.method == "GET":
            answer = self._get(path)
        else:
            answer = _refused(Refusal(20404, 404))
        if fault is Fault.TAKES_AND_HANGS:
            return await self._hang(request)
        return web.Response(text="<html>It is fine.</html>", status=201) if fault is Fault.NONSENSE else answer

    async def _misbehave(self, request: web.BaseRequest, fault: Fault) -> web.StreamResponse | None:
        if fault is Fault.HANGS:
            return await self._hang(request)
        if fault in {Fault.RESET, Fault.DOWN}:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        known = {
            Fault.BUSY: Refusal(20429, 429, self.model.retry_after),
            Fault.STRANGER: Refusal(20003, 401),
            Fault.BROKEN: Refusal(20500, 500),
        }
        return _refused(known[fault]) if fault in known else None

    async def _hang(self, request: web.BaseRequest) -> web.StreamResponse:
        self.in_flight -= 1
        try:
            await self._let_go.wait()
        finally:
            self.in_flight += 1
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _create(self, body: bytes) -> web.Response:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        to, sender = fields.get("To", ""), fields.get("From", "")
        made = self.model.submit(
            self._clock.now(),
            to,
            sender,
            fields.get("Body", ""),
            fields.get("StatusCallback", ""),
            fields.get("MessagingServiceSid", ""),
        )
        if isinstance(made, Refusal):
            return _refused(made, to, sender)
        self._pump.nudge()
        return _json(message_json(made, self.account, self._epoch), 201)

    def _list(self, query: Mapping[str, str]) -> web.Response:
        kept = {name: value for name, value in query.items() if name not in {"Page", "PageSize", "PageToken"}}
        try:
            size = min(1000, max(1, int(query.get("PageSize", "50"))))
            page = max(0, int(query.get("Page", "0")))
            wanted = _filter(kept, self._epoch)
        except ValueError:
            return _refused(Refusal(20001, 400))
        found = self.model.newest_first(kept.get("To", kept.get("From", "")))
        matching = [text for text in found if wanted(text)]
        shown = matching[page * size : (page + 1) * size]
        frame = page_json(shown, f"{self._messages}.json", kept, page, size, len(matching) > (page + 1) * size)
        return _json(frame | {"messages": [message_json(text, self.account, self._epoch) for text in shown]})

    def _get(self, path: str) -> web.Response:
        account = f"/{VERSION}/Accounts/{self.account}"
        if path == f"{account}.json":
            return _json({"sid": self.account, "status": "active", "friendly_name": "A school", "type": "Full"})
        if path == f"{account}/Balance.json":
            return _json({"account_sid": self.account, "balance": "42.00", "currency": "USD"})
        text = self.model.texts.get(path.removeprefix(f"{self._messages}/").removesuffix(".json"))
        if text is None:
            return _refused(Refusal(20404, 404))
        return _json(message_json(text, self.account, self._epoch))

    def _tell(self, news: Sequence[News]) -> None:
        for one in news:
            url = self.inbound_url if isinstance(one, InboundNews) else one.text.callback
            if url:
                self.in_flight += 1
                task = asyncio.ensure_future(self._post(url, callback_fields(one, self.account)))
                self._posting.add(task)
                task.add_done_callback(self._posted)

    def _posted(self, task: asyncio.Task[None]) -> None:
        self._posting.discard(task)
        self.in_flight -= 1

    async def _post(self, url: str, fields: Mapping[str, str]) -> None:
        session = self._session
        if session is None:
            return
        headers = {"X-Twilio-Signature": sign(self.token, url, fields)}
        try:
            async with self._slots, session.post(self._reach(url), data=fields, headers=headers) as answer:
                self.answers.append((url, answer.status))
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.answers.append((url, 0))

    def _notice(self, _phone: Phone, _arrival: Arrival) -> None:
        self._arrived.set()
        self._arrived = asyncio.Event()


def _filter(query: Mapping[str, str], epoch: float) -> Callable[[Text], bool]:
    """As strict as the real one may be: what has not been sent has no DateSent and matches none."""
    after, before = _moment(query.get("DateSent>")), _moment(query.get("DateSent<"))
    to, sender = query.get("To"), query.get("From")

    def wanted(text: Text) -> bool:
        if (to and text.to != to) or (sender and text.sender != sender):
            return False
        if after is None and before is None:
            return True
        if text.sent is None:
            return False
        sent = int(text.sent + epoch)
        return (after is None or sent >= after) and (before is None or sent <= before)

    return wanted


def _moment(written: str | None) -> float | None:
    if written is None:
        return None
    when = datetime.fromisoformat(written)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _json(said: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(said).encode(), status=status, content_type="application/json")


def _refused(refusal: Refusal, to: str = "", sender: str = "") -> web.Response:
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    body = refusal_json(refusal, to, sender)
    return web.Response(body=body, status=refusal.http, content_type="application/json", headers=headers)
