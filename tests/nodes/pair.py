"""Two nodes of one school on one server: what one decides while the other is in the middle of deciding.

Nothing is put on a wire: a node is its ledger and its desk, and bodies are run as the engine runs them. `meet` starts
one node's body at a chosen place of the other's; `every_meeting` does so at each of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.clock import SystemClock
from notifier.engine.desk import Desk
from notifier.engine.held import Held
from notifier.engine.intake import press_body
from notifier.engine.presses import Press
from notifier.errors import NotifierError
from notifier.ledger.postgres import PostgresLedger
from notifier.ledger.postgres_server import connect
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from notifier.model.incident import Activation
from notifier.testing.lock_order import in_order
from tests.unit.engine.school import SITE, gear, held

OVERLAP = 0.05
"""Seconds that one body waits for the other at their meeting: it is then done, or waits for what the first holds."""

Deed = Callable[[], Body[Any]]


@dataclass
class Node:
    name: str
    ledger: PostgresLedger
    desk: Desk

    def press(self, playbook: str = "lockdown", zone: str | None = "north", *, ident: str, **said: Any) -> Deed:
        """`ident`: of the activation and of the incident that it would open. `source`, `drill`, `dedupe` as wanted."""
        now, wall = self.desk.clock.now(), self.desk.clock.wall()
        act = Activation(
            f"act-{ident}", said.get("source", f"button:{ident}"), playbook, zone, said.get("drill", False), "", None,
            said.get("dedupe", ""), "Ada",
        )  # fmt: skip
        press = Press(
            activation=act, held=self.desk.held, playbook=self.desk.held.playbooks[playbook], zone=zone,
            incident_id=f"inc-{ident}", node=self.name, now=now, wall=wall.isoformat(), clock_time="10:00",
            unix=wall.timestamp(),
        )  # fmt: skip
        return lambda: press_body(press, self.desk.held_of)

    async def run(self, deed: Deed) -> Any:
        return await self.ledger.run(in_order(deed), urgent=True)


@dataclass
class Pair:
    a: Node
    b: Node

    async def meet(self, one: Deed, other: Deed, at: int) -> tuple[Any, Any] | None:
        """Run `one` on the first node and, from its yield number `at` on, `other` on the second.

        What each returned; a refusal is an answer, everything else is raised. None if the first body has no such yield.
        """
        loop = asyncio.get_running_loop()
        second: list[asyncio.Task[Any]] = []
        over = threading.Event()

        def start() -> None:
            second.append(asyncio.ensure_future(_outcome(self.b.run(other))))
            second[0].add_done_callback(lambda _: over.set())

        def reached(place: int) -> None:
            if place == at and not second and not over.is_set():
                loop.call_soon_threadsafe(start)
                over.wait(OVERLAP)

        first = await _outcome(self.a.run(lambda: _told(one(), reached)))
        if not second:
            return None
        met = first, await second[0]
        await self.in_step()
        return met

    async def every_meeting(
        self, make: Callable[[int], tuple[Deed, Deed]], check: Callable[[int, Any, Any], None]
    ) -> int:
        """`make(n)` and `check(n, …)` for the n-th meeting, until the first body has no further yield; their number."""
        for at in itertools.count():
            one, other = make(at)
            met = await self.meet(one, other, at)
            if met is not None:
                check(at, *met)
            await self.close_all()
            if met is None:
                return at
        raise AssertionError

    async def in_step(self) -> None:
        """Both copies have everything: a node's own commit takes in what was committed before it."""
        for node in (self.a, self.b):
            await node.run(_nothing_new)

    async def deliveries(self, incident: str) -> list[dict[str, Any]]:
        """As the server has them: a claim leaves no event, so the other node's copy does not know of it."""
        connection = await connect(self.a.ledger.address)
        try:
            asked = "select id, state, lane, node from delivery where incident = $1 order by id"
            return [dict(row) for row in await connection.fetch(asked, incident)]
        finally:
            await connection.close()

    def rows(self, query: str, **args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self.a.ledger.read(query, site=SITE, **args)]

    async def close_all(self) -> None:
        """Every incident is over, so that the next meeting begins with none."""
        await self.in_step()
        over = [
            Row("incident", {"site": SITE, "id": row["id"], "state": "closed", "closed_at": 0.0})
            for row in self.rows("open_incidents")
        ]
        if over:
            await self.a.run(lambda: _say(*over))
            await self.in_step()


@asynccontextmanager
async def pair(address: str, folder: Path, published: Held | None = None) -> AsyncIterator[Pair]:
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for name in ("a", "b"):
            clock = SystemClock()
            ledger = await PostgresLedger.open(folder / name / "copy.sqlite", name, clock, address=address)
            stack.push_async_callback(ledger.close)
            school = published or held()
            desk = Desk(clock, name, gear(), b"key", held_of={school.version: school}, current=school)
            ledger.follow(desk.learn)
            made.append(Node(name, ledger, desk))
        yield Pair(*made)


def _say(*rows: Row) -> Body[None]:
    yield Fact(EventKind.NOTE, SITE, None, {}, list(rows))


def _nothing_new() -> Body[None]:
    yield Fact(EventKind.NOTE, SITE, None, {})


def _told(body: Body[Any], reached: Callable[[int], None]) -> Body[Any]:
    """The same body; `reached` hears the number of each yield, and may be told again: a body may be run again."""
    answer: Any = None
    try:
        for place in itertools.count():
            said = next(body) if place == 0 else body.send(answer)
            reached(place)
            answer = yield said
    except StopIteration as stop:
        return stop.value


async def _outcome(run: Awaitable[Any]) -> Any:
    try:
        return await run
    except NotifierError as refusal:
        return refusal
