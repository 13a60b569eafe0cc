"""Forms that work without scripts: read once, what was typed is kept on a fault, a result is another page."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from notifier.console.foreign_words import kept
from notifier.console.problems import BadRequest
from notifier.console.reading import read_body
from notifier.console.route import KILOBYTE, Call

_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
TEXT_LIMIT = 2000  # characters of one field, unless its page says more
ROOM = 256 * KILOBYTE
"""Bytes of a form of somebody known: a pasted text that is far too long is said so beside its field, and not lost."""
MOST_FIELDS = 2000  # fields of one form; a table of people has hundreds


@dataclass(slots=True)
class Form:
    """What was typed, and what is wrong with it. A template shows both again; see `field` in macros.html."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    """Name of a field to one sentence: what is wrong, where, what to do."""

    def text(self, name: str, default: str = "", *, limit: int = TEXT_LIMIT, needed: str = "") -> str:
        """`needed`: the sentence that is said if nothing was typed."""
        said = self.values.get(name, [default])[0].replace("\r\n", "\n").strip()
        said = kept(said)
        if len(said) > limit:
            self.faults.setdefault(name, f"This has {len(said):,} characters and may have {limit:,}; shorten it.")
        elif not said and needed:
            self.faults.setdefault(name, needed)
        return said

    def email(self, name: str, *, needed: str = "") -> str:
        """An e-mail address, as far as can be said without writing to it; "" if it may stay empty."""
        said = self.text(name, limit=254, needed=needed)  # RFC 5321: a path has at most 256 signs with its brackets
        if said and not _ADDRESS.fullmatch(said):
            self.faults.setdefault(name, "This is no e-mail address. Write it like ada@school.example.")
        return said

    def choice(self, name: str, choices: Collection[str], needed: str = "Choose one of these.") -> str:
        said = self.text(name)
        if said not in choices:
            self.faults.setdefault(name, needed)
        return said

    def flag(self, name: str) -> bool:
        return bool(self.values.get(name))

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))

    def some(self, name: str, choices: Collection[str], needed: str = "") -> tuple[str, ...]:
        """Those of `choices` that were ticked. `needed`: the sentence that is said if none was."""
        said = self.many(name)
        if any(one not in choices for one in said):
            self.faults.setdefault(name, "One of these is not there any more. Look at them again.")
        elif not said and needed:
            self.faults.setdefault(name, needed)
        return said

    def raw(self, name: str, default: str = "") -> str:
        """As typed, for the field itself."""
        return self.values.get(name, [default])[0]

    @property
    def sound(self) -> bool:
        return not self.faults


async def read_form(call: Call) -> Form:
    """The posted form, application/x-www-form-urlencoded. Raises BadRequest."""
    raw = await read_body(call.request, call.route.limit)
    if raw and call.request.content_type != "application/x-www-form-urlencoded":
        raise BadRequest(415, "This page takes what its own form sends, and nothing else.")
    try:
        values = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadRequest(400, f"This form has more than {MOST_FIELDS} fields.") from None
    return Form(values)


def see(path: str) -> web.Response:
    """The answer to a post that was done: look at another page (RFC 9110, 303), so that reload repeats nothing."""
    return web.Response(status=303, headers={"Location": path})


def same_origin(request: web.BaseRequest, public_url: str | None) -> bool:
    """Whether a page of ours sent it: by Sec-Fetch-Site, in older browsers by Origin. A browser that says neither is
    not believed.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "")
    ours = {request.host, urlsplit(public_url).netloc if public_url else request.host}
    return bool(origin) and urlsplit(origin).netloc in ours


def from_here(request: web.BaseRequest, public_url: str | None) -> bool:
    """The same for a stream, which older browsers open without saying from where: only another site is refused."""
    silent = "Sec-Fetch-Site" not in request.headers and "Origin" not in request.headers
    return silent or same_origin(request, public_url)


def local_path(written: str, default: str = "/") -> str:
    """A path on this server, as `next` may name one; anything else is the default."""
    bad = not written.startswith("/") or written[1:2] in {"/", "\\"} or any(ord(sign) < 33 for sign in written)
    return default if bad else written


def query_text(call: Call, name: str) -> str:
    """A lenient page's query; "" if it is not there."""
    said: Any = call.request.rel_url.query.get(name, "")
    return str(said)
