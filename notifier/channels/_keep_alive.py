"""One far end, posted to over connections that are kept: HTTP/1.1 by hand (RFC 9112), for channels with thousands of
messages of one shape to one address.

aiohttp's client does a great deal for a request that is always the same: with it a journalled delivery over ntfy took
210-227 us of the processor, with this 120-128 (runs of 4,000, load beside). Only what such a channel needs is here:
POST, one path, no redirects, no cookies, no proxies, no compression. What is not well-formed to the letter breaks off.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohappyeyeballs

MOST_HEAD = 16_384
"""Bytes of an answer's head."""
MOST_BODY = 262_144
"""Bytes of an answer's body; what a channel reads is under 1 kB, and a proxy's page of excuses is longer."""
MOST_CHUNKS = 1_000
"""Of one answer: each is looked at again whenever more of the answer comes."""
MOST_INTERIM = 8
"""Answers of 1xx before the one that counts."""
KEPT_FOR = 55.0
"""Seconds that an unused connection is kept: less than the minute after which proxies and routers give one up."""
RESOLVED_FOR = 10.0
"""Seconds that a name's addresses are believed: a window of connections that open together asks once."""
SECOND_FAMILY_AFTER = 0.25
"""Seconds that a connection to one address may take before the next is tried beside it (RFC 8305, section 5)."""

_STATUS = re.compile(rb"HTTP/1\.1 ([1-5]\d\d)(?: [^\r\n]*)?")
_PATH = re.compile(r"/[!-~]*")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SAID_ONCE = (b"content-length", b"transfer-encoding")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,7})(?:[ \t]*;[^\r\n]*)?")


class NotConnected(Exception):
    """No connection came about; nothing left."""


class BrokenOff(Exception):
    """The request was written, and no whole answer came: it may have been taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[bytes, bytes]
    """By name in small letters."""
    body: bytes


class Posts:
    """Posts to one far end with the same headers each time. For one event loop."""

    def __init__(self, url: str, headers: Mapping[str, str], connect_timeout: float) -> None:
        """`connect_timeout` in seconds, with the name's lookup and TLS. Raises ValueError for a header that would
        break out of its line.
        """
        parts = urlsplit(url)
        self._host, tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if tls else 80)
        self._tls = ssl.create_default_context() if tls else None
        self._path = parts.path or "/"
        lines = [f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a header holds a line end")
        self._head = ("\r\n".join(lines) + "\r\nContent-Length: ").encode("latin-1")
        self._connect_timeout = connect_timeout
        self._idle: list[_Connection] = []
        self._known: asyncio.Task[list[aiohappyeyeballs.AddrInfoType]] | None = None
        self._known_until = 0.0

    async def post(self, body: bytes, path: str = "") -> Answer:
        """To the URL's own path, or to another of the same far end.

        Raises NotConnected, or BrokenOff once anything may have left. A caller that stops waiting closes the
        connection; its time limit is its own.
        """
        if not _PATH.fullmatch(path := path or self._path):
            raise ValueError("a path holds what would break out of its line")
        request = b"POST %b HTTP/1.1\r\n%b%d\r\n\r\n%b" % (path.encode(), self._head, len(body), body)
        connection = self._take() or await self._connect()
        try:
            answer = await connection.exchange(request)
        except BaseException:
            connection.abort()
            raise
        if connection.reusable:
            connection.idle_since = connection.loop.time()
            self._idle.append(connection)
        else:
            connection.abort()
        return answer

    def close(self) -> None:
        while self._idle:
            self._idle.pop().abort()

    def _take(self) -> _Connection | None:
        """The one used last, so that those that a quiet time needs not run out."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost and connection.loop.time() - connection.idle_since < KEPT_FOR:
                return connection
            connection.abort()
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout):
                found = await aiohappyeyeballs.start_connection(
                    await self._addresses(loop), happy_eyeballs_delay=SECOND_FAMILY_AFTER, loop=loop
                )
                name = self._host if self._tls else None
                _, connection = await loop.create_connection(
                    lambda: _Connection(loop), sock=found, ssl=self._tls, server_hostname=name
                )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            raise NotConnected(str(error)) from error
        return connection

    async def _addresses(self, loop: asyncio.AbstractEventLoop) -> list[aiohappyeyeballs.AddrInfoType]:
        if self._known is None or self._known_until < loop.time():
            self._known = loop.create_task(_looked_up(loop, self._host, self._port))
            self._known_until = loop.time() + RESOLVED_FOR
        asked = self._known
        try:
            return await asyncio.shield(asked)
        except OSError:
            if self._known is asked:
                self._known = None  # a failed lookup is not believed for any time
            raise


