"""Server-sent events (WHATWG HTML 9.2): what happens, as it happens, resumable, never holding anybody up."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from notifier.clock import stopwatch
from notifier.console.callers import caller_of, networks_of, over_tls
from notifier.console.headers import secure
from notifier.console.parts import ConsoleParts
from notifier.console.problems import BadRequest
from notifier.console.route import Call
from notifier.model.events import AUDIT_ONLY, EventKind
from notifier.model.facts import Event

PAGE = 200  # events per look into the past; a millisecond of the loop

ENDS_RIGHTS = frozenset({EventKind.ACCOUNT_CHANGED, EventKind.SIGNED_OUT})
"""After these every stream asks again whether its reader may still read."""

Cursor = dict[str, int]
"""How far a reader is, by node."""


def parse_cursor(written: str) -> Cursor:
    """From "node1:17" or "node1:17,node2:4". Raises BadRequest."""
    cursor: Cursor = {}
    for part in written.split(",") if written else []:
        node, colon, n = part.strip().rpartition(":")
        if not colon or not node or not n.isdecimal() or len(n) > 18:
            raise BadRequest(400, "Last-Event-ID is none of ours; open the stream without it and read the lists anew.")
        cursor[node] = int(n)
    return cursor


def written_cursor(cursor: Cursor) -> str:
    return ",".join(f"{node}:{n}" for node, n in sorted(cursor.items()))


class Stream:
    """One reader's stream: events wait in a bounded queue, so that a slow reader costs nobody but itself."""

    def __init__(self, parts: ConsoleParts, incident: str | None) -> None:
        self._parts = parts
        self.incident = incident
        self._waiting: deque[Event] = deque()
        self._news = asyncio.Event()
        self.overrun = False
        self.rights_changed = False
        self._unfollow = parts.follow(self._hear)

    def close(self) -> None:
        self._unfollow()

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            self.rights_changed = self.rights_changed or event.kind in ENDS_RIGHTS
            if event.kind not in AUDIT_ONLY and (self.incident is None or event.incident == self.incident):
                self._waiting.append(event)
        if len(self._waiting) > self._parts.stream.queue:
            self.overrun = True
            self._waiting.clear()
        if self._waiting or self.overrun or self.rights_changed:
            self._news.set()

    async def news(self) -> list[Event]:
        """What waits, or nothing when it is time for a heartbeat."""
        try:
            async with asyncio.timeout(self._parts.stream.heartbeat):
                await self._news.wait()
        except TimeoutError:
            return []
        self._news.clear()
        found = list(self._waiting)
        self._waiting.clear()
        return found


async def events(call: Call) -> web.StreamResponse:
    return await _serve(call, None)


async def incident_events(call: Call) -> web.StreamResponse:
    incident = call.path["incident"]
    call.parts.views.incident(incident)  # raises NotFound before the stream begins
    return await _serve(call, incident)


async def _serve(call: Call, incident: str | None) -> web.StreamResponse:
    if len(call.streams) >= call.parts.stream.streams:
        raise BadRequest(503, f"{len(call.streams)} live streams are open, as many as this node serves; close one.")
    owner = f"live stream of {call.caller.id}"
    if sum(one.get_name() == owner for one in call.streams) >= call.parts.stream.streams_of_one:
        most = call.parts.stream.streams_of_one
        raise BadRequest(
            429, f"{call.caller.name} has {most} live streams open, as many as one account may; close one."
        )
    told = call.request.headers.get("Last-Event-ID", "")
    seen = parse_cursor(told) if told else None
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    secure(response, over_tls(call.request, networks_of(call.parts.settings.behind_proxy)))
    stream = Stream(call.parts, incident)
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 a handler always runs in a task
    task.set_name(owner)
    call.streams.add(task)
    try:
        await response.prepare(call.request)
        await _write_all(call, stream, response, seen)
        async with asyncio.timeout(call.parts.stream.patience):
            await response.write_eof()
    except (ConnectionError, TimeoutError):
        pass  # the reader is gone or too slow; there is nobody to tell
    finally:
        call.streams.discard(task)
        stream.close()
        _let_go(call)
    return response


async def _write_all(call: Call, stream: Stream, response: web.StreamResponse, seen: Cursor | None) -> None:
    parts = call.parts
    now = parse_cursor(parts.views.cursor())
    patience = parts.stream.patience

    async def write(text: str) -> None:
        async with asyncio.timeout(patience):
            await response.write(text.encode("utf-8", "replace"))

    if seen is not None and len(seen) > 1:  # each event is sent with its cursor: nobody's own names go round with it
        seen = {node: n for node, n in seen.items() if node in now}
    cursor = dict(now if seen is None else seen)
    checked = stopwatch()
    await write(_message("hello", {"cursor": written_cursor(cursor)}, cursor))
    if seen is not None and not await _catch_up(call, stream, cursor, write):
        cursor = now
        await write(_message("resync", {"text": "Too much has happened since; read the lists anew."}, cursor))

    async def may() -> bool:
        """Asked before what waits is sent: a slow reader may have lost the right to it meanwhile."""
        nonlocal checked
        if not stream.rights_changed and stopwatch() - checked < parts.stream.heartbeat:
            return True
        stream.rights_changed, checked = False, stopwatch()
        reader = caller_of(call.request, parts.accounts, parts.entrance.sessions).caller
        if not call.route.allows(reader, parts.site):
            await write(_message("signed_out", {"text": "The right to see this has ended."}, {}))
            return False
        return True

    while True:
        found = await stream.news()
        if not await may():
            return
        try:
            for event in found:
                if event.n > cursor.get(event.node, 0):
                    if not await may():
                        return
                    cursor[event.node] = event.n
                    shown = parts.views.seen_by(call.caller.person).shown(event)
                    await write(_message(str(shown["kind"]), shown, cursor))
        except TimeoutError:
            stream.overrun = True
        if stream.overrun:
            # Written without waiting: it stands at the end of what the reader has yet to read, and then the end.
            await write(_message("resync", {"text": "This reader was too slow; connect again and read anew."}, {}))
            return
        if not found:
            # A comment keeps the line open; scripts in browsers hear only of an event.
            await write(": still here\n\nevent: still\ndata: 1\n\n")


async def _catch_up(call: Call, stream: Stream, cursor: Cursor, write: Any) -> bool:
    """Send what happened since; False if that is more than a returning reader is sent."""
    sent = 0
    while True:
        async with call.catching_up:  # one page of all returning readers in a turn of the loop: a press comes between
            await asyncio.sleep(0)
            page = call.parts.views.timeline(stream.incident, limit=PAGE, after=written_cursor(cursor) or None)
        for item in page["items"]:
            cursor.update(parse_cursor(str(item["cursor"])))
            await write(_message(str(item["kind"]), item, cursor))
        sent += len(page["items"])
        if not page.get("next") or not page["items"]:
            return True
        if sent >= call.parts.stream.catch_up or stream.overrun:
            return False


def _message(kind: str, data: Mapping[str, Any], cursor: Cursor) -> str:
    number = f"id: {written_cursor(cursor)}\n" if cursor else ""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return f"event: {kind}\n{number}data: {text}\n\n"


def _let_go(call: Call) -> None:
    """Close even on a reader that does not read, after it had time for what was sent."""
    transport = call.request.transport
    if transport is not None:
        transport.close()
        asyncio.get_running_loop().call_later(call.parts.stream.patience, transport.abort)
