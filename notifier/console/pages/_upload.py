"""A posted form with one file in it (RFC 7578), within limits of size and time."""

from __future__ import annotations

import asyncio

from aiohttp import BodyPartReader, MultipartReader, web

from notifier.console.pages.forms import Form
from notifier.console.problems import BadRequest
from notifier.console.reading import refuse_packed
from notifier.console.route import Call

PATIENCE = 120.0
"""Seconds for a whole upload: 32 MB over a school's slow line."""
FIELD = 8_192
"""Bytes of each field that is no file."""
MOST_PARTS = 40


async def read_upload(call: Call, field: str, limit: int) -> tuple[Form, str, bytes]:
    """The form, and name and content of the file in `field`; "" and nothing if none was chosen. Raises BadRequest."""
    request = call.request
    refuse_packed(request)
    if request.content_type != "multipart/form-data":
        raise BadRequest(415, "This page takes what its own form sends, and nothing else.")
    if (request.content_length or 0) > call.route.limit:
        raise BadRequest(413, f"The file is too large: at most {limit:,} bytes are read. Split it.")
    values: dict[str, list[str]] = {}
    name, content = "", b""
    try:
        async with asyncio.timeout(PATIENCE):
            parts = await request.multipart()
            for _ in range(MOST_PARTS):
                part = await parts.next()
                if part is None:
                    return Form(values), name, content
                if isinstance(part, MultipartReader) or not part.name:
                    continue
                if part.name == field:
                    name, content = (part.filename or "")[:200], await _read(part, limit)
                else:
                    value = (await _read(part, FIELD)).decode("utf-8", "replace")
                    values.setdefault(part.name[:64], []).append(value)
    except TimeoutError:
        raise BadRequest(408, f"The file did not arrive within {PATIENCE:g} seconds.") from None
    except (ValueError, AssertionError, web.RequestPayloadError, ConnectionError):
        raise BadRequest(400, "The upload broke off, or is not what a browser sends. Choose the file again.") from None
    raise BadRequest(400, f"This form has more than {MOST_PARTS} parts.")


async def _read(part: BodyPartReader, limit: int) -> bytes:
    read = bytearray()
    while chunk := await part.read_chunk(65_536):
        read += chunk
        if len(read) > limit:
            raise BadRequest(413, f"The file is too large: at most {limit:,} bytes are read. Split it.")
    return bytes(read)
