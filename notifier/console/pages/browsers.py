"""Registering a browser for push: by its person's account, or by the link in a message to them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from notifier.console.models import OutcomeReply, Sent
from notifier.console.route import KILOBYTE, Call, Flag, Route
from notifier.errors import Refused
from notifier.model.rights import Right


class BrowserBody(Sent):
    """A subscription, as `PushSubscription.toJSON` gives it (W3C Push API)."""

    endpoint: str = Field(max_length=1000)
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=60)


async def mine(call: Call) -> Any:
    said = call.body
    return await call.parts.commands.register_browser(
        said.endpoint, said.p256dh, said.auth, _agent(call), caller=call.caller
    )


async def by_link(call: Call) -> Any:
    said, token = call.body, call.path["token"]
    if call.parts.answers.wait(f"push:{token}", call.parts.clock.now()):
        raise Refused("Too many browsers were registered by this link at once. Try again in a minute.", 429)
    return await call.parts.commands.register_browser(said.endpoint, said.p256dh, said.auth, _agent(call), token=token)


def _agent(call: Call) -> str:
    named = call.request.headers.get("User-Agent", "")[:200]
    return "".join(sign for sign in named if sign.isprintable())


ROUTES = (
    Route(
        method="POST", path="/api/v1/me/push", right=Right.OWN_ACCOUNT, also=(Right.VIEW, Right.RESPOND), handler=mine,
        summary="Register this browser: what its person gets by push comes here too.", body=BrowserBody,
        reply=OutcomeReply, limit=4 * KILOBYTE,
    ),
    Route(
        method="POST", path="/r/{token}/push", right=Right.PUBLIC, handler=by_link,
        summary="Register the browser of whoever the answer link belongs to.", body=BrowserBody, reply=OutcomeReply,
        limit=4 * KILOBYTE, flags=frozenset({Flag.SECRET_PATH}),
    ),
)  # fmt: skip