async def _looked_up(loop: asyncio.AbstractEventLoop, host: str, port: int) -> list[aiohappyeyeballs.AddrInfoType]:
    return list(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class _Connection(asyncio.Protocol):
    """One exchange at a time."""

    __slots__ = ("_answer", "_buffer", "_transport", "idle_since", "loop", "lost", "reusable")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.lost, self.reusable, self.idle_since = False, False, 0.0
        self._buffer = b""
        self._answer: asyncio.Future[Answer] | None = None

    def exchange(self, request: bytes) -> asyncio.Future[Answer]:
        self.reusable = False
        self._buffer = b""
        self._answer = answer = self.loop.create_future()
        self._transport.write(request)
        return answer

    def abort(self) -> None:
        if not self.lost:
            self.lost = True
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's transport is one

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.abort()  # nobody asked: whatever comes next could not be told from an answer
            return
        self._buffer = data = self._buffer + data if self._buffer else data
        try:
            found = _read(data, ended=False)
        except BrokenOff as error:
            self._fail(error)
            return
        if found is not None:
            answer, self.reusable = found
            self._answer.set_result(answer)
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._answer is None or self._answer.done():
            return
        try:
            found = _read(self._buffer, ended=exc is None)
        except BrokenOff as error:
            self._fail(error)
            return
        if found is None:
            self._fail(BrokenOff("the connection ended before the answer did"))
        else:
            self._answer.set_result(found[0])

    def _fail(self, error: BrokenOff) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.abort()


def _read(data: bytes, *, ended: bool) -> tuple[Answer, bool] | None:
    """The answer at the start of `data`, and whether the connection may be used again; None: not whole yet.

    `ended`: nothing follows. Raises BrokenOff for what is not HTTP/1.1 to the letter.
    """
    at = 0
    for _ in range(MOST_INTERIM + 1):
        end = data.find(b"\r\n\r\n", at)
        if (end if end >= 0 else len(data)) - at > MOST_HEAD:
            raise BrokenOff("the answer's head is too long")
        if end < 0:
            return None
        status, headers = _head(data[at:end])
        at = end + 4
        if status >= 200:
            break
    else:
        raise BrokenOff("it only ever answers that an answer will follow")
    found = _body(data, at, status, headers, ended=ended)
    if found is None:
        return None
    body, at, delimited = found
    kept = delimited and at == len(data) and b"close" not in headers.get(b"connection", b"").lower()
    return Answer(status, headers, body), kept


def _head(head: bytes) -> tuple[int, dict[bytes, bytes]]:
    first, *lines = head.split(b"\r\n")
    matched = _STATUS.fullmatch(first)
    if matched is None or matched[1] == b"101":
        raise BrokenOff("what answers does not speak HTTP/1.1")
    if not head.count(b"\r") == head.count(b"\n") == len(lines):
        raise BrokenOff("a line of the answer ends in a way that can be read in two")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise BrokenOff("a header of the answer cannot be read")
        name, value = name.lower(), value.strip(b" \t")
        if name in _SAID_ONCE and headers.get(name, value) != value:
            raise BrokenOff("the answer says its length twice")
        headers[name] = value
    return int(matched[1]), headers


def _body(
    data: bytes, at: int, status: int, headers: Mapping[bytes, bytes], *, ended: bool
) -> tuple[bytes, int, bool] | None:
    """(body, where it ends, whether it says so itself)."""
    if status in (204, 304):
        return b"", at, True
    coding, length = headers.get(b"transfer-encoding"), headers.get(b"content-length")
    if coding is not None:
        if coding.lower() != b"chunked" or length is not None:
            raise BrokenOff("the answer's length is said in a way that is not safe to read")
        return _chunks(data, at)
    if length is not None:
        if not length.isdigit() or int(length) > MOST_BODY:
            raise BrokenOff("the answer's length is none, or too long")
        until = at + int(length)
        return (data[at:until], until, True) if len(data) >= until else None
    if len(data) - at > MOST_BODY:
        raise BrokenOff("the answer is too long")
    return (data[at:], len(data), False) if ended else None


def _chunks(data: bytes, at: int) -> tuple[bytes, int, bool] | None:
    body: list[bytes] = []
    start = at
    while True:
        if at - start > MOST_BODY or len(body) > MOST_CHUNKS:
            raise BrokenOff("the answer is too long, or in too many pieces")
        line_end = data.find(b"\r\n", at)
        if line_end < 0:
            _refuse_long(data, at)
            return None
        size = _SIZE.fullmatch(data, at, line_end)
        if size is None:
            raise BrokenOff("a chunk's length cannot be read")
        at, length = line_end + 2, int(size[1], 16)
        if not length:
            break
        if at - start + length > MOST_BODY:
            raise BrokenOff("the answer is too long")
        if len(data) < at + length + 2:
            return None
        if data[at + length : at + length + 2] != b"\r\n":
            raise BrokenOff("a chunk does not end where it says")
        body.append(data[at : at + length])
        at += length + 2
    trailer = at
    while True:  # trailer lines, up to an empty one
        line_end = data.find(b"\r\n", at)
        if line_end < 0 or line_end - trailer > MOST_HEAD:
            _refuse_long(data, trailer)
            return None
        if line_end == at:
            return b"".join(body), at + 2, True
        at = line_end + 2


def _refuse_long(data: bytes, at: int) -> None:
    if len(data) - at > MOST_HEAD:
        raise BrokenOff("a line of the answer does not end")
