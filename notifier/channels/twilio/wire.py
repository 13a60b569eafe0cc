"""The SDK's requests over one pooled session of ours, with every way to fail named."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from notifier.channels._keep_alive import BrokenOff, NotConnected, Posts
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
        self._credentials = {"Authorization": f"Basic {credentials}"}
        self._connect_timeout = connect_timeout
        self._posts: dict[frozenset[tuple[str, str]], Posts] = {}
        self._session = aiohttp.ClientSession(
            # The sender's window bounds what is in flight; a second limit here would only hide where it waits.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_FOR),
            timeout=aiohttp.ClientTimeout(total=None, connect=connect_timeout),
            headers=self._credentials,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        for posts in self._posts.values():
            posts.close()
        await self._session.close()

    async def request(  # type: ignore[no-untyped-def]  # the SDK's signature; what it hands over is read below
        self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False
    ) -> Response:
        # Whatever region or edge the SDK was told by its surroundings, only api_url is spoken to.
        there = f"{self._api_url}/{url.split('/', 3)[3]}"
        body = urlencode(data, doseq=True, errors="replace").encode() if data else None
        try:
            async with asyncio.timeout(self._limit):
                if method == "POST" and not params:
                    status, text, wait = await self._post(there, body or b"", headers or {})
                else:
                    answer = await self._session.request(
                        method, there, params=params, data=body, headers=headers, allow_redirects=False
                    )
                    async with answer:
                        text = await answer.text(errors="replace")
                    status, wait = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, NotConnected):
            raise TryAgain("Twilio cannot be reached; nothing left.") from None
        except TimeoutError:
            raise OutcomeUnknown(f"Twilio did not answer within {self._limit:g} s.") from None
        except (aiohttp.ClientError, BrokenOff, OSError, LookupError) as error:
            raise OutcomeUnknown(f"The connection to Twilio broke off ({type(error).__name__}).") from None
        if status >= 300:
            raise error_of_answer(status, _code_in(text), _wait_in(wait), self._overrules)
        return Response(status, text)

    async def _post(self, there: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, str]:
        """(status, body, Retry-After). Messages and calls leave this way; the SDK has one set of headers for them."""
        if (posts := self._posts.get(which := frozenset(headers.items()))) is None:
            posts = Posts(self._api_url, {**headers, **self._credentials}, self._connect_timeout)
            self._posts[which] = posts
        to = urlsplit(there)
        answer = await posts.post(body, f"{to.path}?{to.query}" if to.query else to.path)
        wait = answer.headers.get(b"retry-after", b"").decode("latin-1")
        return answer.status, answer.body.decode(errors="replace"), wait


def _code_in(text: str) -> int | None:
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) else None


def _wait_in(written: str) -> float | None:
    """Retry-After in seconds (RFC 9110 10.2.3); its date form is not worth a clock here."""
    return min(float(written), LONGEST_WAIT) if written.isascii() and written.isdigit() else None
