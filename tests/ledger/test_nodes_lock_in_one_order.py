"""Two nodes decide about the same question at the same moment, and neither has to wait for what the other holds."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notifier.clock import SystemClock
from notifier.engine.closing import Moment, Person
from notifier.engine.duress import Standing, duress_decision_body
from notifier.engine.endings import ask_ending_body, decide_body
from notifier.engine.timers import fire_body
from notifier.errors import NotifierError
from notifier.interfaces import Ending
from notifier.ledger.named_queries import load_queries
from notifier.ledger.postgres import PostgresLedger
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Row
from tests.ledger.test_chain_and_verify import SITE, incident, tell
from tests.postgres_server import Server, server

ADA, KIM = Person("ada", "Ada"), Person("kim", "Kim")
NOW = Moment(10.0, "", "", "a")
DESK: Any = SimpleNamespace(site=SITE, held_of={})
"""As much of one as these bodies ask before they have all their locks."""

Deed = Callable[[], Body[Any]]


@pytest.fixture(scope="module")
def quick_to_see() -> Iterator[Server]:
    # Long before a transaction gives up waiting for a row.
    with server("fsync=off", "deadlock_timeout=5ms") as running:
        yield running


def asked() -> list[Row]:
    question = {
        "site": SITE, "id": "q", "incident": "i", "what": "all_clear", "state": "asked", "first": "ada",
        "first_name": "Ada", "second": None, "second_name": None, "reason": "", "asked_at": 0.0, "expires": 900.0,
        "data": {},
    }  # fmt: skip
    timer = {
        "site": SITE, "id": "approval:q", "incident": "i", "kind": "approval", "due": 900.0, "state": "waiting",
        "data": {"approval": "q"},
    }  # fmt: skip
    is_open = Row("incident", {"site": SITE, "id": "i", "state": "active"})
    return [incident("i"), is_open, Row("approval", question, new=True), Row("timer", timer, new=True)]


def refuses() -> Body[Any]:
    return decide_body({}, SITE, "q", KIM, False, NOW, True, False)


def runs_out() -> Body[Any]:
    return fire_body(DESK, ["approval:q"], lambda _row: pytest.fail("nobody pressed"))


def asks_again() -> Body[Any]:
    return ask_ending_body({}, SITE, "i", Ending.ALL_CLEAR, KIM, "", NOW, "another")


def is_forced() -> Body[Any]:
    return duress_decision_body(DESK, "q", KIM, True, "mark", Standing())


def meeting(deed: Deed, locks: int, place: threading.Barrier) -> Deed:
    """Goes on after so many locks when the other has its own, or when that can no longer be."""

    def body() -> Body[Any]:
        inner, answer, held = deed(), None, 0
        try:
            while True:
                said = next(inner) if answer is None else inner.send(answer)
                answer = yield said
                held += isinstance(said, Ask) and load_queries()[said.query].locks
                if held == locks:
                    held += 1
                    with contextlib.suppress(threading.BrokenBarrierError):
                        place.wait(0.1)
        except StopIteration as stop:
            return stop.value

    return body


@pytest.mark.parametrize("one", [runs_out, asks_again, is_forced])
async def test_who_decides_and_who_asks_never_hold_what_the_other_needs(
    one: Deed, quick_to_see: Server, tmp_path: Path
) -> None:
    address, log = quick_to_see.database(), quick_to_see.folder / "log"
    before = len(log.read_text())
    nodes = [
        await PostgresLedger.open(tmp_path / name / "copy.sqlite", name, SystemClock(), address=address)
        for name in ("a", "b")
    ]
    try:
        await nodes[0].run(tell(EventKind.NOTE, "i", *asked()))
        place = threading.Barrier(2)
        deeds = nodes[0].run(meeting(refuses, 2, place)), nodes[1].run(meeting(one, 1, place))
        for outcome in await asyncio.gather(*deeds, return_exceptions=True):
            # Whoever came second finds it decided, or has no desk to write its message at.
            assert not isinstance(outcome, BaseException) or isinstance(outcome, NotifierError | AttributeError), (
                outcome
            )
    finally:
        for node in nodes:
            await node.close()
    said = log.read_text()[before:]
    assert "deadlock detected" not in said, said
