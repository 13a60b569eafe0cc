"""One route: everything that routing, OpenAPI, the reference and the rights test need to know of it."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from notifier.access.sessions import Place, Session
from notifier.console.parts import ConsoleParts
from notifier.model.rights import Caller, Right

KILOBYTE = 1024
NOWHERE = Place("")


class Flag(StrEnum):
    LENIENT = "lenient"  # takes any query and body: neither a press nor a person in danger is refused for content
    SECRET_PATH = "secret_path"  # noqa: S105 the path itself is a secret and is never logged
    STREAM = "stream"  # stays open
    AT_ONCE = "at_once"  # a press: it waits for no turn (`turns`)
    FRESH = "fresh"  # a signed-in browser must have proved in the last five minutes who sits before it
    PERSONAL = "personal"  # shows people's answers, addresses or messages; that somebody looked is written down
    PAGE = "page"  # answers people with HTML and tells them its faults in words; strangers are sent to sign in
    PASSKEYS = "passkeys"  # may ask for a passkey; their library is read first, beside the loop
    OFTEN = "often"  # a page sends it by itself while somebody types: the audit has one line of it a minute
    RAW = "raw"  # takes bytes that are no JSON; its handler reads them, up to the route's limit


class Empty(BaseModel, extra="forbid"):
    """Takes nothing."""


@dataclass(slots=True)
class Call:
    """One request, after its route, caller, path, query and body have been checked."""

    parts: ConsoleParts
    request: web.BaseRequest
    route: Route
    caller: Caller
    path: Mapping[str, str] = field(default_factory=dict)
    session: Session | None = None
    """The browser's, if it is signed in."""
    place: Place = NOWHERE
    """Where the request came from, for the record."""
    query: Any = None
    """An instance of the route's query model."""
    body: Any = None
    """An instance of the route's body model."""
    streams: set[asyncio.Task[Any]] = field(default_factory=set)
    """The live streams that are open on this node."""
    catching_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one live stream of this node that looks into the past."""
    stall: Callable[[], float] = float
    """Seconds that the loop was late at worst since this was last asked."""

    routes: Sequence[Route] = ()
    """The table it was found in."""

    @property
    def fresh(self) -> bool:
        """Whether the person proved in the last five minutes who they are; a program has no person to ask."""
        return self.session is not None and self.parts.entrance.sessions.is_fresh(self.session)

    def new_id(self) -> str:
        return secrets.token_hex(12)


Handler = Callable[[Call], Awaitable[Any]]
"""Returns a response, an Outcome, a model or plain JSON values; raises the errors of `notifier.errors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    right: Right
    summary: str
    handler: Handler
    also: tuple[Right, ...] = ()
    """Other rights that suffice as well."""
    query: type[BaseModel] = Empty
    body: type[BaseModel] | None = None
    reply: type[BaseModel] | None = None
    status: int = 200
    limit: int = 0
    """Bytes of body that it takes."""
    media: str = "application/json"
    """What it answers with."""
    flags: frozenset[Flag] = frozenset()

    def allows(self, caller: Caller, site: str) -> bool:
        return any(caller.may(right, site) for right in (self.right, *self.also))

    @property
    def rights(self) -> str:
        """In words: "operate or respond"."""
        return " or ".join((self.right, *self.also))

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in its path."""
        return tuple(PARAMETER.findall(self.path))


SEGMENT = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
"""What may stand for a parameter in a path; our ids and secrets need no more, so nothing is ever unquoted."""

PARAMETER = re.compile(r"{(\w+)}")
METHODS = ("GET", "POST", "DELETE")


class RouteTable:
    """Finds the route of a request. Refuses to be built from routes that say too little."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._plain: dict[str, dict[str, Route]] = {}
        self._patterns: dict[int, list[tuple[tuple[tuple[int, str], ...], dict[int, str], dict[str, Route]]]] = {}
        """By number of segments: what stands at which place, which parameter does, and the routes."""
        by_path: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            _examine(route)
            methods = by_path.setdefault(route.path, {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} stands twice in the table")
            methods[route.method] = route
        for path, methods in by_path.items():
            if "{" in path:
                given, named = _places(path)
                self._patterns.setdefault(len(given) + len(named), []).append((given, named, methods))
            else:
                self._plain[path] = methods

    def find(self, path: str) -> tuple[Mapping[str, Route], Mapping[str, str]]:
        """The routes of a path by method, and its parameters; both empty if nothing is there."""
        if methods := self._plain.get(path):
            return methods, {}
        parts = path.split("/")
        for given, named, methods in self._patterns.get(len(parts), ()):
            if all(parts[place] == text for place, text in given) and all(
                map(SEGMENT.fullmatch, map(parts.__getitem__, named))
            ):
                return methods, {name: parts[place] for place, name in named.items()}
        return {}, {}


def _examine(route: Route) -> None:
    where = f"{route.method} {route.path}"
    if not isinstance(route.right, Right):
        raise ValueError(f"{where} names no right and cannot be mounted")
    if route.method not in METHODS or not route.path.startswith("/"):
        raise ValueError(f"{where} is no method and path")
    if route.body is not None and route.limit <= 0:
        raise ValueError(f"{where} takes a body without a limit")
    if route.method == "GET" and route.body is not None:
        raise ValueError(f"{where} would take a body with GET")
    if not route.summary.endswith("."):
        raise ValueError(f"{where} has no summary that is a sentence")


def _places(path: str) -> tuple[tuple[tuple[int, str], ...], dict[int, str]]:
    """(place and text of what is written out, place to name of each parameter), segments being counted from 0.

    Not a regular expression: to compile a hundred of them is a tenth of a start.
    """
    given, named = [], {}
    for place, part in enumerate(path.split("/")):
        if found := PARAMETER.fullmatch(part):
            named[place] = found[1]
        elif "{" in part:
            raise ValueError(f"{path}: a parameter is a whole segment")
        else:
            given.append((place, part))
    return tuple(given), named
