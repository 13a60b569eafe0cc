"""The SDK's requests over one pooled session of ours, with every way to fail named."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from notifier.channels.twilio.codes import Verdict, error_of_answer
from notifier.errors import OutcomeUnknown, TryAgain

# A school's supervision asks every 30 s, so one connection stays warm; longer than this, a router may have
# forgotten it, and a message on a forgotten connection costs the whole time limit.
KEPT_FOR = 45.0

# A far end that asks for more than this has an outage: asking again earlier costs nothing.
LONGEST_WAIT = 300.0


class Wire(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """What the SDK sends through instead of its own client, which ignores its time limit and hides Retry-After.

    Raises TryAgain, WillNotWork or OutcomeUnknown; never logs. Built inside the running loop.
    """

    def __init__(
        self,
        api_url: str,
        user: str,
        password: str,
        *,
        timeout: float,
        connect_timeout: float,
        overrules: Mapping[int, Verdict],
    ) -> None:
        super().__init__(logging.getLogger(__name__), True)
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._api_url = api_url.rstrip("/")
        self._limit = timeout
        self._overrules = overrules
        self._session = aiohttp.ClientSession(
            # The sender's window bounds what is in flight; a second limit here would only hide where it waits.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_FOR),
            timeout=aiohttp.ClientTimeout(total=None, connect=connect_timeout),
            headers={"Authorization": f"Basic {credentials}"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        await self._session.close()

    async def request(  # type: ignore[no-untyped-def]  # the SDK's signature; what it hands over is read below
        self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False
    ) -> Response:
        # Whatever region or edge the SDK was told by its surroundings, only api_url is spoken to.
        there = f"{self._api_url}/{url.split('/', 3)[3]}"
        body = urlencode(data, doseq=True, errors="replace").encode() if data else None
        try:
            async with asyncio.timeout(self._limit):
                answer = await self._session.request(
                    method, there, params=params, data=body, headers=headers, allow_redirects=False
                )
                async with answer:
                    text = await answer.text(errors="replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise TryAgain("Twilio cannot be reached; nothing left.") from None
        except TimeoutError:
            raise OutcomeUnknown(f"Twilio did not answer within {self._limit:g} s.") from None
        except (aiohttp.ClientError, OSError, LookupError) as error:
            raise OutcomeUnknown(f"The connection to Twilio broke off ({type(error).__name__}).") from None
        if answer.status >= 300:
            raise error_of_answer(answer.status, _code_in(text), _wait_in(answer.headers), self._overrules)
        return Response(answer.status, text, answer.headers)


def _code_in(text: str) -> int | None:
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) else None


def _wait_in(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds (RFC 9110 10.2.3); its date form is not worth a clock here."""
    written = headers.get("Retry-After", "")
    return min(float(written), LONGEST_WAIT) if written.isascii() and written.isdigit() else None
