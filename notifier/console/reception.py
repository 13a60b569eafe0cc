"""Where every request arrives: its route, who asks, what it says; then its handler; then words for what went wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import BaseModel

from notifier.access.later import at_hand, once
from notifier.access.sessions import Place
from notifier.clock import stopwatch
from notifier.console.answer_page import in_trouble
from notifier.console.callers import (
    bearer_of,
    caller_of,
    client_address,
    device_of,
    inside,
    networks_of,
    over_tls,
    peer_address,
)
from notifier.console.headers import secure
from notifier.console.operations import LoopWatch
from notifier.console.pages import prove, rendering
from notifier.console.pages.forms import from_here, same_origin, see
from notifier.console.parts import ConsoleParts, seen_by
from notifier.console.problems import BadRequest, as_problem, explain
from notifier.console.reading import body_of, query_of
from notifier.console.route import Call, Flag, Route, RouteTable
from notifier.console.turns import Turns
from notifier.interfaces import Outcome, Pressed
from notifier.model.rights import ANONYMOUS, Right

THIS_MACHINE = "this machine"
"""The other end of the Unix socket."""

log = logging.getLogger(__name__)

LONGEST_ADDRESS = 8190  # bytes of path and query: what proxies in front of us take too; a press is taken all the same
TOO_LONG = "This address is too long: what was typed into the search is more than anybody looks for. Type fewer words."


class Reception:
    """Answers the requests of one listener."""

    def __init__(
        self,
        parts: ConsoleParts,
        table: RouteTable,
        streams: set[asyncio.Task[Any]],
        watch: LoopWatch,
        catching_up: asyncio.Lock,
        turns: Turns,
        *,
        proxied: bool,
    ) -> None:
        """`proxied`: plain HTTP that only the named proxies may speak, a press apart."""
        self._parts = parts
        self._table = table
        self._streams = streams
        self._watch = watch
        self._catching_up = catching_up
        self._turns = turns
        self._proxied = proxied
        self._proxies = networks_of(parts.settings.behind_proxy)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        started = stopwatch()
        path = request.rel_url.raw_path
        methods, named = self._table.find(path)
        route: Route | None = None
        try:
            await self._turn(request, methods)
            route = _chosen(request.method, methods, path)
            if len(request.raw_path) > LONGEST_ADDRESS and not (route and Flag.AT_ONCE in route.flags):
                raise BadRequest(414, TOO_LONG)
            response = await self._answer(request, route, named) if route else _allowed(methods)
        except Exception as error:  # noqa: BLE001 whatever happens, the one who asked is told in words
            response = self._explained(request, route, error)
        if not response.prepared:
            secure(response, over_tls(request, self._proxies))
        _log(request, route, path, response.status, stopwatch() - started)
        return response

    async def _turn(self, request: web.BaseRequest, methods: Mapping[str, Route]) -> None:
        """All but a press waits for its turn; also what leads nowhere, which costs an answer too."""
        wanted = methods.get(request.method)
        if wanted is not None and Flag.AT_ONCE in wanted.flags:
            self._turns.press()
        else:
            await self._turns.mine(str(client_address(request, self._proxies) or THIS_MACHINE))

    async def _answer(self, request: web.BaseRequest, route: Route, named: Mapping[str, str]) -> web.StreamResponse:
        call = Call(
            self._parts, request, route, ANONYMOUS, named,
            streams=self._streams, catching_up=self._catching_up, stall=self._watch.take, routes=self._table.routes,
        )  # fmt: skip
        await _read_first(route)
        address = client_address(request, self._proxies)
        call.place = Place(str(address or THIS_MACHINE), request.headers.get("User-Agent", ""))
        secret = Flag.SECRET_PATH in route.flags
        if self._proxied and not secret and not _from_proxy(request, self._proxies):
            raise BadRequest(403, "Plain HTTP is spoken with the named proxy only; use the https address.")
        page = Flag.PAGE in route.flags and not secret
        if route.right is not Right.PUBLIC or page:
            known = caller_of(request, self._parts.accounts, self._parts.entrance.sessions)
            call.caller, call.session = known.caller, known.session
            if page and self._unknown(call) and (device := device_of(request, self._parts.accounts)):
                call.caller = device[0]
            if route.right is not Right.PRESS:  # a press asks nothing of the store before it is taken
                call.parts = seen_by(call.parts, call.caller)
            self._from_us(call)
            if page and request.method in {"GET", "HEAD"} and self._unknown(call):
                return see(f"{rendering.SIGN_IN}?{urlencode({'next': request.rel_url.raw_path_qs})}")
            self._check(call)
            if Flag.FRESH in route.flags and call.session is not None and not call.fresh:
                if page:
                    return await prove.needed(call)
                asked = f"This needs a fresh proof of who you are: give it at {prove.HERE}, then ask again."
                raise BadRequest(403, asked)
        if Flag.PERSONAL in route.flags:
            self._parts.entrance.desk.read_personal(call.caller, request.rel_url.raw_path, call.place.address)
        if Flag.LENIENT not in route.flags:
            call.query = query_of(request, route.query)
            if route.body is not None:
                call.body = await body_of(request, route.body, route.limit)
            elif not page and Flag.RAW not in route.flags and (request.content_length or 0) > 0:
                raise BadRequest(400, "This address takes no body.")
        response = _rendered(await route.handler(call), route)
        self._write_down(call, response.status)
        return response

    def _write_down(self, call: Call, status: int) -> None:
        """Who did it, what, and from where: whatever was sent by somebody known and was not refused."""
        route, secret = call.route, Flag.SECRET_PATH in call.route.flags
        if status >= 400 or call.caller.id == ANONYMOUS.id or (route.right is Right.PUBLIC and not secret):
            return
        if call.request.method in {"GET", "HEAD"} and not secret:
            return
        what = f"{route.method} {route.path if secret else call.request.rel_url.raw_path}"
        often = Flag.OFTEN in route.flags
        self._parts.entrance.desk.acted(call.caller, route.summary, what, call.place.address, often=often)

    def _unknown(self, call: Call) -> bool:
        return call.caller.id == ANONYMOUS.id and not call.route.allows(call.caller, self._parts.site)

    def _from_us(self, call: Call) -> None:
        """What a browser sends by itself, a cookie, counts only for what a page of ours sent. Raises BadRequest."""
        request = call.request
        if Flag.STREAM in call.route.flags and call.session and not from_here(request, self._parts.public_url):
            raise BadRequest(403, "Another site asked for this stream with your cookie; it is not served there.")
        if (
            request.method in {"GET", "HEAD"}
            or bearer_of(request)
            or not (Flag.PAGE in call.route.flags or request.cookies)
        ):
            return
        if not same_origin(request, self._parts.public_url):
            raise BadRequest(403, "Another site sent this, or the browser does not say who did; nothing was done.")

    def _check(self, call: Call) -> None:
        if call.route.allows(call.caller, self._parts.site):
            return
        self._parts.entrance.desk.denied(call.caller, f"{call.route.method} {call.route.path}", call.place.address)
        if call.caller.id == ANONYMOUS.id:
            raise BadRequest(401, "Nobody is known by what this request carries, or it carries nothing.")
        raise BadRequest(403, f"{call.caller.name} may not do this here; it needs the right {call.route.rights}.")

    def _explained(self, request: web.BaseRequest, route: Route | None, error: Exception) -> web.StreamResponse:
        told = explain(error)
        if told.trouble and self._parts.fault:
            where = f"{route.method} {route.path}" if route else "an unknown address"
            # One trouble for one fault, however often somebody asks for it.
            text = f"{where} failed by {type(error).__name__}; the log has its place under {told.trouble}."
            self._parts.fault(f"{where}: {type(error).__name__}", text)
        if route and Flag.PAGE in route.flags:
            if Flag.SECRET_PATH in route.flags:
                return in_trouble(told, request)
            return rendering.in_trouble(told, Call(self._parts, request, route, ANONYMOUS))
        if route is None and "text/html" in request.headers.get("Accept", ""):
            return rendering.nowhere(told, self._parts)
        return as_problem(told)


def _chosen(method: str, methods: Mapping[str, Route], path: str) -> Route | None:
    """The route; None for OPTIONS, which is answered with what is allowed. Raises BadRequest (404, 405)."""
    if not methods:
        raise BadRequest(404, f"Nothing is at this address{'' if _is_secret(path) else f' ({path[:200]})'}.")
    if route := methods.get(method):
        return route
    look = methods.get("GET")
    if look and method == "HEAD" and Flag.STREAM not in look.flags:
        return look
    if method == "OPTIONS":
        return look if look and Flag.SECRET_PATH in look.flags else None
    raise BadRequest(405, f"{method[:16]} is not possible here; {', '.join(methods)} is.", allow=_words(methods))


async def _read_first(route: Route) -> None:
    """What this kind of page needs and no press does."""
    if Flag.PAGE in route.flags:
        await once("templates", rendering.read_first)
    if Flag.PASSKEYS in route.flags:
        await at_hand("webauthn")


def _words(methods: Mapping[str, Route]) -> str:
    look = methods.get("GET")
    return ", ".join([*methods, *(["HEAD"] if look and Flag.STREAM not in look.flags else []), "OPTIONS"])


def _allowed(methods: Mapping[str, Route]) -> web.Response:
    return web.Response(status=204, headers={"Allow": _words(methods)})


def _from_proxy(request: web.BaseRequest, proxies: Sequence[Any]) -> bool:
    address = peer_address(request)
    return address is None or address.is_loopback or inside(address, proxies)


def _rendered(result: Any, route: Route) -> web.StreamResponse:
    match result:
        case web.StreamResponse():
            return result
        case Outcome():
            return _json(dataclasses.asdict(result), route.status if result.done else 202)
        case Pressed():
            return _json(dataclasses.asdict(result), route.status)
        case BaseModel():
            return _json(result.model_dump(mode="json"), route.status)
        case _:
            return _json(result, route.status)


def _json(content: Any, status: int) -> web.Response:
    body = json.dumps(content, ensure_ascii=False, default=_plain).encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _is_secret(path: str) -> bool:
    """Whether an address that leads nowhere may still be a mistyped secret: all but the API's own."""
    return not path.startswith("/api/")


def _log(request: web.BaseRequest, route: Route | None, path: str, status: int, took: float) -> None:
    """One line per request, with the route's pattern where the path is a secret, and never a query or header."""
    if not log.isEnabledFor(logging.INFO):
        return
    if route is not None and Flag.SECRET_PATH not in route.flags:
        shown = path[:LONGEST_ADDRESS]
    elif route is not None:
        shown = route.path
    else:
        shown = path[:200] if not _is_secret(path) else "(no such address)"
    log.info("%s %s %d %.1f ms", request.method[:16], shown.encode("ascii", "replace").decode(), status, took * 1000)
