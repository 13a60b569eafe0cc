"""What a request says, read strictly: unknown, doubled and wrongly typed things are named and refused."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError

from notifier.console.problems import BadRequest, Wrong

M = TypeVar("M", bound=BaseModel)

LONG = 256 * 1024  # bytes of JSON that are read in a thread: a millisecond of the loop
BODY_PATIENCE = 15.0  # seconds for a whole body; 32 MB of published files over a slow line fit


class LongBodies:
    """Room for long bodies of people whom nobody knows yet: a thousand connections must not cost a gigabyte.

    A body up to `free` bytes always finds room, so nobody's long ones keep a provider's short callback out.
    """

    def __init__(self, room: int, free: int) -> None:
        self._left, self._free = room, free

    def take(self, read: int, limit: int) -> int:
        """Reserve `limit` bytes for a body that has turned out long; 0: it is not. Raises BadRequest (503)."""
        if read <= self._free:
            return 0
        if limit > self._left:
            raise BadRequest(503, "Too many long bodies arrive at this moment. Send it again in a few seconds.")
        self._left -= limit
        return limit

    def give_back(self, taken: int) -> None:
        self._left += taken


async def read_body(
    request: web.BaseRequest, limit: int, patience: float = BODY_PATIENCE, long: LongBodies | None = None
) -> bytes:
    """The body, at most `limit` bytes and `patience` seconds. Raises BadRequest (413, 408, 415, 503)."""
    refuse_packed(request)
    if (request.content_length or 0) > limit:
        raise BadRequest(413, f"The body has {request.content_length} bytes and may have {limit}.")
    read, taken = bytearray(), 0
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")  # RFC 9110 section 10.1.1
        request.writer.output_size = 0
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.content.iter_any():
                read += chunk
                if len(read) > limit:
                    raise BadRequest(413, f"The body is longer than the {limit} bytes that it may have.")
                if long is not None and not taken:
                    taken = long.take(len(read), limit)
    except TimeoutError:
        raise BadRequest(408, f"The body did not arrive within {patience:g} seconds.") from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError, RuntimeError):  # aiohttp's for a lost line
        raise BadRequest(400, "The body broke off, or is not encoded as its headers say.") from None
    finally:
        if long is not None:
            long.give_back(taken)
    return bytes(read)


def refuse_packed(request: web.BaseRequest) -> None:
    """200 kB of gzip unpack to 200 MB, which holds the loop, and every press, for seconds. Raises BadRequest (415)."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise BadRequest(415, "The body is packed (Content-Encoding), and none is unpacked here. Send it as it is.")


def parse_json(body: bytes) -> Any:
    """JSON in the strict sense (RFC 8259, and names unique). Raises ValueError, never RecursionError."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        doubled = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"{doubled[:64]!r} stands in it twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


async def body_of(request: web.BaseRequest, model: type[M], limit: int) -> M:
    """The body as the route's model. Raises BadRequest."""
    raw = await read_body(request, limit)
    if raw and request.content_type != "application/json":
        raise BadRequest(415, f"The body is {request.content_type}, and JSON is needed.")
    try:
        if len(raw) > LONG:  # a school's files with their recordings: in pieces between which a press is taken
            written = await asyncio.to_thread(parse_json, raw)
        else:
            written = parse_json(raw) if raw else {}
    except ValueError as error:
        raise BadRequest(400, f"The body is not JSON that can be used: {_reason(error)}.") from None
    try:
        return model.model_validate(written)
    except ValidationError as error:
        raise BadRequest(422, "The body is not as it must be; nothing has been done.", wrongs(error, "body")) from None


def query_of(request: web.BaseRequest, model: type[M]) -> M:
    """The query as the route's model. Raises BadRequest."""
    given = request.rel_url.query
    doubled = [name for name, count in Counter(name for name, _ in given.items()).items() if count > 1]
    if doubled:
        said = [Wrong(f"query.{name[:64]}", "it stands there more than once", "Send it once.") for name in doubled]
        raise BadRequest(400, "The query says one thing twice.", said)
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise BadRequest(400, "The query is not as it must be.", wrongs(error, "query")) from None


def wrongs(error: ValidationError, start: str) -> list[Wrong]:
    """Each fault with its place; never the value itself, which may be a secret."""
    said = []
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join([start, *(str(step)[:64] for step in one["loc"])])
        if one["type"] == "extra_forbidden":
            said.append(Wrong(where, "there is no such field", "Take it out, or mend its name."))
        elif one["type"] == "missing":
            said.append(Wrong(where, "it is missing", "Add it."))
        else:
            said.append(Wrong(where, one["msg"], "Send a value that fits."))
    return said


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(error)
