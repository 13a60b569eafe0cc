"""What providers call: the channel says what it means, the engine what it changes."""

from __future__ import annotations

from aiohttp import web

from notifier.console.callers import networks_of, public_address
from notifier.console.reading import LongBodies, read_body
from notifier.console.route import KILOBYTE, Call
from notifier.errors import NotFound
from notifier.interfaces import CallbackReply, CallbackRequest

LONG = LongBodies(room=16 * KILOBYTE * KILOBYTE, free=64 * KILOBYTE)
"""Of this process: whoever calls is known only when the whole body has been read."""


async def receive(call: Call) -> web.Response:
    """Answered after what it said is recorded, so that a provider sends again what we have lost.

    The signature covers the address as the provider saw it, which behind a proxy is not the one that reached us.
    """
    channel, name = call.path["channel"], call.path["name"]
    taker = call.parts.callbacks.get(channel)
    read = taker.callbacks().get(name) if taker else None
    if read is None:
        raise NotFound("No sender of this node takes callbacks at this address; compare the provider's settings.")
    request = call.request
    body = await read_body(request, call.route.limit, long=LONG)
    url = public_address(request, call.parts.public_url, networks_of(call.parts.settings.behind_proxy))
    reply = read(CallbackRequest(request.method, url, request.headers, body))
    if reply.reports or reply.inbound:
        await call.parts.commands.reported(channel, reply)
    return _answer(reply)


async def hook(call: Call) -> web.Response:
    """What a trigger's far end calls: it checks who it is and presses, and is answered when that is durable."""
    trigger = call.parts.hooks(call.path["name"])
    if trigger is None:
        raise NotFound("No trigger of the site takes calls at this address; compare its name in the site file.")
    request = call.request
    body = await read_body(request, call.route.limit, long=LONG)
    url = public_address(request, call.parts.public_url, networks_of(call.parts.settings.behind_proxy))
    return _answer(await trigger.hook(CallbackRequest(request.method, url, request.headers, body)))


def _answer(reply: CallbackReply) -> web.Response:
    return web.Response(status=reply.status, text=reply.body, content_type=reply.content_type)
